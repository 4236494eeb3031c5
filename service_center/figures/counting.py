"""Counts the days that are over, and releases what is too many to tell anybody.

A count under `policy.FIGURES_FROM` is added to the next day's, until together they are enough. So whatever is shown is
a sum of groups of at least so many people, and so is the difference of any two numbers of one group: neither two
periods nor the parts of a whole can be subtracted to find one person. How many went well is kept back in the same way
until so many did, and so many did not. Otherwise a group would tell that all of it failed, or all but one.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Self

from django.utils import timezone

from core import policy
from safeguards import locks
from service_center.figures.models import CountedDay, Remainder, Tally

ONE_DAY = timedelta(days=1)
# By what times answers are counted: a spread has one count more, for what took longer than all of them.
TIMES = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16)),
    *(timedelta(days=days) for days in (1, 2, 3, 5, 7, 10, 14, 21, 30)),
)


@dataclass(frozen=True)
class Day:
    """One day in the site's time zone: from `begin` up to, but not including, `end`."""

    date: date

    @property
    def begin(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.date, time()))

    @property
    def end(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.date + ONE_DAY, time()))


@dataclass
class Sum:
    """A count of one group, growing: how many, of how many it is known who went well, and how many took how long."""

    count: int = 0
    rated: int = 0
    good: int = 0
    spread: list[int] = field(default_factory=list)

    def add(self, count: int = 1) -> None:
        self.count += count

    def add_rated(self, count: int, good: int) -> None:
        """Add some of whom so many went well."""
        self.count += count
        self.rated += count
        self.good += good

    def add_time(self, took: timedelta) -> None:
        self.add()
        self.spread = self.spread or [0] * (len(TIMES) + 1)
        self.spread[bisect_left(TIMES, took)] += 1

    def join(self, other: Self | Remainder) -> None:
        self.count += other.count
        self.rated += other.rated
        self.good += other.good
        if other.spread:
            mine = self.spread or [0] * len(other.spread)
            self.spread = [one + two for one, two in zip(mine, other.spread, strict=True)]

    def split(self) -> "tuple[Sum, Sum]":
        """Return what may be told now, and what waits."""
        told, waits = Sum(), Sum(self.count, spread=self.spread)
        if self.count >= policy.FIGURES_FROM:
            told, waits = waits, told
        enough = told.count and min(self.good, self.rated - self.good) >= policy.FIGURES_FROM
        whole = told if enough else waits
        whole.rated, whole.good = self.rated, self.good
        return told, waits


Sums = dict[tuple[str, str], Sum]


class SilentError(Exception):
    """DEERS does not answer, so the ages of a day are not known. The day is counted by a later run."""


def release(day: date, sums: Sums) -> bool:
    """Keep the counts of a day, each together with what was left of it. Return False if the day was counted already."""
    with locks.exclusive("figures", "count"):
        if CountedDay.objects.filter(day=day).exists():
            return False
        CountedDay.objects.create(day=day)
        for left in Remainder.objects.all():
            sums.setdefault((left.figure, left.of), Sum()).join(left)
        Remainder.objects.all().delete()
        parts = {key: one.split() for key, one in sums.items()}
        told = {key: part for key, (part, _) in parts.items() if part.count}
        waits = {key: part for key, (_, part) in parts.items() if part.count or part.rated}
        Tally.objects.bulk_create(Tally(day=day, **columns(key, part)) for key, part in told.items())
        Remainder.objects.bulk_create(Remainder(**columns(key, part)) for key, part in waits.items())
        return True


def columns(key: tuple[str, str], one: Sum) -> dict[str, object]:
    numbers = {"count": one.count, "rated": one.rated, "good": one.good, "spread": one.spread}
    return {"figure": key[0], "of": key[1], **numbers}


def add_times(sums: Sums, figure: str, times: Iterable[tuple[str, timedelta]]) -> None:
    """Add how long each thing of a group took. What seems to have ended before it began took no time."""
    for of, took in times:
        sums.setdefault((figure, of), Sum()).add_time(max(took, timedelta()))
