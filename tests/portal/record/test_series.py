"""Results over time: converted where UCUM says how, else apart."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from portal.record import projecting, series
from portal.record.models import Result
from tests.portal.record.conftest import RUTH

LOINC = "http://loinc.org"


def row(value: str, unit: str, code: str = "2345-7", **other: Any) -> Result:
    return Result(
        code_system=LOINC, code=code, value=Decimal(value), value_said=value, unit=unit, unit_said=unit, **other
    )


def values(found: series.Series) -> list[Decimal]:
    return [point.value for point in found.points]


def test_pounds_become_kilograms_where_most_are_kilograms() -> None:
    found = series.of_rows(
        [row("200", "[lb_av]", "29463-7"), row("90.5", "kg", "29463-7"), row("91.0", "kg", "29463-7")]
    )
    assert [one.code for one in found] == ["kg"]
    assert values(found[0]) == [Decimal("90.718474"), Decimal("90.5"), Decimal("91.0")]
    assert found[0].points[0].value_said == "200"
    assert str(found[0].points[2].value) == "91.0"


def test_degrees_are_converted_with_their_zero() -> None:
    found = series.of_rows([row("37", "Cel", "8310-5"), row("98.6", "[degF]", "8310-5")])
    assert len(found) == 1
    assert found[0].code == "[degF]"
    assert values(found[0]) == [Decimal("98.6"), Decimal("98.6")]


def test_glucose_in_moles_is_converted_since_the_test_says_what_it_is() -> None:
    found = series.of_rows(
        [row("5.0", "mmol/L"), row("90", "mg/dL", low=Decimal(70), high=Decimal(99)), row("91", "mg/dL")]
    )
    assert len(found) == 1
    assert round(values(found[0])[0], 1) == Decimal("90.1")
    assert (found[0].points[1].low, found[0].points[1].high) == (70, 99)


def test_moles_of_an_unknown_substance_are_a_series_of_their_own() -> None:
    found = series.of_rows(
        [row("5", "mmol/L", "99999-9"), row("90", "mg/dL", "99999-9"), row("91", "mg/dL", "99999-9")]
    )
    assert [len(one.points) for one in found] == [2, 1]


def test_units_that_nobody_knows_stay_apart() -> None:
    found = series.of_rows(
        [row("1", "cups"), row("2", "spoons"), row("3", ""), row("4", "{beats}/min"), row("5", "/min")]
    )
    assert sorted(one.unit for one in found) == ["", "cups", "per minute", "spoons"]


def test_both_results_of_one_moment_are_points(keep: Callable[..., Any]) -> None:
    def glucose(id_: str, value: int) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": id_,
            "status": "final",
            "code": {"coding": [{"system": LOINC, "code": "2345-7"}]},
            "effectiveDateTime": "2019-03-04T10:00:00-05:00",
            "valueQuantity": {"value": value, "code": "mg/dL", "unit": "mg/dL"},
        }

    keep(glucose("1", 90), glucose("2", 95))
    projecting.project_patient(RUTH)
    (found,) = series.of_test(RUTH, LOINC, "2345-7")
    assert sorted(values(found)) == [90, 95]
    assert series.of_test("1111111111", LOINC, "2345-7") == []
