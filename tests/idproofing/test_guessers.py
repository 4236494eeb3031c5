"""Guessers with a system: over quizzes of thousands of people, none passes more often than policy allows."""

import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from itertools import chain
from math import prod
from statistics import median_low

import pytest

from core import policy
from deers.registry import TimeTogether
from demo import population
from demo.invent.facts import facts_for
from demo.people import PEOPLE
from demo.people.person import FULL_FILE
from idproofing import asking, questions
from idproofing.facts import facts_unseen_at_home
from idproofing.models import Fact
from idproofing.questions import NONE_OF_THE_ABOVE, word_question
from tests.idproofing.people import BASIC, PREMIUM

# The facts of thousands of people are invented and asked for once for all these tests, so one process runs them.
pytestmark = pytest.mark.xdist_group("guessers")

TODAY = date(2026, 11, 20)
GENERATED = 2_000
# A question and its options, and for the test alone the place of the right one.
Asked = tuple[Fact, list[str], int]
Guesser = Callable[[Fact, list[str]], int]


@lru_cache
def quizzes(strength: policy.Strength) -> list[list[Fact]]:
    """One quiz for each generated adult, and ten for each hand-made one with a full file."""
    rng = random.Random(20261123)
    chosen = [asking.choose(facts, strength, rng) for facts in files()]
    return [some for some in chosen if some]


@lru_cache
def everything_asked() -> list[list[Asked]]:
    """All questions that these people could be asked, with the options that they would get."""
    rng = random.Random(20261123)
    return [[(one, *questions.options(one, facts, BASIC.options, rng)) for one in facts] for facts in files()]


@lru_cache
def files() -> list[list[Fact]]:
    rng = random.Random(20261123)
    everybody = [generated(number, rng) for number in range(GENERATED)]
    return everybody + 10 * [
        population.facts_of(person) for person in PEOPLE.values() if person.facts_known >= FULL_FILE
    ]


def generated(number: int, rng: random.Random) -> list[Fact]:
    born = date(rng.randint(1930, 2007), rng.randint(1, 12), rng.randint(1, 28))
    return facts_for(str(1_100_000_000 + number), born, served=rng.random() < 0.6, today=TODAY)


@pytest.fixture(scope="module", params=[BASIC, PREMIUM], ids=["basic", "premium"])
def strength(request: pytest.FixtureRequest) -> policy.Strength:
    return request.param


def size(words: str) -> tuple[int, str]:
    """What options are put in order by: the first number in them, a year or dollars, then the letters."""
    number = re.search(r"\d+", words.replace(",", ""))
    return (int(number.group()) if number else 0, words)


def always(place: int) -> Guesser:
    return lambda fact, options: place


def ranked(pick: Callable[[list[str]], str]) -> Guesser:
    """Takes one of the options by its place in their order, whatever place it has on the page."""
    return lambda fact, options: options.index(pick(sorted(options[:-1], key=size)))


GUESSERS: dict[str, Guesser] = {
    **{f"option {place + 1}": always(place) for place in range(BASIC.options)},
    "lowest or oldest": ranked(lambda options: options[0]),
    "middle": ranked(lambda options: median_low(options)),
    "upper middle": ranked(lambda options: options[len(options) // 2]),
    "highest or newest": ranked(lambda options: options[-1]),
    "longest": ranked(lambda options: max(options, key=len)),
    "shortest": ranked(lambda options: min(options, key=len)),
}


def pass_rate(strength: policy.Strength, guess: Guesser, asked: list[list[Asked]]) -> float:
    """How often the guesser passes a quiz, expected from how often each kind of question is guessed in `asked`.

    By kind, and not by counting passes: one in six hundred would take a hundred thousand quizzes to measure.
    """
    tries: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for one, options, right in chain.from_iterable(asked):
        tries[one.kind] += 1
        hits[one.kind] += guess(one, options) == right
    some = quizzes(strength)
    return sum(prod(hits[one.kind] / tries[one.kind] for one in quiz) for quiz in some) / len(some)


@pytest.mark.parametrize("name", GUESSERS)
def test_a_guesser_with_a_system_does_not_pass_above_policy(name: str, strength: policy.Strength) -> None:
    """The seed is fixed, and blind chance is 0.8 % and 0.16 %: a fifth of policy is left over."""
    assert pass_rate(strength, GUESSERS[name], everything_asked()) <= strength.guess_chance


def test_nor_one_who_has_seen_the_answers_of_a_thousand_others(strength: policy.Strength) -> None:
    """Learns from every other person how often each answer is right where it is offered, and tries the rest."""
    offered: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for one, options, place in chain.from_iterable(everything_asked()[::2]):
        offered.update((one.kind, words) for words in options)
        right[one.kind, options[place]] += 1

    def most_frequent(fact: Fact, options: list[str]) -> int:
        rates = [right[fact.kind, words] / max(1, offered[fact.kind, words]) for words in options]
        return rates.index(max(rates))

    assert pass_rate(strength, most_frequent, everything_asked()[1::2]) <= strength.guess_chance


MARRIED_ON = date(2016, 5, 1)
MARRIED = TimeTogether(MARRIED_ON, None)


def test_a_careful_spouse_passes_no_more_often_than_a_stranger_who_knows_no_card(strength: policy.Strength) -> None:
    """The spouse knows all that a home shares, of both names, and guesses at what is in one name alone."""
    rng, passes, taken = random.Random(20261123), 0.0, 0
    for facts in files():
        askable = facts_unseen_at_home(facts, [MARRIED], TODAY)
        chosen = asking.choose(askable, strength, rng)
        if chosen:
            taken += 1
            guessed = [fact for fact in chosen if not known_to_spouse(fact)]
            passes += 0.2 ** len(guessed)
    assert taken > len(files()) // 3
    assert passes / taken <= strength.guess_chance


SPOUSE_KNOWS = ("mortgage", "address", "utility", "vehicle", "pharmacy", "loan")


def known_to_spouse(fact: Fact) -> bool:
    """Whether the fact was true while they lived together, and stood in the mail of the common home."""
    return fact.category in SPOUSE_KNOWS and fact.kind != "student_lender" and (fact.until or TODAY) >= MARRIED_ON


def test_no_question_of_anybody_breaks_the_rules_of_options() -> None:
    for one, options, right in chain.from_iterable(everything_asked()):
        assert len(set(options)) == len(options) == BASIC.options
        assert options.count(NONE_OF_THE_ABOVE) == 1
        answer = word_question(one)[1]
        assert options[right] == answer or (answer not in options and right == len(options) - 1)


def test_no_question_of_a_quiz_tells_the_answer_of_another(strength: policy.Strength) -> None:
    for quiz in quizzes(strength):
        prompts = [word_question(one)[0] for one in quiz]
        assert len(set(prompts)) == len(quiz)
        assert not any(word_question(one)[1] in " ".join(prompts) for one in quiz)
