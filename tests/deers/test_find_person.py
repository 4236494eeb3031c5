"""The person whom typed details mean: the outcomes of find_person, which cost the same whether found or not."""

import sys
from datetime import date
from types import FrameType
from typing import Any

import pytest
from django.db import OperationalError, connection

from deers import lookup, names, rewritten
from deers.models import Person, ssn_index
from deers.registry import Beneficiary, Ineligible, Match, NearMatch, NoMatch, Outcome, PersonQuery, Reason, Unavailable
from tests.deers.registered import TODAY, registered, sponsored, typed

pytestmark = pytest.mark.django_db


def found(person: Person, **differently: Any) -> Outcome:
    return lookup.find_person(typed(person, **differently), today=TODAY)


def test_a_person_is_found_by_name_birth_date_and_social_security_number() -> None:
    ada = registered(
        "Ada", "Winters", email="ada@example.org", phone="210-555-0101", street="4 Elm Street", city="San Antonio",
        state="TX", postal_code="78201",
    )  # fmt: skip
    assert found(ada) == Match(
        Beneficiary(
            ada.dod_id, "Ada", "", "Winters", "", date(1958, 3, 14), "ada@example.org", "210-555-0101", "4 Elm Street",
            "San Antonio", "TX", "78201", "US",
        )
    )  # fmt: skip


def test_a_dod_id_number_does_instead_of_a_social_security_number() -> None:
    nomi = registered("Nomi", "Tanaka", ssn="")
    assert isinstance(found(nomi, dod_id=nomi.dod_id), Match)


def test_two_people_without_a_social_security_number_are_never_taken_for_each_other() -> None:
    nomi, ida = registered("Nomi", "Tanaka", ssn=""), registered("Ida", "Berg", ssn="")
    assert found(nomi) == NoMatch()
    assert found(ida, dod_id=nomi.dod_id) == NoMatch()


def test_both_numbers_given_must_be_the_same_persons() -> None:
    ada, bea = registered(), registered("Bea", "Winters")
    assert isinstance(found(ada, dod_id=ada.dod_id), Match)
    assert found(ada, dod_id=bea.dod_id) == NoMatch()


@pytest.mark.parametrize(
    "differently",
    [
        {"first_name": "Adda"},
        {"last_name": "Wintres"},
        {"suffix": "Jr"},
        {"date_of_birth": date(1985, 3, 14)},
    ],
)
def test_one_small_difference_is_near_and_never_passes(differently: dict) -> None:
    assert found(registered(), **differently) == NearMatch()


def test_day_and_month_exchanged_is_near() -> None:
    assert found(registered(born=date(1958, 3, 4)), date_of_birth=date(1958, 4, 3)) == NearMatch()


def test_a_nickname_is_near() -> None:
    assert found(registered("William", "Carter"), first_name="Bill") == NearMatch()


def test_a_former_name_is_near_and_the_present_one_matches() -> None:
    jenny = registered("Jenny", "Baker", former=("Jenny", "Johnson"))
    assert isinstance(found(jenny), Match)
    assert found(jenny, last_name="Johnson") == NearMatch()


@pytest.mark.parametrize(
    "differently",
    [
        {"first_name": "Adda", "last_name": "Wintres"},
        {"last_name": "Wintres", "date_of_birth": date(1985, 3, 14)},
        {"first_name": "Robert"},
        {"date_of_birth": date(1959, 3, 14)},
        {"ssn": "901129999"},
        {"ssn": ""},
    ],
)
def test_more_than_one_small_difference_is_no_match(differently: dict) -> None:
    assert found(registered(), **differently) == NoMatch()


def test_a_widow_with_her_sponsors_benefits_is_found() -> None:
    walter = registered("Walter", "Hughes", date_of_death=date(2019, 2, 2))
    june = registered("June", "Hughes")
    sponsored(walter, june, "surviving")
    assert isinstance(found(june), Match)


def test_the_dead_cannot_register() -> None:
    walter = registered(date_of_death=date(2019, 2, 2))
    assert found(walter) == Ineligible(Reason.DECEASED, walter.pk)


def test_a_protected_or_locked_record_cannot_register_here() -> None:
    for judith in (registered(protected=True), registered(locked=True)):
        assert found(judith) == Ineligible(Reason.PROTECTED, judith.pk)


@pytest.mark.parametrize(
    ("born", "minor"), [(date(2008, 11, 23), False), (date(2008, 11, 24), True), (date(2020, 2, 29), True)]
)
def test_a_minor_can_register_from_the_eighteenth_birthday_on(born: date, minor: bool) -> None:
    child = registered(born=born)
    outcome = found(child)
    assert outcome == Ineligible(Reason.MINOR, child.pk) if minor else isinstance(outcome, Match)


def test_who_was_born_on_february_29_comes_of_age_on_march_1() -> None:
    leap = registered(born=date(2008, 2, 29))
    assert lookup.find_person(typed(leap), today=date(2026, 2, 28)) == Ineligible(Reason.MINOR, leap.pk)
    assert isinstance(lookup.find_person(typed(leap), today=date(2026, 3, 1)), Match)


@pytest.mark.parametrize(
    ("covered", "ended"),
    [
        ((date(2000, 1, 1), None), False),
        ((date(2000, 1, 1), TODAY), False),
        ((date(2000, 1, 1), date(2026, 11, 22)), True),
        ((date(2026, 11, 24), None), True),
        (None, True),
    ],
)
def test_eligibility_must_be_in_force_today(covered: tuple | None, ended: bool) -> None:
    person = registered(covered=covered)
    outcome = found(person)
    assert outcome == Ineligible(Reason.ENDED, person.pk) if ended else isinstance(outcome, Match)


def test_nobody_learns_of_a_hindrance_without_knowing_every_detail() -> None:
    walter = registered("Walter", "Hughes", date_of_death=date(2019, 2, 2))
    assert found(walter, first_name="Walther") == NearMatch()
    assert found(walter, first_name="Robert") == NoMatch()


def test_hit_near_hit_hindrance_and_miss_cost_one_query_each(django_assert_num_queries: Any) -> None:
    jenny = registered("Jenny", "Baker", former=("Jenny", "Johnson"))
    walter = registered("Walter", "Hughes", date_of_death=date(2019, 2, 2))
    queries = [
        typed(jenny),
        typed(jenny, last_name="Johnson"),
        typed(jenny, first_name="Robert"),
        typed(jenny, ssn="901129999"),
        typed(walter),
    ]
    for query in queries:
        with django_assert_num_queries(1):
            lookup.find_person(query, today=TODAY)


def test_as_much_is_compared_whatever_comes_out() -> None:
    """What is cut short where names differ early, a stopwatch tells from the outside."""
    jenny = registered("Jenny", "Baker", former=("Jenny", "Johnson"))
    differences: list[dict] = [
        {},
        {"last_name": "Johnson"},
        {"first_name": "Jennie"},
        {"first_name": "Robert", "last_name": "Wu", "date_of_birth": date(1931, 1, 7)},
        {"ssn": nobodys_before(jenny)},
    ]
    assert len({comparisons(typed(jenny, **different)) for different in differences}) == 1


def nobodys_before(person: Person) -> str:
    """A number that is nobody's, and that has this person next in the index: behind the last there is nobody."""
    numbers = (f"90112{number:04}" for number in range(1, 10_000))
    return next(number for number in numbers if ssn_index(number) < bytes(person.ssn_index or b""))


def comparisons(query: PersonQuery) -> int:
    """How many functions of deers.names and deers.rewritten a lookup calls."""
    called: list[str] = []
    compared = {names.__file__, rewritten.__file__}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in compared and frame.f_code.co_name.isidentifier():
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        lookup.find_person(query, today=TODAY)
    finally:
        sys.setprofile(None)
    return len(called) - called.count("is_initial")  # of which there are as many as middle names


@pytest.mark.parametrize("number", ["900000001", "899999999"])
def test_a_number_that_is_nobodys_never_gives_the_person_who_stands_next_to_it(number: str) -> None:
    """A miss reads a stranger's record, to take as long as a hit, and makes nothing of it."""
    for _ in range(8):
        ada = registered()
        assert found(ada, ssn=number) == NoMatch()
        assert found(ada, ssn="", dod_id=str(int(ada.dod_id) - 1_000)) == NoMatch()
        assert found(ada, dod_id="0000000000") == NoMatch()


def test_in_an_empty_registry_nobody_is_found() -> None:
    query = PersonQuery("Ada", "", "Winters", "", date(1958, 3, 14), ssn="900120001")
    assert lookup.find_person(query) == NoMatch()


ODD = [
    "\x00",
    "Ada\x00x",
    "x" * 10_000,
    "(" * 10_000,
    "\u202eadA",
    "Zo" + "\u0301" * 10_000,
    "\ud800",
    "ﷺ" * 1_000,
    "🙂",
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("field", ["first_name", "last_name", "ssn", "dod_id"])
def test_bad_input_finds_nobody_and_never_raises(field: str, odd: str) -> None:
    assert found(registered("Bertram", "Winters"), **{field: odd}) == NoMatch()


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_bad_input_beside_the_name_never_raises(odd: str) -> None:
    assert not isinstance(found(registered(middle="May"), middle_name=odd, suffix=odd), Ineligible | Unavailable)


def test_marks_of_direction_in_a_name_do_no_harm() -> None:
    assert isinstance(found(registered("Ada", "Winters"), first_name="\u202aAda\u202c"), Match)


def test_a_query_without_any_number_finds_nobody() -> None:
    assert lookup.find_person(PersonQuery("Ada", "", "Winters", "", date(1958, 3, 14))) == NoMatch()


def test_a_registry_that_is_told_to_fail_is_unavailable(settings: Any) -> None:
    ada = registered()
    settings.DEERS_FAULT = "unavailable"
    assert found(ada) == Unavailable()
    assert lookup.person(ada.dod_id) is None
    assert lookup.coverage(ada.dod_id) is None
    assert lookup.search("Winters") == []


def test_a_database_that_fails_is_unavailable_and_the_log_names_nobody(caplog: Any) -> None:
    ada = registered()
    query = typed(ada)

    def broken(*_: object) -> None:
        raise OperationalError("timeout while looking for Winters")

    with connection.execute_wrapper(broken):
        assert lookup.find_person(query) == Unavailable()
        assert lookup.person(ada.dod_id) is None
    assert "OperationalError" in caplog.text
    assert "Winters" not in caplog.text
