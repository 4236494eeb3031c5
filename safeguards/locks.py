"""Advisory locks, for work that must not be done twice at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


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
