"""The proof that what is kept can be restored: a restore that is compared with the live database."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import IsolationLevel, sql

from dslogon.up.backups.kept import choose
from dslogon.up.backups.place import CURRENT, LOG, Place
from dslogon.up.backups.restoring import connected, recovered, unfit_keys
from dslogon.up.errors import UserFacingError

DRILL = "drill"
"""Where a drill goes, below BACKUPS."""
PATIENCE = 60
"""Seconds that a drill waits for a moment without writing, and for the log to arrive (own)."""
PAUSE = 0.01
TABLES = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace
    ORDER BY relname
"""
# The sum does not depend on the order of the rows.
CONTENT = "SELECT count(*), coalesce(sum(hashtextextended(whole_row::text, 0)), 0) FROM {} AS whole_row"


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and a number that another content would hardly have as well."""

    rows: int
    digest: int


def drill(place: Place) -> None:
    """Restore the last backup to this moment, compare it with the live database, and delete it again.

    Raise UserFacingError if anything differs, if the audit trail is not as it was sealed, or if the keys do not fit.
    """
    began, current = time.monotonic(), place.backups / CURRENT
    backup, target = choose(current, None), place.backups / DRILL
    shutil.rmtree(target, ignore_errors=True)
    lsn, live = content_of_live(place)
    counted = time.monotonic()
    goal = {"recovery_target_lsn": lsn, "recovery_target_inclusive": "off"}
    try:
        with recovered(place, backup, current / LOG, target, goal) as sockets:
            restored = time.monotonic()
            with connected(place, sockets) as connection:
                found = differences(live, content(connection))
            trail = place.manage(place.url("site.env", sockets), "verify_audit")
            found += [trail.stderr.strip()] if trail.returncode else []
            found += [keys] if (keys := unfit_keys(place, sockets)) else []
    finally:
        shutil.rmtree(target, ignore_errors=True)
    if found:
        raise UserFacingError("\n".join(["The restored database is not what it should be.", *found]))
    ended = time.monotonic()
    print(
        f"The backup {backup.name} and the log, restored to {lsn}: all {len(live)} tables with "
        f"{sum(table.rows for table in live.values()):,} rows are as in the live database at that point.\n"
        f"{trail.stdout.strip()}\nThe keys fit.\n"
        f"It took {ended - began:.0f} seconds: {counted - began:.0f} to read the live database, "
        f"{restored - counted:.0f} to restore, {ended - restored:.0f} to compare."
    )


def content_of_live(place: Place) -> tuple[str, dict[str, Content]]:
    """Return a position in the log and what the live database held there. Nobody has to wait for it.

    A position in the log and a snapshot show the same only while nobody writes: who is about to commit may stand in the
    log already and not yet in a snapshot. So it looks for such a moment, a few milliseconds long.
    """
    url, deadline = place.url("owner.env"), time.monotonic() + PATIENCE
    with psycopg.connect(url) as live, psycopg.connect(url, autocommit=True) as other:
        live.isolation_level, live.read_only = IsolationLevel.REPEATABLE_READ, True
        while (lsn := position_of_snapshot(live, other)) is None:
            live.rollback()
            if time.monotonic() > deadline:
                raise UserFacingError(f"In {PATIENCE} seconds there was no moment without writing. Try again later.")
            time.sleep(PAUSE)
        # Recovery stops at the first record behind the position, so there has to be one, and it has to arrive.
        (written,) = other.execute("SELECT pg_logical_emit_message(false, 'drill', '', true)::text").fetchone() or ("",)
        found, deadline = content(live), time.monotonic() + PATIENCE
        arrived = "SELECT restart_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = 'wal' AND active"
        while other.execute(arrived, [written]).fetchone() != (True,):
            if time.monotonic() > deadline:
                raise UserFacingError("The log does not arrive among the backups: look at dslogon-wal.")
            time.sleep(PAUSE)
    return lsn, found


def position_of_snapshot(live: psycopg.Connection, other: psycopg.Connection) -> str | None:
    """Return the position at which recovery shows what a new snapshot of `live` does, or None if somebody writes."""
    ((shown, lsn),) = live.execute("SELECT pg_current_snapshot()::text, pg_current_wal_insert_lsn()::text").fetchall()
    # Who writes holds this lock from the first row until all others see the commit.
    ((writing,),) = other.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid'").fetchall()
    ((shown_after,),) = other.execute("SELECT pg_current_snapshot()::text").fetchall()
    oldest, next_one, _ = shown.split(":")
    return lsn if oldest == next_one and shown == shown_after and writing == 0 else None


def content(connection: psycopg.Connection) -> dict[str, Content]:
    """Return what every table of a database holds, but for those that a crash empties (UNLOGGED)."""
    tables = [name for (name,) in connection.execute(TABLES).fetchall()]
    return {
        name: Content(*connection.execute(sql.SQL(CONTENT).format(sql.Identifier(name))).fetchone() or (0, 0))
        for name in tables
    }


def differences(live: Mapping[str, Content], restored: Mapping[str, Content]) -> list[str]:
    """Return a sentence for each table that is not the same, and one if there is nothing to compare."""
    if not live:
        return ["The live database has no tables."]
    return [
        f"{name} differs: {told(live.get(name))} in the live database, {told(restored.get(name))} restored."
        for name in sorted(live.keys() | restored.keys())
        if live.get(name) != restored.get(name)
    ]


def told(table: Content | None) -> str:
    return f"{table.rows:,} rows (digest {table.digest})" if table else "no table"
