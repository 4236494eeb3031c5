"""Ways back into an account, and ways to stop an intruder, in a real browser."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, AuthenticatorApp, RecoveryRequest
from accounts.recovery import lost_factor
from accounts.recovery import password as recovery
from core import policy
from tests import people, walk
from tests.accounts.holders import KEY, holder, premium
from tests.journeys.test_journeys import base32_to_hex, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "a brand new long password"


def work() -> None:
    """Do what the worker does."""
    for request in RecoveryRequest.objects.filter(answered_at=None):
        recovery.answer(str(request.pk))
    walk.deliver_mail()


def follow(page: Page, words: str) -> None:
    """Open the link that the newest mail has under these words."""
    work()
    for message in reversed(mail.outbox):
        found = re.search(rf"{words}:\s+http://localhost:8000(/\S+)", str(message.body))
        if found:
            page.goto(found[1])
            return
    raise AssertionError(f"No mail has a link “{words}”.")


def test_a_forgotten_username_comes_by_mail(page: Page) -> None:
    rosa = holder(people.load("rosa"))
    page.goto("/recover/username/")
    page.get_by_label("Email address").fill(rosa.email)
    page.get_by_role("button", name="Send my username").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    work()
    assert rosa.username in str(mail.outbox[-1].body)


def test_a_forgotten_password_is_replaced_by_link_and_the_second_factor_stands(page: Page) -> None:
    grace = premium(people.load("grace"))
    page.goto("/recover/password/")
    page.get_by_label("Username").fill(grace.username)
    page.get_by_role("button", name="Send me a link").click()
    follow(page, "Choose a new password")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("Confirm your new password").fill(NEW)
    page.get_by_role("button", name="Set my password").click()
    expect(page.get_by_role("heading", name="Your new password is set")).to_be_visible()
    sign_in(page, grace.username, NEW)
    page.get_by_label("Code").fill(walk.token_for(KEY))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/portal/$"))


def test_a_lost_second_factor_is_replaced_after_a_day(page: Page) -> None:
    grace = premium(people.load("grace"))
    sign_in(page, grace.username)
    page.get_by_role("link", name="set up a new second step").click()
    page.get_by_role("button", name="Start the wait").click()
    expect(page.get_by_role("heading", name="You can set up a new second step soon")).to_be_visible()
    assert lost_factor.answer(timezone.now() + policy.LOST_FACTOR_WAIT) == 1
    follow(page, "Set up a new second step")
    page.get_by_label("Password", exact=True).fill(walk.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    key = base32_to_hex(re.sub(r"\s", "", page.locator("#authenticator-key").inner_text()))
    page.get_by_label(re.compile("digit code")).fill(walk.token_for(key))
    page.get_by_role("button", name="Set up the app").click()
    expect(page.get_by_role("heading", name="Your new second step is set up")).to_be_visible()
    expect(page.locator("#backup-codes li")).to_have_count(policy.BACKUP_CODES)
    assert AuthenticatorApp.objects.get(confirmed=True).key == key  # the old one is kept, out of use
    sign_in(page, grace.username)
    page.get_by_label("Code").fill(walk.token_for(key, drift=1))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/portal/$"))


def test_a_stranger_who_asks_for_a_new_factor_is_stopped_and_the_account_frozen(page: Page) -> None:
    grace = premium(people.load("grace"))
    lost_factor.start(grace, by="visitor")
    follow(page, "This was not me: stop it")
    page.get_by_role("button", name="Stop it and freeze my account").click()
    expect(page.get_by_role("heading", name="Your account is frozen")).to_be_visible()
    assert Account.objects.get().state == "frozen"


def test_this_was_not_me_freezes_the_account(page: Page) -> None:
    rosa = holder(people.load("rosa"))
    sign_in(page, rosa.username)
    page.goto("/account/phone/")
    page.get_by_label("Phone number").fill("202 555 0143")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("202 555 0143")).to_be_visible()
    follow(page, "This was not me: freeze my account")
    page.get_by_role("button", name="Freeze my account").click()
    expect(page.get_by_role("heading", name="Your account is frozen")).to_be_visible()
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/sign-in/"))
    assert Account.objects.get().state == "frozen"


def test_another_email_address_is_confirmed_there_and_taken_back_from_the_old_one(page: Page) -> None:
    rosa = holder(people.load("rosa"))
    sign_in(page, rosa.username)
    page.goto("/account/")
    page.get_by_role("link", name="Change the email address").click()
    page.get_by_label("New email address").fill("rosa.new@mail.example")
    page.get_by_role("button", name="Send me the link").click()
    follow(page, "Confirm my email address")
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_text("rosa.new@mail.example")).to_be_visible()
    follow(page, "This was not me: undo the change")
    page.get_by_role("button", name="Undo the change and freeze my account").click()
    expect(page.get_by_text("We now write to this email address again")).to_be_visible()
    assert (Account.objects.get().email, Account.objects.get().state) == (rosa.email, "frozen")
