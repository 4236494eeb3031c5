"""What is asked: one template for each kind of fact, how its answer is worded, and what the wrong options are.

A template's prompt names no more than the fact's qualifier, as a rule a year, so that no question tells the
answer to another. Wrong options come from public lists and number ranges, never from other people's facts.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from dslogon import policy
from idproofing import pools
from idproofing.models import Category, Fact, Source

NONE_OF_THE_ABOVE = "None of the above"
TRANSACTIONS = (Category.UTILITY, Category.PHARMACY, Category.BENEFIT)


class Answers(Protocol):
    """How the answers of one template are worded, and where wrong ones come from."""

    def word(self, value: str) -> str:
        """The answer as the quiz words it."""
        ...

    def wrong(self, fact: Fact, true: Collection[str], count: int, rng: random.Random) -> list[str]:
        """So many different plausible answers, none of them in `true`."""
        ...


@dataclass(frozen=True)
class Names:
    """Answers from a pool of `pools`; wrong ones come from the group that the right one is in."""

    groups: tuple[tuple[str, ...], ...]
    decades: tuple[int, ...] = ()
    """The decade of each group, where the groups are decades: the fact's date then tells the group."""

    def word(self, value: str) -> str:
        return value

    def wrong(self, fact: Fact, true: Collection[str], count: int, rng: random.Random) -> list[str]:
        near = [name for name in self.groups[self._group(fact)] if name not in true]
        if len(near) < count:
            near = sorted({name for group in self.groups for name in group} - set(true))
        return rng.sample(near, count)

    def _group(self, fact: Fact) -> int:
        if self.decades:
            return max(0, sum(fact.since.year >= decade for decade in self.decades) - 1)
        return next((place for place, group in enumerate(self.groups) if fact.value in group), 0)


@dataclass(frozen=True)
class Dollars:
    """Answers that are ranges of `step` dollars, which never overlap.

    Wrong ones come from all the ranges between `least` and `most`, dollars that are usual for the kind, whichever is
    right: were they drawn around the right one, its rank among them would give it away. Only an unusual amount is
    put among its neighbors, at any place.
    """

    step: int
    least: int
    most: int

    def word(self, value: str) -> str:
        return self._range(int(value) // self.step)

    def wrong(self, fact: Fact, true: Collection[str], count: int, rng: random.Random) -> list[str]:
        usual = range(self.least // self.step, self.most // self.step)
        place = int(fact.value) // self.step
        if place not in usual or len(usual) - len(true) < count:
            lowest = max(0, place - rng.randrange(len(usual)))
            usual = range(lowest, lowest + len(usual) + len(true))
        return rng.sample([words for words in map(self._range, usual) if words not in true], count)

    def _range(self, place: int) -> str:
        return f"${place * self.step:,} to ${(place + 1) * self.step - 1:,}"


@dataclass(frozen=True)
class Template:
    """One kind of question. `hint` tells where its answer may be found."""

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
        Category.MORTGAGE, "Which company gave you a home loan in {}?", HOME_PAPERS, Names(pools.HOME_LENDERS)
    ),
    "home_payment": Template(
        Category.MORTGAGE,
        "About how much was the monthly payment on the home loan that you took out in {}?",
        HOME_PAPERS,
        Dollars(200, 600, 3_200),
    ),
    "car_lender": Template(
        Category.LOAN, "Which company gave you a car loan in {}?", LOAN_PAPERS, Names(pools.CAR_LENDERS)
    ),
    "car_payment": Template(
        Category.LOAN,
        "About how much was the monthly payment on the car loan that you took out in {}?",
        LOAN_PAPERS,
        Dollars(50, 150, 750),
    ),
    "student_lender": Template(
        Category.LOAN, "Which company did you owe a student loan to in {}?", LOAN_PAPERS, Names(pools.STUDENT_LENDERS)
    ),
    "card_bank": Template(
        Category.CARD, "Which bank or credit union gave you a credit card in {}?", CARD_PAPERS, Names(pools.BANKS)
    ),
    "card_limit": Template(
        Category.CARD,
        "About how much could you spend (your credit limit) on the credit card that you got in {}?",
        CARD_PAPERS,
        Dollars(1_000, 1_000, 18_000),
    ),
    "city": Template(Category.ADDRESS, "In which of these cities did you live in {}?", MAIL, Names(pools.CITIES)),
    "street": Template(Category.ADDRESS, "On which of these streets did you live in {}?", MAIL, Names(pools.STREETS)),
    "vehicle": Template(
        Category.VEHICLE,
        "Which of these vehicles did you register in {}?",
        VEHICLE_PAPERS,
        Names(pools.VEHICLES, pools.VEHICLE_DECADES),
    ),
    "vehicle_color": Template(
        Category.VEHICLE, "What color was the vehicle that you registered in {}?", VEHICLE_PAPERS, Names(pools.COLORS)
    ),
    "power_company": Template(
        Category.UTILITY, "Which company sent your electric bill in {}?", BILL, Names(pools.POWER_COMPANIES)
    ),
    "phone_company": Template(
        Category.UTILITY, "Which company sent your phone bill in {}?", BILL, Names(pools.PHONE_COMPANIES)
    ),
    "pharmacy": Template(
        Category.PHARMACY, "Which pharmacy filled a prescription for you in {}?", BOTTLE, Names(pools.PHARMACIES)
    ),
    "pharmacy_paid": Template(
        Category.PHARMACY, "About how much did you pay for the prescription filled in {}?", BOTTLE, Dollars(10, 0, 80)
    ),
    "benefit": Template(
        Category.BENEFIT, "Which of these benefits were you first paid in {}?", PAYMENT, Names(pools.BENEFITS)
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
        Names(pools.BANKS),
    ),
}


def fact(
    dod_id: str, kind: str, value: str | int, qualifier: str | int, since: date, until: date | None = None
) -> Fact:
    """An unsaved fact of a known kind, true from `since` to `until` (None: still), category and source filled in."""
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


def wording(fact: Fact) -> tuple[str, str]:
    """The question about this fact and its right answer, exactly as the quiz words them."""
    template = TEMPLATES[fact.kind]
    return template.prompt.format(fact.qualifier), template.answers.word(fact.value)


def options(
    fact: Fact,
    others: Collection[Fact],
    count: int,
    rng: random.Random,
    none_rate: float = policy.QUIZ_NONE_OF_THE_ABOVE_RATE,
) -> tuple[list[str], int]:
    """`count` options for the question about `fact`, "none of the above" last, and the index of the right one.

    `others` are the person's facts: an answer that one of them would make right too is not among the wrong ones.
    """
    answers = TEMPLATES[fact.kind].answers
    right = answers.word(fact.value)
    true = {right} | {answers.word(other.value) for other in others if true_at_once(fact, other)}
    if rng.random() < none_rate:
        return [*answers.wrong(fact, true, count - 1, rng), NONE_OF_THE_ABOVE], count - 1
    shuffled = answers.wrong(fact, true, count - 2, rng)
    place = rng.randrange(count - 1)
    shuffled.insert(place, right)
    return [*shuffled, NONE_OF_THE_ABOVE], place


def true_at_once(one: Fact, other: Fact) -> bool:
    """Whether two facts of a kind hold in a common year, which is as fine as the questions ask."""
    if one.kind != other.kind:
        return False
    return one.since.year <= _last_year(other) and other.since.year <= _last_year(one)


def _last_year(fact: Fact) -> int:
    return fact.until.year if fact.until else date.max.year
