"""What the pages of the portal say, and how many queries they make."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.paging import page_number, page_of
from core.policy import Level
from deers import lookup
from portal import clinical, codes
from portal.features import FEATURES
from portal.library import ARTICLES
from portal.models import (
    Allergy,
    Appointment,
    Immunization,
    Medication,
    Message,
    Observation,
    Report,
    Thread,
    resource_id,
)
from safeguards import audit
from tests.deers.registered import registered, sponsored
from tests.portal.conftest import OTIS, RUTH, open_account

# What a page may ask beside the session and the account.
QUERIES = {"appointments": 2, "labs": 2, "library": 0, "eligibility": 8, "family": 8}


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
    with django_assert_max_num_queries(2 + QUERIES.get(feature.slug, 1)):
        client.get(feature.url)


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


def test_an_empty_dashboard_says_so(client, otis):
    client.force_login(otis)
    shown = page(client, "/portal/")
    assert "You have no upcoming appointments." in shown
    assert "You have no messages." in shown


def test_an_appointment_is_upcoming_until_it_ends(client, ruth):
    now = timezone.now()
    for name, begins in (("Now going on", now - timedelta(minutes=5)), ("Long gone", now - timedelta(days=5))):
        Appointment.objects.create(
            id=resource_id(RUTH, "appointment", name),
            patient=RUTH,
            status="booked",
            display=name,
            start=begins,
            end=begins + timedelta(minutes=30),
        )
    client.force_login(ruth)
    shown = page(client, "/portal/appointments/")
    assert shown.index("Now going on") < shown.index("Past visits") < shown.index("Long gone")


def lab_result(
    value: str,
    low: str | None,
    high: str | None,
    interpretation: str,
    *,
    number: int = 1,
    days_ago: int = 0,
    patient: str = RUTH,
) -> Report:
    now = timezone.now() - timedelta(days=days_ago)
    report = Report.objects.create(
        id=resource_id(patient, "report", number),
        patient=patient,
        status="final",
        display="Lipid panel",
        effective=now,
        issued=now,
    )
    Observation.objects.create(
        id=resource_id(patient, "observation", number),
        patient=patient,
        status="final",
        category="laboratory",
        report=report,
        effective=now,
        code_system=codes.LOINC,
        code="2093-3",
        display="Total cholesterol",
        value=Decimal(value),
        unit="mg/dL",
        low=low and Decimal(low),
        high=high and Decimal(high),
        interpretation=interpretation,
    )
    return report


def test_a_result_outside_the_usual_range_says_so_in_words(client, ruth):
    report = lab_result("236", None, "199", "H")
    client.force_login(ruth)
    for shown in (page(client, "/portal/labs/"), page(client, f"/portal/labs/{report.pk}/")):
        assert "above the usual range" in shown.lower()
        assert "199 or less" in shown
    assert "1 of 1 result is outside" in page(client, f"/portal/labs/{report.pk}/")


def test_a_panel_shows_what_the_same_tests_said_before_and_nobody_elses(client, ruth, otis):
    first = lab_result("236", None, "199", "H", number=1, days_ago=400)
    lab_result("777", None, "199", "H", number=2, days_ago=300, patient=OTIS)
    second = lab_result("187", None, "199", "N", number=3, days_ago=30)
    client.force_login(ruth)
    shown = page(client, f"/portal/labs/{second.pk}/")
    trend = shown[shown.index("Over time") :]
    assert trend.index(">187<") < trend.index(">236 <strong>high</strong><")
    assert "777" not in shown
    assert "Over time" not in page(client, f"/portal/labs/{first.pk}/")


def test_a_panel_is_set_beside_the_last_ones_only_and_asks_three_queries(client, ruth, django_assert_num_queries):
    reports = [lab_result(str(100 + number), None, "199", "N", number=number, days_ago=number) for number in range(9)]
    client.force_login(ruth)
    shown = page(client, f"/portal/labs/{reports[0].pk}/")
    trend = shown[shown.index("Over time") :]
    assert [number for number in range(100, 109) if f">{number}<" in trend] == [100, 101, 102, 103]
    with django_assert_num_queries(5):  # session, account, panel, its results, those before
        page(client, f"/portal/labs/{reports[0].pk}/")


def test_a_result_in_the_usual_range_says_so_too(client, ruth):
    lab_result("150", None, "199", "N")
    client.force_login(ruth)
    assert "The result is in the usual range." in page(client, "/portal/labs/")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [("70", "99", "70 to 99"), (None, "4.0", "4 or less"), ("40.50", None, "40.5 or more"), (None, None, "")],
)
def test_a_reference_range_reads_as_people_say_it(low, high, said):
    assert Observation(low=low and Decimal(low), high=high and Decimal(high)).usual == said


def test_a_number_is_written_without_an_exponent():
    assert Observation(value=Decimal("100.0000")).number == "100"


def test_a_supply_that_ends_soon_is_marked_and_reminded_of(client, ruth):
    today = timezone.localdate()
    Medication.objects.create(
        id=resource_id(RUTH, "medication", 1),
        patient=RUTH,
        status="active",
        display="Lisinopril 10 MG Oral Tablet",
        authored_on=today - timedelta(days=100),
        last_filled=today - timedelta(days=85),
        days_supply=90,
        refills_left=1,
        pharmacy="Cedar Hollow Pharmacy",
    )
    client.force_login(ruth)
    assert "Supply ends soon" in page(client, "/portal/medications/")
    assert "You have 1 refill left" in page(client, "/portal/tools/")


@pytest.mark.parametrize(
    ("today", "begins"), [(date(2026, 11, 23), date(2026, 9, 1)), (date(2026, 3, 1), date(2025, 9, 1))]
)
def test_the_flu_season_begins_in_september(today, begins):
    assert clinical.flu_season(today) == begins


def test_a_flu_vaccine_of_this_season_ends_the_reminder(client, ruth):
    client.force_login(ruth)
    assert "Flu vaccine" in page(client, "/portal/tools/")
    Immunization.objects.create(
        id=resource_id(RUTH, "immunization", 1),
        patient=RUTH,
        status="completed",
        code_system=codes.CVX,
        code="140",
        display="Flu",
        occurrence=timezone.localdate(),
    )
    assert "Flu vaccine" not in page(client, "/portal/tools/")


def test_a_conversation_reads_from_the_first_message_to_the_last(client, ruth):
    now = timezone.now()
    thread = Thread.objects.create(
        id=resource_id(RUTH, "thread", 1),
        patient=RUTH,
        subject="A question",
        care_team="Primary care",
        last_sent_at=now,
    )
    for count, (author, body) in enumerate([("", "Is it <b>safe</b>?"), ("Carol Nguyen, RN", "It is.")]):
        Message.objects.create(
            id=resource_id(RUTH, "message", count),
            thread=thread,
            sent_at=now - timedelta(hours=2 - count),
            author=author,
            body=body,
        )
    client.force_login(ruth)
    shown = page(client, f"/portal/messages/{thread.pk}/")
    assert "Is it &lt;b&gt;safe&lt;/b&gt;?" in shown
    assert shown.index("&lt;b&gt;safe") < shown.index("It is.")


def test_a_long_list_goes_on_with_older_and_newer(client, ruth):
    for count in range(30):
        Immunization.objects.create(
            id=resource_id(RUTH, "immunization", count),
            patient=RUTH,
            status="completed",
            display=f"Vaccine {count:02}",
            occurrence=date(2000, 1, 1) + timedelta(days=count),
        )
    client.force_login(ruth)
    first, second = page(client, "/portal/immunizations/"), page(client, "/portal/immunizations/?page=2")
    assert "Vaccine 29" in first
    assert "?page=2" in first
    assert "Vaccine 00" not in first
    assert "Vaccine 00" in second
    assert "?page=1" in second


def test_a_page_keeps_to_its_size():
    assert page_of(range(21), 3, 10).rows == [20]
    assert page_of(range(20), 2, 10).older is None


@pytest.mark.parametrize("typed", ["", "abc", "-3", "1.5", "٣", "\x00", "9" * 100])
def test_what_is_no_page_number_means_the_first_page(typed):
    assert page_number(typed) == 1


def test_the_record_brings_everything_together(client, ruth, records):
    rows = records(RUTH)
    client.force_login(ruth)
    shown = page(client, "/portal/record/")
    for row in rows:
        if isinstance(row, Allergy | Immunization | Medication | Report):
            assert row.display in shown


def test_the_rows_of_the_record_are_the_rows_of_the_tables(ruth, records):
    records(RUTH)
    loaded = clinical.whole(ruth, Observation, Appointment)
    for kind in (Observation, Appointment):
        stored = {row.pk: row for row in kind.objects.filter(patient=RUTH)}
        assert len(stored) == len(loaded[kind])
        for row in loaded[kind]:
            for field in kind._meta.concrete_fields:
                assert getattr(row, field.attname) == getattr(stored[row.pk], field.attname)


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
