"""One at a time: what must not be judged twice at once waits here for its turn."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def exclusive(kind: str, key: str, *more: tuple[str, str]) -> Iterator[None]:
    """A transaction in which this `kind` of work on this `key` is ours alone, on every server.

    `more` kinds and keys are waited for after the first one, in their order. Whoever wants several kinds wants them in
    the same order everywhere, or two could wait for each other.

    Whoever else wants the same turn waits until the (outermost) transaction ends, so that of parallel guesses each
    sees what the one before has counted. Two keys that hash alike would only wait for each other.
    """
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            keys = [f"{kind}:{key}", *(f"{kind}:{key}" for kind, key in more)]
            locks = ", ".join(["pg_advisory_xact_lock(hashtextextended(%s, 0))"] * len(keys))
            cursor.execute(f"SELECT {locks}", keys)
        yield
