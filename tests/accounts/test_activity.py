"""The list of an account's events: the same in the account and in the portal, whatever the trail holds."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from accounts.profile.activity import EVENTS_TO_A_PAGE
from demo.people import PEOPLE
from safeguards import audit
from safeguards.events import NO_SENTENCE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import holder, signed_in, staff

pytestmark = pytest.mark.django_db

IN_ACCOUNT, IN_PORTAL = "/account/activity/", "/portal/access/"
PAGES = pytest.mark.parametrize("page", [IN_ACCOUNT, IN_PORTAL])
FIRST = "Your account was opened."


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


@pytest.fixture
def browser(rosa: Account) -> Client:
    return signed_in(rosa)


def events_on(browser: Client, page: str) -> list[str]:
    """Return the sentences that a page lists."""
    shown = browser.get(page)
    assert shown.status_code == 200
    return re.findall(r'<span class="events__what">(.*?)</span>', shown.content.decode())


def happened(account: Account, times: int) -> None:
    for _ in range(times):
        audit.record("account.phone-changed", by=account)


def test_the_account_and_the_portal_list_the_same_events(browser):
    assert events_on(browser, IN_ACCOUNT) == events_on(browser, IN_PORTAL)
    assert FIRST in events_on(browser, IN_ACCOUNT)


@PAGES
def test_each_event_says_who_it_was_by_and_from_where(browser, page):
    shown = walk.text_of(browser.get(page))
    assert re.search(r"You signed in\. .* [AP]M · by you · .*Internet address 127\.0\.0\.1", shown)


@PAGES
def test_what_our_staff_did_does_not_say_from_which_device_and_internet_address(browser, rosa, page):
    signed_in(staff("Service center agent")).get(f"/admin/accounts/account/{rosa.pk}/change/")
    shown = walk.text_of(browser.get(page))
    [about] = re.findall(r"A member of our staff looked at your account\.(.*?)You signed in\.", shown)
    assert about.rstrip().endswith("by a member of our staff")


@PAGES
def test_older_events_are_on_the_next_page(browser, rosa, page):
    happened(rosa, EVENTS_TO_A_PAGE)
    assert events_on(browser, page) == ["The phone number of your account was changed."] * EVENTS_TO_A_PAGE
    assert 'href="?page=2"' in browser.get(page).content.decode()
    assert FIRST in events_on(browser, f"{page}?page=2")
    older = browser.get(f"{page}?page=2").content.decode()
    assert 'href="?page=1"' in older
    assert 'href="?page=3"' not in older


@PAGES
def test_a_page_that_holds_all_events_leads_to_no_other(browser, page):
    assert "?page=" not in browser.get(page).content.decode()


@PAGES
@pytest.mark.parametrize("number", ["2", "9999"])
def test_a_page_after_the_last_one_leads_back_to_the_first(browser, page, number):
    shown = browser.get(f"{page}?page={number}")
    assert "There is nothing on this page." in walk.text_of(shown)
    assert 'href="?page=1">Go to the first page' in shown.content.decode()


@PAGES
def test_a_page_asks_for_the_events_once(browser, rosa, page):
    happened(rosa, EVENTS_TO_A_PAGE)
    with CaptureQueriesContext(connection) as asked:
        browser.get(page)
    assert len([query for query in asked.captured_queries if AuditEvent._meta.db_table in query["sql"]]) == 1


def test_an_event_of_another_version_reads_as_a_plain_sentence(browser, rosa):
    AuditEvent.objects.create(event="of-another.version", actor_kind="self", actor_id=rosa.pk, account_id=rosa.pk)
    agent = signed_in(staff("Service center agent"))
    for person, page in (
        (browser, IN_ACCOUNT),
        (browser, IN_PORTAL),
        (agent, f"/admin/accounts/account/{rosa.pk}/change/"),
    ):
        shown = walk.text_of(person.get(page))
        assert NO_SENTENCE in shown
        assert "of-another.version" not in shown
