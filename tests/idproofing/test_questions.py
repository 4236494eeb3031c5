"""Questions: one right answer, plausible wrong ones, and a page that gives nothing away."""

import random
from collections import Counter
from datetime import date
from itertools import pairwise
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import policy
from idproofing import answer_pools
from idproofing.facts import facts_unknown_from
from idproofing.models import Fact
from idproofing.questions import (
    NONE_OF_THE_ABOVE,
    TEMPLATES,
    Dollars,
    Names,
    has_options,
    make_fact,
    options,
    word_question,
)
from tests.idproofing.people import JUNE, MODEST, anybody, seeds

COUNT = 5


def held_in(one: Fact, year: int) -> bool:
    return one.since.year <= year and (one.until is None or year <= one.until.year)


@MODEST
@given(facts=anybody, seed=seeds)
def test_every_question_has_exactly_one_right_answer_and_no_option_twice(facts: list[Fact], seed: int) -> None:
    rng = random.Random(seed)
    for one in facts:
        offered, place = options(one, facts, COUNT, rng)
        answer = word_question(one)[1]
        assert len(set(offered)) == len(offered) == COUNT
        assert offered[-1] == NONE_OF_THE_ABOVE
        assert offered.count(answer) == (0 if place == COUNT - 1 else 1)
        if place < COUNT - 1:
            assert offered[place] == answer


@MODEST
@given(facts=anybody, seed=seeds)
def test_no_wrong_option_would_be_right_for_another_fact_of_the_same_time(facts: list[Fact], seed: int) -> None:
    rng = random.Random(seed)
    for one in facts:
        offered, place = options(one, facts, COUNT, rng)
        wrong = set(offered[:place] + offered[place + 1 :])
        also_right = {
            word_question(other)[1] for other in facts if other.kind == one.kind and held_in(other, one.since.year)
        }
        assert not wrong & also_right


@MODEST
@given(facts=anybody, seed=seeds)
def test_wrong_options_come_from_public_lists_and_never_from_people(facts: list[Fact], seed: int) -> None:
    public = {
        name
        for pool in vars(answer_pools).values()
        if isinstance(pool, tuple)
        for group in pool
        if isinstance(group, tuple)
        for name in group
    }
    for one in facts:
        if isinstance(TEMPLATES[one.kind].answers, Names):
            offered, place = options(one, facts, COUNT, random.Random(seed))
            assert set(offered[:place] + offered[place + 1 : -1]) <= public


@MODEST
@given(amount=st.integers(0, 20_000), step=st.sampled_from([10, 50, 200, 1_000]))
def test_ranges_of_dollars_do_not_overlap_and_one_holds_the_amount(amount: int, step: int) -> None:
    answers = Dollars(step, 3 * step, 15 * step)
    words = answers.usual(str(amount))
    assert bool(words) == (3 * step <= amount < 15 * step)
    if not words:
        return
    bounds = sorted(tuple(int(end.strip("$").replace(",", "")) for end in text.split(" to ")) for text in words)
    assert all(high < low for (_, high), (low, _) in pairwise(bounds))
    assert [low <= amount <= high for low, high in bounds].count(True) == 1
    assert all(low >= 0 and high - low == step - 1 for low, high in bounds)


def test_the_right_answer_stands_in_every_place_equally_often() -> None:
    rng = random.Random(20261123)
    one = make_fact(JUNE, "card_bank", "Summit Lake Bank", 2015, date(2015, 1, 1))
    places = Counter(options(one, [one], COUNT, rng, none_rate=0)[1] for _ in range(4_000))
    expected = 4_000 / (COUNT - 1)
    chi_square = sum((places[place] - expected) ** 2 / expected for place in range(COUNT - 1))
    assert chi_square < 11.34  # 99 % of fair draws with 3 degrees of freedom stay below
    assert places[COUNT - 1] == 0


@pytest.mark.parametrize(
    "kind", [kind for kind, template in TEMPLATES.items() if isinstance(template.answers, Dollars)]
)
def test_the_right_range_stands_in_every_rank_equally_often(kind: str) -> None:
    """Neither the lowest nor the middle range is the better guess."""
    rng, usual = random.Random(20261123), TEMPLATES[kind].answers
    assert isinstance(usual, Dollars)
    ranks: Counter[int] = Counter()
    for _ in range(4_000):
        one = make_fact(JUNE, kind, rng.randrange(usual.least, usual.most), 2015, date(2015, 1, 1))
        offered, place = options(one, [one], COUNT, rng, none_rate=0)
        by_size = sorted(offered[:-1], key=lambda words: int(words.split(" to ")[0].strip("$").replace(",", "")))
        ranks[by_size.index(offered[place])] += 1
    chi_square = sum((ranks[rank] - 1_000) ** 2 / 1_000 for rank in range(4))
    assert chi_square < 11.34


@pytest.mark.parametrize(
    ("kind", "value"),
    [("home_payment", 9_350), ("home_payment", 100), ("card_limit", 500), ("city", "Mayberry, North Carolina")],
)
def test_an_unusual_answer_would_stand_out_and_is_not_asked_for(kind: str, value: str | int) -> None:
    one = make_fact(JUNE, kind, value, 2015, date(2015, 1, 1))
    assert not has_options(one, [one], COUNT)


def test_a_person_who_has_had_cars_of_nearly_every_color_is_not_asked_for_one() -> None:
    """Too few wrong colors would be left: with six cars there are four, and with seven three."""
    cars = [
        make_fact(JUNE, "vehicle_color", color, 2012 + number, date(2012 + number, 1, 1))
        for number, color in enumerate(answer_pools.COLORS[0][:7])
    ]
    assert has_options(cars[0], cars[:6], COUNT)
    assert not any(has_options(one, cars, COUNT) for one in cars)


def test_none_of_the_above_is_right_at_the_rate_of_policy() -> None:
    rng = random.Random(20261123)
    one = make_fact(JUNE, "card_bank", "Summit Lake Bank", 2015, date(2015, 1, 1))
    tries = 4_000
    times = sum(options(one, [one], COUNT, rng)[1] == COUNT - 1 for _ in range(tries))
    rate = policy.QUIZ_NONE_OF_THE_ABOVE_RATE
    assert abs(times - tries * rate) < 2.6 * (tries * rate * (1 - rate)) ** 0.5


def test_wrong_cities_lie_in_the_region_of_the_right_one() -> None:
    south = answer_pools.CITIES[1]
    one = make_fact(JUNE, "city", "Killeen, Texas", 2012, date(2012, 1, 1), date(2014, 12, 31))
    offered, _ = options(one, [one], COUNT, random.Random(1))
    assert set(offered[:-1]) <= set(south)


def test_wrong_vehicles_were_sold_in_the_decade_of_the_right_one() -> None:
    one = make_fact(JUNE, "vehicle", "Buick LeSabre", 2004, date(2004, 10, 16))
    offered, _ = options(one, [one], COUNT, random.Random(1))
    assert set(offered[:-1]) <= set(answer_pools.VEHICLES[0])


def test_wrong_benefits_are_of_the_same_kind_of_person() -> None:
    one = make_fact(JUNE, "benefit", "Survivors pension", 2015, date(2015, 1, 1))
    offered, _ = options(one, [one], COUNT, random.Random(1))
    assert set(offered[:-1]) <= set(answer_pools.BENEFITS[1])


@pytest.mark.parametrize("kind", [kind for kind, template in TEMPLATES.items() if isinstance(template.answers, Names)])
def test_an_answer_stands_in_one_group_alone(kind: str) -> None:
    """So that its region, or the decade in which it was sold, is known by it."""
    groups = TEMPLATES[kind].answers.groups  # type: ignore[attr-defined]
    names = [name for group in groups for name in group]
    assert len(names) == len(set(names))


def test_a_city_on_record_or_a_street_typed_in_is_never_asked_for() -> None:
    city = make_fact(JUNE, "city", "Killeen, Texas", 2012, date(2012, 1, 1))
    street = make_fact(JUNE, "street", "Juniper Lane", 2012, date(2012, 1, 1))
    bank = make_fact(JUNE, "card_bank", "Summit Lake Bank", 2012, date(2012, 1, 1))
    assert facts_unknown_from([city, street, bank], ["KILLEEN", "12  juniper lane, Apt. 4", "", "  "]) == [bank]
    assert facts_unknown_from([city, street, bank], ["Lane", "TX", "Kill"]) == [city, bank]


def test_the_home_city_of_record_is_not_among_the_options() -> None:
    """Anybody who knows the address would rule it out, and choose among fewer."""
    one = make_fact(JUNE, "city", "Killeen, Texas", 2012, date(2012, 1, 1), date(2014, 12, 31))
    for seed in range(40):
        offered, _ = options(one, [one], COUNT, random.Random(seed), seen=["SAN ANTONIO", "TX"])
        assert "San Antonio, Texas" not in offered


def test_no_car_is_among_the_options_that_was_not_built_yet() -> None:
    one = make_fact(JUNE, "vehicle", "Ford Bronco Sport", 2020, date(2020, 8, 3))
    offered = {name for seed in range(60) for name in options(one, [one], COUNT, random.Random(seed))[0]}
    assert {"Toyota RAV4", "Kia Telluride"} <= offered
    assert not {"Ford Maverick", "Mazda CX-50", "Toyota Corolla Cross"} & offered
    too_early = make_fact(JUNE, "vehicle", "Ford Maverick", 2020, date(2020, 8, 3))
    assert not has_options(too_early, [too_early], COUNT)


def test_of_every_car_it_is_known_since_when_it_was_sold() -> None:
    assert set(answer_pools.VEHICLE_FIRST_SOLD) == {name for group in answer_pools.VEHICLES for name in group}
    for began, group in zip(answer_pools.VEHICLE_DECADES, answer_pools.VEHICLES, strict=True):
        early = [name for name in group if answer_pools.VEHICLE_FIRST_SOLD[name] <= began]
        assert len(early) > COUNT, "enough for a question about the first year of the decade"


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_question_reads_easily_and_tells_where_to_look(kind: str) -> None:
    """By the Flesch-Kincaid grade: at most the eighth."""
    template = TEMPLATES[kind]
    assert grade(template.prompt.format(2015)) <= 8.9
    assert grade(template.hint) <= 8.9
    assert template.prompt.endswith("?")
    assert template.hint.endswith(".")


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_list_is_long_enough_for_a_question(kind: str) -> None:
    answers = TEMPLATES[kind].answers
    if isinstance(answers, Names):
        assert all(len(set(group)) == len(group) > COUNT + 2 for group in answers.groups)
        assert all(len(name) <= 120 for group in answers.groups for name in group)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade level, vowel groups counted as syllables and a silent e left out."""
    words = ["".join(char for char in word if char in ascii_letters).lower() for word in text.split()]
    words = [word for word in words if word]
    sentences = text.count(". ") + text.count("? ") + 1
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    groups, before = 0, False
    for char in word:
        vowel = char in "aeiouy"
        groups += vowel and not before
        before = vowel
    return max(1, groups - (word.endswith("e") and groups > 1))
