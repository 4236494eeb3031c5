"""What the vaccine certificate says, and that assistive technology can read it."""

from typing import Any

import pytest

from core.policy import Level
from deers import lookup
from portal.record.models import Vaccine
from safeguards.models import AuditEvent
from tests.deers.registered import registered
from tests.portal.appointments.test_visits import page, store
from tests.portal.conftest import open_account
from tests.support.test_guides import words

ADDRESS = "/portal/immunizations/certificate.pdf"


@pytest.fixture
def ada(db):
    """Ada Winters, who is in DEERS and has a Basic account."""
    return open_account("ada.w", registered("Ada", "Winters").dod_id, Level.BASIC)


def given(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "id": f"v-{number}",
        "status": "completed",
        "vaccineCode": {"text": f"Vaccine {number:03}"},
        "occurrenceDateTime": "2019-03-04",
        **more,
    }


def pdf_for(client, account) -> bytes:
    client.force_login(account)
    answer = client.get(ADDRESS)
    assert answer["Content-Type"] == "application/pdf"
    return answer.content


def test_ada_gets_her_vaccines_on_a_paper_that_a_screen_reader_reads(client, ada):
    place = {"manufacturer": {"display": "Merck"}, "location": {"display": "Harbor Clinic"}}
    doctor = {"performer": [{"actor": {"display": "Carol Nguyen, RN"}}]}
    store(ada.dod_id, given(lotNumber="A#12*") | place | doctor)
    pdf = pdf_for(client, ada)
    for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang(en-US)", b"pdfuaid:part", b"/S/TH"):
        assert mark in pdf
    said = words(pdf)
    for fact in ("Ada Winters", "born", "Vaccine 001", "March 4, 2019", "Merck", "Lot A#12*", "Harbor Clinic"):
        assert fact in said
    for fact in ("Carol Nguyen, RN", "This is the one vaccine", "Made by DS Logon, localhost:8000", "Page 1 of 1"):
        assert fact in said
    assert "Every person and record here is invented." in said
    assert AuditEvent.objects.get(event="portal.record-viewed").details == {"feature": "immunizations"}


def test_what_was_not_given_or_entered_in_error_is_not_on_the_paper(client, ada):
    not_given = given(2, status="not-done")
    store(ada.dod_id, given(1), not_given, given(3, status="entered-in-error"))
    said = words(pdf_for(client, ada))
    assert "Vaccine 001" in said
    assert "Vaccine 002" not in said
    assert "Vaccine 003" not in said


def test_an_empty_record_is_not_said_to_mean_that_ada_has_no_vaccines(client, ada):
    said = words(pdf_for(client, ada))
    assert "No vaccines are recorded as given in this person's health record." in said
    assert "That does not mean that none were given" in said


def test_a_vaccine_that_somebody_else_told_of_says_so(client, ada):
    store(ada.dod_id, given(1, primarySource=False))
    assert "Reported by someone other than who gave it" in words(pdf_for(client, ada))
    store(ada.dod_id, given(1, primarySource=True))
    assert "Reported by someone" not in words(pdf_for(client, ada))


def test_a_date_that_is_only_words_stands_as_words(client, ada):
    by_hearsay = given(1, occurrenceString="About the age of five")
    del by_hearsay["occurrenceDateTime"]
    store(ada.dod_id, by_hearsay)
    said = words(pdf_for(client, ada))
    assert "About the age of five" in said
    assert "Date not recorded" not in said


def test_a_long_list_goes_on_over_numbered_pages_with_its_headings(client, ada):
    store(ada.dod_id, *[given(number) for number in range(120)])
    said = words(pdf_for(client, ada))
    assert [number for number in range(120) if f"Vaccine {number:03}" not in said] == []
    pages = said.count("Made by DS Logon")
    assert pages > 2
    assert f"Page {pages} of {pages}" in said
    assert said.count("Date given") == pages


def test_a_list_that_is_too_long_says_that_there_is_more(client, ada, monkeypatch):
    monkeypatch.setattr("portal.certificate.MOST_VACCINES", 2)
    store(ada.dod_id, given(1), given(2), given(3))
    said = words(pdf_for(client, ada))
    assert "These are the newest 2 vaccines" in said
    assert "There are older ones." in said


def test_text_of_the_record_is_never_read_as_typst(client, ada):
    marks = ['#panic("x")', "$a$", "*b*", "@c", "<d>", "//", "e\\"]
    store(ada.dod_id, given(1, vaccineCode={"text": " ".join(marks)}))
    said = words(pdf_for(client, ada))
    assert [mark for mark in marks if mark not in said] == []


def test_a_letter_that_our_fonts_lack_stands_as_its_number(client, ada):
    store(ada.dod_id, given(1, lotNumber="中"))
    assert "Lot [U+4E2D]" in words(pdf_for(client, ada))


def test_when_deers_does_not_answer_ada_is_told_to_try_again(client, ada, monkeypatch):
    monkeypatch.setattr(lookup, "person", lambda dod_id: None)
    client.force_login(ada)
    assert "DEERS did not answer" in page(client, ADDRESS)


def test_the_page_of_immunizations_leads_to_the_certificate(client, ada):
    store(ada.dod_id, given())
    assert Vaccine.objects.get().was_given
    client.force_login(ada)
    assert f'href="{ADDRESS}"' in page(client, "/portal/immunizations/")
