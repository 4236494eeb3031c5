"""Conflicts among all that was staged, taken out and reported for everybody at once."""

# ruff: noqa: S608 - only names of our own tables and columns are put into the SQL
from django.db import transaction

from deers.loading.rows import COLUMNS
from deers.loading.staging import absent_columns, any_piece_lacks, finished_places, mark_done, read_rows, run_statement

TAKEN = "already belongs to another person"
SPOUSE = "is a conflict: the sponsor already has a spouse, or the entry is there twice"
LATER = "is repeated in a later line, which counts"
NAMELESS = "must hold exactly one name without an end"
DEAD_BEFORE = "is before the birth"
CIRCLE = "closes a circle of sponsors"
RANGE = 5_000
"""People who are inserted in one transaction."""

BEGINNINGS = f"""
    SELECT dod_id FROM (SELECT dod_id, row_number() OVER (ORDER BY dod_id) AS number FROM deers_staged_person) every
     WHERE number % {RANGE} = 1 ORDER BY dod_id"""
OUT = "INSERT INTO deers_staged_out SELECT line FROM gone"
SPOUSES = "relationship IN ('spouse', 'surviving') AND \"end\" IS NULL"
LEAVE_AS_IS = f"""
    WITH gone AS (DELETE FROM deers_staged_person s USING deers_person p WHERE p.dod_id = s.dod_id RETURNING s.line)
    {OUT}"""


def refusing(which: str, column: str, reason: str) -> str:
    """Return the statement that takes out the staged people `s` for whom this is true, and reports why."""
    return f"""
    WITH gone AS (DELETE FROM deers_staged_person s {which} RETURNING s.line),
         told AS (INSERT INTO deers_staged_problem SELECT line, '{column}', $${reason}$$ FROM gone)
    {OUT}"""


LATER_LINE = refusing(
    """WHERE line IN (
        SELECT line FROM (SELECT line, lead(dod_id) OVER (ORDER BY dod_id, line) = dod_id AS superseded
                            FROM deers_staged_person) every WHERE superseded)""",
    "dod_id",
    LATER,
)
# A line without a name is refused if the file has names, or if the person is new. That is known only now.
NO_NAME = refusing(
    """WHERE NOT EXISTS (SELECT FROM deers_staged_legalname n WHERE n.line = s.line)
       AND (%s OR NOT EXISTS (SELECT FROM deers_person p WHERE p.dod_id = s.dod_id))""",
    "names",
    NAMELESS,
)
DEATH_BEFORE_BIRTH = refusing("WHERE s.date_of_death < s.date_of_birth", "date_of_death", DEAD_BEFORE)
# A number that its holder gives up in the same file is free.
NUMBER_ON_RECORD = refusing(
    """USING deers_person p
     WHERE p.ssn_index = s.ssn_index AND p.dod_id <> s.dod_id
       AND NOT EXISTS (SELECT FROM deers_staged_person holder
                        WHERE holder.dod_id = p.dod_id AND holder.ssn_index IS DISTINCT FROM p.ssn_index)""",
    "ssn",
    TAKEN,
)
NUMBER_ABOVE = refusing(
    """WHERE line IN (
        SELECT line FROM (SELECT line, ssn_index, row_number() OVER (PARTITION BY ssn_index ORDER BY line) AS n
                            FROM deers_staged_person) every WHERE n > 1 AND ssn_index IS NOT NULL)""",
    "ssn",
    TAKEN,
)
# Hardly any sponsor has a sponsor, so few links can be part of a circle. These are followed, also along links on record
# that the file leaves as they are.
ABOVE_IN_FILE = """
    SELECT sponsor_id FROM deers_staged_sponsorship above
     WHERE above.dependent_id = {0} AND above."end" IS NULL"""
ABOVE_ON_RECORD = """
    SELECT sponsor_id FROM deers_sponsorship above
     WHERE above.dependent_id = {0} AND above."end" IS NULL"""
CIRCLES = f"""
    WITH RECURSIVE seeds AS (
        SELECT * FROM deers_staged_sponsorship s
         WHERE "end" IS NULL AND EXISTS ({ABOVE_IN_FILE.format("s.sponsor_id")})
         UNION
        SELECT * FROM deers_staged_sponsorship s
         WHERE "end" IS NULL AND EXISTS ({ABOVE_ON_RECORD.format("s.sponsor_id")})),
    ways AS (
        SELECT line, place, dependent_id AS start, sponsor_id AS reached FROM seeds
         UNION
        SELECT line, place, start, above.sponsor_id FROM ways CROSS JOIN LATERAL (
            {ABOVE_IN_FILE.format("ways.reached")}
             UNION ALL {ABOVE_ON_RECORD.format("ways.reached")}
               AND NOT (%s AND EXISTS (SELECT FROM deers_staged_person p WHERE p.dod_id = above.dependent_id))) above
         WHERE reached <> start),
    gone AS (
        DELETE FROM deers_staged_sponsorship s USING ways
         WHERE reached = start AND s.line = ways.line AND s.place = ways.place RETURNING s.line, s.place)
    INSERT INTO deers_staged_problem SELECT DISTINCT line, 'sponsors.' || place, '{CIRCLE}' FROM gone"""
SECOND_SPOUSE = f"""
    WITH gone AS (DELETE FROM deers_staged_sponsorship WHERE (line, place) IN (
        SELECT line, place
          FROM (SELECT line, place, row_number() OVER (PARTITION BY sponsor_id ORDER BY line, place) AS n
                  FROM deers_staged_sponsorship WHERE {SPOUSES}) spouses WHERE n > 1) RETURNING line, place)
    INSERT INTO deers_staged_problem SELECT line, 'sponsors.' || place, '{SPOUSE}' FROM gone"""
SETTLE = (
    "SET LOCAL maintenance_work_mem TO '4MB'",  # the more people, the more it would take
    "CREATE INDEX ON deers_staged_person (dod_id, line)",
    "ANALYZE deers_staged_person (line, dod_id, ssn_index)",
    LATER_LINE,
)
# Run until nothing more is taken out: people who are taken out do not give up a number.
SETTLE_NUMBERS = (NUMBER_ON_RECORD, NUMBER_ABOVE)
SETTLE_TIES = (
    *(
        f"DELETE FROM {table} WHERE EXISTS (SELECT FROM deers_staged_out) AND line IN (TABLE deers_staged_out)"
        for table in ("deers_staged_legalname", "deers_staged_eligibility", "deers_staged_sponsorship")
    ),
    "CREATE INDEX ON deers_staged_sponsorship (dependent_id)",
    "ANALYZE deers_staged_sponsorship",
    "CREATE INDEX ON deers_staged_legalname (person_id)",
    "CREATE INDEX ON deers_staged_eligibility (person_id)",
)


def resolve_conflicts(*, replace: bool) -> None:
    """Take out the people who cannot be inserted, and give all others what the file does not have and the registry has.

    Without `replace`, people on record are left as they are.
    """
    with transaction.atomic():
        if finished_places("settle"):
            return
        for statement in SETTLE if replace else (LEAVE_AS_IS, *SETTLE):
            run_statement(statement)
        keep_what_is_absent(absent_columns())
        while sum(map(run_statement, SETTLE_NUMBERS)):
            pass
        for statement in SETTLE_TIES:
            run_statement(statement)
        run_statement(CIRCLES, "sponsors" not in absent_columns())
        run_statement(SECOND_SPOUSE)
        mark_done("settle", 0)


def keep_what_is_absent(absent: frozenset[str]) -> None:
    """Fill in the columns that the file does not have with what is on record.

    Names, periods and sponsors that it does not have are left alone by insertion.py.
    """
    if any_piece_lacks("names"):
        run_statement(NO_NAME, "names" not in absent)
    columns = [column for column in COLUMNS["deers_person"] if column.partition("_")[0] in absent or column in absent]
    if columns:
        kept = ", ".join(f"{column} = p.{column}" for column in columns)
        run_statement(f"UPDATE deers_staged_person s SET {kept} FROM deers_person p WHERE p.dod_id = s.dod_id")
        run_statement(DEATH_BEFORE_BIRTH)


def range_beginnings() -> list[str]:
    """Return where the ranges begin in which the people can be inserted."""
    return [dod_id for (dod_id,) in read_rows(BEGINNINGS)]
