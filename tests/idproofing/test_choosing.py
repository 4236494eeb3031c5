"""Whole quizzes, put together from what a person's file holds."""

import random
from collections import Counter
from datetime import date, timedelta
from itertools import combinations
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import policy
from demo.invent.facts import facts_for
from idproofing import asking, questions
from idproofing.models import Category, Fact
from idproofing.questions import NONE_OF_THE_ABOVE, TEMPLATES, make_fact, word_question
from tests.idproofing.people import BASIC, JUNE, MODEST, PREMIUM, TODAY, anybody, seeds

Asked = tuple[Fact, list[str], int]

strengths = st.sampled_from([BASIC, PREMIUM])


def some_fact(kind: str, place: int, began: int) -> Fact:
    """A fact of this kind with one of its usual answers, still true; days are few, so that some are shared."""
    answers = TEMPLATES[kind].answers
    usual = [name for group in getattr(answers, "groups", ()) for name in group] or list(range(0, 20_000, 150))
    since = date(2012, 1, 1) + timedelta(days=90 * began)
    return make_fact(JUNE, kind, usual[place % len(usual)], since.isoformat(), since)


# People who never close a card or sell a car: of some kinds, nearly every answer is true of them.
hoarders = st.lists(
    st.builds(some_fact, st.sampled_from(sorted(TEMPLATES)), st.integers(0, 200), st.integers(0, 40)),
    min_size=1,
    max_size=60,
    unique_by=lambda one: (one.kind, one.qualifier),
)


def fit(facts: list[Fact], strength: policy.Strength) -> list[Fact]:
    return [one for one in facts if questions.has_options(one, facts, strength.options)]


def drawn(facts: list[Fact], strength: policy.Strength, rng: random.Random) -> list[Asked]:
    """A quiz as its person gets it; [] for a thin file."""
    chosen = asking.choose(fit(facts, strength), strength, rng) or []
    return [(one, *questions.options(one, facts, strength.options, rng)) for one in chosen]


@MODEST
@given(facts=anybody | hoarders, strength=strengths, seed=seeds)
def test_every_quiz_has_its_questions_from_enough_categories_and_as_many_papers(
    facts: list[Fact], strength: policy.Strength, seed: int
) -> None:
    quiz = drawn(facts, strength, random.Random(seed))
    if quiz:
        assert len(quiz) == strength.questions
        assert len({one.category for one, _, _ in quiz}) >= strength.categories
        assert len({one.since for one, _, _ in quiz}) == strength.questions
        assert len({word_question(one)[0] for one, _, _ in quiz}) == strength.questions


@MODEST
@given(facts=anybody | hoarders, strength=strengths, seed=seeds)
def test_every_question_of_every_quiz_has_one_right_answer_and_no_option_twice(
    facts: list[Fact], strength: policy.Strength, seed: int
) -> None:
    for one, offered, right in drawn(facts, strength, random.Random(seed)):
        answer = word_question(one)[1]
        assert len(set(offered)) == len(offered) == strength.options
        assert offered[right] == (answer if right < strength.options - 1 else NONE_OF_THE_ABOVE)
        true = {word_question(other)[1] for other in facts if questions.are_true_at_once(one, other)}
        assert not true & {*offered[:right], *offered[right + 1 :]}


@MODEST
@given(facts=anybody | hoarders, strength=strengths, seed=seeds)
def test_no_quiz_can_be_guessed_more_often_than_policy_allows(
    facts: list[Fact], strength: policy.Strength, seed: int
) -> None:
    """The best blind guess at a question: "none of the above", or one of the others, which are all alike."""
    rate = policy.QUIZ_NONE_OF_THE_ABOVE_RATE
    quiz = drawn(facts, strength, random.Random(seed))
    guesses = [max(rate, (1 - rate) / (len(set(offered)) - 1)) for _, offered, _ in quiz]
    assert not quiz or prod(guesses) <= strength.guess_chance


@MODEST
@given(facts=anybody | hoarders, strength=strengths, seed=seeds)
def test_wrong_answers_are_of_the_kind_of_the_right_one(
    facts: list[Fact], strength: policy.Strength, seed: int
) -> None:
    """One region, one decade, one width of range; and the same list for everybody, so that it tells of nobody."""
    for one, offered, _ in drawn(facts, strength, random.Random(seed)):
        usual = TEMPLATES[one.kind].answers.usual(one.value)
        assert set(offered[:-1]) <= set(usual)
        assert word_question(one)[1] in usual


@MODEST
@given(facts=anybody | hoarders, seed=seeds)
def test_nothing_is_asked_again_over_all_attempts_that_a_file_allows(facts: list[Fact], seed: int) -> None:
    rng, left, asked = random.Random(seed), list(facts), []
    for strength in [BASIC, PREMIUM] * len(facts):
        quiz = drawn(left, strength, rng)
        asked += [asking.fact_key(one) for one, _, _ in quiz]
        left = [one for one in left if asking.fact_key(one) not in asked]
        if not quiz and strength is PREMIUM:
            break
    assert len(set(asked)) == len(asked)


@MODEST
@given(facts=hoarders.filter(lambda facts: len(facts) <= 12), seed=seeds)
def test_a_file_is_thin_only_when_no_choice_of_facts_would_do(facts: list[Fact], seed: int) -> None:
    chosen = asking.choose(facts, BASIC, random.Random(seed))
    possible = any(
        len({one.since for one in some}) == BASIC.questions and len({one.category for one in some}) >= BASIC.categories
        for some in combinations(facts, BASIC.questions)
    )
    assert bool(chosen) == possible


def test_over_many_quizzes_the_right_answer_stands_in_every_place_equally_often() -> None:
    """With "none of the above" at its rate: each of the five places has a fifth."""
    rng, places = random.Random(20261123), Counter[int]()
    for number in range(400):
        facts = facts_for(str(1_200_000_000 + number), date(1960, 1, 1), today=TODAY)
        places.update(right for _, _, right in drawn(facts, PREMIUM, rng))
    expected = places.total() / PREMIUM.options
    assert places.total() == 400 * PREMIUM.questions
    assert (
        sum((places[place] - expected) ** 2 / expected for place in range(PREMIUM.options)) < 13.28
    )  # 99 %, 4 degrees


def test_one_paper_does_not_answer_two_questions() -> None:
    """A car, its color and its loan stand in one contract; the bank and the limit of a card in one letter."""
    bought = date(2019, 10, 5)
    car = [
        make_fact(JUNE, kind, value, 2019, bought)
        for kind, value in (("car_lender", "Summit Lake Bank"), ("vehicle", "Kia Soul"), ("vehicle_color", "Red"))
    ]
    assert asking.choose(car, BASIC, random.Random(1)) is None
    others = [
        make_fact(JUNE, "card_bank", "North Ridge Bank", 2018, date(2018, 2, 2)),
        make_fact(JUNE, "phone_company", "Hilltop Wireless", 2017, date(2017, 3, 3)),
    ]
    for seed in range(20):
        chosen = asking.choose([*car, *others], BASIC, random.Random(seed))
        assert chosen
        assert sum(one.since == bought for one in chosen) == 1


@MODEST
@given(facts=hoarders.filter(lambda facts: len(facts) <= 12), seed=seeds)
def test_a_person_known_to_two_sources_is_asked_about_what_both_know(facts: list[Fact], seed: int) -> None:
    chosen = asking.choose(facts, BASIC, random.Random(seed))
    possible = any(
        len({one.since for one in some}) == BASIC.questions
        and len({one.category for one in some}) >= BASIC.categories
        and len({one.source for one in some}) == policy.QUIZ_SOURCES
        for some in combinations(facts, BASIC.questions)
    )
    assert not possible or (chosen and len({one.source for one in chosen}) == policy.QUIZ_SOURCES)


@MODEST
@given(strength=strengths, seed=seeds)
def test_none_of_the_above_is_right_for_half_of_a_quiz_at_most(strength: policy.Strength, seed: int) -> None:
    rng = random.Random(seed)
    drawn = [asking.draw_none(strength.questions, rng) for _ in range(60)]
    assert max(map(sum, drawn)) <= strength.questions // 2
    assert {len(one) for one in drawn} == {strength.questions}


def test_a_car_and_its_loan_are_one_paper_even_if_they_are_dated_some_days_apart() -> None:
    car = make_fact(JUNE, "vehicle", "Kia Soul", 2019, date(2019, 10, 5))
    loan = make_fact(JUNE, "car_lender", "Summit Lake Bank", 2019, date(2019, 10, 9))
    card = make_fact(JUNE, "card_bank", "North Ridge Bank", 2019, date(2019, 10, 10))
    assert questions.same_paper(car, loan)
    assert not questions.same_paper(car, card)
    later = make_fact(JUNE, "vehicle", "Kia Soul", 2021, date(2021, 10, 5))
    assert not questions.same_paper(later, loan)


@pytest.mark.parametrize("served", [True, False])
def test_the_population_has_facts_of_every_kind_and_category(served: bool) -> None:
    """Mortgages, loans, cards, former addresses, vehicles, utilities, pharmacy fills and benefit payments."""
    facts = [
        one
        for number in range(60)
        for one in facts_for(str(1_300_000_000 + number), date(1946 + number, 6, 1), served=served, today=TODAY)
    ]
    assert {one.kind for one in facts} == set(TEMPLATES)
    assert {one.category for one in facts} == set(Category.values)
