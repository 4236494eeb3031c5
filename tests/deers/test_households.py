"""Who lived in one household with somebody, and since when, as DEERS tells it."""

from datetime import date
from typing import Any

import pytest

from deers import lookup
from deers.models import Person
from deers.registry import TimeTogether
from tests.deers.registered import registered, sponsored

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
WEDDING, DIVORCE = date(2010, 5, 1), date(2018, 6, 30)
HOME: dict[str, Any] = {"street": "12 Elm Street", "postal_code": "78201"}


def together(person: Person) -> list[TimeTogether]:
    return lookup.registry().times_together(person.dod_id, today=TODAY)


def test_a_couple_of_today_counts_from_the_wedding_wherever_each_gets_mail() -> None:
    ann, bob = registered("Ann", **HOME), registered("Bob", street="Camp 4")
    sponsored(ann, bob, "spouse", begin=WEDDING)
    assert together(ann) == together(bob) == [TimeTogether(WEDDING, None)]


def test_a_divorced_couple_counts_to_the_divorce() -> None:
    ann, bob = registered("Ann"), registered("Bob")
    sponsored(ann, bob, "spouse", begin=WEDDING, end=DIVORCE)
    assert together(ann) == together(bob) == [TimeTogether(WEDDING, DIVORCE)]


def test_a_former_spouse_in_her_own_right_counts_for_all_time_before_the_divorce() -> None:
    ann, bob = registered("Ann"), registered("Bob")
    sponsored(ann, bob, "former", begin=DIVORCE)
    assert together(ann) == together(bob) == [TimeTogether(None, DIVORCE)]


def test_a_widow_lives_with_nobody_who_could_answer_for_her() -> None:
    ann, bob = registered("Ann", date_of_death=date(2024, 2, 2), **HOME), registered("Bob", **HOME)
    sponsored(ann, bob, "surviving", begin=date(2024, 2, 2))
    assert together(bob) == []


def test_a_grown_son_at_home_counts_from_the_day_on_which_he_can_read() -> None:
    ann, son = registered("Ann", **HOME), registered("Sam", born=date(2005, 3, 2), **HOME)
    sponsored(ann, son, "child", begin=date(2005, 3, 2))
    assert together(ann) == [TimeTogether(date(2018, 3, 2), None)]
    assert together(son) == [TimeTogether(date(2005, 3, 2), None)]


def test_a_small_child_and_a_son_who_moved_out_do_not_count() -> None:
    ann, small = registered("Ann", **HOME), registered("Tim", born=date(2020, 3, 2), **HOME)
    gone = registered("Sam", born=date(2001, 3, 2), street="9 Oak Road", postal_code="10001")
    for child in (small, gone):
        sponsored(ann, child, "child", begin=child.date_of_birth)
    assert together(ann) == []


def test_brother_and_sister_in_one_home_count_and_a_blank_address_is_no_home() -> None:
    ann = registered("Ann")
    one, other = (registered(name, born=date(2004, 1, 1), **HOME) for name in ("Una", "Ugo"))
    for child in (one, other):
        sponsored(ann, child, "child", begin=date(2004, 1, 1))
    assert together(one) == together(other) == [TimeTogether(date(2017, 1, 1), None)]
    Person.objects.update(street="", postal_code="")
    assert together(one) == []


def test_spelling_and_case_of_the_address_do_not_matter() -> None:
    ann, son = registered("Ann", **HOME), registered("Sam", born=date(2005, 3, 2))
    Person.objects.filter(pk=son.pk).update(street="12  ELM street", postal_code="78201 ")
    sponsored(ann, son, "child", begin=date(2005, 3, 2))
    assert together(ann)


def test_the_question_takes_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    ann, bob = registered("Ann", **HOME), registered("Bob", **HOME)
    sponsored(ann, bob, "spouse", begin=WEDDING)
    with django_assert_num_queries(1):
        together(ann)
