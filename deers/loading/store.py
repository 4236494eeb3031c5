"""A batch of finished rows into the tables: new people by COPY, those who are there already by an update."""

# ruff: noqa: S608 - only names of our own tables and columns are put into the SQL
from collections.abc import Iterable, Sequence

from django.db import connection

from deers.loading import rows
from deers.loading.record import Problem
from deers.loading.rows import Rows, Tie

COLUMNS_TO_UPDATE = ", ".join(f"{c} = s.{c}" for c in rows.PERSON.split(", ")[1:])
TAKEN = "is another person's already"
NOT_POSSIBLE = "cannot stand: the sponsor has a spouse already, or it stands twice"


def make_staging_tables() -> None:
    """For this connection alone, and empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS staged_person AS SELECT {rows.PERSON} FROM deers_person LIMIT 0"
        )
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS staged_sponsorship AS"
            f" SELECT {rows.SPONSORSHIP} FROM deers_awaitedsponsor LIMIT 0"
        )
        cursor.execute("DELETE FROM staged_person")
        cursor.execute("DELETE FROM staged_sponsorship")


def enter(batch: Sequence[Rows]) -> list[Problem]:
    """Enter everybody of the batch, who are all different; what cannot be entered comes back. In a transaction."""
    taken = numbers_of_others(batch)
    people = [each for each in batch if each.dod_id not in taken]
    there = known([each.dod_id for each in people])
    if there:
        update([each for each in people if each.dod_id in there])
    copy("deers_person", rows.PERSON, (each.person for each in people if each.dod_id not in there))
    copy("deers_legalname", rows.NAME, (each.names for each in people))
    copy("deers_eligibility", rows.ELIGIBILITY, (each.eligibilities for each in people))
    problems = tie_together([tie for each in people for tie in each.ties])
    return [*(Problem(each.line, "ssn", TAKEN) for each in batch if each.dod_id in taken), *problems]


def known(dod_ids: Iterable[str]) -> set[str]:
    """Which of these DoD ID numbers are on record."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dod_id FROM deers_person WHERE dod_id = ANY(%s::bpchar[])", [list(set(dod_ids))])
        return {dod_id for (dod_id,) in cursor.fetchall()}


def numbers_of_others(batch: Sequence[Rows]) -> set[str]:
    """Whose Social Security number is another person's, on record or earlier in the batch, by DoD ID number."""
    indexes = [each.ssn_index for each in batch if each.ssn_index]
    with connection.cursor() as cursor:
        cursor.execute("SELECT ssn_index, dod_id FROM deers_person WHERE ssn_index = ANY(%s)", [indexes])
        owner = {bytes(index): dod_id for index, dod_id in cursor.fetchall()}
    return {
        each.dod_id for each in batch if each.ssn_index and owner.setdefault(each.ssn_index, each.dod_id) != each.dod_id
    }


def update(people: Sequence[Rows]) -> None:
    """Replace what is known of people on record, but for their names, periods and ties, which are entered anew."""
    copy("staged_person", rows.PERSON, (each.person for each in people))
    ids = [[each.dod_id for each in people]]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE deers_person p SET {COLUMNS_TO_UPDATE} FROM staged_person s WHERE p.dod_id = s.dod_id")
        for table, column in (
            ("deers_legalname", "person_id"),
            ("deers_eligibility", "person_id"),
            ("deers_sponsorship", "dependent_id"),
            ("deers_awaitedsponsor", "dependent_id"),
        ):
            cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s::bpchar[])", ids)


def tie_together(ties: Sequence[Tie]) -> list[Problem]:
    """Enter the ties whose sponsor is on record; the others wait for theirs."""
    if not ties:
        return []
    there = known(tie.sponsor_id for tie in ties)
    copy("deers_awaitedsponsor", rows.SPONSORSHIP, (rows.written(t) for t in ties if t.sponsor_id not in there))
    now = [tie for tie in ties if tie.sponsor_id in there]
    copy("staged_sponsorship", rows.SPONSORSHIP, map(rows.written, now))
    with connection.cursor() as cursor:
        cursor.execute(f"{INSERT_TIES} SELECT {TIE} FROM staged_sponsorship {IF_POSSIBLE}")
        if cursor.rowcount == len(now):
            return []
        cursor.execute(f"SELECT line, place FROM staged_sponsorship s WHERE NOT EXISTS ({THE_SAME})")
        return refused(cursor.fetchall())


TIE = 'sponsor_id, dependent_id, relationship, begin, "end"'
INSERT_TIES = f"INSERT INTO deers_sponsorship ({TIE})"
IF_POSSIBLE = "ON CONFLICT DO NOTHING"
THE_SAME = """
    SELECT FROM deers_sponsorship d WHERE d.sponsor_id = s.sponsor_id AND d.dependent_id = s.dependent_id
       AND d.relationship = s.relationship AND d.begin = s.begin AND d."end" IS NOT DISTINCT FROM s."end"
"""


def refused(places: Iterable[tuple[int, int]]) -> list[Problem]:
    return [Problem(line, f"sponsors.{place}", NOT_POSSIBLE) for line, place in places]


def tie_awaited() -> list[Problem]:
    """At the end of a file: enter the ties that waited for their sponsor; who never came is a problem."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE deers_awaitedsponsor")
        cursor.execute(
            f"{INSERT_TIES} SELECT {TIE} FROM deers_awaitedsponsor s"
            f" WHERE EXISTS (SELECT FROM deers_person p WHERE p.dod_id = s.sponsor_id) {IF_POSSIBLE}"
        )
        cursor.execute(
            "SELECT line, place, EXISTS (SELECT FROM deers_person p WHERE p.dod_id = s.sponsor_id)"
            f" FROM deers_awaitedsponsor s WHERE NOT EXISTS ({THE_SAME}) ORDER BY line, place"
        )
        left = cursor.fetchall()
        cursor.execute("DELETE FROM deers_awaitedsponsor")
    missing = [
        Problem(line, f"sponsors.{place}.sponsor", "is nobody on record") for line, place, has in left if not has
    ]
    return [*missing, *refused((line, place) for line, place, has in left if has)]


def copy(table: str, columns: str, lines: Iterable[str]) -> None:
    text = "".join(lines)
    if text:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copying:
            copying.write(text)
