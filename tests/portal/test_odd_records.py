"""Valid FHIR of many odd shapes goes in, is on pages without a fault, and comes out equal."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from core.policy import Level
from portal.record import projecting
from portal.record.canonical import write_canonical
from portal.record.importing import Imported, import_file
from portal.record.models import Paper, Result
from tests.deers.registered import registered
from tests.portal.conftest import open_account
from tests.portal.record.fhir import ADA, bundle, exported, texts_of, write

pytestmark = pytest.mark.django_db

TEXTS = st.sampled_from(
    ["x", "None", "<b>bold</b>", "{{ 7 }}", "Größe 😀", "a\tb\r\nc", "'; DROP--", "=1+1", "ß" * 300]
)
TIMES = st.sampled_from(["2019", "2019-03", "2019-03-04", "0001-01-01", "9999-12-31T23:59:59.123456789-11:00"])
NUMBERS = st.sampled_from([*map(Decimal, ("0.010", "-0.0", "1E+9", "1E-20", "123456789012345678901234567890.5")), 7])
SYSTEMS = st.sampled_from(["http://loinc.org", "http://snomed.info/sct", "urn:x"])
CODINGS = st.fixed_dictionaries({}, optional={"system": SYSTEMS, "code": st.just("8867-4"), "display": TEXTS})
EXTENSIONS = st.one_of(
    st.builds(lambda said: [{"url": "urn:x", "valueString": said}], TEXTS),
    st.just([{"url": "urn:x", "extension": [{"url": "urn:y", "valueDecimal": Decimal("1.00")}]}]),
)
CONCEPTS = st.one_of(
    st.builds(lambda codings: {"coding": codings}, st.lists(CODINGS.filter(bool), min_size=1, max_size=3)),
    st.builds(lambda said: {"text": said}, TEXTS),
    st.builds(lambda inside: {"extension": inside}, EXTENSIONS),
)
QUANTITIES = st.fixed_dictionaries(
    {},
    optional={
        "value": NUMBERS,
        "comparator": st.sampled_from(["<", ">="]),
        "unit": TEXTS,
        "system": st.just("http://unitsofmeasure.org"),
        "code": st.sampled_from(["kg", "/min", "%", "[odd]"]),
    },
).filter(bool)
REFERENCES = st.sampled_from(
    [{"reference": "#inside"}, {"reference": "Nothing/1"}, {"display": "Dr. X"}, {"identifier": {"value": "7"}}]
)
VALUES = st.one_of(
    st.builds(lambda one: {"valueQuantity": one}, QUANTITIES),
    st.builds(lambda one: {"valueString": one}, TEXTS),
    st.builds(lambda one: {"valueCodeableConcept": one}, CONCEPTS),
    st.builds(lambda one: {"valueRatio": {"numerator": one, "denominator": one}}, QUANTITIES),
    st.builds(lambda one: {"dataAbsentReason": one}, CONCEPTS),
    st.just({"valueBoolean": False}),
    st.just({}),
)
COMPONENTS = st.builds(lambda code, value: {"code": code, **value}, CONCEPTS, VALUES)
NOTES = st.lists(st.builds(lambda said: {"text": said}, TEXTS), min_size=1, max_size=2)
CONTAINED = st.just([{"resourceType": "Practitioner", "id": "inside", "name": [{"text": "Dr. Inside"}]}])
SHARED: dict[str, st.SearchStrategy[Any]] = {"contained": CONTAINED, "extension": EXTENSIONS, "language": st.just("de")}
ABOUT = {"reference": "Patient/ada"}


def resources(type_: str, more: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fixed = {name: one if isinstance(one, st.SearchStrategy) else st.just(one) for name, one in more.items()}
    return st.fixed_dictionaries({"resourceType": st.just(type_), **fixed}, optional={**SHARED, **optional})


OBSERVATIONS = st.builds(
    lambda raw, value: raw | value,
    resources(
        "Observation",
        {"status": st.sampled_from(["final", "amended", "cancelled", "unknown"]), "code": CONCEPTS, "subject": ABOUT},
        {
            "effectiveDateTime": TIMES,
            "component": st.lists(COMPONENTS, min_size=1, max_size=3),
            "interpretation": st.lists(CONCEPTS, min_size=1, max_size=2),
            "referenceRange": st.lists(st.builds(lambda low: {"low": low}, QUANTITIES), min_size=1, max_size=2),
            "device": REFERENCES,
            "derivedFrom": st.lists(REFERENCES, min_size=1, max_size=2),
            "performer": st.lists(REFERENCES, min_size=1, max_size=2),
            "note": NOTES,
            "_status": st.builds(lambda inside: {"extension": inside}, EXTENSIONS),
        },
    ),
    VALUES,
)
EVERY = [
    OBSERVATIONS,
    resources(
        "Condition",
        {"subject": ABOUT},
        {"code": CONCEPTS, "onsetDateTime": TIMES, "abatementString": TEXTS, "clinicalStatus": CONCEPTS, "note": NOTES},
    ),
    resources(
        "AllergyIntolerance",
        {"patient": ABOUT},
        {
            "code": CONCEPTS,
            "verificationStatus": CONCEPTS,
            "reaction": st.lists(st.builds(lambda one: {"manifestation": [one]}, CONCEPTS), min_size=1, max_size=2),
        },
    ),
    resources(
        "Immunization",
        {"patient": ABOUT, "status": "not-done", "vaccineCode": CONCEPTS, "occurrenceString": TEXTS},
        {"statusReason": CONCEPTS, "doseQuantity": QUANTITIES, "note": NOTES},
    ),
    resources(
        "MedicationRequest",
        {"subject": ABOUT, "status": "active", "intent": "order", "medicationCodeableConcept": CONCEPTS},
        {"authoredOn": TIMES, "requester": REFERENCES, "note": NOTES, "reasonCode": st.lists(CONCEPTS, min_size=1)},
    ),
    resources("Procedure", {"subject": ABOUT, "status": "on-hold"}, {"code": CONCEPTS, "performedString": TEXTS}),
    resources(
        "DiagnosticReport",
        {"subject": ABOUT, "status": "partial", "code": CONCEPTS},
        {"conclusion": TEXTS, "effectiveDateTime": TIMES, "result": st.lists(REFERENCES, min_size=1, max_size=2)},
    ),
    resources(
        "Encounter",
        {"subject": ABOUT, "status": "triaged", "class": CODINGS.filter(bool)},
        {"type": st.lists(CONCEPTS, min_size=1)},
    ),
    resources(
        "Goal",
        {"subject": ABOUT, "lifecycleStatus": "proposed", "description": CONCEPTS},
        {"startDate": st.just("2019-03")},
    ),
    resources("Basic", {"subject": ABOUT, "code": CONCEPTS}, {"author": REFERENCES, "created": st.just("2019-03")}),
    resources("EvidenceVariable", {"anything": NUMBERS}, {}),
]
PAGES = ("labs", "labs/other", "vitals", "conditions", "allergies", "immunizations", "medications", "procedures")
MORE_PAGES = ("appointments/visits", "tools", "record", "record/papers", "record/people")


@pytest.fixture
def ada(db: None) -> Account:
    return open_account("ada.p", registered("Ada", "Winters").dod_id, Level.PREMIUM)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(*EVERY))
def test_odd_and_valid_resources_are_imported_shown_and_exported_equal(client, ada, tmp_path, drawn) -> None:
    came = [ADA, *({**raw, "id": f"r{number}"} for number, raw in enumerate(drawn))]
    client.force_login(ada)
    with transaction.atomic():
        done = import_file(write(tmp_path, bundle(*came)), ada.dod_id)
        assert isinstance(done, Imported), done
        assert texts_of(exported(ada.dod_id)["entry"]) == sorted(map(write_canonical, came))
        assert projecting.check_patient(ada.dod_id) == []
        tests = [f"labs/test/{row.resource_id}/{row.place}" for row in Result.objects.all()[:2]]
        papers = [f"record/papers/{row.resource_id}" for row in Paper.objects.all()[:2]]
        for name in (*PAGES, *MORE_PAGES, *tests, *papers):
            shown = client.get(f"/portal/{name}/")
            assert shown.status_code == 200, name
            text = shown.content.decode()
            assert "<b>bold" not in text
            assert not re.search(r">\s*None\s*<", text) or "None" in str(came)
        transaction.set_rollback(True)
