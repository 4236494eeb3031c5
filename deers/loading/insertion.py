"""Insertion of people from the staging tables into the registry, one range of DoD ID numbers at a time, in their order.

Neighbors in that order are on the same pages of most indexes. So one more person among ten million costs little more
than among ten thousand.
"""

# ruff: noqa: S608 - only names of our own tables and columns are put into the SQL
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from deers.loading.conflicts import SPOUSE
from deers.loading.rows import COLUMNS
from deers.loading.staging import (
    ELIGIBILITY,
    NAME,
    PERSON,
    SPONSORSHIP,
    absent_columns,
    finished_places,
    mark_done,
    read_rows,
    run_statement,
)

NOBODY = "is not on record"
NOT_SEALED = [column for column in COLUMNS["deers_person"] if column not in ("dod_id", "ssn")]
# A number is sealed differently each time, even if it is the same. Its blind index tells whether it has changed.
CHANGED = f"({', '.join(f'p.{c}' for c in NOT_SEALED)}) IS DISTINCT FROM ({', '.join(f's.{c}' for c in NOT_SEALED)})"
RANGED = "{0} >= %s AND {0} < %s"
ON_RECORD = f"""
    SELECT p.dod_id FROM deers_person p JOIN deers_staged_person s USING (dod_id) WHERE {RANGED.format("s.dod_id")}"""
UPDATE = f"""
    UPDATE deers_person p SET {", ".join(f"{column} = s.{column}" for column in (*NOT_SEALED, "ssn"))}
      FROM deers_staged_person s WHERE p.dod_id = s.dod_id AND {RANGED.format("s.dod_id")} AND {CHANGED}"""
INSERT = f"""
    INSERT INTO deers_person ({PERSON}) SELECT {PERSON} FROM deers_staged_person s WHERE {RANGED.format("dod_id")}
       AND NOT EXISTS (SELECT FROM deers_person p WHERE p.dod_id = s.dod_id) ORDER BY dod_id"""
LISTS = tuple(
    f"""
    INSERT INTO {table} ({columns}) SELECT {columns} FROM {table.replace("deers_", "deers_staged_")}
     WHERE {RANGED.format("person_id")} ORDER BY person_id"""
    for table, columns in (("deers_legalname", NAME), ("deers_eligibility", ELIGIBILITY))
)
UNTIE = f"""
    DELETE FROM deers_sponsorship WHERE dependent_id IN (
        SELECT dod_id FROM deers_staged_person WHERE {RANGED.format("dod_id")})"""
INSERT_TIES = f"INSERT INTO deers_sponsorship ({SPONSORSHIP}) SELECT {SPONSORSHIP} FROM deers_staged_sponsorship s"
HAS_SPONSOR = "EXISTS (SELECT FROM deers_person p WHERE p.dod_id = s.sponsor_id)"
TIE = f"""
    {INSERT_TIES} WHERE {RANGED.format("dependent_id")} AND {HAS_SPONSOR} ORDER BY dependent_id
    ON CONFLICT DO NOTHING"""
NOT_TIED = """NOT EXISTS (
        SELECT FROM deers_sponsorship d WHERE d.sponsor_id = s.sponsor_id AND d.dependent_id = s.dependent_id
           AND d.relationship = s.relationship AND d.begin = s.begin AND d."end" IS NOT DISTINCT FROM s."end")"""
TIE_THE_REST = f"{INSERT_TIES} WHERE {NOT_TIED} AND {HAS_SPONSOR} ON CONFLICT DO NOTHING"
TELL_THE_REST = f"""
    INSERT INTO deers_staged_problem
    SELECT line, CASE WHEN {HAS_SPONSOR} THEN 'sponsors.' || place ELSE 'sponsors.' || place || '.sponsor' END,
           CASE WHEN {HAS_SPONSOR} THEN '{SPOUSE}' ELSE '{NOBODY}' END
      FROM deers_staged_sponsorship s WHERE {NOT_TIED}"""


# At the end of the transaction, foreign keys would take longer to check, and memory for each row.
AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"


# The people who give up a number that another person in the file takes.
GIVERS = """
    SELECT p.dod_id FROM deers_person p JOIN deers_staged_person mine ON mine.dod_id = p.dod_id
      JOIN deers_staged_person theirs ON theirs.ssn_index = p.ssn_index AND theirs.dod_id <> p.dod_id
     WHERE mine.ssn_index IS DISTINCT FROM p.ssn_index"""
GIVE_UP = "UPDATE deers_person SET ssn_index = NULL, ssn_last4_index = NULL WHERE dod_id = ANY(%s::bpchar[])"
GET_NEW = """
    UPDATE deers_person p SET ssn = s.ssn, ssn_index = s.ssn_index, ssn_last4_index = s.ssn_last4_index
      FROM deers_staged_person s WHERE s.dod_id = p.dod_id AND p.dod_id = ANY(%s::bpchar[])"""


class Range(NamedTuple):
    """The people who are inserted in one transaction.

    They have the DoD ID numbers from `first` to the last one before `beyond`. `place` is the number of the range.
    """

    place: int
    first: str
    beyond: str


def exchange_numbers() -> None:
    """Exchange the numbers that change hands among people on record, so that no lookup finds anybody without one."""
    with transaction.atomic():
        if not finished_places("numbers"):
            givers = [dod_id for (dod_id,) in read_rows(GIVERS)]
            if givers:
                run_statement(GIVE_UP, givers)
                run_statement(GET_NEW, givers)
            mark_done("numbers", 0)


def insert(who: Range) -> None:
    """Insert the people of a range, with their names and periods."""
    _, *bounds = who
    with transaction.atomic():
        run_statement(AT_ONCE)
        updated = [dod_id for (dod_id,) in read_rows(ON_RECORD, *bounds)]
        if updated:
            run_statement(UPDATE, *bounds)
            absent = absent_columns()
            for kind, table in (("names", "deers_legalname"), ("eligibilities", "deers_eligibility")):
                if kind not in absent:
                    run_statement(f"DELETE FROM {table} WHERE person_id = ANY(%s::bpchar[])", updated)
        people = len(updated) + run_statement(INSERT, *bounds)
        for statement in LISTS:
            run_statement(statement, *bounds)
        mark_done("enter", who.place, people=people)


def link_sponsors(who: Range) -> None:
    """Link the dependents of a range to their sponsors, as far as that is possible yet."""
    _, *bounds = who
    with transaction.atomic():
        run_statement(AT_ONCE)
        if "sponsors" not in absent_columns():
            run_statement(UNTIE, *bounds)
        run_statement(TIE, *bounds)
        mark_done("tie", who.place)


def link_remaining_sponsors(finish: Callable[[], object]) -> None:
    """Make the links that had to wait until another link was gone, and report those that cannot be made at all.

    This is the end of an import. `finish` is called in the same transaction, and so once, however often the import was
    interrupted.
    """
    with transaction.atomic():
        if not finished_places("tie the rest"):
            run_statement(TIE_THE_REST)
            run_statement(TELL_THE_REST)
            finish()
            mark_done("tie the rest", 0)
