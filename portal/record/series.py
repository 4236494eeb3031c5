"""Results of one test over time, by (system, code, dimension of the unit)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from portal.record import words
from portal.record.models import Result


@dataclass(frozen=True)
class Point:
    """One result. `value`, `low` and `high` are in the unit of its series; `said` is the moment as FHIR has it."""

    at: datetime | None
    said: str
    zone: str
    value: Decimal
    value_said: str
    low: Decimal | None
    high: Decimal | None
    verdict: str
    row: Result


@dataclass
class Series:
    """Results of one test that can stand on one axis, oldest first. `unit` is in words, `code` is UCUM's."""

    unit: str
    code: str
    points: list[Point] = field(default_factory=list)


def of_test(patient: str | None, system: str, code: str) -> list[Series]:
    """Return the series of a test: the one with the most points first."""
    rows = Result.objects.filter(patient=patient, code_system=system, code=code, value__isnull=False)
    return of_rows(rows.order_by("at", "id"))


def of_rows(rows: Iterable[Result]) -> list[Series]:
    """Return the series of results of one test."""
    found: dict[str, Series] = {}
    grouped: dict[str, list[Result]] = defaultdict(list)
    for row in rows:
        grouped[row.unit or row.unit_said].append(row)
    for unit, members in grouped.items():
        found[unit] = Series(words.unit(unit, members[-1].unit_said), unit)
        found[unit].points = [
            Point(r.at, r.said, r.zone, r.value, r.value_said, r.low, r.high, r.verdict, r) for r in members
        ]
    return sorted(found.values(), key=lambda series: -len(series.points))
