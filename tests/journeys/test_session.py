"""The session's end in a real browser: warned, extended, over."""

import re
from datetime import timedelta
from queue import SimpleQueue

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account
from accounts.sessions.store import SEEN, SessionStore
from accounts.sign_in import unsaved_forms
from core import policy
from tests import people, walk
from tests.journeys.test_journeys import give_credentials, press, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ALMOST_OVER = policy.SESSION_IDLE - policy.SESSION_WARNING + timedelta(seconds=5)


@pytest.fixture
def slow_reader(page) -> None:
    """Somebody with a Basic account, in a browser whose clock can be put forward."""
    person = people.load("rosa")
    Account.objects.create(
        username="slow.reader", first_name="Rosa", last_name="Reader", email="rosa@example.org",
        dod_id=person.dod_id, level=1, proofed_at=timezone.now(), password=make_password(walk.PASSWORD),
    )  # fmt: skip
    page.context.clock.install()


def nothing_happens_for(how_long: timedelta, *tabs: Page) -> None:
    """Let time go by for the server and for each tab, however slow the machine is."""
    [cookie] = [c for c in tabs[0].context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(session_key=cookie["value"])
    session[SEEN] -= int(how_long.total_seconds())
    session.save()
    for tab in tabs:
        tab.clock.fast_forward(int(how_long.total_seconds() * 1000))


def test_someone_who_reads_for_long_is_warned_may_stay_and_is_signed_out_in_the_end(page, slow_reader):
    sign_in(page, "slow.reader")
    page.goto("/support/contact/")
    page.get_by_label("Your message").fill("It says that my")
    dialog = page.get_by_role("alertdialog")
    nothing_happens_for(ALMOST_OVER, page)
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    page.get_by_label("Your message").fill("It says that my code is not right.")
    with page.expect_response("**/session/keep/"):
        nothing_happens_for(ALMOST_OVER, page)
    expect(dialog).to_be_visible()
    nothing_happens_for(policy.SESSION_WARNING, page)
    expect(page).to_have_url(re.compile(r"/sign-in/\?timed_out=1"))
    expect(page.get_by_text("You were signed out because nothing happened")).to_be_visible()
    give_credentials(page, "slow.reader")
    expect(page).to_have_url(re.compile("/support/contact/"))
    expect(page.get_by_label("Your message")).to_have_value("It says that my code is not right.")
    press(page, "Sign out")
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_a_form_holds_again_what_somebody_typed_and_left_and_not_what_was_sent(page, slow_reader, monkeypatch):
    """A page that goes away sends what it holds only then, so the test waits until the server has it."""
    kept: SimpleQueue[str] = SimpleQueue()
    keep_typed = unsaved_forms.keep_typed

    def keep(request, *about):
        done = keep_typed(request, *about)
        kept.put(request.POST["message"])
        return done

    monkeypatch.setattr(unsaved_forms, "keep_typed", keep)
    message = page.get_by_label("Your message")
    sign_in(page, "slow.reader")
    page.goto("/support/contact/")
    page.goto("/support/")
    page.goto("/support/contact/")
    page.get_by_label("What is it about?").select_option("other")
    message.fill("My code is not right.")
    press(page, "Send message")
    page.goto("/support/contact/")
    expect(message).to_have_value("")
    message.fill("And another thing.")
    for _ in range(2):  # what stands there again and is left again is not lost either
        page.goto("/support/")
        assert kept.get(timeout=15) == "And another thing."
        page.goto("/support/contact/")
        expect(page.get_by_text("We kept what you typed here before.")).to_be_visible()
        expect(message).to_have_value("And another thing.")
    assert kept.empty()


def test_a_person_who_stays_in_one_tab_stays_in_all_of_them(page, slow_reader):
    sign_in(page, "slow.reader")
    page.goto("/account/")
    other = page.context.new_page()
    other.goto("/account/security/")
    here, there = page.get_by_role("alertdialog"), other.get_by_role("alertdialog")
    nothing_happens_for(ALMOST_OVER, page, other)
    expect(here).to_be_visible()
    expect(there).to_be_visible()
    expect(there.locator("[data-spoken]")).to_contain_text("You will be signed out in")
    page.get_by_role("button", name="Stay signed in").click()
    expect(here).to_be_hidden()
    expect(there).to_be_hidden()
    nothing_happens_for(ALMOST_OVER, page, other)
    expect(there).to_be_visible()
    other.get_by_role("button", name="Sign out now").click()
    expect(other.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sign-in/\?timed_out=1"))


def test_the_notice_is_read_and_accepted_once_in_a_browser(page, slow_reader):
    sign_in(page, "slow.reader")
    press(page, "Sign out")
    page.goto("/sign-in/")
    expect(page.get_by_role("button", name="I agree")).to_have_count(0)
    page.context.clear_cookies()
    page.goto("/portal/")
    expect(page.get_by_role("heading", name="Before you sign in")).to_be_visible()
    page.get_by_role("link", name="I do not agree").click()
    expect(page).to_have_url(re.compile(r"/$"))
    sign_in(page, "slow.reader")
    expect(page).to_have_url(re.compile("/portal/$"))
