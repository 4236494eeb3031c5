"""Conflicts among all that was staged, taken out and reported for everybody at once."""

# ruff: noqa: S608 - only names of our own tables and columns are put into the SQL
from django.db import transaction

from deers.loading.staging import finished_places, mark_done, read_rows, run_statement

TAKEN = "already belongs to another person"
SPOUSE = "is a conflict: the sponsor already has a spouse, or the entry is there twice"
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
LATER_LINE = f"""
    WITH gone AS (DELETE FROM deers_staged_person WHERE line IN (
        SELECT line FROM (SELECT line, lead(dod_id) OVER (ORDER BY dod_id, line) = dod_id AS superseded
                            FROM deers_staged_person) every WHERE superseded) RETURNING line)
    {OUT}"""
TELL = f"told AS (INSERT INTO deers_staged_problem SELECT line, 'ssn', $${TAKEN}$$ FROM gone)"
NUMBER_ON_RECORD = f"""
    WITH gone AS (DELETE FROM deers_staged_person s USING deers_person p
                   WHERE p.ssn_index = s.ssn_index AND p.dod_id <> s.dod_id RETURNING s.line),
         {TELL}
    {OUT}"""
NUMBER_ABOVE = f"""
    WITH gone AS (DELETE FROM deers_staged_person WHERE line IN (
        SELECT line FROM (SELECT line, ssn_index, row_number() OVER (PARTITION BY ssn_index ORDER BY line) AS n
                            FROM deers_staged_person) every WHERE n > 1 AND ssn_index IS NOT NULL) RETURNING line),
         {TELL}
    {OUT}"""
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
    NUMBER_ON_RECORD,
    NUMBER_ABOVE,
    *(
        f"DELETE FROM {table} WHERE EXISTS (SELECT FROM deers_staged_out) AND line IN (TABLE deers_staged_out)"
        for table in ("deers_staged_legalname", "deers_staged_eligibility", "deers_staged_sponsorship")
    ),
    SECOND_SPOUSE,
    "CREATE INDEX ON deers_staged_legalname (person_id)",
    "CREATE INDEX ON deers_staged_eligibility (person_id)",
    "CREATE INDEX ON deers_staged_sponsorship (dependent_id)",
)


def resolve_conflicts(*, replace: bool) -> list[str]:
    """Take out the people who cannot be inserted. Return where the ranges begin in which all others can.

    Without `replace`, people on record are left as they are.
    """
    with transaction.atomic():
        if not finished_places("settle"):
            for statement in SETTLE if replace else (LEAVE_AS_IS, *SETTLE):
                run_statement(statement)
            mark_done("settle", 0)
    return [dod_id for (dod_id,) in read_rows(BEGINNINGS)]
