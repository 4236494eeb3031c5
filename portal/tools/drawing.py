"""Charts of own readings, with the target as a band."""

from collections.abc import Sequence
from decimal import Decimal

from portal import charts
from portal.charts import Chart, Drawn, Spot
from portal.record import moments
from portal.tools.measures import Measure
from portal.tools.models import Reading, Tracker

# The most readings of one chart.
POINTS = charts.POINTS


def draw_readings(tracker: Tracker, newest: Sequence[Reading], *, is_small: bool = False) -> Chart | None:
    """Return the chart of readings, given newest first, in the unit of the newest one. A small one needs two."""
    if not newest or (is_small and len(newest) < 2):
        return None
    measure, unit, rows = tracker.about, newest[0].unit, list(reversed(newest))
    lines = [line_of(tracker, measure, rows, place, unit) for place in range(len(measure.numbers))]
    return charts.draw(
        measure.titled(measure.title, unit), lines, is_small=is_small, noun="reading", band="your target"
    )


def line_of(
    tracker: Tracker, measure: Measure, rows: Sequence[Reading], place: int, unit: str, *, has_target: bool = True
) -> Drawn:
    """Return the line of one number, oldest reading first, with the target or without it."""
    bounds = tracker.targets[place] if has_target else (None, None)
    low, high = (end_of(measure, bound, tracker.target_unit, unit) for bound in bounds)
    spots = []
    for row in rows:
        value = float(measure.changed(row.numbers[place], row.unit, unit))
        is_outside = (low is not None and value < low) or (high is not None and value > high)
        spots.append(Spot(row.at, value, value, low, high, is_outside))
    first, last = (moments.show_day(row.said, row.zone) for row in (rows[0], rows[-1]))
    return Drawn(measure.numbers[place].label, measure.unit(unit).words, spots, len(spots), first, last)


def end_of(measure: Measure, bound: Decimal | None, unit: str, to: str) -> float | None:
    return None if bound is None else float(measure.changed(bound, unit, to))


def say_target(tracker: Tracker) -> str:
    """Return the target in words: "Upper number 110 to 130, lower number at most 80, in mm Hg"; "" without one."""
    measure = tracker.about
    parts = []
    for about, (low, high) in zip(measure.numbers, tracker.targets, strict=True):
        if low is not None or high is not None:
            name = f"{about.label.partition(' (')[0].lower()} " if measure.is_pair else ""
            parts.append(f"{name}{say_bounds(low, high)}")
    words = measure.unit(tracker.target_unit).words
    return f"{', '.join(parts)}{f' {words}' if words else ''}" if parts else ""


def say_bounds(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"{low:f} to {high:f}"
    return f"at least {low:f}" if low is not None else f"at most {high:f}"


def is_in_target(tracker: Tracker, row: Reading) -> bool:
    """Return whether all numbers of a reading are within the target."""
    measure = tracker.about
    for value, (low, high) in zip(row.numbers, tracker.targets, strict=True):
        mine = measure.changed(value, row.unit, tracker.target_unit)
        if (low is not None and mine < low) or (high is not None and mine > high):
            return False
    return True
