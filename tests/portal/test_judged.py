"""What the pages of results say, from the FHIR that a laboratory sends. Absence is never called usual."""

from typing import Any

import pytest

from portal.record.models import Panel, Result
from tests.portal.appointments.test_visits import page, store
from tests.portal.conftest import OTIS, RUTH

RANGE = {"low": {"value": 70, "unit": "mg/dL"}, "high": {"value": 99, "unit": "mg/dL"}}
LABORATORY = [
    {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
]


def glucose(number: int, value: int = 90, *, when: str = "2024-03-01T08:00:00-05:00", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"glucose-{number}",
        "status": "final",
        "category": LABORATORY,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7", "display": "Glucose"}]},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"},
        **more,
    }


def report(*observations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "category": [{"coding": [{"code": "LAB"}]}],
        "code": {"text": "Blood sugar"},
        "effectiveDateTime": "2024-03-01T08:00:00-05:00",
        "result": [{"reference": f"Observation/{one['id']}"} for one in observations],
        **more,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"referenceRange": [RANGE]}, "The result is in the usual range."),
        ({"referenceRange": [RANGE], "valueQuantity": {"value": 120, "unit": "mg/dL"}}, "utside the usual range"),
        ({}, "No range to compare with"),
        ({"referenceRange": [{"high": RANGE["high"]}]}, "No range to compare with"),
        ({"interpretation": [{"coding": [{"code": "XYZ"}]}]}, "XYZ"),
    ],
    ids=["both bounds", "outside both bounds", "no range", "one bound", "an unknown flag"],
)
def test_only_what_was_judged_is_called_usual(client, ruth, given, said):
    one = glucose(1, **given)
    store(RUTH, one, report(one))
    client.force_login(ruth)
    shown = page(client, "/portal/labs/") + page(client, f"/portal/labs/{Panel.objects.get().resource_id}/")
    assert said in shown
    assert ("in the usual range." in shown) == (said == "The result is in the usual range.")


def test_a_result_of_two_reports_shows_in_both(client, ruth):
    one, two = (glucose(number, referenceRange=[RANGE]) for number in (1, 2))
    high = glucose(3, referenceRange=[RANGE], valueQuantity={"value": 345, "unit": "mg/dL"})
    store(RUTH, one, two, high, report(one, two, high), report(high, id="second"))
    client.force_login(ruth)
    for panel in Panel.objects.all():
        assert "345" in page(client, f"/portal/labs/{panel.resource_id}/")
    assert page(client, "/portal/labs/").count("345") == 2


@pytest.mark.parametrize("typed", ["GLUC", "ucos", "second pan", "é"])
def test_reports_are_found_by_parts_of_their_words_and_of_their_results(client, ruth, typed):
    one = glucose(1)
    other = {**glucose(2), "code": {"text": "Café test"}}
    store(RUTH, one, other, report(one), report(other, id="second", code={"text": "Second panel"}))
    client.force_login(ruth)
    shown = page(client, f"/portal/labs/?q={typed}")
    assert ("Blood sugar<" in shown) == ("uc" in typed.lower())
    assert ("Second panel<" in shown) == ("uc" not in typed.lower())


def test_a_positive_culture_without_a_flag_is_not_called_usual(client, ruth):
    culture = glucose(1, valueCodeableConcept={"text": "Positive for Escherichia coli"})
    del culture["valueQuantity"]
    store(RUTH, culture, report(culture, category=[{"coding": [{"code": "MB"}]}]))
    client.force_login(ruth)
    shown = page(client, f"/portal/labs/{Panel.objects.get().resource_id}/")
    assert "Positive for Escherichia coli" in shown
    assert "In the usual range" not in shown
    assert "ange to compare with" not in shown  # only a number can have one
    assert "Microbiology" in page(client, "/portal/labs/?kind=microbiology")
    assert "No report matches what you chose." in page(client, "/portal/labs/?kind=pathology")


def test_a_result_entered_in_error_is_on_no_page(client, ruth):
    store(RUTH, glucose(1, 666, status="entered-in-error"), glucose(2, 91))
    client.force_login(ruth)
    shown = page(client, "/portal/labs/single/")
    assert "666" not in shown
    assert "91" in shown


def test_two_results_of_one_minute_are_both_shown_and_a_foreign_test_is_not(client, ruth):
    store(RUTH, glucose(1, 91), glucose(2, 97))
    store(OTIS, glucose(1, 777))
    client.force_login(ruth)
    item = Result.objects.filter(patient=RUTH).first()
    assert item is not None
    shown = page(client, f"/portal/labs/test/{item.resource_id}/0/")
    assert "<strong>91</strong>" in shown
    assert "<strong>97</strong>" in shown
    assert "777" not in shown
    assert "<title" in shown
    assert "2 results from March 1, 2024" in shown


def test_a_table_of_results_is_no_formula_in_a_spreadsheet(client, ruth):
    bad = glucose(1, valueString="=HYPERLINK(1)")
    del bad["valueQuantity"]
    store(RUTH, bad, glucose(2, 91))
    client.force_login(ruth)
    item = Result.objects.first()
    assert item is not None
    file = client.get(f"/portal/labs/test/{item.resource_id}/0/results.csv")
    assert file["Content-Type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in file.content.decode()
    assert "no-store" in file["Cache-Control"]


def test_two_blood_pressures_of_one_minute_stay_two(client, ruth):
    def pressure(number: int, upper: int, lower: int) -> dict[str, Any]:
        parts = (("8480-6", "Systolic blood pressure", upper), ("8462-4", "Diastolic blood pressure", lower))
        return {
            "resourceType": "Observation",
            "id": f"pressure-{number}",
            "status": "final",
            "category": [{"coding": [{"code": "vital-signs"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9", "display": "Blood pressure"}]},
            "effectiveDateTime": "2024-03-01T08:00:00-05:00",
            "component": [
                {
                    "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]},
                    "valueQuantity": {"value": value, "unit": "mm[Hg]"},
                }
                for code, display, value in parts
            ],
        }

    store(RUTH, pressure(1, 131, 82), pressure(2, 145, 93))
    client.force_login(ruth)
    shown = page(client, "/portal/vitals/")
    for number in (131, 82, 145, 93):
        assert str(number) in shown
