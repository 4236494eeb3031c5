"""Passkeys in a real browser, with Chromium's own virtual authenticator in place of a finger."""

import re
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import Account
from accounts.second_factors import enrollment
from accounts.sessions.store import StaffSessionStore
from accounts.sign_in.session import FACTOR_PROVED
from core.policy import Level
from tests import people, walk
from tests.accounts.holders import KEY, address, holder, premium, proven, staff, token_of
from tests.journeys.test_journeys import enter_token, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def at_this_address(settings: Any, live_server: Any) -> None:
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = [live_server.url]


@pytest.fixture
def device(page: Page) -> CDPSession:
    """A phone or computer that keeps passkeys and whose owner always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    owner = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True, **owner}
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    session.authenticator = added["authenticatorId"]  # type: ignore[attr-defined]
    return session


def refuse(device: CDPSession) -> None:
    """Make the device refuse to recognize the person who holds it from now on."""
    authenticator = device.authenticator  # type: ignore[attr-defined]
    device.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})


def without_offers_in_boxes(page: Page) -> None:
    """Make the browser one that has passkeys but offers none in the username's box.

    The virtual device would say yes at once to what is offered there, and there would be no time for the button.
    """
    page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


def set_up_passkey(page: Page, name: str) -> None:
    page.goto("/account/security/")
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Set up the passkey").click()
    expect(page.get_by_role("heading", name=f"“{name}” is set up")).to_be_visible()


def test_someone_sets_up_a_passkey_and_signs_in_with_it_alone_and_after_the_password(page, device):
    holder(people.load("rosa"), username="rosa.keys")
    without_offers_in_boxes(page)
    sign_in(page, "rosa.keys")
    set_up_passkey(page, "My laptop")
    expect(page.locator("#backup-codes li")).to_have_count(10)
    sign_out(page)

    page.goto("/sign-in/?next=/account/security/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/account/security/$"))
    expect(page.get_by_role("heading", name="My laptop")).to_be_visible()
    expect(page.get_by_text("Last used on")).to_be_visible()
    sign_out(page)

    sign_in(page, "rosa.keys")
    expect(page.get_by_role("heading", name="Use your passkey")).to_be_visible()
    page.get_by_role("button", name="Use my passkey").click()
    expect(page).to_have_url(re.compile("/portal/$"))


def test_rosa_chooses_her_passkey_in_the_box_for_the_username_without_a_button(page, device):
    holder(people.load("rosa"), username="rosa.keys")
    sign_in(page, "rosa.keys")
    set_up_passkey(page, "My laptop")
    sign_out(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/passkey/options/" in request.url else None)

    page.goto("/sign-in/?next=/account/security/")
    assert page.get_by_label("Username").get_attribute("autocomplete") == "username webauthn"
    page.wait_for_timeout(300)
    assert asked == []  # nobody is at the page yet
    page.get_by_label("Username").focus()
    expect(page).to_have_url(re.compile("/account/security/$"))
    assert len(asked) == 1


def test_a_passkey_is_renamed_and_removed(page, device):
    holder(people.load("rosa"), username="rosa.keys")
    sign_in(page, "rosa.keys")
    set_up_passkey(page, "My laptop")
    page.get_by_role("link", name="I have saved my codes").click()
    page.get_by_role("link", name="Name or remove My laptop").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save the name").click()
    page.get_by_role("link", name="Name or remove Old laptop").click()
    page.get_by_role("button", name="Remove Old laptop").click()
    expect(page.get_by_text("“Old laptop” is removed.")).to_be_visible()
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_premium_is_opened_with_a_passkey(page, device, client, live_server):
    chosen = {"username": "rosa.premium", "password_hash": "!", "authenticator_key": enrollment.new_key()}
    draft = proven(client, people.load("rosa"), level=Level.PREMIUM, **chosen)
    page.context.add_cookies([{"name": "draft", "value": token_of(client), "url": live_server.url}])
    page.goto(address(draft, "second-factor"))
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page.get_by_role("heading", name="Your account is open, and you are signed in")).to_be_visible()
    expect(page.locator("#backup-codes li")).to_have_count(10)
    assert Account.objects.get().is_premium


def test_a_person_whom_the_device_does_not_recognize_is_told_and_can_use_the_app(page, device, client, live_server):
    chosen = {"username": "rosa.premium", "password_hash": "!", "authenticator_key": enrollment.new_key()}
    draft = proven(client, people.load("rosa"), level=Level.PREMIUM, **chosen)
    page.context.add_cookies([{"name": "draft", "value": token_of(client), "url": live_server.url}])
    refuse(device)
    page.goto("/sign-in/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Nothing was sent")).to_be_visible()
    page.goto(address(draft, "second-factor"))
    enter_token(page, "Check the code")
    expect(page.get_by_role("heading", name="Your account is open, and you are signed in")).to_be_visible()


def test_at_an_address_where_passkeys_do_not_work_the_page_says_where_they_do(page, settings):
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = ["http://elsewhere.localhost:8000"]
    page.goto("/sign-in/")
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_text("To use a passkey, open this page at http://elsewhere.localhost:8000")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()


def test_a_browser_without_scripts_signs_in_as_ever(browser, live_server):
    holder(people.load("rosa"), username="rosa.keys")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "rosa.keys")
    expect(page).to_have_url(re.compile("/portal/$"))
    page.goto("/account/security/passkey/")
    expect(page.get_by_text("Your browser does not offer passkeys here.")).to_be_visible()
    expect(page.get_by_role("button", name="Set up the passkey")).to_be_hidden()
    context.close()


def test_a_supervisor_makes_a_passkey_first_and_decides_with_it(page, device, settings):
    settings.STAFF_PASSKEY_REQUIRED = True
    supervisor, account = staff("Supervisor"), premium(people.load("grace"))
    page.goto("/admin/sign-in/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_label("Username").fill(supervisor.username)
    page.get_by_label("Password", exact=True).fill(walk.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(walk.token_for(KEY))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Staff sign in with a passkey.")).to_be_visible()
    page.get_by_role("button", name="Set up the passkey").click()
    expect(page.get_by_text("From now on you sign in with it.")).to_be_visible()
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "admin")
    store = StaffSessionStore(key)
    store[FACTOR_PROVED] = 0
    store.save()
    page.goto(f"/admin/accounts/account/{account.pk}/freeze/")
    expect(page.get_by_text("The next step decides about somebody.")).to_be_visible()
    expect(page.get_by_text("Your browser does not offer passkeys here.")).to_be_hidden()
    page.get_by_role("button", name="Use my passkey").click()
    page.get_by_label("Why").select_option("account-taken")
    page.get_by_label("The person does not know", exact=False).check()
    page.get_by_role("button", name="Freeze the account").click()
    expect(page.get_by_text("The account is frozen.", exact=True)).to_be_visible()
