"""Puts a person into the mock registry, with only what a test needs to say."""

from datetime import date
from itertools import count
from typing import Any

from deers.models import Eligibility, LegalName, Person, Plan, Region, Sponsorship
from deers.registry import PersonQuery

TODAY = date(2026, 11, 23)
numbers = count(1)


def registered(
    first: str = "Ada",
    last: str = "Winters",
    *,
    middle: str = "",
    suffix: str = "",
    born: date = date(1958, 3, 14),
    covered: tuple[date, date | None] | None = (date(2000, 1, 1), None),
    former: tuple[str, str] | None = None,
    ssn: str | None = None,
    **details: Any,
) -> Person:
    """A person with one current name (and one former one, until 1990), covered by TRICARE Select by default."""
    number = next(numbers)
    person = Person(dod_id=f"10000{number:05}", date_of_birth=born, **details)
    person.set_ssn(f"90012{number:04}" if ssn is None else ssn)
    person.save()
    changed = date(1990, 6, 1) if former else None
    LegalName.objects.create(person=person, first=first, middle=middle, last=last, suffix=suffix, since=changed)
    if former:
        LegalName.objects.create(person=person, first=former[0], last=former[1], until=date(1990, 5, 31))
    if covered:
        Eligibility.objects.create(
            person=person, plan=Plan.SELECT, region=Region.EAST, begin=covered[0], end=covered[1]
        )
    return person


def sponsored(sponsor: Person, dependent: Person, relationship: str, **details: Any) -> Sponsorship:
    """Make `dependent` a beneficiary through `sponsor`, since 2000 unless said otherwise."""
    period = {"begin": date(2000, 1, 1), **details}
    return Sponsorship.objects.create(sponsor=sponsor, dependent=dependent, relationship=relationship, **period)


def typed(person: Person, **differently: Any) -> PersonQuery:
    """What the person types to register: all of it right, but for what is said."""
    name = person.names.get(until=None)
    right = {
        "first_name": name.first,
        "middle_name": name.middle,
        "last_name": name.last,
        "suffix": name.suffix,
        "date_of_birth": person.date_of_birth,
        "ssn": person.ssn,
    }
    return PersonQuery(**{**right, **differently})
