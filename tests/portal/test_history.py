"""What the pages of allergies, vaccines, medications and notes say, from the FHIR that a clinic sends."""

from base64 import b64encode
from datetime import date
from typing import Any

import pytest

from portal import history
from portal.record.models import Attachment, Note, Prescription
from tests.portal.conftest import RUTH
from tests.portal.test_visits import page, store


def test_no_known_allergies_is_not_the_same_as_nobody_asked(client, ruth):
    client.force_login(ruth)
    assert "Nobody has written down whether you have allergies." in page(client, "/portal/allergies/")
    none = {"coding": [{"system": "http://snomed.info/sct", "code": "716186003", "display": "No known allergy"}]}
    store(RUTH, {"resourceType": "AllergyIntolerance", "id": "none", "code": none, "recordedDate": "2024-02-01"})
    shown = page(client, "/portal/allergies/")
    assert "Nobody has written down" not in shown
    assert "Your care team wrote this down on February 1, 2024" in shown


def test_a_refused_vaccine_does_not_count_as_given(client, ruth):
    flu = {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140", "display": "Flu"}]}
    refused = {"status": "not-done", "statusReason": {"text": "Patient objection"}, "occurrenceDateTime": "2026-10-01"}
    store(RUTH, {"resourceType": "Immunization", "id": "refused", "vaccineCode": flu, **refused})
    client.force_login(ruth)
    shown = page(client, "/portal/immunizations/")
    assert "Not given" in shown
    assert "Patient objection" in shown
    assert "Vaccines you were given" not in shown
    assert "does not show a flu vaccine" in page(client, "/portal/tools/")


def test_a_prescription_without_numbers_says_so_and_never_none_days(client, ruth):
    bare = {"resourceType": "MedicationRequest", "id": "bare", "status": "active", "intent": "order"}
    store(RUTH, {**bare, "medicationCodeableConcept": {"text": "Lisinopril 10 MG"}, "authoredOn": "2024-05-01"})
    client.force_login(ruth)
    for address in ("/portal/medications/", f"/portal/medications/{Prescription.objects.get().resource_id}/"):
        shown = page(client, address)
        assert "None days" not in shown
        assert "How to take it is not recorded." in shown


def noted(content_type: str, data: bytes | str, number: int = 1) -> dict[str, Any]:
    written = data if isinstance(data, str) else b64encode(data).decode()
    return {
        "resourceType": "DocumentReference",
        "id": f"note-{number}",
        "status": "current",
        "type": {"text": "Letter"},
        "date": "2024-01-02T10:00:00Z",
        "content": [{"attachment": {"contentType": content_type, "data": written}}],
    }


def opened(client, ruth) -> tuple[str, Any]:
    client.force_login(ruth)
    file = Attachment.objects.get()
    shown = page(client, f"/portal/notes/{Note.objects.get().resource_id}/")
    return shown, client.get(f"/portal/notes/file/{file.resource_id}/{file.place}/download/")


def test_a_script_in_a_document_never_runs(client, ruth):
    store(RUTH, noted("text/html", b"<p>Dear <b>Ruth</b></p><script>steal()</script><img src=x onerror=steal()>"))
    shown, file = opened(client, ruth)
    assert "<p>Dear <b>Ruth</b></p>" in shown
    assert "steal()" not in shown
    assert file["Content-Type"] == "application/octet-stream"
    assert "sandbox" in file["Content-Security-Policy"]
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("kind", ["application/x-msdownload", "image/svg+xml", "text/javascript", ""])
def test_a_file_that_could_run_is_only_downloaded(client, ruth, kind):
    store(RUTH, noted(kind, b"MZ\x90"))
    _, file = opened(client, ruth)
    assert file["Content-Type"] == "application/octet-stream"
    assert file.content == b"MZ\x90"


def test_a_pdf_opens_in_a_sandbox(client, ruth):
    store(RUTH, noted("application/pdf", b"%PDF-1.7"))
    _, file = opened(client, ruth)
    assert (file["Content-Type"], file["Content-Disposition"]) == ("application/pdf", "inline")
    assert "sandbox" in file["Content-Security-Policy"]


def test_a_damaged_file_is_said_to_be_damaged(client, ruth):
    store(RUTH, noted("text/plain", "???"))
    shown, file = opened(client, ruth)
    assert history.UNREADABLE in shown
    assert file.status_code == 404


@pytest.mark.parametrize(
    ("today", "begins"), [(date(2026, 11, 23), date(2026, 9, 1)), (date(2026, 3, 1), date(2025, 9, 1))]
)
def test_the_flu_season_begins_in_september(today, begins):
    assert history.flu_season(today) == begins


def test_any_paper_shows_what_it_says_and_hides_the_social_security_number(client, ruth):
    ssn = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "900-12-4321"}
    claim = {
        "resourceType": "Claim",
        "id": "claim",
        "status": "active",
        "created": "2024-01-02",
        "total": {"value": 12, "currency": "USD"},
        "identifier": [ssn],
    }
    store(RUTH, claim)
    client.force_login(ruth)
    listed = page(client, "/portal/record/papers/")
    address = listed.partition('href="/portal/record/papers/')[2].partition('"')[0]
    shown = page(client, f"/portal/record/papers/{address}")
    assert "12 USD" in shown
    assert "ends in 4321" in shown
    assert "900-12" not in shown
