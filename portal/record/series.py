"""Results of one test over time, by (system, code, dimension of the unit).

Units are converted only where UCUM defines both, or where the test says which substance is measured, so that a mass can
be told from an amount. Anything else is a series of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from portal import codes
from portal.record import words
from portal.record.models import Result


@dataclass(frozen=True)
class Point:
    """One result. `value`, `low` and `high` are in the unit of its series; `said` is the moment as FHIR has it.

    `value_said` has the digits as they were written, in the unit of `row`. With a `comparator` the value is a bound.
    """

    at: datetime | None
    said: str
    zone: str
    value: Decimal
    value_said: str
    comparator: str
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


class Scale(NamedTuple):
    """A unit: its value × `factor` + `offset` is in the base unit of its dimension."""

    dimension: str
    factor: Decimal
    offset: Decimal = Decimal(0)


def scales(dimension: str, **factors: str) -> dict[str, Scale]:
    return {unit: Scale(dimension, Decimal(factor)) for unit, factor in factors.items()}


MASS, AMOUNT = "mass concentration", "substance concentration"
# UCUM's definitions; a dimension's base is the unit with factor 1.
UNITS: dict[str, Scale] = {
    **scales("mass", g="1", kg="1000", mg="0.001", ug="0.000001"),
    **scales("mass", **{"[lb_av]": "453.59237", "[oz_av]": "28.349523125"}),
    **scales("length", cm="1", m="100", mm="0.1"),
    **scales("length", **{"[in_i]": "2.54", "[ft_i]": "30.48"}),
    **scales("pressure", Pa="1", kPa="1000", **{"mm[Hg]": "133.322", "cm[H2O]": "98.0665"}),
    **scales("volume", L="1", dL="0.1", mL="0.001", uL="0.000001"),
    **scales("time", s="1", min="60", h="3600", d="86400", wk="604800"),
    **scales("rate", **{"/min": "1", "/s": "60"}),
    **scales("fraction", **{"1": "1", "%": "0.01"}),
    **scales(MASS, **{"g/L": "1", "g/dL": "10", "mg/dL": "0.01", "mg/L": "0.001", "mg/mL": "1", "kg/m3": "1"}),
    **scales(MASS, **{"ug/mL": "0.001", "ug/dL": "0.00001", "ug/L": "0.000001", "ng/mL": "0.000001"}),
    **scales(MASS, **{"ng/dL": "0.00000001", "ng/L": "0.000000001", "pg/mL": "0.000000001"}),
    **scales(AMOUNT, **{"mol/L": "1", "mmol/L": "0.001", "umol/L": "0.000001", "nmol/L": "0.000000001"}),
    **scales(AMOUNT, **{"mmol/dL": "0.01", "pmol/L": "0.000000000001"}),
    **scales("charge concentration", **{"eq/L": "1", "meq/L": "0.001", "meq/dL": "0.01"}),
    **scales("number concentration", **{"/L": "1", "/uL": "1E6", "/mL": "1E3", "/mm3": "1E6", "10*3/uL": "1E9"}),
    **scales("number concentration", **{"10*3/mm3": "1E9", "10*9/L": "1E9", "10*6/uL": "1E12", "10*12/L": "1E12"}),
    **scales("enzyme units", **{"U/L": "1", "U/mL": "1000", "kU/L": "1000", "mU/L": "0.001", "mU/mL": "1"}),
    **scales("international units", **{"[IU]/L": "1", "[IU]/mL": "1000", "k[IU]/L": "1000", "m[IU]/L": "0.001"}),
    **scales("international units", **{"u[IU]/mL": "0.001", "m[IU]/mL": "1"}),
    "[degF]": Scale("temperature", Decimal(1)),
    "Cel": Scale("temperature", Decimal("1.8"), Decimal(32)),
    "K": Scale("temperature", Decimal("1.8"), Decimal("-459.67")),
}
# Grams in a mole of what a LOINC code measures: glucose, cholesterol, creatinine, calcium, and urea by its nitrogen.
GRAMS_OF_A_MOLE = {
    **dict.fromkeys(("2345-7", "2339-0", "1558-6"), Decimal("180.156")),
    **dict.fromkeys(("2093-3", "2085-9", "18262-6", "13457-7", "2089-1"), Decimal("386.65")),
    "2160-0": Decimal("113.12"),
    "17861-6": Decimal("40.078"),
    "3094-0": Decimal("28.014"),
}
# Ions with one charge, for which an equivalent is a mole: sodium, potassium, chloride, bicarbonate.
ONE_CHARGE = {"2951-2", "2823-3", "2075-0", "2028-9", "1963-8"}


def of_test(patient: str | None, system: str, code: str) -> list[Series]:
    """Return the series of a test: the one with the most points first."""
    rows = Result.objects.filter(patient=patient, code_system=system, code=code, value__isnull=False)
    return of_rows(rows.order_by("at", "id"))


def of_rows(rows: Iterable[Result]) -> list[Series]:
    """Return the series of results of one test, given oldest first."""
    grouped: dict[str, list[tuple[Result, Scale]]] = {}
    for row in rows:
        scale = scale_of(row)
        grouped.setdefault(scale.dimension, []).append((row, scale))
    found = [series_of(members) for members in grouped.values()]
    return sorted(found, key=lambda series: -len(series.points))


def scale_of(row: Result) -> Scale:
    """Return the scale of a result's unit. A unit that UCUM does not define is a dimension of its own."""
    unit = bare(row.unit)
    scale = UNITS.get(unit)
    if scale is None:
        return Scale(f"unit {row.unit or row.unit_said}", Decimal(1))
    if row.code_system != codes.LOINC:
        return scale
    if scale.dimension == AMOUNT and (grams := GRAMS_OF_A_MOLE.get(row.code)):
        return Scale(MASS, scale.factor * grams)
    if scale.dimension == "charge concentration" and row.code in ONE_CHARGE:
        return Scale(AMOUNT, scale.factor)
    return scale


def bare(unit: str) -> str:
    """Return a UCUM unit without annotations, which mean nothing: "{beats}/min" is "/min", "{score}" is "1"."""
    if "{" not in unit:
        return unit
    rest = re.sub(r"\{[^{}]*\}", "", unit)
    return rest or unit


def series_of(members: list[tuple[Result, Scale]]) -> Series:
    """Return one series, in the unit that most of its results have, or the newest of several."""
    counts = Counter(bare(row.unit) for row, _ in members)
    most = max(counts.values())
    row, to = next((row, scale) for row, scale in reversed(members) if counts[bare(row.unit)] == most)
    return Series(words.unit(row.unit, row.unit_said), row.unit, [point_of(one, scale, to) for one, scale in members])


def point_of(row: Result, scale: Scale, to: Scale) -> Point:
    value = convert(row.value, scale, to)
    assert value is not None, "results without a number are in no series"
    low, high = convert(row.low, scale, to), convert(row.high, scale, to)
    return Point(row.at, row.said, row.zone, value, row.value_said, row.comparator, low, high, row.verdict, row)


def convert(value: Decimal | None, scale: Scale, to: Scale) -> Decimal | None:
    """Return a value in another unit of its dimension. In the same unit, its digits stay."""
    if value is None or scale == to:
        return value
    return (value * scale.factor + scale.offset - to.offset) / to.factor
