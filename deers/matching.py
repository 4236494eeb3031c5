"""Whether a person as typed is a person on record: exact numbers first, then the name and the date of birth."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from deers import names
from deers.registry import Beneficiary, Ineligible, Match, NearMatch, NoMatch, Outcome, PersonQuery, Reason
from dslogon import policy

# In plain SQL, for this is the one query that everybody's registration waits on: putting it together anew
# from models costs three times what PostgreSQL needs to answer it. The first columns are Beneficiary's fields.
NAMES_OF = """
SELECT p.dod_id, n.first, n.middle, n.last, n.suffix, p.date_of_birth,
       p.email, p.phone, p.street, p.city, p.state, p.postal_code, p.country,
       p.date_of_death IS NOT NULL, p.protected OR p.locked,
       EXISTS (SELECT FROM deers_eligibility e
                WHERE e.person_id = p.dod_id AND e.begin <= %s AND (e."end" IS NULL OR e."end" >= %s))
  FROM deers_person p JOIN deers_legalname n ON n.person_id = p.dod_id
 WHERE {numbers}
 ORDER BY n.until DESC NULLS FIRST
"""
BY_SSN = NAMES_OF.format(numbers="p.ssn_index = %s")
BY_DOD_ID = NAMES_OF.format(numbers="p.dod_id = %s")
BY_BOTH = NAMES_OF.format(numbers="p.ssn_index = %s AND p.dod_id = %s")


class OnRecord(NamedTuple):
    """A person under one of the names borne, and what decides whether he or she may open an account."""

    person: Beneficiary
    deceased: bool
    protected: bool
    covered: bool

    @property
    def name(self) -> names.Name:
        return names.Name(self.person.first_name, self.person.middle_name, self.person.last_name, self.person.suffix)


def borne_by(*, ssn_index: bytes, dod_id: str, today: date) -> list[OnRecord]:
    """Whoever has the numbers given (not b"", not ""), once for each name, the present name first; one query."""
    sql = BY_BOTH if ssn_index and dod_id else BY_SSN if ssn_index else BY_DOD_ID
    with connection.cursor() as cursor:
        cursor.execute(sql, [today, today, *(number for number in (ssn_index, dod_id) if number)])
        return [OnRecord(Beneficiary(*row[:-3]), *row[-3:]) for row in cursor.fetchall()]


def judge(query: PersonQuery, found: Sequence[OnRecord], today: date) -> Outcome:
    """The outcome for what was typed, given who has the numbers. One small difference, not two, is near."""
    if not found:
        return NoMatch()
    present, former = found[0], found[1:]
    verdicts = compare_names(query, present, former), compare_dates(query.date_of_birth, present.person.date_of_birth)
    if "none" in verdicts or verdicts == ("near", "near"):
        return NoMatch()
    if "near" in verdicts:
        return NearMatch()
    reason = hindrance(present, today)
    return Ineligible(reason) if reason else Match(present.person)


def compare_names(query: PersonQuery, present: OnRecord, former: Sequence[OnRecord]) -> names.Verdict:
    """The present name decides; a former one, exactly given, is one small difference."""
    typed = names.Name(query.first_name, query.middle_name, query.last_name, query.suffix)
    verdict = names.compare(typed, present.name)
    if verdict == "none" and any(names.compare(typed, record.name) == "match" for record in former):
        return "near"
    return verdict


def compare_dates(typed: date, record: date) -> names.Verdict:
    """Near: two neighboring digits swapped, or day and month."""
    if typed == record:
        return "match"
    if (typed.year, typed.month, typed.day) == (record.year, record.day, record.month):
        return "near"
    a, b = typed.isoformat().replace("-", ""), record.isoformat().replace("-", "")
    swapped = any(a[:i] + a[i + 1] + a[i] + a[i + 2 :] == b for i in range(7))
    return "near" if swapped else "none"


def hindrance(record: OnRecord, today: date) -> Reason | None:
    """Why this very person may not open an account; None if nothing stands in the way."""
    if record.deceased:
        return Reason.DECEASED
    if record.protected:
        return Reason.PROTECTED
    if age(record.person.date_of_birth, today) < policy.ADULT_AGE:
        return Reason.MINOR
    return None if record.covered else Reason.ENDED


def age(born: date, today: date) -> int:
    """In full years; who was born on February 29 grows older on March 1."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
