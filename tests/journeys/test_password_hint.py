"""What the page says about a new password while a person chooses it."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.journeys import drafts
from demo.people import PEOPLE
from tests import people, walk
from tests.accounts.holders import address, holder, proven, signed_in, token_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def choosing(page: Page, live_server) -> Page:
    """Rosa's browser at the page for username and password."""
    client = Client()
    draft = proven(client, people.load("rosa"))
    page.context.add_cookies([{"name": drafts.COOKIE, "value": token_of(client), "url": live_server.url}])
    page.goto(address(draft, "credentials"))
    return page


def test_the_page_says_what_is_wrong_before_the_form_is_sent(choosing: Page) -> None:
    box, said = choosing.get_by_label("Password", exact=True), choosing.locator("#password_judgement")
    expect(said).to_have_attribute("role", "status")
    box.fill("short")
    expect(said).to_be_empty()
    box.blur()
    expect(said).to_have_text("Your password has 5 characters. Use at least 15 characters.")
    box.fill("the house of ROSA")
    expect(said).to_have_text("Leave your name out of your password.")
    box.fill(walk.PASSWORD)
    expect(said).to_have_text("You can use this password.")
    assert "password_judgement" in (box.get_attribute("aria-describedby") or "")


def test_another_username_is_judged_again(choosing: Page) -> None:
    box, said = choosing.get_by_label("Password", exact=True), choosing.locator("#password_judgement")
    box.fill("nordwind und sonne 9")
    expect(said).to_have_text("You can use this password.")
    choosing.get_by_label("Username").fill("nordwind")
    choosing.get_by_label("Username").blur()
    expect(said).to_have_text("Leave your username out of your password.")


def test_who_changes_the_password_hears_it_too(page: Page, live_server) -> None:
    account = holder(PEOPLE["rosa"])
    cookie = signed_in(account).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto("/account/security/password/")
    page.get_by_label("New password", exact=True).fill("the house of rosa and tricare")
    page.get_by_label("New password", exact=True).blur()
    expect(page.locator("#password_judgement")).to_contain_text("Leave your name out of your password.")


def test_a_silent_server_stops_nobody(choosing: Page) -> None:
    choosing.route("**/judge/", lambda route: route.fulfill(status=204))
    choosing.get_by_label("Username").fill("rosa.hid")
    choosing.get_by_label("Password", exact=True).fill(walk.PASSWORD)
    choosing.get_by_label("Confirm your password").fill(walk.PASSWORD)
    choosing.get_by_role("button", name="Open my account").click()
    expect(choosing.get_by_role("heading", level=1)).to_contain_text("Your account is")


def test_a_new_judgement_takes_the_place_of_what_was_said_of_the_last_password(choosing: Page) -> None:
    box = choosing.get_by_label("Password", exact=True)
    box.fill("rtyuiopasdfghjkl;")
    choosing.get_by_role("button", name="Open my account").click()
    expect(choosing.locator("#id_password_error")).to_contain_text("This password is easy to guess.")
    box.fill(walk.PASSWORD)
    expect(choosing.locator("#password_judgement")).to_have_text("You can use this password.")
    expect(choosing.locator("#id_password_error")).to_be_hidden()
