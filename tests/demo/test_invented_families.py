"""Invented families: as many people as asked for, consistent, with numbers that no real person can have."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice, pairwise

import pytest

from core.dates import age_on
from deers import lookup, ssn
from deers.models import Eligibility, LegalName, Person, Relationship, Sponsorship
from deers.registry import Ineligible, Match
from demo.invent.families import FIRST_DOD_ID, MOST, Family, families, social_security_number
from demo.people import PEOPLE
from tests.deers.registered import TODAY, typed


@pytest.fixture(scope="module")
def invented() -> list[Family]:
    return list(families(3_000, seed=11, today=TODAY))


def each(invented: list[Family], kind: str) -> Iterator:
    return (row for family in invented for row in getattr(family, kind))


@pytest.mark.parametrize("n", [0, 1, 2, 97])
def test_exactly_as_many_people_as_asked_for(n: int) -> None:
    assert sum(len(family.persons) for family in families(n, seed=1, today=TODAY)) == n


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    def told(seed: int) -> list[str]:
        return [str(name) for family in families(50, seed=seed, today=TODAY) for name in family.names]

    assert told(1) == told(1) != told(2)


def test_numbers_are_unique_possible_and_only_the_mocks(invented: list[Family]) -> None:
    people = list(each(invented, "persons"))
    assert len({person.ssn for person in people}) == len({person.dod_id for person in people}) == 3_000
    assert all(ssn.problem(person.ssn, mock_serves=True) is None for person in people)
    assert all(person.ssn >= "960" and len(person.dod_id) == 10 for person in people)


def test_numbers_are_unique_by_construction() -> None:
    assert MOST > 10_000_000
    assert len({social_security_number(number) for number in range(200_000)}) == 200_000
    last = [social_security_number(number) for number in range(MOST - 9, MOST)]
    assert len({*last, social_security_number(0)}) == 10
    with pytest.raises(ValueError, match="not for more"):
        next(families(2, seed=1, first=MOST - 1))


def test_a_second_call_goes_on_where_the_first_stopped() -> None:
    early = {p.ssn for family in families(50, seed=1, today=TODAY) for p in family.persons}
    late = {p.ssn for family in families(50, seed=1, first=50, today=TODAY) for p in family.persons}
    assert not early & late


def test_the_hand_made_people_keep_to_other_numbers() -> None:
    assert all(person.ssn < "960" for person in PEOPLE.values())
    assert all(int(person.dod_id) < FIRST_DOD_ID for person in PEOPLE.values())


def test_mail_and_telephones_reach_nobody(invented: list[Family]) -> None:
    for person in each(invented, "persons"):
        assert not person.email or person.email.split("@")[1] in ("example.org", "example.com", "example.net")
        assert person.email.isascii()
        assert not person.phone or person.phone[3:10] == "-555-01"


def test_families_hold_together(invented: list[Family]) -> None:
    for family in invented:
        sponsor, *dependents = family.persons
        assert [s.dependent_id for s in family.sponsorships] == [person.dod_id for person in dependents]
        assert {s.sponsor_id for s in family.sponsorships} <= {sponsor.dod_id}
        assert len({(person.street, person.postal_code) for person in family.persons}) == 1
        current = Counter(name.person_id for name in family.names if name.until is None)
        assert current == {person.dod_id: 1 for person in family.persons}
        for link, person in zip(family.sponsorships, dependents, strict=True):
            assert person.date_of_birth <= link.begin <= TODAY
            if link.relationship == Relationship.CHILD:
                assert 18 <= age_on(sponsor.date_of_birth, person.date_of_birth) < 46
            else:
                assert age_on(person.date_of_birth, link.begin) >= 19


def test_coverage_lies_within_life_and_never_overlaps(invented: list[Family]) -> None:
    for family in invented:
        for person in family.persons:
            periods = sorted((p for p in family.eligibilities if p.person_id == person.dod_id), key=lambda p: p.begin)
            assert periods
            assert periods[0].begin >= person.date_of_birth
            assert all(a.end is not None and a.end < b.begin for a, b in pairwise(periods))
            if person.date_of_death:
                assert periods[-1].end == person.date_of_death


def test_there_are_people_of_every_kind(invented: list[Family]) -> None:
    statuses = {person.service_status for person in each(invented, "persons")}
    assert statuses == {"active", "reserve", "guard", "retired", "veteran", "civilian"}
    relationships = {link.relationship for link in each(invented, "sponsorships")}
    assert relationships == {"spouse", "surviving", "child"}
    assert any(person.state == "AE" for person in each(invented, "persons"))
    assert any(name.since for name in each(invented, "names"))
    assert len({name.last for name in each(invented, "names")}) > 200
    assert any(age_on(person.date_of_birth, TODAY) > 85 for person in each(invented, "persons"))


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2027, 2, 28), date(2027, 3, 1)])
def test_leap_days_do_no_harm(today: date) -> None:
    assert sum(len(family.persons) for family in families(500, seed=3, today=today)) == 500


@pytest.mark.django_db
def test_invented_people_can_be_stored_and_registered() -> None:
    made = list(islice(families(200, seed=5, today=TODAY), 60))
    for model, kind in (
        (Person, "persons"),
        (LegalName, "names"),
        (Sponsorship, "sponsorships"),
        (Eligibility, "eligibilities"),
    ):
        model.objects.bulk_create(each(made, kind))  # type: ignore[attr-defined]
    outcomes = Counter(type(lookup.find_person(typed(person), today=TODAY)) for person in Person.objects.all())
    assert set(outcomes) == {Match, Ineligible}
    assert outcomes[Match] > outcomes[Ineligible]
