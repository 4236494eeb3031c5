"""The figures as charts: each table row has a bar, sized in percent of the width so that it fits any screen.

A chart is its own table: screen readers read the rows, and the drawing is hidden from them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core import policy
from service_center.figures.counting import TIMES
from service_center.figures.reading import Age, Funnel, Rate, Stage, Wait
from service_center.requests.load import Load

FEW = f"1 to {policy.FIGURES_FROM - 1}"
# Of past days, up to so many may not be released yet.
NONE_YET = f"0 to {policy.FIGURES_FROM - 1}"
NO_SHARE = "–"
# Waits range from minutes to weeks, so their axis is logarithmic, from its first mark to its last.
MARKS = (
    ("1 min", timedelta(minutes=1)),
    ("10 min", timedelta(minutes=10)),
    ("1 h", timedelta(hours=1)),
    ("1 day", timedelta(days=1)),
    ("", timedelta(days=7)),
    ("1 month", timedelta(days=30)),
)


@dataclass(frozen=True)
class Row:
    """A row of a chart: its label, its bars from left to right as (class, start, width), and its cells."""

    label: str
    bars: tuple[tuple[str, str, str], ...]
    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Mark:
    """A mark on the axis and its position."""

    label: str
    at: str
    anchor: str


def percent(part: float) -> str:
    """Return a position or a width in an SVG, from a fraction of 1."""
    return f"{100 * min(1.0, max(0.0, part)):.2f}%"


def share(part: int, of: int) -> str:
    """Return a part of a whole in words, such as "84%"; "0%" and "100%" only if it is none or all."""
    whole = round(100 * part / of)
    return f"{min(99, max(1, whole)) if 0 < part < of else whole}%"


def number(count: int | None) -> str:
    return FEW if count is None else f"{count:,}"


def bar(kind: str, begin: float, count: int | None, longest: int) -> tuple[str, str, str]:
    """Return a bar as (class, start, width).

    A count that is not told gets a paler bar of its greatest possible length.
    """
    return (f"{kind} few" if count is None else kind, percent(begin / longest), percent(reach(count) / longest))


def reach(count: int | None) -> int:
    """Return the count, or the greatest that it can be if it is not told."""
    return policy.FIGURES_FROM - 1 if count is None else count


def funnel_rows(funnel: Funnel) -> list[Row]:
    """Return the stages of a route: the count, and its share of the previous stage."""
    longest = max(stage.count for stage in funnel.stages) or 1
    before = [0, *(stage.count for stage in funnel.stages)]
    return [
        Row(stage.label, (bar("fill", 0, stage.count, longest),), (released(stage.count), kept(stage.count, earlier)))
        for stage, earlier in zip(funnel.stages, before, strict=False)
    ]


def kept(count: int, before: int) -> str:
    """Return the share of the previous stage.

    There is none if more people came than were there, from other routes or earlier days, or if so few were left behind
    that it would tell of all of them.
    """
    return share(count, before) if count and before - count >= policy.FIGURES_FROM else NO_SHARE


def released(count: int) -> str:
    """Return a count of past days in words. None may be a few that are not released yet."""
    return number(count) if count else NONE_YET


def count_rows(counted: Sequence[Stage]) -> list[Row]:
    """Return a bar for each count."""
    longest = max((one.count for one in counted), default=0) or 1
    return [Row(one.label, (bar("fill", 0, one.count, longest),), (released(one.count),)) for one in counted]


@dataclass(frozen=True)
class Columns:
    """A chart by day: a column of each day as (x, y, width, height), its table, and what it says in a sentence."""

    label: str
    total: str
    bars: tuple[tuple[str, str, str, str], ...]
    rows: tuple[tuple[date, str], ...]
    says: str
    first: date
    last: date
    most: str


def columns(label: str, days: Sequence[tuple[date, int]]) -> Columns:
    """Return the chart of a count by day, the oldest day first."""
    highest, wide = max(count for _, count in days) or 1, 1 / len(days)
    bars = tuple(
        (percent(place * wide), percent(1 - count / highest), percent(wide * 0.8), percent(count / highest))
        for place, (_, count) in enumerate(days)
    )
    busiest, most = max(days, key=lambda one: one[1])
    says = f"{label} by day. The most were {number(most)}, on {busiest:%B} {busiest.day}." if most else ""
    rows = tuple((day, released(count)) for day, count in days)
    total = released(sum(count for _, count in days))
    return Columns(label, total, bars, rows, says, days[0][0], days[-1][0], number(highest))


def rate_rows(rates: Sequence[Rate]) -> list[Row]:
    """Return what was tried, with the share that went well. Where that would tell of a few, there is none."""
    return [
        Row(
            rate.kind,
            (("fill", "0%", percent(rate.correct / rate.rated)),) if rate.rated else (),
            (share(rate.correct, rate.rated) if rate.rated else NO_SHARE, number(rate.answered)),
            rate.category,
        )
        for rate in rates
    ]


def wait_rows(waits: Sequence[Wait]) -> list[Row]:
    """Return a line for each way of delivery, from the median to what nine of ten stay under."""
    return [
        Row(
            wait.delivery,
            (
                ("span", place(wait.median), percent(position(wait.most) - position(wait.median))),
                ("end", place(wait.most), ""),
            ),
            (rounded(wait.median), rounded(wait.most), number(wait.count)),
        )
        for wait in waits
    ]


def position(time: timedelta | None) -> float:
    """Return where a duration lies on the axis, from 0 to 1. What is longer than every time is at its end."""
    if time is None:
        return 1.0
    first, last = MARKS[0][1], MARKS[-1][1]
    return min(1.0, max(0.0, math.log(max(time, first) / first) / math.log(last / first)))


def place(time: timedelta | None) -> str:
    return percent(position(time))


def marks() -> list[Mark]:
    """Return the marks of the axis. The text of the first and the last one stays inside it."""
    ends = {0: "start", len(MARKS) - 1: "end"}
    return [Mark(label, place(time), ends.get(number, "middle")) for number, (label, time) in enumerate(MARKS)]


def rounded(time: timedelta | None) -> str:
    """Return a duration in its largest useful unit: "under 1 min", "7 min", "3 h", "4 days"."""
    if time is None:
        return f"over {TIMES[-1].days} days"
    minutes = time / timedelta(minutes=1)
    if minutes < 1:
        return "under 1 min"
    if minutes < 90:
        return f"{round(minutes)} min"
    hours = time / timedelta(hours=1)
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"


def age_rows(ages: Sequence[Age]) -> list[Row]:
    """Return the cases that are in time, followed by those that are overdue."""
    return late_rows([(age_words(age), age.in_time, age.overdue, "") for age in ages])


def waiting_rows(ages: Sequence[Age]) -> list[Row]:
    """Return a bar for what waits at each age."""
    longest = max(reach(age.in_time) for age in ages) or 1
    return [Row(age_words(age), (bar("fill", 0, age.in_time, longest),), (number(age.in_time),)) for age in ages]


def load_rows(loads: Sequence[Load]) -> list[Row]:
    """Return what waits at each desk: what is in time, followed by what is overdue, and how many answer there."""
    return late_rows([(load.desk, load.in_time, load.overdue, staff_words(load.staff)) for load in loads])


def staff_words(staff: int) -> str:
    """Return how many members of staff answer at a desk."""
    return f"Staff: {staff}" if staff else "No one answers here"


def late_rows(counted: Sequence[tuple[str, int | None, int | None, str]]) -> list[Row]:
    """Return a row for each label, with two bars in line: what is in time, and what is overdue."""
    longest = max((reach(in_time) + reach(overdue) for _, in_time, overdue, _ in counted), default=0) or 1
    return [
        Row(
            label,
            (bar("fill", 0, in_time, longest), bar("late", reach(in_time), overdue, longest)),
            (number(in_time), number(overdue)),
            note,
        )
        for label, in_time, overdue, note in counted
    ]


def age_words(age: Age) -> str:
    """Return the ages of a row: "Less than 1 day", "1 or 2 days", "3 to 6 days", "14 days or more"."""
    if not age.days:
        return "Less than 1 day" if age.until == 1 else f"Less than {age.until} days"
    if age.until is None:
        return f"{age.days} days or more"
    last = age.until - 1
    return f"{age.days} {'or' if last == age.days + 1 else 'to'} {last} days"
