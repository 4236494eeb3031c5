"""What the pages of the portal say, and how many queries they make."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from core.paging import page_number, page_of
from core.policy import Level
from deers import lookup
from portal import dashboard, news
from portal.features import FEATURES
from portal.library import ARTICLES
from portal.messages.models import CareTeam, Thread
from portal.record.importing import store_resources
from portal.record.models import Note
from safeguards import audit
from tests.deers.registered import registered, sponsored
from tests.portal.conftest import OTIS, RUTH, open_account
from tests.portal.messages.conversations import answered, team, treats

# What a page may ask beside the session and the account.
MOST = 8


def page(client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_the_dashboard_asks_three_queries(client, ruth, records, django_assert_num_queries):
    records(RUTH)
    client.force_login(ruth)
    client.get("/portal/")
    with django_assert_num_queries(3):
        client.get("/portal/")


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.slug)
def test_a_page_asks_few_queries(client, ruth, records, django_assert_max_num_queries, feature):
    records(RUTH)
    client.force_login(ruth)
    client.get(feature.url)
    with django_assert_max_num_queries(2 + MOST):
        client.get(feature.url)


def later(client, account: Any) -> None:
    """Sign in once more, in a session of its own."""
    client.logout()
    client.force_login(account)


def bring(patient: str, *resources: dict[str, Any]) -> None:
    with transaction.atomic():
        store_resources(patient, "clinic", [("", raw) for raw in resources])


def observed(number: int, category: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": {"text": f"Test {number}"},
        "valueInteger": number,
    }


DOCUMENT: dict[str, Any] = {"resourceType": "DocumentReference", "id": "n", "status": "current", "date": "2009-01-01"}


def test_on_her_first_visit_nothing_counts_as_new(client, ruth, records):
    records(RUTH)
    client.force_login(ruth)
    for _ in range(2):
        assert "This is your first visit." in page(client, "/portal/")


def test_ruth_finds_what_came_since_her_last_visit_however_old_it_is(client, ruth, records):
    records(RUTH)
    client.force_login(ruth)
    page(client, "/portal/")
    later(client, ruth)
    assert "Nothing came into your record since" in page(client, "/portal/")
    report = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Lipid panel"}}
    bring(RUTH, {**DOCUMENT, "type": {"text": "Old letter"}}, *({**report, "id": f"r{n}"} for n in range(4)))
    bring(RUTH, *(observed(n, "vital-signs" if n else "laboratory") for n in range(3)))
    bring(RUTH, {"resourceType": "Coverage", "id": "c", "status": "active"})
    bring(OTIS, {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "Walk"}})
    for _ in range(2):
        news = page(client, "/portal/").partition("New since your last visit")[2].partition("Next appointments")[0]
        assert f'href="/portal/notes/{Note.objects.get(display="Old letter").resource_id}/">1 note or document' in news
        for said in ("Old letter", "4 test reports", "1 lab result<", "2 measurements", "1 other paper<"):
            assert said in news
        assert "goal" not in news
    later(client, ruth)
    assert "Old letter" in page(client, "/portal/")  # it came after her first look of the session before
    later(client, ruth)
    assert "Nothing came into your record since" in page(client, "/portal/")


def test_a_great_many_results_are_not_counted_to_the_end(client, ruth, monkeypatch):
    monkeypatch.setattr(news, "MOST_RESULTS", 1)
    monkeypatch.setattr(news, "RESULTS_SQL", news.RESULTS_SQL.replace("1000", "1"))
    dashboard.statement_of_news.cache_clear()
    client.force_login(ruth)
    page(client, "/portal/")
    bring(RUTH, observed(1, "laboratory"), observed(2, "vital-signs"))
    later(client, ruth)
    shown = page(client, "/portal/")
    dashboard.statement_of_news.cache_clear()
    assert "More than 1 results and measurements" in shown
    assert "1 lab result<" not in shown


def test_basic_is_told_of_new_entries_only_in_what_it_opens(client, ruth_basic):
    client.force_login(ruth_basic)
    page(client, "/portal/")
    later(client, ruth_basic)
    bring(RUTH, DOCUMENT, observed(1, "laboratory"))
    assert "Nothing came into the parts of your record that you can see since" in page(client, "/portal/")
    bring(RUTH, {"resourceType": "Immunization", "id": "i", "status": "completed", "vaccineCode": {"text": "Flu"}})
    shown = page(client, "/portal/")
    assert "1 entry about vaccines" in shown
    assert "note" not in shown.partition("New since your last visit")[2].partition("Next appointments")[0]


def unread(account: Account, subject: str, *, at: datetime, read: bool = False) -> None:
    """A conversation in which the care team wrote last."""
    (care,) = CareTeam.objects.all()
    thread = Thread.objects.create(
        id=uuid4(), patient=account.dod_id or "", team=care, topic="general", subject=subject, last_sent_at=at
    )
    answered(thread, at=at, read=read)


def test_what_needs_ruth_begins_with_what_she_has_not_read(client, ruth, otis):
    now = timezone.now().replace(microsecond=0)
    care = team()
    for patient in (RUTH, OTIS):
        treats(care, patient)
    for count in range(1, 6):
        unread(ruth, f"Question {count}", at=now - timedelta(days=count))
    unread(ruth, "Long read", at=now - timedelta(days=9), read=True)
    unread(otis, "Of another", at=now)
    starts = {"A visit soon": now + timedelta(days=2), "A visit in a month": now + timedelta(days=30)}
    visits: list[dict[str, Any]] = [
        {
            "resourceType": "Appointment",
            "id": f"v{number}",
            "status": "booked",
            "appointmentType": {"text": title},
            "start": start.isoformat(),
            "participant": [{"status": "accepted"}],
        }
        for number, (title, start) in enumerate(starts.items())
    ]
    medicine = {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order"}
    fill = {
        "resourceType": "MedicationDispense",
        "id": "f",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Metformin"},
        "authorizingPrescription": [{"reference": "MedicationRequest/m"}],
        "whenHandedOver": (now - timedelta(days=33)).isoformat(),
        "daysSupply": {"value": 30, "code": "d"},
    }
    bring(RUTH, *visits, {**medicine, "medicationCodeableConcept": {"text": "Metformin"}}, fill)
    client.force_login(ruth)
    needs = page(client, "/portal/").partition("What needs you")[2].partition("New since")[0]
    assert needs.count("Unread message<") == 3
    assert "More unread messages" in needs
    assert needs.index("Question 1") < needs.index("A visit soon") < needs.index("Metformin")
    assert "Supply ended" in needs
    for absent in ("Long read", "Of another", "A visit in a month"):
        assert absent not in needs


def test_the_dashboard_of_basic_shows_what_basic_opens(client, ruth_basic, records):
    records(RUTH)
    client.force_login(ruth_basic)
    shown = page(client, "/portal/")
    assert "Next appointments" in shown
    assert "Latest lab results" not in shown
    assert "Medications due" not in shown
    assert "Upgrade to Premium" in shown
    assert '<span class="usa-sr-only">, Premium</span>' in shown


def test_the_dashboard_of_premium_shows_messages_labs_and_medications(client, ruth, records):
    records(RUTH)
    client.force_login(ruth)
    shown = page(client, "/portal/")
    for title in ("Next appointments", "Latest messages", "Latest lab results", "Medications due"):
        assert title in shown
    assert 'usa-sr-only">, Premium' not in shown
    said = shown.partition("Latest messages")[2].partition("Medications due")[0]
    assert "Eastern time" in said  # by the clock of the messages' own pages


def test_an_empty_dashboard_says_so(client, otis):
    client.force_login(otis)
    shown = page(client, "/portal/")
    assert "You have no upcoming appointments." in shown
    assert "You have no messages." in shown


def test_a_page_keeps_to_its_size():
    assert page_of(range(21), 3, 10).rows == [20]
    assert page_of(range(20), 2, 10).older is None


@pytest.mark.parametrize("typed", ["", "abc", "-3", "1.5", "٣", "\x00", "9" * 100])
def test_what_is_no_page_number_means_the_first_page(typed):
    assert page_number(typed) == 1


def test_the_access_history_tells_what_happened_in_plain_words(client, ruth, otis):
    audit.record("sign-in.succeeded", by=ruth)
    audit.record("password.changed", by=otis)
    client.force_login(ruth)
    shown = page(client, "/portal/access/")
    assert "You signed in." in shown
    assert "Your password was changed." not in shown


def test_the_library_has_articles_that_open(client, ruth_basic):
    client.force_login(ruth_basic)
    assert len(ARTICLES) >= 8
    for article in ARTICLES.values():
        assert article.title in page(client, f"/portal/library/{article.slug}/")


def test_the_contact_page_shows_the_account_and_not_another(client, ruth, otis):
    client.force_login(ruth)
    shown = page(client, "/portal/contact/")
    assert ruth.email in shown
    assert otis.email not in shown
    assert OTIS not in shown


def test_no_page_of_the_portal_is_kept_by_the_browser(client, ruth):
    client.force_login(ruth)
    for address in ("/portal/", "/portal/labs/"):
        assert "no-store" in client.get(address)["Cache-Control"]


@pytest.fixture
def ada_and_ben(db):
    """A sponsor and her husband, as DEERS has them, and their accounts."""
    address: dict[str, Any] = {"street": "12 Quarry Lane", "city": "Yorktown", "state": "VA", "postal_code": "23690"}
    ada = registered("Ada", "Winters", email="ada@deers.example", **address)
    ben = registered("Ben", "Winters", born=date(1956, 1, 2))
    sponsored(ada, ben, "spouse")
    return open_account("ada.w", ada.dod_id, Level.PREMIUM), open_account("ben.w", ben.dod_id, Level.PREMIUM)


def test_a_husband_reads_his_plan_and_his_sponsor(client, ada_and_ben):
    client.force_login(ada_and_ben[1])
    shown = page(client, "/portal/eligibility/")
    assert "TRICARE Select" in shown
    assert "Ada Winters" in shown
    assert "January 1, 2000" in shown
    assert "No end date" in shown


def test_a_sponsor_sees_her_family_by_name_and_year_but_not_by_number(client, ada_and_ben):
    ada, ben = ada_and_ben
    client.force_login(ada)
    shown = page(client, "/portal/family/")
    assert "Ben Winters" in shown
    assert "born in 1956" in shown
    assert ben.dod_id not in shown


def test_the_contact_page_shows_the_address_of_record(client, ada_and_ben):
    client.force_login(ada_and_ben[0])
    shown = page(client, "/portal/contact/")
    assert "12 Quarry Lane" in shown
    assert "United States" in shown
    assert "ada@deers.example" in shown


def test_the_pages_stand_when_deers_does_not_answer(client, ada_and_ben, monkeypatch):
    monkeypatch.setattr(lookup, "person", lambda dod_id: None)
    monkeypatch.setattr(lookup, "coverage", lambda dod_id: None)
    client.force_login(ada_and_ben[0])
    assert "We cannot show your eligibility now." in page(client, "/portal/eligibility/")
    assert "We cannot show your address now" in page(client, "/portal/contact/")
    assert "Family access" in page(client, "/portal/family/")
