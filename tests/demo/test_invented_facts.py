"""Invented facts fit the person's age, and are the same each time."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.policy import STRENGTH
from demo.invent.facts import THIN_FILE, facts_for
from idproofing.questions import TEMPLATES, word_question
from tests.idproofing.people import MODEST

TODAY = date(2026, 11, 20)
people = st.integers(1_000_000_000, 1_999_999_999).map(str)
adults = st.dates(date(1925, 1, 1), date(2008, 11, 20))


@MODEST
@given(people, adults, st.booleans())
def test_an_adult_has_eight_facts_in_four_categories_and_every_question_once(dod_id, born, served) -> None:  # type: ignore[no-untyped-def]
    facts = facts_for(dod_id, born, served=served, today=TODAY)
    questions = [word_question(one)[0] for one in facts]
    assert len(questions) == len(set(questions)) >= 8
    assert len({one.category for one in facts}) >= 4
    for one in facts:
        assert born < one.since <= TODAY
        assert one.until is None or one.since <= one.until <= TODAY
        assert one.category == TEMPLATES[one.kind].category
        assert len(word_question(one)[0]) <= 250
        one.clean_fields(exclude=["id"])


@MODEST
@given(people, adults)
def test_nobody_borrowed_money_or_bought_a_car_as_a_child(dod_id, born) -> None:  # type: ignore[no-untyped-def]
    for one in facts_for(dod_id, born, today=TODAY):
        if one.category not in ("address", "pharmacy"):
            assert (one.since - born).days >= 18 * 365


def test_the_same_person_has_the_same_facts_each_time_and_others_have_others() -> None:
    def words(dod_id: str) -> list[tuple[str, str]]:
        return [word_question(one) for one in facts_for(dod_id, date(1970, 5, 5), today=TODAY)]

    assert words("1000000021") == words("1000000021")
    assert words("1000000021") != words("1000000039")


def test_a_minor_has_none_and_a_person_who_comes_of_age_today_has_enough() -> None:
    born = date(2008, 11, 20)
    assert facts_for("1000000021", born + timedelta(days=1), today=TODAY) == []
    assert len(facts_for("1000000021", born, today=TODAY)) >= 8


def test_the_present_city_is_never_asked_about() -> None:
    for number in range(200):
        facts = facts_for(str(1_000_000_000 + number), date(1960, 1, 1), home="Killeen", today=TODAY)
        assert all("Killeen" not in one.value for one in facts)


def test_a_thin_file_is_too_thin_for_any_quiz() -> None:
    assert len(facts_for("1000000021", date(1950, 1, 1), thin=True, today=TODAY)) == THIN_FILE
    assert min(strength.questions for strength in STRENGTH.values()) > THIN_FILE


def test_a_leap_day_child_comes_of_age_on_the_first_of_march() -> None:
    assert facts_for("1000000021", date(2008, 2, 29), today=date(2026, 2, 28)) == []
    assert facts_for("1000000021", date(2008, 2, 29), today=date(2026, 3, 1))
