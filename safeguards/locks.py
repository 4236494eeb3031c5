"""Advisory locks, for work that must not be done twice at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


class HeldError(Exception):
    """Somebody else does this work. A job raises it to be tried again, because the other one may die over it."""


@contextmanager
def alone(kind: str, key: str) -> Iterator[bool]:
    """Hold the lock for this `kind` of work on this `key` without a transaction, so that every step can be committed.

    Yield False, without waiting, if somebody else holds it. The database lets it go when its holder dies.
    """
    name = [f"alone:{kind}:{key}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
        ours = cursor.fetchone() == (True,)
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


@contextmanager
def exclusive(kind: str, key: str, *more: tuple[str, str]) -> Iterator[None]:
    """Open a transaction that holds the lock for this `kind` of work on this `key`, on every server.

    The locks for `more` kinds and keys are taken after the first one, in their order. Code that takes several kinds
    must take them in the same order everywhere, or two transactions could wait for each other.

    Everybody else who wants the same lock waits until the (outermost) transaction ends. So each of several parallel
    guesses sees what the one before has counted. Two keys with the same hash would only wait for each other.
    """
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            keys = [f"{kind}:{key}", *(f"{kind}:{key}" for kind, key in more)]
            locks = ", ".join(["pg_advisory_xact_lock(hashtextextended(%s, 0))"] * len(keys))
            cursor.execute(f"SELECT {locks}", keys)
        yield
