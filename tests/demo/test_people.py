"""More than forty invented people, each with a reason to exist and with numbers that no real person can have."""

import re
from datetime import date

import pytest

from deers import lookup, ssn
from deers.registry import Ineligible, Match, PersonQuery
from demo.invent.facts import YEARS_BACK
from demo.people import PEOPLE
from demo.people.facts import HAND_MADE
from demo.people.person import Person
from idproofing import questions
from tests import people


def query(person: Person) -> PersonQuery:
    name = person.name
    return PersonQuery(name.first, name.middle, name.last, name.suffix, person.born, ssn=person.ssn)


def test_there_are_at_least_forty_people_and_each_has_a_story() -> None:
    assert len(PEOPLE) >= 40
    assert all(len(person.story) > 30 and person.story.endswith(".") for person in PEOPLE.values())


def test_no_two_people_share_a_number() -> None:
    assert len({person.ssn for person in PEOPLE.values()}) == len(PEOPLE)
    assert len({person.dod_id for person in PEOPLE.values()}) == len(PEOPLE)


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_social_security_numbers_are_of_the_area_that_is_never_issued(person: Person) -> None:
    assert "900" <= person.ssn[:3] <= "999"
    assert ssn.problem(person.ssn, mock_serves=True) is None
    assert ssn.problem(person.ssn, mock_serves=False) is not None
    assert person.ssn[3:5] < "50", "the groups from 50 on are issued as taxpayer numbers"


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_mail_and_telephone_can_reach_nobody_real(person: Person) -> None:
    assert re.search(r"@example\.(org|com|net)$", person.email) or not person.email
    assert re.search(r"555.01\d\d$", person.phone) or not person.phone


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_names_and_sponsors_are_dated_sensibly(person: Person) -> None:
    changes = [name.since for name in person.names[1:] if name.since]
    assert len(changes) == len(person.names) - 1
    assert changes == sorted(changes)
    assert all(change > person.born for change in changes)
    if person.kin:
        assert person.kin.since >= person.born
        assert PEOPLE[person.kin.sponsor].kin is None, "a sponsor is nobody's dependent"


@pytest.mark.parametrize("key", HAND_MADE)
def test_hand_made_answers_stand_among_those_that_wrong_ones_are_drawn_from(key: str) -> None:
    for known in HAND_MADE[key]:
        answers = questions.TEMPLATES[known.kind].answers
        if isinstance(answers, questions.Names):
            assert any(known.value in group for group in answers.groups)
        assert known.since > date(2026 - YEARS_BACK, 11, 23), "nobody is asked about longer ago"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["raymond", "rosa", "nora", "patricia", "fnu", "ngoc", "wanjiru", "wilhelmina", "li"])
def test_who_types_the_name_of_today_is_matched(key: str) -> None:
    person = people.load(key)
    found = lookup.find_person(query(person), today=date(2026, 11, 23))
    assert isinstance(found, Match)
    assert found.person.dod_id == person.dod_id


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["mateo", "thomas", "kyle", "sofia", "judith", "victor"])
def test_some_are_known_and_yet_may_not_register(key: str) -> None:
    found = lookup.find_person(query(people.load(key)), today=date(2026, 11, 23))
    assert isinstance(found, Ineligible)
