"""Invents the facts of an invented person: homes, loans, vehicles and bills that fit the age and the time."""

import random
from calendar import month_name
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from django.utils import timezone

from core import policy
from core.dates import age_on
from idproofing import answer_pools
from idproofing.models import Fact
from idproofing.questions import TEMPLATES, Dollars, make_fact

YEARS_BACK = policy.FACT_YEARS
ADULT = 18
THIN_FILE = 2
"""How many facts a person with a thin file has: too few for any quiz."""


def facts_for(
    dod_id: str,
    born: date,
    *,
    home: str = "",
    served: bool = True,
    thin: bool = False,
    today: date | None = None,
    rng: random.Random | None = None,
) -> list[Fact]:
    """Return unsaved facts about a person: the same ones each time, unless `rng` is given. A minor has none.

    An adult has at least eight, in at least four categories. `home` is the present city, which is never asked about.
    `served` separates service members and veterans from family. A `thin` file is too small for a quiz.
    """
    today = today or timezone.localdate()
    life = Life(dod_id, born, today, rng or random.Random(f"facts of {dod_id}"))  # noqa: S311 - not a secret
    if life.adult_on > today:
        return []
    homes(life, home)
    cards(life)
    vehicles(life)
    bills(life)
    loans(life)
    benefits(life, served)
    return life.facts[:THIN_FILE] if thin else life.facts


@dataclass
class Life:
    """One person's dates, and the facts found so far."""

    dod_id: str
    born: date
    today: date
    rng: random.Random
    facts: list[Fact] = field(default_factory=list)

    @property
    def adult_on(self) -> date:
        """Return the first day as an adult. For people born on February 29, that is March 1."""
        year = self.born.year + ADULT
        leap_day = (self.born.month, self.born.day) == (2, 29)
        return date(year, 3, 1) if leap_day else self.born.replace(year=year)

    @property
    def age(self) -> int:
        return age_on(self.born, self.today)

    def years(self, most: int) -> list[int]:
        """Return one to `most` different years as an adult, in order."""
        past = range(max(self.adult_on.year, self.today.year - YEARS_BACK), self.today.year + 1)
        return sorted(self.rng.sample(past, min(len(past), self.rng.randint(1, most))))

    def day_in(self, year: int) -> date:
        """Return a day of that year on which the person was an adult and that is not in the future."""
        first, last = max(date(year, 1, 1), self.adult_on), min(date(year, 12, 31), self.today)
        return first + timedelta(days=self.rng.randint(0, (last - first).days))

    def one_of(self, groups: tuple[tuple[str, ...], ...]) -> str:
        return self.rng.choice(self.rng.choice(groups))

    def dollars(self, kind: str) -> int:
        """Return a usual amount that is well inside one of the quiz's ranges.

        A rounded memory then still finds the range.
        """
        usual = TEMPLATES[kind].answers
        assert isinstance(usual, Dollars)
        margin = usual.step // 5
        low = usual.step * self.rng.randrange(usual.least // usual.step, usual.most // usual.step)
        return low + self.rng.randint(margin, usual.step - 1 - margin)

    def add(self, kind: str, value: str | int, qualifier: str | int, since: date, until: date | None = None) -> None:
        self.facts.append(make_fact(self.dod_id, kind, value, qualifier, since, until))

    def one_after_another(self, kind: str, groups: tuple[tuple[str, ...], ...], most: int) -> None:
        """Add facts of a kind of which only one is true at a time. Each is true until the next one begins."""
        days = [self.day_in(year) for year in self.years(most)]
        for since, following in zip(days, [*days[1:], None], strict=True):
            self.add(kind, self.one_of(groups), since.year, since, following and following - timedelta(days=1))


def homes(life: Life, present: str) -> None:
    """Add two or three former homes, each until the next move. The last move leads to the present home."""
    first = max(life.born.year + ADULT // 2, life.today.year - YEARS_BACK)
    moves = sorted(life.rng.sample(range(first, life.today.year), life.rng.choice([3, 4])))
    cities = [name for name in sum(answer_pools.CITIES, ()) if not present or present not in name]
    for begin, end in pairwise(moves):
        since, until = date(begin, life.rng.randint(1, 6), 1), date(end, 1, 1) - timedelta(days=1)
        year = life.rng.randint(since.year, until.year)
        life.add("city", life.rng.choice(cities), year, since, until)
        life.add("street", life.one_of(answer_pools.STREETS), year, since, until)


def cards(life: Life) -> None:
    """Add up to four credit cards. They are in one name, so they can be asked of people who live with somebody too."""
    for year in life.years(4):
        since = life.day_in(year)
        life.add("card_bank", life.one_of(answer_pools.BANKS), year, since)
        life.add("card_limit", life.dollars("card_limit"), year, since)


def vehicles(life: Life) -> None:
    """Add one or two vehicles, most of them bought with a loan."""
    for year in life.years(2):
        since = life.day_in(year)
        decade = sum(year >= first for first in answer_pools.VEHICLE_DECADES) - 1
        sold = [name for name in answer_pools.VEHICLES[decade] if answer_pools.VEHICLE_FIRST_SOLD[name] <= year]
        life.add("vehicle", life.rng.choice(sold), year, since)
        life.add("vehicle_color", life.one_of(answer_pools.COLORS), year, since)
        if life.rng.random() < 0.7:
            life.add("car_lender", life.one_of(answer_pools.CAR_LENDERS), year, since)
            life.add("car_payment", life.dollars("car_payment"), year, since)


def bills(life: Life) -> None:
    """Add a phone, electric power for people with their own household, and a prescription within the year."""
    life.one_after_another("phone_company", answer_pools.PHONE_COMPANIES, 2)
    if life.age > ADULT + 3:
        life.one_after_another("power_company", answer_pools.POWER_COMPANIES, 2)
    filled = life.today - timedelta(days=life.rng.randint(30, 330))
    month = f"{month_name[filled.month]} {filled.year}"
    life.add("pharmacy", life.one_of(answer_pools.PHARMACIES), month, filled, filled)
    life.add("pharmacy_paid", life.dollars("pharmacy_paid"), month, filled, filled)


def loans(life: Life) -> None:
    """Add a student loan for younger people, and a home loan for many of the older ones."""
    if life.age < 45 and life.rng.random() < 0.6:
        life.one_after_another("student_lender", answer_pools.STUDENT_LENDERS, 1)
    if life.age > ADULT + 8 and life.rng.random() < 0.6:
        year = life.years(1)[0]
        since = life.day_in(year)
        life.add("home_lender", life.one_of(answer_pools.HOME_LENDERS), year, since)
        life.add("home_payment", life.dollars("home_payment"), year, since)


def benefits(life: Life, served: bool) -> None:
    """Add one or two benefits from the person's own service, or for families."""
    own, family = answer_pools.BENEFITS
    years = life.years(2)
    for year, name in zip(years, life.rng.sample(own if served else family, len(years)), strict=True):
        since = life.day_in(year)
        life.add("benefit", name, year, since)
        life.add("benefit_amount", life.dollars("benefit_amount"), year, since)
        life.add("benefit_bank", life.one_of(answer_pools.BANKS), year, since)
