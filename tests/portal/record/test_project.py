"""What the lists of a record say of odd, missing and contradicting data: nothing that is not so."""

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.record import projecting
from portal.record.models import (
    Allergy,
    Appointment,
    Attachment,
    Condition,
    Dispense,
    Encounter,
    Panel,
    Paper,
    Prescription,
    Projected,
    Resource,
    Result,
    Vaccine,
    Who,
)
from portal.record.queries import in_reports
from portal.record.reading.references import Lookup
from portal.record.reading.reports import data_at
from tests.portal.record.conftest import OTIS, RUTH, read_json, resource_of

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def rows(raw: dict[str, Any]) -> list[Any]:
    return projecting.rows_of(raw, resource_of(raw), Lookup())


def first(raw: dict[str, Any]) -> Any:
    return rows(raw)[0]


def observation(**parts: Any) -> dict[str, Any]:
    code = {"coding": [{"system": LOINC, "code": "2345-7", "display": "Glucose"}]}
    return {"resourceType": "Observation", "id": "o1", "status": "final", "code": code, **parts}


def quantity(value: Any, unit: str = "mg/dL", **other: Any) -> dict[str, Any]:
    return {"value": read_json(str(value)), "unit": unit, "code": unit, **other}


def between(low: Any = None, high: Any = None, unit: str = "mg/dL", **other: Any) -> dict[str, Any]:
    bounds = {name: quantity(value, unit) for name, value in (("low", low), ("high", high)) if value is not None}
    return {**bounds, **other}


def flag(code: str, system: str = FLAGS) -> list[dict[str, Any]]:
    return [{"coding": [{"system": system, "code": code}]}]


@pytest.mark.parametrize(
    ("value", "ranges", "verdict"),
    [
        (90, [between(70, 99)], "usual"),
        (120, [between(70, 99)], "unusual"),
        (60, [between(70)], "unusual"),
        (90, [between(70)], "none"),
        (90, [between(high=99)], "none"),
        (90, [], "none"),
        (90, [between(4, 6, "mmol/L")], "none"),
        (90, [between(99, 70)], "none"),
        (90, [between(50, 150, type={"coding": [{"code": "treatment"}]})], "none"),
        (90, [between(50, 80, type={"coding": [{"code": "treatment"}]}), between(70, 99)], "usual"),
        (90, [between(70, 99, appliesTo=[{"text": "Men"}]), between(50, 80, appliesTo=[{"text": "Women"}])], "none"),
    ],
)
def test_only_both_bounds_make_a_result_usual(value: Any, ranges: list[Any], verdict: str) -> None:
    assert first(observation(valueQuantity=quantity(value), referenceRange=ranges)).verdict == verdict


@pytest.mark.parametrize(
    ("comparator", "value", "verdict"),
    [
        ("<", 70, "unusual"),
        ("<", 71, "none"),
        ("<=", 70, "none"),
        (">", 99, "unusual"),
        (">=", 99, "none"),
        (">", 80, "none"),
    ],
)
def test_a_bound_is_judged_only_if_it_decides(comparator: str, value: int, verdict: str) -> None:
    row = first(observation(valueQuantity=quantity(value, comparator=comparator), referenceRange=[between(70, 99)]))
    assert (row.comparator, row.verdict) == (comparator, verdict)


@pytest.mark.parametrize(
    ("flags", "value", "verdict", "said"),
    [
        (flag("N"), None, "usual", "N"),
        (flag("N"), 120, "unusual", "N"),
        (flag("H"), 90, "unusual", "H"),
        (flag("ODD"), 90, "none", "ODD"),
        (flag("ODD"), 120, "unusual", "ODD"),
        (flag("N", "https://lab.example/flags"), 90, "none", "“N”"),
        ([{"text": "A bit high"}], None, "none", "A bit high"),
        (flag("POS"), None, "unusual", "POS"),
        (flag("NEG"), None, "none", "NEG"),
    ],
)
def test_a_flag_counts_only_if_it_is_understood(flags: Any, value: Any, verdict: str, said: str) -> None:
    given_ = {"valueString": "Growth"} if value is None else {"valueQuantity": quantity(value)}
    row = first(observation(**given_, referenceRange=[between(70, 99)], interpretation=flags))
    assert (row.verdict, row.interpretation) == (verdict, said)


def test_a_positive_culture_without_a_flag_is_not_usual() -> None:
    row = first(observation(valueCodeableConcept={"text": "Staphylococcus aureus"}))
    assert (row.text, row.verdict) == ("Staphylococcus aureus", "none")


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ({"valueString": "Clear"}, "Clear"),
        ({"valueBoolean": False}, "No"),
        ({"valueRange": between(1, 3)}, "1 to 3 mg/dL"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128"),
        ({"valueSampledData": {"data": "1 2 E 4"}}, "A recording of 4 values"),
        ({"valueTime": "10:30:00"}, "10:30:00"),
        ({"valueDateTime": "2019-03"}, "March 2019"),
        ({"valuePeriod": {"start": "2019", "end": "2020"}}, "2019 to 2020"),
        ({"valueNew": {"a": ["b"]}}, "b"),
        ({"hasMember": [{"reference": "Observation/2"}, {"reference": "Observation/3"}]}, "A group of 2 results"),
    ],
)
def test_values_of_every_type_are_shown(given_: dict[str, Any], shown: str) -> None:
    assert first(observation(**given_)).text == shown


def test_numbers_keep_their_digits() -> None:
    row = first(observation(valueQuantity=quantity("0.010")))
    assert (row.value_said, str(row.value)) == ("0.010", "0.010")
    assert first(observation(valueInteger=0)).value_said == "0"


def test_a_missing_value_has_a_reason_in_words() -> None:
    reason = {"coding": [{"code": "not-performed"}]}
    assert first(observation(dataAbsentReason=reason)).absent == "The test was not done"
    assert first(observation()).absent == "The value was not given"


def test_components_are_rows_of_their_own() -> None:
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ]
    made = rows(observation(component=parts, category=[{"coding": [{"code": "vital-signs"}]}]))
    assert [(row.place, row.value_said, row.category) for row in made] == [
        (0, "", "vital-signs"),
        (1, "120", "vital-signs"),
        (2, "80", "vital-signs"),
    ]
    assert made[1].display == "Systolic blood pressure"


def test_further_codings_are_kept() -> None:
    code = {"coding": [{"system": "local", "code": "GLU", "display": "Gluc"}, {"system": LOINC, "code": "2345-7"}]}
    row = first(observation(code=code))
    assert (row.code, row.display, row.others) == ("2345-7", "Glucose", ["Gluc (GLU)"])


def test_names_of_snomed_lose_the_tag_that_is_not_for_people() -> None:
    code = {"coding": [{"system": SNOMED, "code": "1", "display": "Asthma (disorder)"}]}
    condition = {"resourceType": "Condition", "id": "c"}
    assert first({**condition, "code": code}).display == "Asthma"
    assert first({**condition, "code": {**code, "text": "Asthma (disorder)"}}).display == "Asthma"
    assert first({**condition, "code": {"text": "Asthma (mild)"}}).display == "Asthma (mild)"


@pytest.mark.parametrize("name", ["status", "verificationStatus"])
def test_what_was_entered_in_error_is_on_no_list(name: str) -> None:
    error: Any = "entered-in-error" if name == "status" else {"coding": [{"code": "entered-in-error"}]}
    assert rows({"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Nuts"}, name: error}) == []


@pytest.mark.parametrize(
    ("code", "says_none"),
    [
        ({"coding": [{"system": SNOMED, "code": "716186003"}]}, True),
        ({"coding": [{"system": SNOMED, "code": "409137002"}]}, True),
        ({"text": "No known drug allergies"}, True),
        ({"text": "NKDA"}, True),
        ({"text": "Penicillin"}, False),
        ({}, False),
    ],
)
def test_no_known_allergy_is_a_finding(code: Any, says_none: bool) -> None:
    row = first({"resourceType": "AllergyIntolerance", "id": "a", "code": code})
    assert row.says_none is says_none
    assert row.display


def test_reactions_are_told_with_their_severity() -> None:
    reaction = {"manifestation": [{"text": "Hives"}, {"text": "Itching"}], "severity": "severe"}
    row: Allergy = first(
        {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Nuts"}, "reaction": [reaction]}
    )
    assert row.reactions == ["Hives, Itching (severe)"]


@pytest.mark.parametrize(("status", "given_"), [("completed", True), ("not-done", False), ("odd", False), ("", False)])
def test_only_a_completed_vaccine_was_given(status: str, given_: bool) -> None:
    row: Vaccine = first(
        {"resourceType": "Immunization", "id": "v", "status": status, "statusReason": {"text": "Refused"}}
    )
    assert (row.was_given, row.reason) == (given_, "Refused")


def test_a_condition_since_an_age_says_so_and_no_date() -> None:
    row: Condition = first(
        {
            "resourceType": "Condition",
            "id": "c",
            "code": {"text": "Asthma"},
            "recordedDate": "2019-03-04",
            "onsetAge": {"value": 12, "unit": "years", "code": "a"},
            "abatementString": "in summer",
        }
    )
    assert (row.said, row.recorded, row.note, row.abated) == ("", "2019-03-04", "Began: 12 years", "in summer")
    assert not row.is_current


@pytest.mark.parametrize(
    ("dosage", "said"),
    [
        ({"text": "1 tablet daily"}, "1 tablet daily"),
        ({}, ""),
        (
            {
                "doseAndRate": [{"doseQuantity": {"value": read_json("1.0")}}],
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "asNeededBoolean": True,
            },
            "Take 1 dose twice a day as needed.",
        ),
        (
            {
                "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablets"}}],
                "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}},
                "route": {"text": "by mouth"},
            },
            "Take 2 tablets by mouth every 6 hours.",
        ),
        ({"timing": {"code": {"coding": [{"code": "BID"}]}}}, "Twice a day."),
        ({"timing": {"repeat": {"frequency": 1}}, "asNeededBoolean": False}, ""),
    ],
)
def test_directions_are_a_sentence_or_nothing(dosage: dict[str, Any], said: str) -> None:
    row: Prescription = first({"resourceType": "MedicationRequest", "id": "m", "dosageInstruction": [dosage]})
    assert row.sig == said


def test_a_medicine_that_stands_within_is_named() -> None:
    row = first(
        {
            "resourceType": "MedicationStatement",
            "id": "m",
            "contained": [{"resourceType": "Medication", "id": "med", "code": {"text": "Aspirin 81 mg"}}],
            "medicationReference": {"reference": "#med", "display": "Pills"},
        }
    )
    assert row.display == "Aspirin 81 mg"


def test_a_visit_by_video_is_known_by_its_service() -> None:
    row: Appointment = first(
        {"resourceType": "Appointment", "id": "a", "serviceType": [{"text": "Video visit"}], "status": "booked"}
    )
    assert row.virtual


def test_a_file_has_its_size_and_place() -> None:
    made = rows(
        {
            "resourceType": "DocumentReference",
            "id": "d",
            "type": {"text": "Letter"},
            "content": [
                {"attachment": {"contentType": "application/pdf", "data": "SGVsbG8="}},
                {"attachment": {"contentType": "text/plain", "url": "https://files.example/1"}},
            ],
        }
    )
    files = [row for row in made if isinstance(row, Attachment)]
    assert [(row.path, row.size, row.display, row.url) for row in files] == [
        ("content.0.attachment.data", 5, "PDF document", ""),
        ("content.1.attachment.data", None, "Text", "https://files.example/1"),
    ]


def test_the_content_of_a_file_is_found_by_its_path() -> None:
    raw = {"content": [{"attachment": {"data": "SGVs bG8="}}, {"attachment": {"data": "not base64"}}]}
    assert data_at(raw, "content.0.attachment.data") == b"Hello"
    assert data_at(raw, "content.1.attachment.data") is None
    assert data_at(raw, "content.9.attachment.data") is None


def test_a_type_without_a_page_is_a_paper_in_words() -> None:
    row: Paper = first({"resourceType": "Claim", "id": "c", "type": {"coding": [{"code": "oral"}]}, "created": "2019"})
    assert (row.display, row.said, row.type) == ("Insurance claim: dental", "2019", "Claim")
    assert first({"resourceType": "Oddity", "id": "o"}).display == "Oddity"


def test_texts_longer_than_their_column_are_cut(keep: Callable[..., Any]) -> None:
    keep(observation(code={"coding": [{"system": "s" * 500, "code": "c" * 500}]}, status="x" * 500))
    projecting.project_patient(RUTH)
    assert len(Result.objects.get().code) == 200


PRACTITIONER = {
    "resourceType": "Practitioner",
    "id": "d1",
    "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "12345"}],
    "name": [{"prefix": ["Dr."], "given": ["Carlos"], "family": "Jones"}],
}


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "urn:uuid:1"},
        {"reference": "Practitioner/d1", "display": "C. J."},
        {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|12345"},
        {"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "12345"}, "type": "Practitioner"},
    ],
)
def test_a_name_is_found_by_every_kind_of_reference(keep: Callable[..., Any], reference: dict[str, Any]) -> None:
    keep(PRACTITIONER, observation(performer=[reference]), urls=["urn:uuid:1", ""])
    projecting.project_patient(RUTH)
    assert Result.objects.get().performer == "Dr. Carlos Jones"


def test_the_same_short_reference_of_another_source_is_somebody_else(keep: Callable[..., Any]) -> None:
    keep(PRACTITIONER)
    keep(observation(performer=[{"reference": "Practitioner/d1", "display": "Dr. Lee"}]), source="other")
    projecting.project_patient(RUTH)
    assert Result.objects.get().performer == "Dr. Lee"


def test_a_change_reaches_those_that_name_it_and_nobody_else(keep: Callable[..., Any]) -> None:
    doctor, result, other = keep(
        PRACTITIONER, observation(performer=[{"reference": "Practitioner/d1"}]), observation(id="2")
    )
    projecting.project_changed(RUTH, [doctor.id, result.id, other.id])
    untouched = Result.objects.get(resource=other).pk
    doctor.raw = {**PRACTITIONER, "name": [{"text": "Dr. Maria Jones"}]}
    doctor.version = 2
    doctor.save()
    projecting.project_changed(RUTH, [doctor.id])
    assert Who.objects.get().display == Result.objects.get(resource=result).performer == "Dr. Maria Jones"
    assert Result.objects.get(resource=other).pk == untouched
    assert projecting.check_patient(RUTH) == []


def test_results_that_come_before_their_report_join_it(keep: Callable[..., Any]) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "preliminary",
        "category": [{"coding": [{"code": "MB"}]}],
        "code": {"text": "Culture"},
        "contained": [observation(id="in", valueString="No growth")],
        "result": [{"reference": "Observation/o1"}, {"reference": "#in"}],
    }
    (result,) = keep(observation(valueQuantity=quantity(120), referenceRange=[between(70, 99)]))
    projecting.project_changed(RUTH, [result.id])
    (stored,) = keep(report)
    projecting.project_changed(RUTH, [stored.id])
    panel = Panel.objects.get()
    assert (panel.kind, panel.results, panel.unusual, panel.unjudged) == ("microbiology", 2, 1, 1)
    assert set(Result.objects.values_list("panel_id", flat=True)) == {stored.id}
    result.raw = observation(valueQuantity=quantity(90), referenceRange=[between(70, 99)])
    result.version = 2
    result.save()
    projecting.project_changed(RUTH, [result.id])
    assert Panel.objects.get().unusual == 0
    assert projecting.check_patient(RUTH) == []


def test_a_result_that_stands_in_two_reports_counts_in_both(keep: Callable[..., Any]) -> None:
    def reported(id_: str, *results: str) -> dict[str, Any]:
        named = [{"reference": f"Observation/{one}"} for one in results]
        return {"resourceType": "DiagnosticReport", "id": id_, "status": "final", "result": named}

    first = observation(id="o1", valueQuantity=quantity(120), referenceRange=[between(70, 99)])
    last = observation(id="o2", valueString="No growth")
    stored = keep(first, last, reported("r1", "o1", "o2"), reported("r2", "o1"))
    projecting.project_patient(RUTH)
    counts = Panel.objects.order_by("-results").values_list("results", "unusual", "unjudged")
    assert list(counts) == [(2, 1, 1), (1, 1, 0)]
    for report in Panel.objects.all():
        assert report.results == Result.objects.filter(in_reports([report.resource_id])).count()
    result, _, second, third = stored
    result.raw = first | {"valueQuantity": quantity(90)}
    result.version = 2
    result.save()
    projecting.project_changed(RUTH, [result.id])
    assert {report.unusual for report in Panel.objects.all()} == {0}
    for report in (second, third):
        report.raw = reported(report.reference, "o2")
        report.version = 2
        report.save()
        projecting.project_changed(RUTH, [report.id])
        assert projecting.check_patient(RUTH) == []
    assert list(counts.all()) == [(1, 0, 1), (1, 0, 1)]


def test_a_great_many_changes_make_all_rows_again(keep: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projecting, "MOST_CHANGED", 1)
    keep(observation(id="o1", valueInteger=1))
    stored = keep(observation(id="o2", valueInteger=2), observation(id="o3", valueInteger=3))
    projecting.project_changed(RUTH, [one.id for one in stored])
    assert Result.objects.count() == 3


def test_few_changes_take_few_statements(
    keep: Callable[..., Any], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "final"}
    keep(observation(id="o1", valueInteger=1), report | {"result": [{"reference": "Observation/o2"}]})
    projecting.project_patient(RUTH)
    (stored,) = keep(observation(id="o2", valueInteger=2))
    with django_assert_max_num_queries(18):
        projecting.project_changed(RUTH, [stored.id])
    assert Panel.objects.get().results == 1


def test_a_fill_says_how_many_are_left_and_until_when(keep: Callable[..., Any]) -> None:
    request = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "medicationCodeableConcept": {"text": "Aspirin"},
        "dispenseRequest": {"numberOfRepeatsAllowed": 3, "expectedSupplyDuration": {"value": 30, "code": "d"}},
    }
    (stored,) = keep(request)
    projecting.project_changed(RUTH, [stored.id])
    assert Prescription.objects.get().refills_left is None
    fills = keep(
        *(
            {
                "resourceType": "MedicationDispense",
                "id": f"f{month}",
                "status": "completed",
                "whenHandedOver": f"2019-0{month}-01",
                "authorizingPrescription": [{"reference": "MedicationRequest/m"}],
            }
            for month in (1, 2)
        )
    )
    projecting.project_changed(RUTH, [one.id for one in fills])
    row = Prescription.objects.get()
    assert (row.refills_left, str(row.last_filled), str(row.supply_ends)) == (2, "2019-02-01", "2019-03-03")
    assert set(Dispense.objects.values_list("prescription_id", flat=True)) == {stored.id}
    assert projecting.check_patient(RUTH) == []


def test_a_visit_has_the_zone_of_its_place(keep: Callable[..., Any]) -> None:
    zone = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "America/Chicago"}
    keep(
        {"resourceType": "Location", "id": "l", "name": "Clinic", "extension": [zone]},
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "AMB"},
            "location": [{"location": {"reference": "Location/l"}}],
            "period": {"start": "2019-03-04T10:00:00Z"},
        },
        observation(encounter={"reference": "Encounter/e"}, effectiveDateTime="2019-03-04T10:00:00Z"),
    )
    projecting.project_patient(RUTH)
    assert Encounter.objects.get().zone == Result.objects.get().zone == "America/Chicago"
    assert Encounter.objects.get().kind == "Visit to a clinic"


def test_projecting_that_is_stopped_changes_nobody_halfway_and_can_be_repeated(
    keep: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for patient in (RUTH, OTIS):
        keep(*(observation(id=f"{number}") for number in range(3)), patient=patient)
        projecting.project_patient(patient)
        Result.objects.filter(patient=patient).update(display="old")
    seen: list[int] = []

    def stop(done: int) -> None:
        seen.append(done)
        if len(seen) == 3:  # at the resources that are no reports of the second person
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("portal.record.management.commands.project_record.tqdm.update", lambda _, done: stop(done))
        with pytest.raises(CommandError, match="1 of 2 people are done"):
            call_command("project_record")
    first, second = sorted((RUTH, OTIS))
    assert "old" not in set(Result.objects.filter(patient=first).values_list("display", flat=True))
    assert list(Result.objects.filter(patient=second).values_list("display", flat=True)) == ["old"] * 3
    call_command("project_record", stdout=io.StringIO())
    call_command("project_record", "--check", stdout=io.StringIO())
    assert Result.objects.count() == 6


def test_nobody_else_has_rows_made_or_removed(keep: Callable[..., Any]) -> None:
    keep(observation(), patient=OTIS)
    projecting.project_patient(OTIS)
    keep(observation())
    projecting.project_patient(RUTH)
    assert set(Result.objects.values_list("patient", flat=True)) == {RUTH, OTIS}


REAL: list[dict[str, Any]] = [
    observation(valueQuantity=quantity("5.4"), referenceRange=[between(1, 9)], interpretation=flag("H")),
    observation(component=[{"code": {"text": "a"}, "valueString": "b"}], effectivePeriod={"start": "2019"}),
    {
        "resourceType": "MedicationRequest",
        "id": "m",
        "medicationReference": {"reference": "#1"},
        "contained": [{"resourceType": "Medication", "id": "1", "code": {"text": "Aspirin"}}],
        "dosageInstruction": [{"sequence": 1, "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}],
        "dispenseRequest": {"quantity": quantity(30), "expectedSupplyDuration": {"value": 30, "code": "d"}},
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "result": [{"reference": "#o"}],
        "contained": [{"id": "o", **observation()}],
        "presentedForm": [{"contentType": "text/plain", "data": "SGVsbG8="}],
    },
    {
        "resourceType": "Condition",
        "id": "c",
        "onsetAge": quantity(4),
        "stage": [{}],
        "code": {"coding": [{"code": "x"}]},
    },
    {"resourceType": "Appointment", "id": "a", "start": "2019-03-04T10:00:00Z", "participant": [{"actor": {}}]},
    {
        "resourceType": "Immunization",
        "id": "i",
        "protocolApplied": [{"doseNumberString": "1"}],
        "note": [{"text": "x"}],
    },
    {
        "resourceType": "CarePlan",
        "id": "p",
        "category": [{"text": "a"}],
        "activity": [{"detail": {"code": {"text": "x"}}}],
    },
    {"resourceType": "Goal", "id": "g", "description": {"text": "Walk"}, "target": [{"detailQuantity": quantity(1)}]},
    {"resourceType": "QuestionnaireResponse", "id": "q", "item": [{"text": "a", "answer": [{"valueString": "b"}]}]},
    {"resourceType": "PractitionerRole", "id": "w", "practitioner": {"display": "Dr. X"}, "telecom": [{"value": "1"}]},
    {
        "resourceType": "Location",
        "id": "l",
        "name": "Clinic",
        "address": {"line": ["1 Road"]},
        "extension": [{"url": "x"}],
    },
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals() | st.just("2019-03-04"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
# PostgreSQL takes neither NUL nor half a character.
LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
JUNK_OF_A_DATABASE = (
    st.none() | st.booleans() | st.integers() | LETTERS | st.just("2019") | st.lists(LETTERS, max_size=2)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [one for key, part in inner for one in [(*path, key), *places(part, (*path, key))]]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_shape_of_a_resource_is_too_odd(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(REAL))
    raw = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        *path, last = data.draw(st.sampled_from([one for one in places(raw) if one != ("resourceType",)] or [("id",)]))
        part = raw
        for key in path:
            part = part[key]
        part[last] = data.draw(JUNK)
    made = projecting.rows_of(raw, resource_of({**raw, "id": "1"} | {"status": "x"}), Lookup()) if is_plain(raw) else []
    for row in made:
        assert isinstance(row, Projected)
        assert row.display.strip()
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            assert not isinstance(value, str) or "None" not in value or "None" in str(list(leaves(raw)))
            assert not isinstance(value, str) or not field.max_length or len(value) <= field.max_length


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_records_of_odd_resources_are_stored_and_checked(keep: Callable[..., Any], data: st.DataObject) -> None:
    changed = []
    for number, whole in enumerate([*REAL, PRACTITIONER]):
        raw = copy.deepcopy(whole)
        *path, last = data.draw(st.sampled_from([one for one in places(raw) if one != ("resourceType",)]))
        part = raw
        for key in path:
            part = part[key]
        part[last] = data.draw(JUNK_OF_A_DATABASE)
        changed.append({**raw, "id": str(number)})
    with transaction.atomic():
        keep(*changed)
        projecting.project_patient(RUTH)
        assert projecting.check_patient(RUTH) == []
        transaction.set_rollback(True)


def leaves(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for part in inner for one in leaves(part)] if inner else [value] if isinstance(value, str) else []


def is_plain(raw: Any) -> bool:
    """Tell whether JSON could have it: no NaN."""
    return "NaN" not in str(raw)


def test_every_made_resource_can_be_stored(keep: Callable[..., list[Resource]]) -> None:
    keep(*({**one, "id": f"{number}"} for number, one in enumerate(REAL)))
    projecting.project_patient(RUTH)
    assert projecting.check_patient(RUTH) == []
