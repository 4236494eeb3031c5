"""A deadline for questions to the database, kept without asking it anything more.

`SET LOCAL statement_timeout` would cost a transaction and a second statement for every lookup, and a database that
hangs would not keep it. So one thread in each process watches everybody who is asking. It cancels what is overdue, and
where nobody takes the cancellation it hangs up. Being watched costs about a microsecond.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error
from psycopg import Error as PsycopgError

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds in which the server should take a cancellation."""
LONGEST_TICK = 0.5
"""Seconds between two looks at those who ask, or half of the shortest deadline among them."""


@dataclass(eq=False)
class Asking:
    """Somebody who may be waiting for a database: their thread's connections, and until when they may wait."""

    wrappers: Sequence[BaseDatabaseWrapper]
    seconds: float
    ends: float


_lock = threading.Lock()
_asking: dict[Asking, None] = {}
_somebody_asks = threading.Event()
_watchman: threading.Thread | None = None


@contextmanager
def within_deadline(seconds: float) -> Iterator[None]:
    """End the block's statements on this thread's connections in OperationalError once `seconds` have passed.

    It may take half as long again, and a second more if the database hangs or its network is silent: then the
    connection is closed. Blocks may be nested.
    """
    # This opens no connection: pages that ask nothing stay without one.
    asking = Asking(connections.all(), seconds, time.monotonic() + seconds)
    _asking[asking] = None
    if not _somebody_asks.is_set():
        wake_watchman()
    try:
        yield
    finally:
        # This must not happen while a cancellation is under way. It would hit this connection's next statement.
        with _lock:
            _asking.pop(asking, None)


def wake_watchman() -> None:
    """Make sure that the watching thread lives. After a fork it does not."""
    global _watchman
    with _lock:
        if _watchman is None or not _watchman.is_alive():
            _watchman = threading.Thread(target=watch, name="deadline", daemon=True)
            _watchman.start()
        _somebody_asks.set()


def watch() -> None:
    """Cancel what is overdue, for as long as anybody asks. Then wait for the next one."""
    while True:
        _somebody_asks.wait()
        time.sleep(min([LONGEST_TICK, *(asking.seconds / 2 for asking in list(_asking))]))
        with _lock:
            hangs = False
            for asking in list(_asking):
                if time.monotonic() >= asking.ends:
                    # What goes on asking, such as the page that tells of the failure, is overdue again later.
                    asking.ends += asking.seconds
                    for wrapper in asking.wrappers:
                        hangs = end_statement(wrapper, hangs=hangs)
        # The event is cleared first. A caller that comes in between is seen here, and one that comes later wakes us.
        _somebody_asks.clear()
        if _asking:
            _somebody_asks.set()


def end_statement(wrapper: BaseDatabaseWrapper, *, hangs: bool) -> bool:
    """End the statement that runs on a connection: politely, or by hanging up if the server `hangs`.

    Return whether it hangs. Only the first of many that wait for a server finds that out, in PATIENCE seconds.
    """
    asked = wrapper.connection
    if asked is None or asked.closed:
        return hangs
    try:
        if not hangs:
            asked.cancel_safe(timeout=PATIENCE)
            return False
    except (Error, PsycopgError):
        logger.warning("The database does not take a cancellation. Connections that wait for it are closed.")
    try:
        # A copy of the descriptor, so that closing it closes nothing of libpq's.
        with socket.socket(fileno=os.dup(asked.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    except (OSError, PsycopgError):
        pass  # it has ended meanwhile
    return True
