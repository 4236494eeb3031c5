"""The button that copies the key of an authenticator app."""

import pytest
from playwright.sync_api import expect

from tests import people
from tests.accounts.holders import holder
from tests.journeys.test_journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_walter_copies_the_key_for_his_app_without_the_blanks_that_he_reads_it_with(page, live_server):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    holder(people.load("walter"), username="walter.keys")
    sign_in(page, "walter.keys")
    page.goto("/account/security/authenticator/")
    shown = page.locator("#authenticator-key").inner_text()
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert " " in shown
    assert copied == shown.replace(" ", "").strip()
    assert len(copied) == 32
