"""How a start or a command ends that is refused: in one sentence, without a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError
from psycopg.errors import InsufficientPrivilege

REFUSED = 3
"""The exit status. The web server takes it from a process to mean that there is no use in starting another one."""


@contextmanager
def refuse_in_a_sentence() -> Iterator[None]:
    """End the process with the sentence of an ImproperlyConfigured that the block raises.

    A role of the database without the right to do something gets a sentence, too: imports and migrations make tables,
    which the site's own role may not (docs/deploying.md). Nothing else is a reason to run as their owner, who may
    change even the audit trail.

    So does a database that is away, that ends the connection, or that cannot do it now, because its disk is full or it
    has become a standby. Commands can be repeated.
    """
    try:
        yield
    except ImproperlyConfigured as refusal:
        print(f"DS Logon does not start: {refusal}", file=sys.stderr, flush=True)
        sys.exit(REFUSED)
    except ProgrammingError as failure:
        if not isinstance(failure.__cause__, InsufficientPrivilege):
            raise
        print(
            f"The role in DATABASE_URL may not do this: {first_line(failure)}. If it is an import or a migration, run "
            "it as the owner of the tables: docs/deploying.md has a command for that, manage-as-owner.",
            file=sys.stderr,
            flush=True,
        )
        sys.exit(REFUSED)
    except (OperationalError, InterfaceError, InternalError) as failure:
        print(
            f"The database did not do this: {first_line(failure)}. When it is well again, run the same command again.",
            file=sys.stderr,
            flush=True,
        )
        sys.exit(os.EX_TEMPFAIL)


def first_line(failure: Exception) -> str:
    """Return what PostgreSQL says in its first line. The others may tell what stands in a row."""
    said, *_ = str(failure).strip().splitlines() or [""]
    return said.rstrip(".")
