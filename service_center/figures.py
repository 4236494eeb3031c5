"""Figures for staff: where people get stuck, what they cannot answer, how long codes take, which cases wait.

Each figure is about all people together, and takes one query. A count under `policy.FIGURES_FROM` is None, "too few to
tell". All figures except the open cases cover whole days that are over. Otherwise a person who looked before and after
one quiz could learn from the difference how that one person had answered.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Count, Sum
from django.db.models.fields.json import KT
from django.utils import timezone

from core import policy
from idproofing.models import ActivationCode, AnswerTally, Case, Category
from idproofing.questions import TEMPLATES
from idproofing.routes import Route
from safeguards.events import COUNTED
from safeguards.models import AuditEvent


@dataclass(frozen=True)
class Period:
    """Whole days from `first` to `last` in the site's time zone; from `begin` up to, but not including, `end`."""

    days: int
    first: date
    last: date

    @property
    def begin(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time()))

    @property
    def end(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time()))


@dataclass(frozen=True)
class Stage:
    """How many journeys came this far; None means too few to tell."""

    label: str
    count: int | None


@dataclass(frozen=True)
class Funnel:
    """What happened on one route, from the first page to the account."""

    route: str
    stages: list[Stage]


@dataclass(frozen=True)
class Rate:
    """The answers about one kind of fact, and how many of them were right."""

    kind: str
    category: str
    answered: int
    correct: int


@dataclass(frozen=True)
class Wait:
    """How long `count` codes took: half of them at most `median`, nine of ten at most `most`."""

    delivery: str
    count: int
    median: timedelta
    most: timedelta


@dataclass(frozen=True)
class Waits:
    """The waits until a code is issued, and from then until it is used."""

    to_issue: list[Wait]
    to_use: list[Wait]


@dataclass(frozen=True)
class Age:
    """Open cases that are at least `days` and less than `until` days old, with overdue ones counted separately."""

    days: int
    until: int | None
    in_time: int | None
    overdue: int | None


def period(days: int, now: datetime | None = None) -> Period:
    """Return the last `days` days that are over."""
    today = timezone.localdate(now)
    return Period(days, today - timedelta(days=days), today - timedelta(days=1))


def tellable(count: int) -> int | None:
    """Return the count, or None if it covers so few people that one of them might be recognized."""
    return count if count == 0 or count >= policy.FIGURES_FROM else None


def funnels(of: Period) -> list[Funnel]:
    """Return what happened on each route that anybody was on in this period.

    This counts events and does not follow people over time. A letter requested before this period may be used in it,
    and a person who changes routes begins on one and is proven on the other.
    """
    seen = AuditEvent.objects.filter(event__in=COUNTED, at__gte=of.begin, at__lt=of.end)
    details = {"route": KT("details__route"), "was": KT("details__was"), "again": KT("details__again")}
    counts: Counter[tuple[str, str]] = Counter()
    for event, route, was, again, count in seen.values_list(
        "event", details["route"], details["was"], details["again"]
    ).annotate(count=Count("*")):
        if again == "true":
            continue
        counts[event, route or ""] += count
        counts["left", was or ""] += count
    every = [Funnel(str(route.label), stages(counts, route.value)) for route in Route]
    return [funnel for funnel in every if any(stage.count != 0 for stage in funnel.stages)]


def stages(counts: Counter[tuple[str, str]], route: str) -> list[Stage]:
    """Return the stages of one route. A matched person stays on it, leaves it for another, or comes from another."""
    matched = counts["registration.matched", route]
    taken = matched + counts["proofing.route-chosen", route] - counts["left", route]
    steps = (
        ("Begun", counts["registration.started", route] + counts["upgrade.started", route]),
        ("In DEERS", matched),
        ("Route chosen", max(0, taken)),
        ("Identity proven", counts["code.redeemed", route]),
        ("Account opened", counts["account.opened", route] + counts["account.level-raised", route]),
    )
    return [Stage(label, tellable(count)) for label, count in steps]


def rates(of: Period) -> list[Rate]:
    """Return the kinds of question that enough people answered, the hardest first."""
    days = AnswerTally.objects.filter(day__gte=of.first, day__lte=of.last)
    sums = days.values("kind").annotate(answered=Sum("answered"), correct=Sum("correct"))
    enough = [tally for tally in sums if tellable(tally["answered"])]
    found = [Rate(named(t["kind"]), category_of(t["kind"]), t["answered"], t["correct"]) for t in enough]
    return sorted(found, key=lambda rate: (rate.correct / rate.answered, rate.kind))


def named(kind: str) -> str:
    """Return a kind of question as people read it, such as "Card limit"."""
    return kind.replace("_", " ").capitalize()


def category_of(kind: str) -> str:
    """Return what a kind of question is about, or "" for a kind that is no longer asked."""
    return str(Category(TEMPLATES[kind].category).label) if kind in TEMPLATES else ""


WAITS = """
    SELECT what, delivery, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY took)
    FROM (
        SELECT 'to issue' AS what, delivery, issued_at - begun_at AS took FROM idproofing_activationcode
        WHERE begun_at IS NOT NULL AND issued_at >= %(begin)s AND issued_at < %(end)s
        UNION ALL
        SELECT 'to use', delivery, used_at - issued_at FROM idproofing_activationcode
        WHERE used_at IS NOT NULL AND used_at >= %(begin)s AND used_at < %(end)s
    ) AS waited GROUP BY what, delivery HAVING count(*) >= %(few)s ORDER BY what, delivery
"""


def waits(of: Period) -> Waits:
    """Return the times from the start of a journey to its first code, and from a code to its use, by delivery."""
    found = Waits([], [])
    with connection.cursor() as cursor:
        cursor.execute(WAITS, {"begin": of.begin, "end": of.end, "few": policy.FIGURES_FROM})
        for what, delivery, count, (median, most) in cursor:
            wait = Wait(str(ActivationCode.Delivery(delivery).label), count, median, most)
            (found.to_issue if what == "to issue" else found.to_use).append(wait)
    return found


OPEN_CASES = """
    SELECT width_bucket(extract(epoch FROM %(now)s - opened_at) / 86400, %(ages)s::numeric[]) AS age,
        count(*) FILTER (WHERE due_at > %(now)s), count(*) FILTER (WHERE due_at <= %(now)s)
    FROM idproofing_case WHERE state = ANY(%(waiting)s) GROUP BY age
"""


def open_cases(now: datetime | None = None) -> list[Age]:
    """Return the cases that wait for staff now, by age; an empty list if there are none."""
    waiting, ages = [str(state) for state in Case.WAITING], list(policy.CASE_AGES)
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CASES, {"now": now or timezone.now(), "ages": ages, "waiting": waiting})
        counts = {place: (in_time, overdue) for place, in_time, overdue in cursor}
    if not counts:
        return []
    bands = enumerate(zip((0, *ages), (*ages, None), strict=True))
    return [Age(days, until, *map(tellable, counts.get(place, (0, 0)))) for place, (days, until) in bands]
