"""Whether a person as typed is a person on record: exact numbers first, then the name and the date of birth."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from core import policy
from core.dates import age_on
from deers import names
from deers.registry import Beneficiary, Ineligible, Match, NearMatch, NoMatch, Outcome, PersonQuery, Reason

# This is plain SQL, because it is the one query that everybody's registration waits on. Building it from models each
# time costs three times what PostgreSQL needs to answer it. The first columns are the fields of Beneficiary.
#
# A number that is nobody's finds the person who comes next in the index, and the last column says so. Everything that
# is then read and compared for that stranger is thrown away. A miss has to take as long as a hit, or a stopwatch could
# tell who is in DEERS. In the order of keyed hashes, the next person is anybody.
#
# No date is in a WHERE. With one, among ten million people, PostgreSQL thought the statement that it had prepared more
# costly than one for today's date. It planned the statement again each time, which took as long as answering it.
NAMES_OF = """
SELECT p.dod_id, n.first, n.middle, n.last, n.suffix, p.date_of_birth,
       p.email, p.phone, p.street, p.city, p.state, p.postal_code, p.country,
       p.protected OR p.locked, p.date_of_death IS NOT NULL,
       (SELECT coalesce(bool_or(e.begin <= %s AND (e."end" IS NULL OR e."end" >= %s)), false)
          FROM deers_eligibility e WHERE e.person_id = p.dod_id),
       {asked}
  FROM (SELECT * FROM deers_person WHERE {number} >= %s ORDER BY {number} LIMIT 1) p
  JOIN deers_legalname n ON n.person_id = p.dod_id
 ORDER BY n.until DESC NULLS FIRST
"""
BY_SSN = NAMES_OF.format(number="ssn_index", asked="p.ssn_index = %s")
BY_DOD_ID = NAMES_OF.format(number="dod_id", asked="p.dod_id = %s")
BY_BOTH = NAMES_OF.format(number="ssn_index", asked="p.ssn_index = %s AND p.dod_id = %s")


class RecordRow(NamedTuple):
    """A person under one of their names, and what decides whether they may open an account."""

    person: Beneficiary
    deceased: bool
    covered: bool
    asked_for: bool

    @property
    def name(self) -> names.Name:
        """Return the name in this row."""
        return names.Name(self.person.first_name, self.person.middle_name, self.person.last_name, self.person.suffix)


def records_matching(*, ssn_index: bytes, dod_id: str, today: date) -> list[RecordRow]:
    """Return the person who has the numbers given, once for each name, with the present name first. It takes one query.

    A number that was not given is b"" or "". If nobody has the numbers, return somebody else, who was not `asked_for`.
    """
    sql = BY_BOTH if ssn_index and dod_id else BY_SSN if ssn_index else BY_DOD_ID
    given = [number for number in (ssn_index, dod_id) if number]
    with connection.cursor() as cursor:
        cursor.execute(sql, [today, today, *given, given[0]])
        found = cursor.fetchall()
    return [RecordRow(Beneficiary(*row[:-4], is_shielded=row[-4]), *row[-3:]) for row in found]


def judge_match(query: PersonQuery, found: Sequence[RecordRow], today: date) -> Outcome:
    """Return the outcome for what was typed, given who has the numbers.

    One small difference is near. Two are not.
    """
    if not found:
        return NoMatch()
    present = found[0]
    typed = names.Name(query.first_name, query.middle_name, query.last_name, query.suffix)
    # A stranger who was not asked for is passed over, but only after as much was compared as for the right person.
    borne = [record.name for record in found]
    verdicts = compare_names(typed, borne), compare_dates(query.date_of_birth, present.person.date_of_birth)
    reason = ineligibility(present, today)
    if not present.asked_for or "none" in verdicts or verdicts == ("near", "near"):
        return NoMatch()
    if "near" in verdicts:
        return NearMatch()
    return Ineligible(reason, present.person.dod_id) if reason else Match(present.person)


def compare_names(typed: names.Name, borne: Sequence[names.Name]) -> names.Verdict:
    """Compare with the present name, which comes first and decides. A former name that matches is one small difference.

    All names are compared, and so are dates, to the end, whatever is found. names.compare says why.
    """
    verdict, *former = [names.compare(typed, name) for name in borne]
    return "near" if verdict == "none" and "match" in former else verdict


def compare_dates(typed: date, record: date) -> names.Verdict:
    """Compare dates. They are near if two neighboring digits are swapped, or day and month."""
    a, b = typed.isoformat().replace("-", ""), record.isoformat().replace("-", "")
    slips = [a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(7)]
    slips.append(a[:4] + a[6:] + a[4:6])
    unlike: names.Verdict = "near" if b in slips else "none"
    return "match" if a == b else unlike


def ineligibility(record: RecordRow, today: date) -> Reason | None:
    """Return why this person may not open an account, or None if nothing stands in the way."""
    if record.deceased:
        return Reason.DECEASED
    if record.person.is_shielded:
        return Reason.PROTECTED
    if age_on(record.person.date_of_birth, today) < policy.ADULT_AGE:
        return Reason.MINOR
    return None if record.covered else Reason.ENDED
