"""Charts of one test over time, as numbers for an SVG that the server draws.

A chart has at most POINTS points. A longer series is drawn as BUCKETS bars from its least to its greatest value, which
the database works out. Positions are attributes of SVG, since the content security policy allows no inline styles.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import floor, log10
from typing import Any, NamedTuple

from django.db.models import Count, F, Func, IntegerField, Max, Min, QuerySet, Value
from django.db.models.functions import Extract

from portal.record import moments, series, words
from portal.record.models import Result

# What tells tests apart: code system and code.
Key = tuple[str, str]
POINTS, BUCKETS = 200, 60
# The drawing, in its own units: room for numbers on the left and for dates below.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 180, 40, 10, 12, 24
SMALL_WIDTH, SMALL_HEIGHT, SMALL_EDGE = 160, 44, 5


class Spot(NamedTuple):
    """What happened at a time: one value, or all values of a bucket from `least` to `greatest`."""

    at: datetime
    least: float
    greatest: float
    low: float | None
    high: float | None
    is_unusual: bool = False
    comparator: str = ""


class Dot(NamedTuple):
    x: str
    y: str
    kind: str


class Box(NamedTuple):
    x: str
    y: str
    width: str
    height: str


class Tick(NamedTuple):
    x: str
    y: str
    words: str


@dataclass
class Chart:
    """A chart as its template draws it. `lines` are the points of polylines, and `band` is what the bands are.

    `own` are the places of what the person measured, which has a mark of its own and no line.
    """

    title: str
    description: str
    unit: str
    width: int
    height: int
    is_small: bool = False
    band: str = "the usual range"
    lines: list[str] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    own: list[Dot] = field(default_factory=list)
    bars: list[Box] = field(default_factory=list)
    bands: list[Box] = field(default_factory=list)
    across: list[Tick] = field(default_factory=list)
    along: list[Tick] = field(default_factory=list)


class Drawn(NamedTuple):
    """The values of one line of a chart, oldest first, and their unit.

    `results` is their number. `first` and `last` are the days of the oldest and the newest, as they were said.
    """

    name: str
    unit: str
    spots: list[Spot]
    results: int
    first: str
    last: str

    @property
    def in_bars(self) -> bool:
        return self.results > len(self.spots)


def drawn_of_rows(name: str, rows: Sequence[Result]) -> list[Drawn]:
    """Return the lines of results of one test, given oldest first: one for each dimension of units."""
    found = []
    for one in series.of_rows(row for row in rows if row.at is not None and row.value is not None):
        spots = [
            Spot(
                point.at,
                float(point.value),
                float(point.value),
                None if point.low is None else float(point.low),
                None if point.high is None else float(point.high),
                point.verdict == "unusual",
                point.comparator,
            )
            for point in one.points
            if point.at is not None
        ]
        first, last = (moments.show_day(point.said, point.zone) for point in (one.points[0], one.points[-1]))
        found.append(Drawn(name, one.unit, spots, len(spots), first, last))
    return found


def drawn(names: dict[Key, str], results: QuerySet[Result]) -> list[Drawn]:
    """Return the lines of tests that have one page. The database sends their results or, if there are many, bars."""
    dated = results.filter(value__isnull=False, at__isnull=False)
    newest = list(dated.order_by(F("at").desc(nulls_last=True), "-id")[: POINTS + 1])
    if len(newest) > POINTS:
        return drawn_in_bars(names, dated, newest[0])
    members: dict[str, list[Result]] = {name: [] for name in names.values()}
    for row in reversed(newest):
        members.setdefault(names.get((row.code_system, row.code), row.display), []).append(row)
    return [line for name, rows in members.items() for line in drawn_of_rows(name, rows)]


def drawn_in_bars(names: dict[Key, str], dated: QuerySet[Result], newest: Result) -> list[Drawn]:
    """Return the lines of tests with many results, in bars over their whole time."""
    oldest = dated.order_by("at", "id")[0]
    first, last = oldest.at, newest.at
    assert first is not None, "undated results are not drawn"
    assert last is not None, "undated results are not drawn"
    # The upper end of the last bucket is outside of it.
    last += timedelta(seconds=1)
    bucket = Func(
        Extract("at", "epoch", tzinfo=UTC),
        Value(first.timestamp()),
        Value(last.timestamp()),
        Value(BUCKETS),
        function="width_bucket",
        # Extract is numeric and the ends are floats, and width_bucket wants one type.
        arg_joiner="::double precision, ",
        output_field=IntegerField(),
    )
    groups = (
        dated.order_by()
        .annotate(bucket=bucket)
        .values("bucket", "code_system", "code", "unit", "unit_said", *(() if names else ("display",)))
        .annotate(
            count=Count("id"),
            least=Min("value"),
            greatest=Max("value"),
            least_low=Min("low"),
            most_low=Max("low"),
            least_high=Min("high"),
            most_high=Max("high"),
        )
    )
    members: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        row = Result(**{key: group[key] for key in ("code_system", "code", "unit", "unit_said")})
        scale = series.scale_of(row)
        name = names.get((row.code_system, row.code)) or group.get("display", "")
        members.setdefault((name, scale.dimension), []).append(Group(group, scale, row))
    order = list(names.values())
    step = (last - first) / BUCKETS
    days = [moments.show_day(row.said, row.zone) for row in (oldest, newest)]
    found = [
        merged(name, some, first, step)._replace(first=days[0], last=days[1]) for (name, _), some in members.items()
    ]
    return sorted(found, key=lambda line: (order.index(line.name) if line.name in order else 0, -line.results))


class Group(NamedTuple):
    """The results of one unit in one bucket, as the database gives them."""

    counts: dict[str, Any]
    scale: series.Scale
    row: Result


def merged(name: str, members: list[Group], first: datetime, step: timedelta) -> Drawn:
    """Return one line of the groups whose units can be converted into the one that most results have."""
    counts: dict[series.Scale, int] = defaultdict(int)
    for group, scale, _ in members:
        counts[scale] += group["count"]
    to = max(counts, key=lambda scale: counts[scale])
    row = next(row for _, scale, row in members if scale == to)
    spots: dict[int, Spot] = {}
    for group, scale, _ in sorted(members, key=lambda member: member.counts["bucket"]):

        def changed(key: str, group: dict[str, Any] = group, scale: series.Scale = scale) -> float | None:
            value: Decimal | None = series.convert(group[key], scale, to)
            return None if value is None else float(value)

        # A range is drawn only where all results of the bucket have the same one.
        low = changed("least_low") if group["least_low"] == group["most_low"] else None
        high = changed("least_high") if group["least_high"] == group["most_high"] else None
        spot = Spot(first + step * (group["bucket"] - 0.5), changed("least") or 0, changed("greatest") or 0, low, high)
        if before := spots.get(group["bucket"]):
            spot = before._replace(least=min(before.least, spot.least), greatest=max(before.greatest, spot.greatest))
        spots[group["bucket"]] = spot
    return Drawn(name, words.unit(row.unit, row.unit_said), list(spots.values()), sum(counts.values()), "", "")


def draw(
    title: str,
    lines: Sequence[Drawn],
    *,
    is_small: bool = False,
    noun: str = "result",
    band: str = Chart.band,
    own: Sequence[Drawn] = (),
) -> Chart:
    """Return the chart of lines that stand on one axis. `noun` is what one value is called, `band` what a range is.

    `own` is what the person measured in the same unit. It is drawn apart and described apart.
    """
    spots = [spot for line in (*lines, *own) for spot in line.spots]
    edge = SMALL_EDGE
    left, right, top, bottom = (edge, edge, edge, edge) if is_small else (LEFT, RIGHT, TOP, BOTTOM)
    width, height = (SMALL_WIDTH, SMALL_HEIGHT) if is_small else (WIDTH, HEIGHT)
    described = describe(lines, noun, band) + describe_own(own, is_small=is_small)
    chart = Chart(title, described, lines[0].unit, width, height, is_small, band)
    start, end = min(spot.at for spot in spots), max(spot.at for spot in spots)
    marks = scale_marks(*ends_of(spots))
    least, most = marks[0], marks[-1]

    def across(at: datetime) -> float:
        if start == end:
            return (left + width - right) / 2
        return left + (at - start) / (end - start) * (width - left - right)

    def up(value: float) -> float:
        return top + (most - value) / (most - least) * (height - top - bottom)

    for line in lines:
        # The range is of the results. It says nothing of what the person measured before or after them.
        sides = (across(line.spots[0].at), across(line.spots[-1].at)) if own else (left, width - right)
        chart.bands += bands_of(line.spots, across, up, sides, (top, height - bottom))
        if line.in_bars:
            wide = max(2.0, (width - left - right) / BUCKETS - 1)
            for spot in line.spots:
                y = up(spot.greatest)
                tall = max(2.0, up(spot.least) - y)
                chart.bars.append(Box(short(across(spot.at) - wide / 2), short(y), short(wide), short(tall)))
            continue
        chart.lines.append(" ".join(f"{short(across(spot.at))},{short(up(spot.least))}" for spot in line.spots))
        for spot in line.spots[-1:] if is_small else line.spots:
            kind = "bound" if spot.comparator else "unusual" if spot.is_unusual else "plain"
            chart.dots.append(Dot(short(across(spot.at)), short(up(spot.least)), kind))
    mine = [spot for line in own for spot in (line.spots[-1:] if is_small else line.spots)]
    chart.own = [Dot(short(across(spot.at)), short(up(spot.least)), "own") for spot in mine]
    if not is_small:
        chart.across = [Tick(str(left), short(up(mark)), f"{mark:.10g}") for mark in marks]
        days = first_and_last([*lines, *own])
        chart.along = [
            Tick(x, str(height - 6), day)
            for x, day in zip((str(left), str(width - right)), dict.fromkeys(days), strict=False)
        ]
    return chart


def first_and_last(lines: Sequence[Drawn]) -> tuple[str, str]:
    """Return the days of the oldest and the newest result of a chart."""
    return (
        min(lines, key=lambda line: line.spots[0].at).first,
        max(lines, key=lambda line: line.spots[-1].at).last,
    )


def short(value: float) -> str:
    return f"{value:.1f}"


def ends_of(spots: Sequence[Spot]) -> tuple[float, float]:
    """Return the least and the greatest number that a chart shows: of the values and of their ranges."""
    numbers = [number for spot in spots for number in (spot.least, spot.greatest, spot.low, spot.high)]
    known = [number for number in numbers if number is not None]
    return min(known), max(known)


def scale_marks(least: float, most: float) -> list[float]:
    """Return round numbers, evenly apart, from below the least to above the greatest value."""
    spread = most - least or abs(most) or 1.0
    rough = spread / 3
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first = floor(least / step)
    if least == most:
        first -= 1
    marks = [first * step]
    while marks[-1] < most or len(marks) < 2:
        marks.append((first + len(marks)) * step)
    return marks


def bands_of(spots, across, up, sides, ends) -> list[Box]:  # type: ignore[no-untyped-def]
    """Return the shaded ranges. Each holds until a result comes with another range."""
    boxes: list[Box] = []
    begun = 0
    for place in range(1, len(spots) + 1):
        now = spots[begun]
        if place < len(spots) and (spots[place].low, spots[place].high) == (now.low, now.high):
            continue
        if now.low is not None or now.high is not None:
            x = sides[0] if begun == 0 else across(now.at)
            until = sides[1] if place == len(spots) else across(spots[place].at)
            upper = ends[0] if now.high is None else up(now.high)
            lower = ends[1] if now.low is None else up(now.low)
            if lower > upper and until > x:
                boxes.append(Box(short(x), short(upper), short(until - x), short(lower - upper)))
        begun = place
    return boxes


def describe_own(own: Sequence[Drawn], *, is_small: bool) -> str:
    """Return in words what a chart shows of what the person measured, "" if that is nothing."""
    if not own:
        return ""
    return f" You measured, {'the newest shown as a diamond' if is_small else 'shown as diamonds'}: {describe(own)}"


def describe(lines: Sequence[Drawn], noun: str = "reading", band: str = Chart.band) -> str:
    """Return in words what a chart shows, for people who do not see it."""
    sentences = []
    for line in lines:
        last = line.spots[-1]
        unit = f" {line.unit}" if line.unit else ""
        least, most = min(spot.least for spot in line.spots), max(spot.greatest for spot in line.spots)
        name = f"{line.name}: " if len(lines) > 1 else ""
        if line.results == 1:
            said = f"One {noun}, {last.least:.10g}{unit}, {line.last}."
        else:
            said = (
                f"{line.results} {noun}s from {line.first} to {line.last}, between {least:.10g} and {most:.10g}{unit}."
            )
            if line.in_bars:
                said += f" Each bar reaches from the least to the greatest {noun} of its time."
            else:
                said += f" The latest is {last.least:.10g}{unit}."
        if outside := sum(spot.is_unusual for spot in line.spots):
            said += f" {outside} {'is' if outside == 1 else 'are'} outside {band}, shown in red."
        sentences.append(name + said)
    return " ".join(sentences)
