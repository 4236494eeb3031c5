"""A deadline for questions to the database, kept without asking it anything more.

`SET LOCAL statement_timeout` would cost a transaction and a second statement for every lookup. As an option of the
connection, it would end the long work of others. So one thread in each process watches everybody who is asking, and
cancels what is overdue. Being watched costs about a microsecond.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import Connection

from core import policy

PATIENCE = 2.0
"""Seconds in which the server should take a cancellation."""

_lock = threading.Lock()
_asking: dict[int, tuple[float, Connection]] = {}
_somebody_asks = threading.Event()
_watchman: threading.Thread | None = None


@contextmanager
def within_deadline(seconds: float = policy.DEERS_DEADLINE.total_seconds()) -> Iterator[None]:
    """End the block's statements on this thread's connection in OperationalError once `seconds` have passed.

    It may take up to half as long again. A network that went silent is not noticed.
    """
    connection.ensure_connection()
    me = threading.get_ident()
    _asking[me] = time.monotonic() + seconds, connection.connection
    if not _somebody_asks.is_set():
        wake_watchman(seconds / 2)
    try:
        yield
    finally:
        # This must not happen while a cancellation is under way. It would hit this connection's next statement.
        with _lock:
            _asking.pop(me, None)


def wake_watchman(tick: float) -> None:
    """Make sure that the watching thread lives (after a fork it does not) and looks every `tick` seconds."""
    global _watchman
    with _lock:
        if _watchman is None or not _watchman.is_alive():
            _watchman = threading.Thread(target=watch, args=[tick], name="deers-deadline", daemon=True)
            _watchman.start()
        _somebody_asks.set()


def watch(tick: float) -> None:
    """Cancel what is overdue, for as long as anybody asks. Then wait for the next one."""
    while True:
        _somebody_asks.wait()
        time.sleep(tick)
        with _lock:
            for me, (ends, asked) in list(_asking.items()):
                if time.monotonic() >= ends:
                    _asking.pop(me)
                    asked.cancel_safe(timeout=PATIENCE)
        # The event is cleared first. A caller that comes in between is seen here, and one that comes later wakes us.
        _somebody_asks.clear()
        if _asking:
            _somebody_asks.set()
