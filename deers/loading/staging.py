"""The tables where people wait while a file is read, and how they get from there into the registry.

Many processes fill the staging tables at once. These tables have no index and no constraint, and are not logged. When
everything is there, conflicts are taken out (conflicts.py). Then people are inserted by ranges of DoD ID numbers, again
by many processes at once. When all people are there, they are linked to their sponsors (insertion.py).

Work that was done leaves a mark in deers_staged_done, in its own transaction, and is not done again. After a crash of
the server the staging tables are empty, marks and all, and the import starts over.
"""

# ruff: noqa: S608 - only names of our own tables and columns are put into the SQL
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from deers.loading.lines import Problem
from deers.loading.rows import COLUMNS

PERSON, NAME, ELIGIBILITY, SPONSORSHIP = (", ".join(columns) for columns in COLUMNS.values())
STAGED = {
    "deers_staged_person": f"SELECT 0::bigint AS line, {PERSON} FROM deers_person",
    "deers_staged_legalname": f"SELECT 0::bigint AS line, {NAME} FROM deers_legalname",
    "deers_staged_eligibility": f"SELECT 0::bigint AS line, {ELIGIBILITY} FROM deers_eligibility",
    "deers_staged_sponsorship": f"SELECT 0::bigint AS line, {SPONSORSHIP}, 0 AS place FROM deers_sponsorship",
    "deers_staged_problem": "SELECT 0::bigint AS line, ''::text AS \"column\", ''::text AS reason",
    "deers_staged_absent": "SELECT ''::text AS \"column\", 0::bigint AS pieces",
    "deers_staged_out": "SELECT 0::bigint AS line",
    "deers_staged_done": "SELECT ''::text AS step, 0::bigint AS place, 0 AS size, 0 AS people",
}
LOCK, WORK = 0x0DEE25, 0x0DEE26


class Busy(Exception):
    """Another import is running."""


def claim() -> None:
    """Allow one import at a time, as long as this connection lasts. Raise Busy if another one is running.

    Wait for the work that a killed import still has under way.
    """
    if read_rows("SELECT pg_try_advisory_lock(%s)", LOCK) != [(True,)]:
        raise Busy
    run_statement("SELECT pg_advisory_lock(%s), pg_advisory_unlock(%s)", WORK, WORK)


def release() -> None:
    """Allow the next import."""
    run_statement("SELECT pg_advisory_unlock(%s)", LOCK)


def prepare(key: str) -> None:
    """Create empty staging tables, unless those of an interrupted import of the same `key` are there."""
    if read_rows("SELECT obj_description(to_regclass('deers_staged_done'))") == [(key,)]:
        return
    with transaction.atomic():
        drop()
        for table, select in STAGED.items():
            run_statement(f"CREATE UNLOGGED TABLE {table} AS {select} LIMIT 0")
        run_statement("ALTER TABLE deers_staged_done ADD PRIMARY KEY (step, place)")
        run_statement(f"COMMENT ON TABLE deers_staged_done IS '{key}'")  # a hash in hexadecimal


def drop() -> None:
    """Drop the staging tables."""
    run_statement(f"DROP TABLE IF EXISTS {', '.join(STAGED)}")


def finished_places(step: str) -> dict[int, tuple[int, int]]:
    """Return the places of a step that are done, with their size and how many people there were."""
    asked = "SELECT place, size, people FROM deers_staged_done WHERE step = %s"
    return {place: (size, people) for place, size, people in read_rows(asked, step)}


def mark_done(step: str, place: int, size: int = 0, people: int = 0) -> None:
    """Mark work as done, in the transaction that did it.

    The transaction does not have to wait for the disk. Work that is lost is done once more.
    """
    run_statement("SET LOCAL synchronous_commit TO off")
    run_statement("SELECT pg_advisory_xact_lock_shared(%s)", WORK)
    run_statement("INSERT INTO deers_staged_done VALUES (%s, %s, %s, %s)", step, place, size, people)


def stage(
    place: int,
    size: int,
    people: int,
    tables: dict[str, str],
    problems: Sequence[Problem],
    absent: Collection[str] = (),
) -> None:
    """Stage what was made of a piece: finished rows, each with its line before it, and problems.

    `absent` are the columns that none of its people has.
    """
    with transaction.atomic():
        copy("deers_staged_absent", "".join(f"{column}\t1\n" for column in sorted(absent)))
        mark_done("read", place, size, people)
        for table, lines in tables.items():
            copy(table.replace("deers_", "deers_staged_"), lines)
        tell(problems)


def any_piece_lacks(column: str) -> bool:
    return bool(read_rows('SELECT FROM deers_staged_absent WHERE "column" = %s LIMIT 1', column))


def absent_columns() -> frozenset[str]:
    """The columns that none of all people has, and which stay as the registry has them."""
    of_all = """
        SELECT "column" FROM deers_staged_absent GROUP BY "column"
        HAVING sum(pieces) = (SELECT count(*) FROM deers_staged_done WHERE step = 'read' AND people > 0)"""
    return frozenset(column for (column,) in read_rows(of_all))


def copy(table: str, lines: str) -> None:
    if lines:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copying:
            copying.write(lines)


def tell(problems: Sequence[Problem]) -> None:
    """Keep problems for the report."""
    copy("deers_staged_problem", "".join(f"{p.line}\t{p.column or chr(92) + 'N'}\t{p.reason}\n" for p in problems))


def report(path: Path) -> int:
    """Write down the problems as CSV, sorted by line. Return how many there are."""
    path.touch(mode=0o600)
    sorted_problems = 'SELECT line, "column", reason FROM deers_staged_problem ORDER BY line, "column", reason'
    with connection.cursor() as cursor, path.open("wb") as file:
        with cursor.copy(f"COPY ({sorted_problems}) TO STDOUT (FORMAT csv, HEADER)") as copying:
            for block in copying:
                file.write(block)
        return cursor.rowcount


def count_problems() -> int:
    return read_rows("SELECT count(*) FROM deers_staged_problem")[0][0]


def run_statement(statement: str, *values: Any) -> int:
    """Run a statement. Return how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.rowcount


def read_rows(statement: str, *values: Any) -> list[tuple]:
    """Run a query. Return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()
