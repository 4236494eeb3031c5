"""What the pages of the portal say, and how many queries they make."""

from datetime import date
from typing import Any

import pytest

from core.paging import page_number, page_of
from core.policy import Level
from deers import lookup
from portal.features import FEATURES
from portal.library import ARTICLES
from safeguards import audit
from tests.deers.registered import registered, sponsored
from tests.portal.conftest import OTIS, RUTH, open_account

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
