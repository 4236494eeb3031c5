"""What is asked: one template for each kind of fact, how its answer is worded, and what the wrong options are.

The prompt of a template names no more than the fact's qualifier, usually a year. So no question tells the answer to
another. Wrong options come from public lists and ranges of numbers, never from other people's facts.
"""

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from core import policy
from idproofing import answer_pools
from idproofing.models import Category, Fact, Source
from idproofing.told import is_told, seen_words

NONE_OF_THE_ABOVE = "None of the above"
TRANSACTIONS = (Category.UTILITY, Category.PHARMACY, Category.BENEFIT)


class Answers(Protocol):
    """How the answers of one template are worded, and which answers are plausible beside the right one."""

    def word(self, value: str) -> str:
        """Return the answer as the quiz words it."""
        ...

    def usual(self, value: str) -> Sequence[str]:
        """Return all plausible answers, in words, if `value` is right. `value` is among them.

        Return none if `value` is unusual. An unusual answer would stand out among any others, so nobody may be asked
        for it.
        """
        ...

    def possible(self, words: str, year: int) -> bool:
        """Return whether an answer could be right of something that began in that year."""
        ...


@dataclass(frozen=True)
class Names:
    """Answers from a pool of `answer_pools`. The plausible ones are the group that the right one is in.

    `since` says from which year on there is a thing of that name. What it does not list was always there.
    """

    groups: tuple[tuple[str, ...], ...]
    since: Mapping[str, int] = field(default_factory=dict)

    def word(self, value: str) -> str:
        return value

    def usual(self, value: str) -> Sequence[str]:
        return next((group for group in self.groups if value in group), ())

    def possible(self, words: str, year: int) -> bool:
        return self.since.get(words, year) <= year


@dataclass(frozen=True)
class Dollars:
    """Answers that are ranges of `step` dollars, which never overlap.

    All the ranges between `least` and `most`, the usual dollars for the kind, are plausible, no matter which one is
    right. If the wrong ones were drawn around the right one, its rank among them would give it away.
    """

    step: int
    least: int
    most: int

    def word(self, value: str) -> str:
        return self._range(int(value) // self.step)

    def usual(self, value: str) -> Sequence[str]:
        places = range(self.least // self.step, self.most // self.step)
        return [self._range(place) for place in places] if int(value) // self.step in places else []

    def possible(self, words: str, year: int) -> bool:
        return True

    def _range(self, place: int) -> str:
        return f"${place * self.step:,} to ${(place + 1) * self.step - 1:,}"


@dataclass(frozen=True)
class Template:
    """One kind of question. `hint` says where its answer may be found."""

    category: Category
    prompt: str
    hint: str
    answers: Answers


CARD_PAPERS = "Look at a card statement or your credit report."
LOAN_PAPERS = "Look at your loan papers or your credit report."
HOME_PAPERS = "Look at your loan papers, an old statement or your credit report."
VEHICLE_PAPERS = "Look at your title, registration or insurance papers."
MAIL = "Look at old letters, bills or tax returns."
BILL = "Look at an old bill or a bank statement from that time."
BOTTLE = "Look at a pill bottle, a receipt or your claims from that month."
PAYMENT = "Look at your award letter or a bank statement from that time."

TEMPLATES = {
    "home_lender": Template(
        Category.MORTGAGE, "Which company gave you a home loan in {}?", HOME_PAPERS, Names(answer_pools.HOME_LENDERS)
    ),
    "home_payment": Template(
        Category.MORTGAGE,
        "About how much was the monthly payment on the home loan that you took out in {}?",
        HOME_PAPERS,
        Dollars(200, 600, 3_200),
    ),
    "car_lender": Template(
        Category.LOAN, "Which company gave you a car loan in {}?", LOAN_PAPERS, Names(answer_pools.CAR_LENDERS)
    ),
    "car_payment": Template(
        Category.LOAN,
        "About how much was the monthly payment on the car loan that you took out in {}?",
        LOAN_PAPERS,
        Dollars(50, 150, 750),
    ),
    "student_lender": Template(
        Category.LOAN,
        "Which company did you owe a student loan to in {}?",
        LOAN_PAPERS,
        Names(answer_pools.STUDENT_LENDERS),
    ),
    "card_bank": Template(
        Category.CARD,
        "Which bank or credit union gave you a credit card in {}?",
        CARD_PAPERS,
        Names(answer_pools.BANKS),
    ),
    "card_limit": Template(
        Category.CARD,
        "About how much could you spend (your credit limit) on the credit card that you got in {}?",
        CARD_PAPERS,
        Dollars(1_000, 1_000, 18_000),
    ),
    "city": Template(
        Category.ADDRESS, "In which of these cities did you live in {}?", MAIL, Names(answer_pools.CITIES)
    ),
    "street": Template(
        Category.ADDRESS, "On which of these streets did you live in {}?", MAIL, Names(answer_pools.STREETS)
    ),
    "vehicle": Template(
        Category.VEHICLE,
        "Which of these vehicles did you register in {}?",
        VEHICLE_PAPERS,
        Names(answer_pools.VEHICLES, answer_pools.VEHICLE_FIRST_SOLD),
    ),
    "vehicle_color": Template(
        Category.VEHICLE,
        "What color was the vehicle that you registered in {}?",
        VEHICLE_PAPERS,
        Names(answer_pools.COLORS),
    ),
    "power_company": Template(
        Category.UTILITY, "Which company sent your electric bill in {}?", BILL, Names(answer_pools.POWER_COMPANIES)
    ),
    "phone_company": Template(
        Category.UTILITY, "Which company sent your phone bill in {}?", BILL, Names(answer_pools.PHONE_COMPANIES)
    ),
    "pharmacy": Template(
        Category.PHARMACY, "Which pharmacy filled a prescription for you in {}?", BOTTLE, Names(answer_pools.PHARMACIES)
    ),
    "pharmacy_paid": Template(
        Category.PHARMACY, "About how much did you pay for the prescription filled in {}?", BOTTLE, Dollars(10, 0, 80)
    ),
    "benefit": Template(
        Category.BENEFIT, "Which of these benefits were you first paid in {}?", PAYMENT, Names(answer_pools.BENEFITS)
    ),
    "benefit_amount": Template(
        Category.BENEFIT,
        "About how much was each monthly payment of the benefit that you were first paid in {}?",
        PAYMENT,
        Dollars(150, 150, 2_400),
    ),
    "benefit_bank": Template(
        Category.BENEFIT,
        "Which bank or credit union received your benefit payments in {}?",
        PAYMENT,
        Names(answer_pools.BANKS),
    ),
}


# Kinds of fact that stand on one paper, if they are of one year: the bank and the limit of a card, a car and its loan.
PAPERS = (
    {"home_lender", "home_payment"},
    {"car_lender", "car_payment", "vehicle", "vehicle_color"},
    {"card_bank", "card_limit"},
    {"city", "street"},
    {"pharmacy", "pharmacy_paid"},
    {"benefit", "benefit_amount", "benefit_bank"},
)


def same_paper(one: Fact, other: Fact) -> bool:
    """Return whether somebody who found the paper with one of these facts has the other one too.

    What began on one day is on one paper, and so are kinds of PAPERS that a question would name by the same year.
    """
    if one.since == other.since:
        return True
    kinds = {one.kind, other.kind}
    return one.qualifier == other.qualifier and (len(kinds) == 1 or any(kinds <= paper for paper in PAPERS))


def make_fact(
    dod_id: str, kind: str, value: str | int, qualifier: str | int, since: date, until: date | None = None
) -> Fact:
    """Return an unsaved fact of a known kind, with its category and source filled in.

    It is true from `since` to `until`. If `until` is None, it is still true.
    """
    category = TEMPLATES[kind].category
    source = Source.TRANSACTIONS if category in TRANSACTIONS else Source.BUREAU
    return Fact(
        dod_id=dod_id,
        category=category,
        kind=kind,
        value=str(value),
        qualifier=str(qualifier),
        since=since,
        until=until,
        source=source,
    )


def word_question(fact: Fact) -> tuple[str, str]:
    """Return the question about this fact and its right answer, exactly as the quiz words them."""
    template = TEMPLATES[fact.kind]
    return template.prompt.format(fact.qualifier), template.answers.word(fact.value)


def options(
    fact: Fact,
    others: Collection[Fact],
    count: int,
    rng: random.Random,
    none_rate: float = policy.QUIZ_NONE_OF_THE_ABOVE_RATE,
    *,
    seen: Collection[str] = (),
    none: bool | None = None,
    before: bool | None = None,
    order: bytes = b"",
) -> tuple[list[str], int]:
    """Return `count` options for the question about `fact`, and the index of the right one.

    "None of the above" is the last option. `others` are the person's facts, and `seen` the values on record or shown,
    which no wrong option may be. Use only a fact that `has_options`.

    `none` says whether "none of the above" is right. If it is None, chance decides. `before` is set if this question is
    asked again, and says whether "none of the above" was right the first time. Then one option is another one. With
    all of them new, the right one would be what both times have in common. As it is, three are common to both, no
    matter whether the right one is among them. For that, `order` must be the secret key of the first time, from which
    the wrong options follow. Without one they are drawn by `rng`.
    """
    if none is None:
        none = rng.random() < none_rate
    wrong = wrong_answers(fact, others, seen)
    wrong = in_order(wrong, order) if order else rng.sample(wrong, len(wrong))
    shown = wrong[: count - 1 if none else count - 2]
    if before is not None and (none or not before):
        shown[-1] = wrong[count - 1]
    shown = rng.sample(shown, len(shown))
    if none:
        return [*shown, NONE_OF_THE_ABOVE], count - 1
    place = rng.randrange(count - 1)
    shown.insert(place, TEMPLATES[fact.kind].answers.word(fact.value))
    return [*shown, NONE_OF_THE_ABOVE], place


def in_order(words: Collection[str], key: bytes) -> list[str]:
    """Return the answers in an order that is the same each time, and that nobody can foresee without the key."""
    return sorted(words, key=lambda one: hashlib.blake2b(one.encode(), key=key).digest())


def has_options(
    fact: Fact, others: Collection[Fact], count: int, seen: Collection[str] = (), *, again: bool = False
) -> bool:
    """Return whether the question about `fact` can have `count` options, however often "none of the above" is right.

    If it is asked `again`, it needs one more.
    """
    answers = TEMPLATES[fact.kind].answers
    if not answers.possible(answers.word(fact.value), fact.since.year):
        return False
    return len(wrong_answers(fact, others, seen)) >= count - 1 + again


def wrong_answers(fact: Fact, others: Collection[Fact], seen: Collection[str] = ()) -> list[str]:
    """Return the plausible answers that no fact of the person makes right, and that nobody can rule out.

    Neither this fact nor another one of the same time makes them right. A home of record is among the cities that
    anybody would rule out, and so is a car that was not built yet.
    """
    answers, known = TEMPLATES[fact.kind].answers, seen_words(seen)
    true = {answers.word(other.value) for other in [fact, *others] if are_true_at_once(fact, other)}
    usual = [words for words in answers.usual(fact.value) if answers.possible(words, fact.since.year)]
    return [words for words in usual if words not in true and not is_told(words, known)]


def are_true_at_once(one: Fact, other: Fact) -> bool:
    """Return whether two facts of a kind hold in a common year, which is as fine as the questions ask."""
    if one.kind != other.kind:
        return False
    return one.since.year <= _last_year(other) and other.since.year <= _last_year(one)


def _last_year(fact: Fact) -> int:
    return fact.until.year if fact.until else date.max.year
