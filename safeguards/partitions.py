"""The parts of the audit trail: a partition for each year, made long before it begins.

A function of the database makes them, because the site's role owns no tables (migration 0012). What comes when no
partition is there for it goes into one by default, so that nothing is lost. See
docs/adr/0057-partitions.md.
"""

from collections.abc import Iterable

from django.db import connection

from core import policy
from safeguards.models import AuditEvent

AUDIT = AuditEvent._meta.db_table
MAKE = "safeguards_make_partitions"

UNTIL = r"""
    SELECT max((regexp_match(pg_get_expr(relpartbound, oid), 'TO \(''(.+)''\)'))[1]::timestamptz), now()
    FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = to_regclass(%s)
"""
TREE = """
    SELECT DISTINCT part::text FROM unnest(%s::regclass[]) AS one,
        LATERAL (SELECT one AS part UNION SELECT relid FROM pg_partition_tree(one)) AS parts
    ORDER BY 1
"""


def make_ahead() -> int:
    """Make the partitions that will be needed next, and return how many there were.

    Raise OperationalError if somebody has locked the trail. Nothing is done then, and the next try does it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {MAKE}()")
        return cursor.fetchone()[0]


def are_ahead() -> bool:
    """Return whether there is a partition for what will happen within policy.PARTITIONS_AHEAD."""
    with connection.cursor() as cursor:
        cursor.execute(UNTIL, [AUDIT])
        until, now = cursor.fetchone()
    return bool(until and until - now > policy.PARTITIONS_AHEAD)


def tree_of(tables: Iterable[str]) -> list[str]:
    """Return these tables, each with all of its partitions."""
    with connection.cursor() as cursor:
        cursor.execute(TREE, [list(tables)])
        return [name for (name,) in cursor.fetchall()]
