"""The paper for a visit: what was measured, what to ask, medications and allergies."""

import pytest

from core import policy
from core.policy import Level
from portal.tools.models import VisitNote
from safeguards.models import AuditEvent
from tests import walk
from tests.deers.registered import registered
from tests.portal.appointments.test_visits import store
from tests.portal.conftest import open_account
from tests.portal.tools.conftest import measured
from tests.support.test_guides import words

pytestmark = pytest.mark.django_db

PAPER, PAGE = "/portal/tools/visit.pdf", "/portal/tools/visit/"


@pytest.fixture
def ada():
    return open_account("ada.w", registered("Ada", "Winters").dod_id, Level.PREMIUM)


def paper(client, **query) -> bytes:
    answer = client.get(PAPER, query)
    assert answer["Content-Type"] == "application/pdf"
    return answer.content


def test_ada_brings_one_paper_that_a_screen_reader_reads(client, ada):
    medication = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Lisinopril"},
        "dosageInstruction": [{"text": "One in the morning"}],
    }
    store(ada.dod_id, medication, {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Bee venom"}})
    measured(ada, "blood-pressure", ("2026-03-12 07:30", "136", "84"), ("2026-03-14 07:30", "129", "79"))
    client.force_login(ada)
    client.post(PAGE, {"text": "Why am I dizzy?\r\n#strong[no markup]"})
    pdf = paper(client, **{"from": "2026-03-01", "to": "2026-03-31"})
    for mark in (b"/StructTreeRoot", b"pdfuaid:part", b"/S/TH"):
        assert mark in pdf
    said = words(pdf)
    for fact in (
        "Ada Winters",
        "Why am I dizzy?",
        "#strong[no markup]",
        "Lisinopril",
        "One in the morning",
        "Bee venom",
    ):
        assert fact in said
    assert "Upper number (systolic): 2 readings, average 132.5 mm Hg, lowest 129, highest 136." in said
    assert "129 over 79 mm Hg" in said
    assert "no clinic has checked them" in said
    events = AuditEvent.objects.filter(event__startswith="tools.").order_by("id").values_list("event", flat=True)
    assert list(events)[-2:] == ["tools.visit-note-saved", "tools.summary-made"]


def test_only_the_chosen_days_and_sections_are_on_the_paper(client, ada):
    measured(
        ada, "weight", ("2026-02-28", "190"), ("2026-03-01", "181"), ("2026-03-02 23:59", "182"), ("2026-03-03", "199")
    )
    client.force_login(ada)
    said = words(paper(client, **{"from": "2026-03-02", "to": "2026-03-01"}, section="readings"))
    assert "2 readings, average 181.5 lb" in said
    assert "190" not in said
    assert "199" not in said
    assert "My medications" not in said


def test_nothing_is_called_good_because_it_is_missing(client, ada):
    client.force_login(ada)
    said = words(paper(client))
    assert "That does not mean that there is none." in said
    assert "Nothing was measured and stored in these days." in said


@pytest.mark.parametrize("query", [{"from": "x", "to": "9999-99-99"}, {"section": "all"}, {"from": "1900-01-01"}])
def test_an_odd_address_is_no_error(client, ada, query):
    client.force_login(ada)
    assert paper(client, **query).startswith(b"%PDF")


def test_notes_that_are_too_long_stay_in_their_box(client, ada):
    client.force_login(ada)
    response = client.post(PAGE, {"text": "why " * 600})
    assert "Shorten this to 2000 characters." in walk.text_of(response)
    assert "why why" in response.content.decode()
    assert not VisitNote.objects.exists()


def test_a_new_line_of_the_notes_counts_as_one_character(client, ada):
    client.force_login(ada)
    longest = ("x\r\n" * (policy.VISIT_NOTE_MAX // 2)).strip() + "."
    assert client.post(PAGE, {"text": longest}).status_code == 302


def test_nobody_gets_the_notes_of_another(client, ada, ruth):
    client.force_login(ada)
    client.post(PAGE, {"text": "Mine alone"})
    client.force_login(ruth)
    assert "Mine alone" not in client.get(PAGE).content.decode()
    assert "Mine alone" not in words(paper(client))


def test_the_paper_asks_few_queries(client, ruth, pressure, django_assert_max_num_queries):
    client.force_login(ruth)
    paper(client)
    # Seven for what it shows, and those of DEERS and of the event, which is a savepoint here.
    with django_assert_max_num_queries(2 + 7 + 4):
        paper(client)
