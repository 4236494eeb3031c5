"""What the pages of allergies, vaccines, medications and notes say, from the FHIR that a clinic sends."""

import gzip
import io
import re
import tracemalloc
from base64 import b64encode
from datetime import date
from html import unescape
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.template.defaultfilters import filesizeformat

from portal import history, papers
from portal.record.models import Attachment, Note, Prescription
from tests.portal.appointments.test_visits import page, store
from tests.portal.conftest import OTIS, RUTH


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


def test_a_dose_is_called_what_it_was_called(client, ruth):
    flu = {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140", "display": "Flu"}]}
    bare = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": flu,
        "occurrenceDateTime": "2026-10-01",
    }
    store(
        RUTH,
        {**bare, "id": "second", "protocolApplied": [{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 3}]},
        {**bare, "id": "booster", "protocolApplied": [{"doseNumberString": "booster"}]},
    )
    client.force_login(ruth)
    shown = page(client, "/portal/immunizations/")
    assert ">Dose 2 of 3<" in shown
    assert ">Booster<" in shown


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


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "image/jpeg"])
def test_a_page_that_calls_itself_a_pdf_or_a_picture_is_only_downloaded(client, ruth, kind):
    store(RUTH, noted(kind, b"<html><script>steal()</script>"))
    shown, file = opened(client, ruth)
    assert history.MISNAMED in shown
    assert "<img" not in shown.partition("<main")[2].partition("</main")[0]
    assert (file["Content-Type"], file["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="file"',
    )
    assert file["X-Content-Type-Options"] == "nosniff"


def zipped(size: int) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as folder, folder.open("zeros", "w") as zeros:
        for _ in range(size // 2**20):
            zeros.write(bytes(2**20))
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        ("application/zip", zipped),
        ("application/gzip", lambda size: gzip.compress(bytes(size))),
        ("text/plain", lambda size: gzip.compress(bytes(size))),
    ],
)
def test_a_packed_file_of_a_thousand_times_its_size_is_never_unpacked(client, ruth, kind, pack):
    bomb = pack(50 * 2**20)
    assert len(bomb) < 60_000
    store(RUTH, noted(kind, bomb))
    client.force_login(ruth)
    tracemalloc.start()
    shown, file = opened(client, ruth)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20 * 2**20
    assert Attachment.objects.get().size == len(bomb)
    assert " ".join(f"({filesizeformat(len(bomb))})".split()) in shown
    assert file.content == bomb
    assert file["Content-Type"] == "application/octet-stream"
    assert not file.has_header("Content-Encoding")


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


def test_no_text_of_a_record_turns_what_a_page_says_after_it(client, ruth):
    said = "\u202ehctap \u2067xetal"
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "latex",
        "code": {"text": said},
        "reaction": [{"manifestation": [{"text": said}], "severity": "severe"}],
    }
    store(RUTH, allergy, {"resourceType": "Basic", "id": "basic", "code": {"text": said}})
    client.force_login(ruth)
    listed = page(client, "/portal/allergies/")
    assert "hctap xetal (severe)" in listed
    address = page(client, "/portal/record/papers/").partition('href="/portal/record/papers/')[2].partition('"')[0]
    assert not set("\u202e\u2067") & set(listed + page(client, f"/portal/record/papers/{address}"))


@pytest.mark.parametrize(
    "says_so",
    [
        {"system": "http://hl7.org/fhir/sid/us-ssn"},
        {"system": "urn:oid:2.16.840.1.113883.4.1"},
        {"type": {"coding": [{"code": "SS"}]}},
        {"type": {"text": "Social Security Number"}},
        {"type": {"coding": [{"code": "N", "display": "Social Security number"}]}},
    ],
    ids=["url", "oid", "code", "words", "display"],
)
def test_a_social_security_number_is_known_however_a_record_calls_it(says_so):
    lines = list(papers.lines_of({"identifier": [{**says_so, "value": "900-12-4321"}]}))
    assert [line.value for line in lines] == ["Social Security number that ends in 4321"]


def all_pages(client, address: str, parameter: str) -> str:
    """Return what a list shows when all its links to older rows are followed."""
    shown = page(client, address)
    said = [shown]
    while more := re.search(rf'href="[^"?]*(\?{parameter}=[^"]*)"', shown):
        shown = page(client, address + unescape(more[1]))
        said.append(shown)
    return " ".join(said)


def ill(number: int, clinical: str = "active", verification: str = "confirmed") -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/condition"
    return {
        "resourceType": "Condition",
        "id": f"condition-{number}",
        "code": {"text": f"Illness {number:03}"},
        "clinicalStatus": {"coding": [{"system": f"{system}-clinical", "code": clinical}]},
        "verificationStatus": {"coding": [{"system": f"{system}-ver-status", "code": verification}]},
    }


def test_a_condition_that_ruth_never_had_is_not_called_active(client, ruth):
    store(RUTH, ill(1, verification="refuted"))
    client.force_login(ruth)
    shown = page(client, "/portal/conditions/")
    assert "Found not to be so" in shown
    assert "Active" not in shown
    assert "<h2>Conditions you do not have now</h2>" in shown


def test_no_condition_is_dropped_from_a_long_record(client, ruth):
    store(RUTH, *[ill(number) for number in range(130)], *[ill(number, "resolved") for number in range(130, 190)])
    client.force_login(ruth)
    shown = "".join(all_pages(client, "/portal/conditions/", name) for name in ("now", "before"))
    assert [number for number in range(190) if f"Illness {number:03}" not in shown] == []


@pytest.mark.parametrize(
    ("criticality", "said"),
    [
        ("high", "<dd>Can be serious</dd>"),
        ("low", "<dd>Not likely to be serious</dd>"),
        ("unable-to-assess", "<dd>Your care team could not tell</dd>"),
        ("", "<dt>How serious</dt><dd>Not recorded</dd>"),
    ],
)
def test_an_allergy_says_in_words_how_serious_it_is(client, ruth, criticality, said):
    nuts = {"resourceType": "AllergyIntolerance", "id": "nuts", "code": {"text": "Nuts"}}
    store(RUTH, nuts | ({"criticality": criticality} if criticality else {}))
    client.force_login(ruth)
    assert said in page(client, "/portal/allergies/")


def test_no_vaccine_that_was_not_given_is_dropped(client, ruth):
    refused = {"resourceType": "Immunization", "status": "not-done", "occurrenceDateTime": "2020-01-01"}
    store(RUTH, *[refused | {"id": f"v-{n}", "vaccineCode": {"text": f"Vaccine {n:03}"}} for n in range(120)])
    client.force_login(ruth)
    shown = all_pages(client, "/portal/immunizations/", "not")
    assert [number for number in range(120) if f"Vaccine {number:03}" not in shown] == []


def test_decades_of_fills_go_on_to_further_pages_that_only_ruth_sees(client, ruth, otis):
    drug = {"medicationCodeableConcept": {"text": "Lisinopril 10 MG"}}
    order = {"resourceType": "MedicationRequest", "id": "order", "status": "active", "intent": "order"}
    fill = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "authorizingPrescription": [{"reference": "urn:uuid:order"}],
        "whenHandedOver": "2020-01-01",
    }
    fills = [fill | drug | {"id": f"fill-{n}", "quantity": {"value": 300 + n, "unit": "tablets"}} for n in range(120)]
    store(RUTH, order | drug, *fills)
    client.force_login(ruth)
    address = f"/portal/medications/{Prescription.objects.get().resource_id}/"
    first = page(client, address)
    assert f'href="{address}fills/?before=' in first
    shown = first + all_pages(client, f"{address}fills/", "before")
    assert [number for number in range(300, 420) if f"{number} tablets" not in shown] == []
    client.force_login(otis)
    assert client.get(f"{address}fills/").status_code == 404


def test_a_file_that_is_only_an_address_is_said_to_be_elsewhere_and_not_linked(client, ruth):
    content = [{"attachment": {"contentType": "text/plain", "url": "https://files.example/1"}}]
    store(RUTH, noted("text/plain", b"") | {"content": content})
    shown, file = opened(client, ruth)
    assert "kept elsewhere" in shown
    assert "files.example" not in shown
    assert file.status_code == 404


def test_a_file_of_a_report_shows_its_text(client, ruth):
    form = [{"contentType": "text/plain", "data": b64encode(b"Nothing broken").decode()}]
    report = {"resourceType": "DiagnosticReport", "id": "x-ray", "status": "final", "code": {"text": "X-ray"}}
    store(RUTH, report | {"presentedForm": form})
    client.force_login(ruth)
    file = Attachment.objects.get()
    assert "Nothing broken" in page(client, f"/portal/notes/file/{file.resource_id}/{file.place}/")


def test_the_files_of_another_person_are_not_found(client, ruth):
    store(OTIS, noted("text/plain", b"Dear Otis"))
    client.force_login(ruth)
    file = Attachment.objects.get()
    for address in (f"{file.resource_id}/", f"file/{file.resource_id}/{file.place}/"):
        assert client.get(f"/portal/notes/{address}").status_code == 404
    assert client.get(f"/portal/notes/file/{file.resource_id}/{file.place}/download/").status_code == 404


def test_a_procedure_that_was_not_done_says_so(client, ruth):
    procedure = {"resourceType": "Procedure", "id": "biopsy", "status": "not-done", "code": {"text": "Biopsy"}}
    store(RUTH, procedure | {"performedDateTime": "2020-01-01"})
    client.force_login(ruth)
    assert "<strong>Not done</strong>" in page(client, "/portal/procedures/")
