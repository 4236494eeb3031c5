"""The International Patient Summary: by the rules of its guide, and without saying what nobody said."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from portal.export import summary
from portal.export.writing import Person
from portal.record import importing
from portal.record.canonical import write_canonical
from portal.record.models import Resource
from tests.portal.appointments.test_visits import store
from tests.portal.conftest import OTIS, RUTH
from tests.portal.export import ips
from tests.portal.record.fhir import read, real_file

pytestmark = pytest.mark.django_db

PERSON = Person("Ruth Tester", date(1950, 6, 1), datetime(2026, 11, 28, 22, 0, tzinfo=UTC))
DOCUMENT = UUID("7d0c2ab4-9f0e-4c0f-8a43-0d51f1a5a0e6")
ME = {"resourceType": "Patient", "id": "me", "name": [{"family": "Tester"}], "birthDate": "1950-06-01"}
SUBJECT = {"subject": {"reference": "Patient/me"}}
SNOMED = "http://snomed.info/sct"


def made(patient: str = RUTH, **options: Any) -> dict[str, Any]:
    bundle = summary.make_summary(patient, PERSON, document_id=DOCUMENT, **options)
    read(write_canonical(bundle))
    assert ips.problems(bundle) == []
    return bundle


def condition(number: int, status: str = "active", **more: Any) -> dict[str, Any]:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status}
    code = {"code": {"text": f"Condition {number}"}, "clinicalStatus": {"coding": [coding]}}
    return {"resourceType": "Condition", "id": f"c-{number}", **code, **SUBJECT, **more}


def prescription(number: int, status: str, **more: Any) -> dict[str, Any]:
    drug = {"medicationCodeableConcept": {"text": f"Drug {number}"}, "intent": "order"}
    return {"resourceType": "MedicationRequest", "id": f"m-{number}", "status": status, **drug, **SUBJECT, **more}


def glucose(number: int, **more: Any) -> dict[str, Any]:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    return {
        "resourceType": "Observation",
        "id": f"o-{number}",
        "status": "final",
        "category": [{"coding": [coding]}],
        "code": {"text": "Glucose"},
        "effectiveDateTime": f"2020-01-{number % 28 + 1:02}",
        "valueQuantity": {"value": Decimal("95.50"), "unit": "mg/dL"},
        **SUBJECT,
        **more,
    }


@pytest.mark.parametrize("name", ["synthea2019_Adán", "synthea2019_Versie", "pysynthea_Jeffry", "synthea2021_Ramona"])
def test_a_real_record_makes_a_summary_by_the_rules(name, shared_folder):
    entries = read(real_file(shared_folder("fhir"), name).read_text())["entry"]
    with transaction.atomic():
        importing.store_resources(RUTH, "clinic", [(one["fullUrl"], one["resource"]) for one in entries])
    bundle = made()
    assert len(bundle["entry"]) > 10
    assert len(write_canonical(bundle)) < 2_000_000
    found = {one["resourceType"] for code in ips.TYPES for one in ips.entries(bundle, code)}
    assert found >= {"Condition", "Immunization"}


def test_an_empty_record_is_not_said_to_mean_that_there_is_nothing():
    bundle = made()
    for code in ips.REQUIRED:
        empty = ips.section(bundle, code)
        assert empty["emptyReason"]["coding"][0]["code"] == "unavailable"
        assert "does not say whether" in empty["text"]["div"]
    assert "nilknown" not in write_canonical(bundle)
    assert bundle["entry"][1]["resource"]["name"] == [{"text": "Ruth Tester"}]
    assert bundle["entry"][1]["resource"]["birthDate"] == "1950-06-01"


def test_no_known_allergies_is_an_entry_as_it_was_said():
    none = {"coding": [{"system": SNOMED, "code": "716186003", "display": "No known allergy"}]}
    store(
        RUTH,
        ME,
        {"resourceType": "AllergyIntolerance", "id": "a", "code": none, "patient": {"reference": "Patient/me"}},
    )
    (allergy,) = ips.entries(made(), "48765-2")
    assert allergy["code"] == none


def test_what_was_entered_in_error_or_refuted_is_not_in_the_summary():
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
    for number, word in enumerate(["entered-in-error", "refuted"]):
        status = {"verificationStatus": {"coding": [{"system": system, "code": word}]}}
        nuts = {"resourceType": "AllergyIntolerance", "id": f"a-{number}", "code": {"text": "Nuts"}, **status}
        store(RUTH, nuts | {"patient": {"reference": "Patient/me"}})
    assert "Nuts" not in write_canonical(made())


def test_conditions_that_are_over_are_past_problems_and_not_missing_information():
    store(RUTH, ME, condition(1, "resolved"))
    bundle = made()
    assert [one["id"] for one in ips.entries(bundle, "11348-0")] == ["c-1"]
    assert ips.section(bundle, "11450-4")["emptyReason"] == {"text": "None at present"}


def test_prescriptions_that_are_over_are_listed_only_if_none_is_current():
    store(RUTH, ME, prescription(1, "stopped"))
    assert [one["id"] for one in ips.entries(made(), "10160-0")] == ["m-1"]
    store(RUTH, prescription(2, "active"))
    assert [one["id"] for one in ips.entries(made(), "10160-0")] == ["m-2"]


def test_resources_are_as_they_came_but_for_references():
    doctor = {"resourceType": "Practitioner", "id": "doctor", "name": [{"family": "Nguyen"}]}
    visit = {"resourceType": "Encounter", "id": "visit", "status": "finished", "class": {"code": "AMB"}}
    came = glucose(
        1,
        performer=[{"reference": "Practitioner/doctor"}, {"reference": "Practitioner/unknown"}],
        encounter={"reference": "Encounter/visit"},
        specimen={"identifier": {"system": "urn:x", "value": "7"}},
    )
    store(RUTH, ME, doctor, visit, came)
    bundle = made()
    (found,) = ips.entries(bundle, "30954-2")
    assert write_canonical(found["valueQuantity"]) == '{"unit":"mg/dL","value":95.50}'
    assert ips.by_url(bundle)[found["performer"][0]["reference"]] == doctor
    assert found["performer"][1] == {"display": "Not in this summary"}
    assert found["encounter"] == {"display": "Not in this summary"}
    assert found["specimen"] == came["specimen"]
    assert found["subject"] == bundle["entry"][0]["resource"]["subject"]
    assert {name for name in came if found[name] != came[name]} == {"performer", "encounter", "subject"}


def test_a_patient_whom_the_record_does_not_have_is_this_one():
    store(RUTH, condition(1))
    bundle = made()
    (found,) = ips.entries(bundle, "11450-4")
    assert found["subject"] == bundle["entry"][0]["resource"]["subject"]


def test_social_security_numbers_are_not_handed_on():
    ssn = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456"}
    record = {"system": "urn:x", "value": "77"}
    store(RUTH, ME | {"identifier": [ssn, record]}, condition(1))
    bundle = made()
    assert "999-12-3456" not in write_canonical(bundle)
    assert bundle["entry"][1]["resource"]["identifier"] == [record]


def test_only_the_newest_results_are_in_and_the_summary_says_so(monkeypatch):
    kinds = [one if one.code != "30954-2" else replace(one, most=3) for one in summary.KINDS]
    monkeypatch.setattr(summary, "KINDS", kinds)
    store(RUTH, ME, *map(glucose, range(10)))
    bundle = made()
    assert [one["id"] for one in ips.entries(bundle, "30954-2")] == ["o-9", "o-8", "o-7"]
    assert "The newest 3. The record has more." in ips.section(bundle, "30954-2")["text"]["div"]


def test_what_is_too_large_is_listed_and_left_out():
    store(RUTH, ME, glucose(1, note=[{"text": "x" * summary.MOST_BYTES}]))
    bundle = made()
    assert ips.entries(bundle, "30954-2") == []
    assert "Glucose, 95.50 mg/dL" in ips.section(bundle, "30954-2")["text"]["div"]


def test_a_section_that_the_person_left_out_says_that_it_is_withheld():
    store(RUTH, ME, condition(1), prescription(1, "active"), glucose(1))
    only = set(Resource.objects.filter(type="MedicationRequest").values_list("pk", flat=True))
    bundle = made(only=only)
    assert ips.section(bundle, "11450-4")["emptyReason"]["coding"][0]["code"] == "withheld"
    assert ips.section(bundle, "30954-2")["emptyReason"]["coding"][0]["code"] == "withheld"
    assert ips.section(bundle, "48765-2")["emptyReason"]["coding"][0]["code"] == "unavailable"
    assert [one["id"] for one in ips.entries(bundle, "10160-0")] == ["m-1"]
    assert "Condition 1" not in write_canonical(bundle)


def test_markup_in_a_record_is_text_in_the_narrative():
    store(RUTH, ME, condition(1, code={"text": "<script>alert(1)</script> & 'x'"}))
    assert "&lt;script&gt;" in ips.section(made(), "11450-4")["text"]["div"]


def test_a_blood_pressure_has_both_numbers_in_the_narrative():
    vital = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    parts = [
        {"code": {"text": name}, "valueQuantity": {"value": value, "unit": "mm[Hg]"}}
        for name, value in (("Systolic", 120), ("Diastolic", 80))
    ]
    pressure = glucose(1, category=[{"coding": [vital]}], code={"text": "Blood pressure"}, component=parts)
    del pressure["valueQuantity"]
    store(RUTH, ME, pressure)
    said = ips.section(made(), "8716-3")["text"]["div"]
    assert "Systolic: 120" in said
    assert "Diastolic: 80" in said


def test_smoking_is_in_the_social_history_and_a_questionnaire_is_nowhere():
    def of(number: int, code: str) -> dict[str, Any]:
        coding = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": code}
        return glucose(number, category=[{"coding": [coding]}], code={"text": f"Asked {number}"})

    store(RUTH, ME, of(1, "social-history"), of(2, "survey"))
    bundle = made()
    assert [one["id"] for one in ips.entries(bundle, "29762-2")] == ["o-1"]
    assert "Asked 2" not in write_canonical(bundle)


def test_nothing_of_another_person_is_in_a_summary():
    store(OTIS, ME, condition(1), glucose(1))
    bundle = made()
    assert len(bundle["entry"]) == 3
    assert "Condition 1" not in write_canonical(bundle)


def test_the_checker_finds_what_is_wrong():
    store(RUTH, ME, condition(1), glucose(1))
    good = made()
    for change, said in BROKEN:
        bundle = deepcopy(good)
        change(bundle)
        assert any(said in one for one in ips.problems(bundle)), said


BROKEN: list[tuple[Any, str]] = [
    (lambda bundle: bundle.pop("identifier"), "bdl-9"),
    (lambda bundle: bundle.pop("timestamp"), "bdl-10"),
    (lambda bundle: bundle["entry"][0]["resource"].pop("title"), "no title"),
    (lambda bundle: bundle["entry"].append(bundle["entry"][0]), "bdl-ips-1"),
    (lambda bundle: bundle["entry"].append(bundle["entry"][1]), "one Patient"),
    (lambda bundle: bundle["entry"].pop(), "refers to what is not there"),
    (lambda bundle: bundle["entry"][0]["resource"]["section"].pop(0), "each required section"),
    (lambda bundle: bundle["entry"][0]["resource"]["section"][0].pop("emptyReason"), "ips-comp-1"),
    (lambda bundle: bundle["entry"][0]["resource"]["section"][0].pop("text"), "no narrative"),
    (lambda bundle: bundle["entry"][1]["resource"].pop("birthDate"), "birth date"),
    (lambda bundle: bundle["entry"][1]["resource"].update(gender=7), "not R4"),
]
