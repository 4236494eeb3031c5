"""The session's end in a real browser: warned, extended, over."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account
from dslogon import policy
from tests import people, walk
from tests.journeys.test_journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def slow_reader(monkeypatch) -> None:
    """Somebody with a Basic account, where sessions end after seconds."""
    monkeypatch.setattr(policy, "SESSION_IDLE", timedelta(seconds=12))
    monkeypatch.setattr(policy, "SESSION_WARNING", timedelta(seconds=10))
    person = people.load("rosa")
    Account.objects.create(
        username="slow.reader", first_name="Rosa", last_name="Reader", email="rosa@example.org",
        dod_id=person.dod_id, level=1, proofed_at=timezone.now(), password=make_password(walk.PASSWORD),
    )  # fmt: skip


def test_someone_who_reads_for_long_is_warned_may_stay_and_is_signed_out_in_the_end(page, slow_reader):
    sign_in(page, "slow.reader")
    page.goto("/account/")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/sign-in/\?timed_out=1"), timeout=60_000)
    expect(page.get_by_text("You were signed out because nothing happened")).to_be_visible()
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_whoever_stays_in_one_tab_stays_in_all_of_them(page, slow_reader):
    sign_in(page, "slow.reader")
    page.goto("/account/")
    other = page.context.new_page()
    other.goto("/account/security/")
    here, there = page.get_by_role("alertdialog"), other.get_by_role("alertdialog")
    expect(here).to_be_visible()
    expect(there).to_be_visible()
    expect(there.locator("[data-spoken]")).to_contain_text("You will be signed out in")
    page.get_by_role("button", name="Stay signed in").click()
    expect(here).to_be_hidden()
    expect(there).to_be_hidden()
    expect(there).to_be_visible()
    other.get_by_role("button", name="Sign out now").click()
    expect(other.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sign-in/\?timed_out=1"))


def test_the_notice_is_read_and_accepted_once_in_a_browser(page, slow_reader):
    sign_in(page, "slow.reader")
    page.get_by_role("button", name="Sign out").first.click()
    page.goto("/sign-in/")
    expect(page.get_by_role("button", name="I agree")).to_have_count(0)
    page.context.clear_cookies()
    page.goto("/portal/")
    expect(page.get_by_role("heading", name="Before you sign in")).to_be_visible()
    page.get_by_role("link", name="I do not agree").click()
    expect(page).to_have_url(re.compile(r"/$"))
    sign_in(page, "slow.reader")
    expect(page).to_have_url(re.compile("/portal/$"))
