"""One at a time: what must not be judged twice at once waits here for its turn."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def turn(kind: str, key: str) -> Iterator[None]:
    """A transaction in which this `kind` of work on this `key` is ours alone, on every server.

    Whoever else wants the same turn waits until the (outermost) transaction ends, so that of parallel guesses each
    sees what the one before has counted. Two keys that hash alike would only wait for each other.
    """
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}:{key}"])
        yield
