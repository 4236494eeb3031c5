"""Passkeys in the journeys: at a Premium registration and at an upgrade."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, AuthenticatorApp, BackupCode, Passkey, RegistrationDraft, UpgradeDraft
from accounts.second_factors import backup_codes, enrollment, factors
from accounts.sessions.store import FACTOR
from core import policy
from core.policy import Level
from demo.people import PEOPLE
from tests import people, walk
from tests.accounts.holders import address, holder, is_signed_in, premium, proven, signed_in, upgrading
from tests.accounts.passkey_steps import alone, enrolled, options
from tests.authenticator import Authenticator

pytestmark = pytest.mark.django_db


def at_second_factor(client: Client, **other: Any) -> str:
    """The address of the last step of Rosa's registration at Premium."""
    chosen = {"username": "rosa.premium", "password_hash": "!", "authenticator_key": enrollment.new_key()}
    draft = proven(client, people.load("rosa"), level=Level.PREMIUM, **{**chosen, **other})
    return address(draft, "second-factor")


def at_last_step(client: Client, account: Account) -> str:
    """The address of the last step of an upgrade."""
    now = account.created_at
    more = {"dod_id": account.dod_id, "quiz_passed_at": now, "code_redeemed_at": now}
    draft = upgrading(client, account, authenticator_key=enrollment.new_key(), **more)
    return address(draft, "second-factor")


def test_a_passkey_opens_a_premium_account_and_signs_in_from_then_on(client):
    here = at_second_factor(client)
    device = Authenticator()
    made = device.make(options(client, f"{here}passkey/"))
    assert walk.send(client, here, {"passkey": made}).endswith("/done/")
    assert is_signed_in(client)
    account = Account.objects.get()
    assert factors.kinds(account) == {"passkey"}
    assert BackupCode.objects.count() == policy.BACKUP_CODES
    again = Client()
    assert alone(again, device)["Location"] == "/portal/"
    assert FACTOR in again.session


@pytest.mark.parametrize("sent", ["{}", "x"])
def test_a_passkey_that_is_none_opens_no_account_and_the_app_still_does(client, sent):
    here = at_second_factor(client)
    options(client, f"{here}passkey/")
    page = walk.text_of(client.post(here, {"passkey": sent}))
    assert "Your passkey could not be set up." in page
    assert not Account.objects.exists()
    key = RegistrationDraft.objects.get().authenticator_key
    assert walk.send(client, here, {"otp_token": walk.token_for(key)}).endswith("/done/")
    assert AuthenticatorApp.objects.exists()


def test_a_passkey_made_for_another_draft_opens_no_account(client):
    other, here = at_second_factor(client), at_second_factor(client)
    made = Authenticator().make(options(client, f"{other}passkey/"))
    assert "could not be set up" in walk.text_of(client.post(here, {"passkey": made}))
    assert not Account.objects.exists()


def test_a_draft_of_another_browser_gets_no_options(client):
    here = at_second_factor(client)
    assert Client().post(f"{here}passkey/").status_code == 403


def test_a_draft_that_has_not_come_so_far_gets_no_options(client):
    here = at_second_factor(client, code_redeemed_at=None, username="")
    assert client.post(f"{here}passkey/").status_code == 403
    assert client.post(here, {"passkey": "{}"})["Location"] != here


def test_a_passkey_completes_an_upgrade():
    account = holder(people.load("rosa"))
    browser = signed_in(account)
    here = at_last_step(browser, account)
    device = Authenticator()
    made = device.make(options(browser, f"{here}passkey/"))
    assert walk.send(browser, here, {"passkey": made}).endswith("/done/")
    account.refresh_from_db()
    assert account.is_premium
    assert alone(Client(), device)["Location"] == "/portal/"


def test_a_passkey_that_the_account_had_before_completes_an_upgrade_and_nothing_is_added():
    account = holder(people.load("rosa"))
    device = enrolled(account)
    browser = Client()
    alone(browser, device)
    here = at_last_step(browser, account)
    assert "Use your second step" in walk.text_of(browser.get(here))
    device.uses += 1
    said = device.sign(options(browser, "/sign-in/second-factor/options/"))
    assert walk.send(browser, here, {"passkey": said}).endswith("/done/")
    assert Passkey.objects.count() == 1
    assert UpgradeDraft.objects.get().backup_codes == ""


def test_somebody_else_s_passkey_does_not_complete_an_upgrade():
    of_grace = enrolled(premium(PEOPLE["grace"]))
    account = holder(people.load("rosa"))
    enrolled(account)
    browser = signed_in_with_backup_code(account)
    here = at_last_step(browser, account)
    of_grace.uses += 1
    said = of_grace.sign(options(browser, "/sign-in/second-factor/options/"))
    assert "was not accepted" in walk.text_of(browser.post(here, {"passkey": said}))
    account.refresh_from_db()
    assert not account.is_premium


def signed_in_with_backup_code(account: Account) -> Client:
    browser = Client()
    walk.agree(browser)
    browser.post("/sign-in/", {"username": account.username, "password": walk.PASSWORD})
    browser.post("/sign-in/second-factor/", {"otp_token": backup_codes.make_backup_codes(account, by=account)[0]})
    return browser
