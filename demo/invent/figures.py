"""A plausible month of figures: busier from Monday to Wednesday, quiet at the weekend, the same for the same seed.

Only tallies are invented, such as the figures keep of days that are over. The audit trail holds what has happened here,
and nothing else: no event of these days is in it.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from core import policy
from idproofing.models import ActivationCode
from idproofing.questions import TEMPLATES
from idproofing.routes import Route
from safeguards.locks import exclusive
from service_center.figures.counting import ONE_DAY, TIMES, Sum, Sums, columns
from service_center.figures.models import CountedDay, Tally
from service_center.figures.sources import REVIEW

DAYS = max(policy.FIGURE_PERIODS)
# How busy Monday to Sunday are.
WEEK = (1.25, 1.2, 1.1, 1.0, 0.9, 0.55, 0.5)
# How many begin on each route on a usual day, and what share of them comes how far.
BEGIN = {Route.QUESTIONS: 420, Route.LETTER: 130, Route.IN_PERSON: 60, Route.AGENT: 45}
IN_DEERS, LEAVE = 0.86, 0.12
PROVEN = {Route.QUESTIONS: 0.71, Route.LETTER: 0.83, Route.IN_PERSON: 0.91, Route.AGENT: 0.88}
OPEN = 0.96
# What share of the people are of each age, and how many of them pass.
AGES = {"18": 0.12, "25": 0.19, "35": 0.2, "45": 0.15, "55": 0.14, "65": 0.13, "75": 0.07}
PASS = {"18": 0.66, "25": 0.77, "35": 0.81, "45": 0.82, "55": 0.79, "65": 0.72, "75": 0.61}
UPGRADES = 0.4
ASKED = 60
# How long half of the answers take, and how many come a day.
ANSWERS = {
    "contact": (timedelta(hours=6), 38),
    "care-team": (timedelta(hours=20), 160),
    "refills": (timedelta(hours=9), 120),
    "appointments": (timedelta(hours=22), 70),
    "cases": (timedelta(days=3), 24),
}
TO_ISSUE = {
    ActivationCode.Delivery.EMAIL: timedelta(minutes=7),
    ActivationCode.Delivery.SCREEN: timedelta(minutes=6),
    ActivationCode.Delivery.LETTER: timedelta(minutes=12),
}
TO_USE = {
    ActivationCode.Delivery.EMAIL: timedelta(minutes=4),
    ActivationCode.Delivery.SCREEN: timedelta(minutes=1),
    ActivationCode.Delivery.LETTER: timedelta(days=6),
}


def store_month(seed: int = 1, today: date | None = None) -> int:
    """Store the figures of the days before today where no day was counted yet. Return how many tallies were stored."""
    if CountedDay.objects.exists():
        return 0
    today = today or timezone.localdate()
    days = [today - number * ONE_DAY for number in range(DAYS, 0, -1)]
    tallies = [tally for day in days for tally in tallies_of(day, seed)]
    with exclusive("figures", "count"):
        if CountedDay.objects.exists():
            return 0
        CountedDay.objects.bulk_create(CountedDay(day=day) for day in days)
        return len(Tally.objects.bulk_create(tallies, batch_size=2000))


def tallies_of(day: date, seed: int) -> Iterator[Tally]:
    """Yield the tallies of one day. A count that is too few to tell is left out."""
    luck = random.Random(f"{seed} {day}")  # noqa: S311 - nothing secret
    for (figure, of), one in sums_of(WEEK[day.weekday()], luck).items():
        told, _ = one.split()
        if told.count:
            yield Tally(day=day, **columns((figure, of), told))


def sums_of(busy: float, luck: random.Random) -> Sums:
    sums: Sums = {}
    opened = 0
    for route, usual in BEGIN.items():
        opened += walk_route(sums, route, about(usual * busy, luck), luck)
    for band, share in AGES.items():
        sums["registration", band] = Sum(about(opened * (1 - UPGRADES) * share, luck))
        sums["upgrade", band] = Sum(about(opened * UPGRADES * share, luck))
        sums["age", band] = passed(about(sum(BEGIN.values()) * busy * share, luck), PASS[band], luck)
    for number, kind in enumerate(sorted(TEMPLATES)):
        sums["kind", kind] = passed(about(ASKED * busy, luck), 0.72 + 0.24 * (number * 7 % 20) / 20, luck)
    sums["proof", REVIEW] = passed(about(24 * busy, luck), 0.64, luck)
    for figure, medians in (("issue", TO_ISSUE), ("use", TO_USE)):
        for delivery, median in medians.items():
            sums[figure, delivery.value] = timed(about(60 * busy, luck), median, luck)
    for key, (median, usual) in ANSWERS.items():
        sums["answer", key] = timed(about(usual * busy, luck), median, luck)
    return sums


def walk_route(sums: Sums, route: Route, begun: int, luck: random.Random) -> int:
    """Let people go a route, and return how many came to an account."""
    matched = about(begun * IN_DEERS, luck, most=begun)
    left = about(matched * LEAVE, luck) if route == Route.QUESTIONS else 0
    joined = 0 if route == Route.QUESTIONS else about(matched * LEAVE, luck)
    tried = matched + joined - left
    proof = passed(tried, PROVEN[route], luck)
    opened = about(proof.good * OPEN, luck, most=proof.good)
    counts = {
        "begun": begun,
        "matched": matched,
        "left": left,
        "joined": joined,
        "proven": proof.good,
        "opened": opened,
    }
    sums |= {(figure, route.value): Sum(count) for figure, count in counts.items()}
    sums["proof", route.value] = proof
    return opened


def about(usual: float, luck: random.Random, most: int | None = None) -> int:
    """Return a count near the usual one, and not more than `most`."""
    count = max(0, round(luck.gauss(usual, max(1.0, usual * 0.06))))
    return count if most is None else min(count, most)


def passed(tries: int, share: float, luck: random.Random) -> Sum:
    return Sum(tries, tries, about(tries * share, luck, most=tries))


def timed(count: int, median: timedelta, luck: random.Random) -> Sum:
    """Return how long so many took, around a median and with a long tail."""
    one = Sum()
    for _ in range(count):
        one.add_time(min(median * luck.lognormvariate(0, 0.7), TIMES[-1] * 2))
    return one
