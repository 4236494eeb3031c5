"""Facts: from sources that keep one contract, recent enough, and true of only one person."""

from collections.abc import Collection, Iterable
from datetime import date

import pytest

from core import policy
from deers.models import Person, Sponsorship
from idproofing import answer_pools, facts, quiz
from idproofing.facts import FactSource, MockCreditBureau, MockTransactions, facts_of_one_alone, recent_facts
from idproofing.models import Category, Fact, Source
from idproofing.questions import TEMPLATES, make_fact, word_question
from tests import people
from tests.idproofing.people import BASIC, JUNE, NOON, facts_of_june, remember

CARL = "1000000039"
TODAY = NOON.date()


class FactSourceContract:
    """What every source of facts must keep; a class of tests inherits it and makes `source` a fixture of its own.

    The source knows the facts of the fixture `june`, as far as they are its kind, and nothing about Carl.
    """

    @pytest.fixture
    def june(self) -> list[Fact]:
        remember(facts_of_june())
        return facts_of_june()

    def test_it_knows_people_by_number_and_nobody_else(self, source: FactSource, june: list[Fact]) -> None:
        assert list(source.facts_about([JUNE]))
        assert {one.dod_id for one in source.facts_about([JUNE, CARL])} == {JUNE}
        assert not list(source.facts_about([CARL]))
        assert not list(source.facts_about([]))

    def test_its_facts_are_dated_and_of_kinds_that_can_be_asked(self, source: FactSource, june: list[Fact]) -> None:
        for one in source.facts_about([JUNE]):
            assert isinstance(one, Fact)
            assert one.category == TEMPLATES[one.kind].category
            assert one.until is None or one.since <= one.until
            assert all(word_question(one))

    def test_it_answers_the_same_each_time_and_no_question_twice(self, source: FactSource, june: list[Fact]) -> None:
        first, again = ([word_question(one) for one in source.facts_about([JUNE])] for _ in range(2))
        assert sorted(first) == sorted(again)
        assert len({prompt for prompt, _ in first}) == len(first)

    def test_it_asks_its_store_once_for_a_whole_family(  # type: ignore[no-untyped-def]
        self, source: FactSource, june: list[Fact], django_assert_max_num_queries
    ) -> None:
        with django_assert_max_num_queries(1):
            list(source.facts_about([JUNE, CARL, "1000000047", "1000000054"]))


@pytest.mark.django_db
class TestCreditBureau(FactSourceContract):
    @pytest.fixture
    def source(self) -> FactSource:
        return MockCreditBureau()


@pytest.mark.django_db
class TestTransactions(FactSourceContract):
    @pytest.fixture
    def source(self) -> FactSource:
        return MockTransactions()


@pytest.mark.django_db
def test_together_the_sources_know_every_category() -> None:
    remember(facts_of_june())
    assert {one.source for one in facts.facts_about(JUNE)} == set(Source)


@pytest.mark.django_db
def test_another_source_takes_part_by_a_setting(settings) -> None:  # type: ignore[no-untyped-def]
    settings.IDPROOFING_SOURCES = [f"{__name__}.Almanac"]
    assert [one.value for one in facts.facts_about(JUNE)] == ["Bluestone National Bank"]


class Almanac:
    def facts_about(self, dod_ids: Collection[str]) -> Iterable[Fact]:
        return [make_fact(one, "card_bank", "Bluestone National Bank", 2020, date(2020, 1, 1)) for one in dod_ids]


def test_every_category_has_a_limit_of_its_age() -> None:
    assert set(policy.FACT_OVER_YEARS) == set(Category.values)
    assert max(policy.FACT_OVER_YEARS.values()) <= policy.FACT_YEARS


@pytest.mark.parametrize("kind", TEMPLATES)
def test_nobody_is_asked_about_what_is_long_over_or_began_long_ago(kind: str) -> None:
    def one(began: int, ended: int | None = None) -> Fact:
        return make_fact(JUNE, kind, 500, began, date(began, 3, 1), date(ended, 9, 1) if ended else None)

    over = TODAY.year - policy.FACT_OVER_YEARS[TEMPLATES[kind].category]
    oldest = TODAY.year - policy.FACT_YEARS
    kept = [one(over, over), one(oldest), one(oldest, TODAY.year)]
    assert recent_facts([*kept, one(oldest, over - 1), one(oldest - 1), one(TODAY.year + 1)], TODAY) == kept


def test_a_joint_loan_and_a_shared_home_are_asked_of_neither() -> None:
    def of(dod_id: str) -> dict[str, Fact]:
        carls = dod_id == CARL
        return {
            "loan": make_fact(dod_id, "home_lender", "Hearth and Stone Mortgage", 2018, date(2018, 4, 1)),
            "home": make_fact(
                dod_id, "city", "Tacoma, Washington", 2016 + carls, date(2015 + carls, 1, 1), date(2019, 1, 1)
            ),
            "power": make_fact(dod_id, "power_company", "Two Rivers Electric", 2020 + carls, date(2020 + carls, 1, 1)),
            "color": make_fact(dod_id, "vehicle_color", "Blue", 2020 + carls, date(2020 + carls, 1, 1)),
            "card": make_fact(dod_id, "card_bank", "Red River Community Bank", 2019, date(2019, 1 + carls, 1)),
            "phone": make_fact(
                dod_id, "phone_company", ("Hilltop Wireless", "Quickfox Mobile")[carls], 2019, date(2019, 1, 1)
            ),
        }

    junes, carls = of(JUNE), of(CARL)
    assert facts_of_one_alone(junes.values(), list(carls.values())) == [junes["color"], junes["phone"]]
    assert facts_of_one_alone(junes.values(), []) == list(junes.values())


def shared(*dod_ids: str) -> None:
    """The same loan, card and former home for each, and nothing that is theirs alone."""
    Fact.objects.all().delete()
    remember(
        make_fact(dod_id, kind, value, 2018, date(2018, month, 1), date(2020, 1, 1))
        for dod_id in dod_ids
        for month, kind, value in (
            (4, "home_lender", "Hearth and Stone Mortgage"),
            (5, "card_bank", "Red River Community Bank"),
            (6, "city", "Tacoma, Washington"),
        )
    )


@pytest.mark.django_db
def test_a_spouse_and_the_sponsor_share_what_they_share_and_a_stranger_shares_nothing() -> None:
    marcus, rosa, raymond, emily = people.load_all("marcus", "rosa", "raymond", "emily")
    shared(marcus.dod_id, rosa.dod_id)
    assert quiz.start(marcus.dod_id, BASIC, by="visitor", now=NOON) == quiz.ThinFile()
    assert quiz.start(rosa.dod_id, BASIC, by="visitor", now=NOON) == quiz.ThinFile()
    shared(raymond.dod_id, emily.dod_id)
    assert isinstance(quiz.start(raymond.dod_id, BASIC, by="visitor", now=NOON), quiz.Started)


@pytest.mark.django_db
def test_a_former_spouse_knows_the_loans_of_the_marriage_so_nobody_is_asked_for_them() -> None:
    marcus, rosa = people.load_all("marcus", "rosa")
    Sponsorship.objects.filter(dependent=marcus.dod_id).update(end=date(2025, 6, 30))
    shared(marcus.dod_id, rosa.dod_id)
    assert quiz.start(marcus.dod_id, BASIC, by="visitor", now=NOON) == quiz.ThinFile()
    assert quiz.start(rosa.dod_id, BASIC, by="visitor", now=NOON) == quiz.ThinFile()


@pytest.mark.django_db
def test_a_large_family_costs_no_more_queries_than_a_small_one(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    rosa, june, *_ = people.load_all("rosa", "june", "marcus", "lucia", "mateo")
    for key in ("grace", "carl", "priya", "raymond"):
        other = people.load(key)
        Sponsorship.objects.create(
            sponsor=Person.objects.get(pk=rosa.dod_id), dependent_id=other.dod_id, relationship="child",
            begin=date(2010, 1, 1),
        )  # fmt: skip
    with django_assert_max_num_queries(MOST_QUERIES):
        assert isinstance(quiz.start(rosa.dod_id, BASIC, by="visitor"), quiz.Started)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert isinstance(quiz.start(june.dod_id, BASIC, by="visitor"), quiz.Started)


# DEERS three, the sources two; the turn, the proofing, how the person stands (five, over both levels), what was asked,
# the quiz, its move, and their events.
MOST_QUERIES = 27


@pytest.mark.django_db
def test_while_deers_is_silent_nobody_gets_a_weaker_quiz_and_no_attempt_is_used(settings) -> None:  # type: ignore[no-untyped-def]
    rosa = people.load("rosa").dod_id
    settings.DEERS_FAULT = "unavailable"
    assert quiz.start(rosa, BASIC, by="visitor", now=NOON) == quiz.Unavailable()
    settings.DEERS_FAULT = ""
    outcome = quiz.start(rosa, BASIC, by="visitor", now=NOON)
    assert isinstance(outcome, quiz.Started)
    assert outcome.quiz.questions.count() == BASIC.questions


@pytest.mark.django_db
@pytest.mark.parametrize("usual", [True, False], ids=["usual answers", "answers that would stand out"])
def test_nobody_is_asked_for_what_would_stand_out_among_the_options(usual: bool) -> None:
    answers: dict[str, str | int] = (
        {"home_payment": 1_350, "card_limit": 5_500, "city": "Tacoma, Washington"}
        if usual
        else {"home_payment": 9_350, "card_limit": 500, "city": "Mayberry, North Carolina"}
    )
    remember(
        make_fact(JUNE, kind, value, 2018, date(2018, month, 1))
        for month, (kind, value) in enumerate(answers.items(), 1)
    )
    assert isinstance(quiz.start(JUNE, BASIC, by="visitor", now=NOON), quiz.Started if usual else quiz.ThinFile)


@pytest.mark.django_db
def test_a_person_who_never_sold_a_car_still_gets_a_quiz() -> None:
    """Of ten colors, nine are true: no four wrong ones are left, so the color is not asked for."""
    remember(
        make_fact(JUNE, "vehicle_color", color, 2012 + number, date(2012 + number, 1, 1))
        for number, color in enumerate(answer_pools.COLORS[0][:9])
    )
    remember(make_fact(JUNE, "card_bank", "North Ridge Bank", year, date(year, 2, 2)) for year in (2015, 2016))
    remember([make_fact(JUNE, "phone_company", "Hilltop Wireless", 2018, date(2018, 3, 3))])
    outcome = quiz.start(JUNE, BASIC, by="visitor", now=NOON)
    assert isinstance(outcome, quiz.Started)
    assert set(outcome.quiz.questions.values_list("kind", flat=True)) == {"card_bank", "phone_company"}


@pytest.mark.django_db
def test_what_stands_on_record_in_deers_is_not_asked_for() -> None:
    rosa = people.load("rosa")
    Fact.objects.all().delete()
    Person.objects.filter(pk=rosa.dod_id).update(city="Tacoma", street="12 Quail Run")
    remember(
        make_fact(rosa.dod_id, kind, value, 2018, date(2018, month, 1), date(2020, 1, 1))
        for month, kind, value in (
            (4, "city", "Tacoma, Washington"),
            (5, "street", "Quail Run"),
            (6, "card_bank", "North Ridge Bank"),
            (7, "vehicle_color", "Blue"),
        )
    )
    assert quiz.start(rosa.dod_id, BASIC, by="visitor", now=NOON) == quiz.ThinFile()
