"""Threads that look at the database every few seconds, whatever it does."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connections

from core import policy

logger = logging.getLogger(__name__)


def look_every(pause: timedelta, look: Callable[[], object], name: str) -> threading.Thread:
    """Begin a thread that looks, waits, and looks again for as long as the process lives."""

    def go_on() -> None:
        while True:
            try:
                look()
            except Exception:
                logger.exception("A look of the thread %r failed.", name)
            time.sleep(pause.total_seconds())

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    return thread


@contextmanager
def impatient_connection() -> Iterator[None]:
    """Give this thread another connection to the database for the length of the block, one that does not wait.

    It is a new one each time, as the next person would need it. The database ends a statement that takes too long.
    Whether it does that or not, we hang up after a while: a database that has stopped ends nothing.
    """
    usual = connections["default"]
    settings = usual.settings_dict
    options = {**settings.get("OPTIONS", {}), "connect_timeout": int(policy.DATABASE_HUNG.total_seconds())}
    limits = {**settings.get("TIME_LIMITS", {}), "statement_timeout": policy.DATABASE_PATIENCE.total_seconds()}
    ours = type(usual)({**settings, "OPTIONS": options, "TIME_LIMITS": limits}, "default")  # type: ignore[call-arg]
    connections["default"] = ours
    try:
        ours.ensure_connection()
        with hanging_up_after(policy.DATABASE_HUNG, ours.connection.fileno()):
            yield
    finally:
        ours.close()
        connections["default"] = usual


@contextmanager
def hanging_up_after(patience: timedelta, fileno: int) -> Iterator[None]:
    """End a connection from our side if the block takes longer. Who reads from it then finds it closed."""
    with socket.socket(fileno=socket.dup(fileno)) as line:
        timer = threading.Timer(patience.total_seconds(), line.shutdown, [socket.SHUT_RDWR])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
