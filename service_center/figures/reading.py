"""The figures of a period: where people get stuck, what they cannot answer, how long they wait, what waits now.

Each is about all people together. Those of past days are sums of what counting.py has released, so they cost the same
however much has happened. What waits now is counted as it stands; a count under `policy.FIGURES_FROM` is None there,
"too few to tell".
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from core import policy
from idproofing.models import ActivationCode, Case, Category
from idproofing.questions import TEMPLATES
from idproofing.routes import Route
from service_center.figures.counting import ONE_DAY, TIMES, Sum
from service_center.figures.models import Tally
from service_center.figures.sources import REVIEW, SOURCES, UNKNOWN, Answers

OPENINGS = {"registration": "Accounts opened", "upgrade": "Upgrades to Premium"}


@dataclass(frozen=True)
class Period:
    """Whole days from `first` to `last` in the site's time zone."""

    days: int
    first: date
    last: date

    def __iter__(self) -> Any:
        return (self.first + number * ONE_DAY for number in range(self.days))


@dataclass(frozen=True)
class Report:
    """What was released in a period: by figure and group, and by figure, group and day."""

    of: Period
    sums: dict[tuple[str, str], Sum]
    rows: list[tuple[date, str, str, Sum]]

    def groups(self, figure: str) -> dict[str, Sum]:
        """Return the sums of a figure by group."""
        return {of: one for (name, of), one in self.sums.items() if name == figure}


@dataclass(frozen=True)
class Stage:
    """How many journeys came this far."""

    label: str
    count: int


@dataclass(frozen=True)
class Funnel:
    """What happened on one route, from the first page to the account."""

    route: str
    stages: list[Stage]


@dataclass(frozen=True)
class Rate:
    """What was tried, and how much of it went well: answers about a kind of fact, or proofs on a route or at an age.

    That is told of `rated` of them. If these are 0, it would tell too much of a few.
    """

    kind: str
    category: str
    answered: int
    rated: int
    correct: int


@dataclass(frozen=True)
class Wait:
    """How long `count` of something took. Half took at most `median`, nine of ten at most `most`.

    None is longer than all of `counting.TIMES`.
    """

    delivery: str
    count: int
    median: timedelta | None
    most: timedelta | None


@dataclass(frozen=True)
class Age:
    """What waits and is at least `days` and less than `until` days old, with overdue ones counted separately."""

    days: int
    until: int | None
    in_time: int | None
    overdue: int | None


def period(days: int, now: datetime | None = None) -> Period:
    """Return the last `days` days that are over."""
    today = timezone.localdate(now)
    return Period(days, today - timedelta(days=days), today - ONE_DAY)


def tellable(count: int) -> int | None:
    """Return the count, or None if it covers so few people that one of them might be recognized."""
    return count if count == 0 or count >= policy.FIGURES_FROM else None


def read_report(of: Period) -> Report:
    """Return what was released in a period, in one query."""
    tallies = Tally.objects.filter(day__range=(of.first, of.last)).order_by("day", "figure", "of")
    rows = [
        (day, figure, group, Sum(count, rated, good, spread))
        for day, figure, group, count, rated, good, spread in tallies.values_list(
            "day", "figure", "of", "count", "rated", "good", "spread"
        )
    ]
    sums: dict[tuple[str, str], Sum] = defaultdict(Sum)
    for _, figure, group, one in rows:
        sums[figure, group].join(one)
    return Report(of, dict(sums), rows)


def funnels(report: Report) -> list[Funnel]:
    """Return what happened on each route that enough people were on in this period.

    This counts events and does not follow people over time. A letter requested before this period may be used in it,
    and a person who changes routes begins on one and is proven on the other.
    """
    every = [Funnel(str(route.label), stages(report, route.value)) for route in Route]
    return [funnel for funnel in every if any(stage.count for stage in funnel.stages)]


def stages(report: Report, route: str) -> list[Stage]:
    """Return the stages of one route. A matched person stays on it, leaves it for another, or comes from another."""

    def count(figure: str) -> int:
        return report.sums.get((figure, route), Sum()).count

    return [
        Stage("Begun", count("begun")),
        Stage("In DEERS", count("matched")),
        Stage("Route chosen", max(0, count("matched") + count("joined") - count("left"))),
        Stage("Identity proven", count("proven")),
        Stage("Account opened", count("opened")),
    ]


def rates(report: Report) -> list[Rate]:
    """Return the kinds of question that enough people answered, the hardest first, and last those of no share."""
    found = [rate_of(named(kind), one, category_of(kind)) for kind, one in report.groups("kind").items()]
    return sorted(found, key=lambda rate: (rate.correct / rate.rated if rate.rated else 1, rate.kind))


def rate_of(label: str, one: Sum, category: str = "") -> Rate:
    return Rate(label, category, one.count, one.rated, one.good)


def named(kind: str) -> str:
    """Return a kind of question as people read it, such as "Card limit"."""
    return kind.replace("_", " ").capitalize()


def category_of(kind: str) -> str:
    """Return what a kind of question is about, or "" for a kind that is no longer asked."""
    return str(Category(TEMPLATES[kind].category).label) if kind in TEMPLATES else ""


def proofs_by_route(report: Report) -> list[Rate]:
    """Return how many tries to prove an identity succeeded on each route, and in reviews by our staff."""
    labels = {**{route.value: str(route.label) for route in Route}, REVIEW: "Review by our staff"}
    found = report.groups("proof")
    return [rate_of(label, found[key]) for key, label in labels.items() if key in found]


def proofs_by_age(report: Report) -> list[Rate]:
    """Return how many tries to prove an identity succeeded in each age band."""
    found = report.groups("age")
    return [rate_of(band_words(band), found[band]) for band in bands() if band in found]


def openings_by_age(report: Report, figure: str) -> list[Stage]:
    """Return how many accounts were opened or raised in each age band that has any."""
    found = report.groups(figure)
    return [Stage(band_words(band), found[band].count) for band in bands() if band in found]


def bands() -> list[str]:
    """Return the keys of the age bands, the youngest first."""
    return ["0", *map(str, policy.AGE_BANDS), UNKNOWN]


def band_words(band: str) -> str:
    """Return an age band as people read it: "Under 18", "18 to 24", "75 or older"."""
    if band == UNKNOWN:
        return "Age not known"
    ends = {str(first): f"{first} to {after - 1}" for first, after in pairwise(policy.AGE_BANDS)}
    oldest = policy.AGE_BANDS[-1]
    return {"0": f"Under {policy.AGE_BANDS[0]}", **ends, str(oldest): f"{oldest} or older"}.get(band, band)


def by_day(report: Report, figure: str) -> list[tuple[date, int]]:
    """Return the count of each day of the period, of all groups together."""
    days = dict.fromkeys(report.of, 0)
    for day, name, _, one in report.rows:
        if name == figure:
            days[day] += one.count
    return list(days.items())


def waits(report: Report, figure: str) -> list[Wait]:
    """Return the times to a code ("issue") or from a code to its use ("use"), by delivery."""
    labels = [(str(choice.value), str(choice.label)) for choice in ActivationCode.Delivery]
    return waits_of(report, figure, labels)


def answers(report: Report) -> list[Wait]:
    """Return how long people waited for an answer, by what they had asked."""
    return waits_of(report, "answer", [(source.key, source.label) for source in SOURCES])


def waits_of(report: Report, figure: str, labels: Iterable[tuple[str, str]]) -> list[Wait]:
    found = report.groups(figure)
    return [wait_of(label, found[key]) for key, label in labels if key in found]


def wait_of(label: str, one: Sum) -> Wait:
    return Wait(label, one.count, within(one.spread, 0.5), within(one.spread, 0.9))


def within(spread: list[int], share: float) -> timedelta | None:
    """Return the shortest of TIMES that so large a share stayed under, or None if it took longer than all of them."""
    enough = share * sum(spread)
    return next((time for time, count in zip(TIMES, accumulate(spread), strict=False) if count >= enough), None)


def ages() -> list[tuple[int, int | None]]:
    """Return the ages by which what waits is grouped, in days: from, and up to."""
    return list(zip((0, *policy.CASE_AGES), (*policy.CASE_AGES, None), strict=True))


def waiting(source: Answers, now: datetime | None = None) -> list[Age]:
    """Return what waits for its first answer now, by age, or an empty list if nothing does."""
    now = now or timezone.now()
    counts = source.waiting().aggregate(
        **{f"from_{days}": Count("pk", filter=at_age(source.since, now, days, until)) for days, until in ages()}
    )
    if not any(counts.values()):
        return []
    return [Age(days, until, tellable(counts[f"from_{days}"]), 0) for days, until in ages()]


def at_age(since: str, now: datetime, days: int, until: int | None) -> Q:
    """Return the condition that something has waited at least `days` and less than `until` days."""
    old = Q(**{f"{since}__lte": now - timedelta(days=days)}) if days else Q()
    return old & Q(**{f"{since}__gt": now - timedelta(days=until)}) if until else old


OPEN_CASES = """
    SELECT width_bucket(extract(epoch FROM %(now)s - opened_at) / 86400, %(ages)s::numeric[]) AS age,
        count(*) FILTER (WHERE due_at > %(now)s), count(*) FILTER (WHERE due_at <= %(now)s)
    FROM idproofing_case WHERE state = ANY(%(waiting)s) GROUP BY age
"""


def open_cases(now: datetime | None = None) -> list[Age]:
    """Return the cases that wait for staff now, by age; an empty list if there are none."""
    states, oldest = [str(state) for state in Case.WAITING], list(policy.CASE_AGES)
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CASES, {"now": now or timezone.now(), "ages": oldest, "waiting": states})
        counts = {place: (in_time, overdue) for place, in_time, overdue in cursor}
    if not counts:
        return []
    return [Age(*age, *map(tellable, counts.get(place, (0, 0)))) for place, age in enumerate(ages())]
