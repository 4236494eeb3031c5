"""An account's second factors: listed, renamed and removed, but never the last one of a Premium account."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, AuthenticatorApp, BackupCode, Passkey
from accounts.second_factors import authenticator_apps, backup_codes, factors
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import KEY, give_password, give_token, holder, is_signed_in, premium, signed_in, staff
from tests.accounts.passkey_steps import add_passkey, after_password, alone, enrolled, half_in
from tests.authenticator import Authenticator
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


@pytest.fixture
def grace(db: None) -> Account:
    return premium(PEOPLE["grace"])


def page_of(factor: AuthenticatorApp | Passkey) -> str:
    return f"/account/security/factors/{factors.slug_of(factor)}/{factor.pk}/"


def remove(client: Client, factor: AuthenticatorApp | Passkey) -> Any:
    return client.post(page_of(factor), {"action": "remove"})


def add_app(client: Client, **other: str) -> str:
    """Set up one more authenticator app; its key comes back."""
    client.get("/account/security/authenticator/")
    key = client.session["enrol_key"]
    response = client.post("/account/security/authenticator/", {"otp_token": walk.token_for(key), **other})
    assert response.status_code in (200, 302)
    return key


def test_the_list_shows_each_with_its_name_its_day_and_its_last_use(grace):
    enrolled(grace)
    page = walk.text_of(signed_in(grace).get("/account/security/"))
    assert "Authenticator app Authenticator app, set up on" in page
    assert "Passkey Passkey, set up on" in page
    assert "Last used on" in page
    assert "Not used yet." in page


def test_several_apps_and_passkeys_get_names_that_differ(grace):
    browser = signed_in(grace)
    add_app(browser)
    add_app(browser, name="Old phone")
    add_app(browser, name="old PHONE")
    add_passkey(browser, Authenticator())
    add_passkey(browser, Authenticator())
    names = [factor.name for factor in factors.all_of(grace)]
    assert names == ["Authenticator app", "Authenticator app 2", "Old phone", "old PHONE 2", "Passkey", "Passkey 2"]


def test_each_app_signs_in(grace):
    key = add_app(signed_in(grace))
    assert give_token(half_in(grace), walk.token_for(key, 1))["Location"] == "/portal/"


def test_one_more_factor_makes_no_new_backup_codes(grace):
    code = backup_codes.make_backup_codes(grace, by=grace)[0]
    add_passkey(signed_in(grace), Authenticator())
    assert factors.verify(grace, code)


def test_an_account_holds_so_many_and_no_more(grace):
    for number in range(policy.AUTHENTICATOR_APPS - 1):
        authenticator_apps.enroll(grace, KEY, -1, name=f"App {number}", by=grace)
    browser = signed_in(grace)
    assert browser.get("/account/security/authenticator/")["Location"] == "/account/security/"
    assert f"You have {policy.AUTHENTICATOR_APPS} authenticator apps" in walk.text_of(browser.get("/account/security/"))
    for _ in range(policy.PASSKEYS):
        add_passkey(browser, Authenticator())
    assert add_passkey(browser, Authenticator())["Location"] == "/account/security/"
    assert Passkey.objects.count() == policy.PASSKEYS


def test_a_factor_is_given_another_name(grace):
    browser, app = signed_in(grace), AuthenticatorApp.objects.get()
    assert browser.post(page_of(app), {"name": "My phone"})["Location"] == "/account/security/"
    assert "My phone" in walk.text_of(browser.get("/account/security/"))
    assert AuditEvent.objects.filter(event="second-factor.renamed", account_id=grace.pk).count() == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Enter a name."),
        ("x" * 41, "Name: use at most 40 characters."),
        ("passKEY", "You already have one with this name."),
        ("\x00", "Null characters are not allowed."),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_a_reason(grace, name, said):
    enrolled(grace)
    app = AuthenticatorApp.objects.get()
    assert said in walk.text_of(signed_in(grace).post(page_of(app), {"name": name}))
    app.refresh_from_db()
    assert app.name == "Authenticator app"


def test_the_same_name_again_is_no_mistake(grace):
    app = AuthenticatorApp.objects.get()
    assert signed_in(grace).post(page_of(app), {"name": app.name})["Location"] == "/account/security/"


def test_a_name_full_of_markup_is_only_text(grace):
    browser = signed_in(grace)
    browser.post(page_of(AuthenticatorApp.objects.get()), {"name": "<script>alert(1)</script>"})
    assert b"<script>alert" not in browser.get("/account/security/").content


def test_a_removed_factor_no_longer_signs_in_and_the_holder_hears_of_it(grace):
    device = enrolled(grace)
    browser = signed_in(grace)
    assert remove(browser, Passkey.objects.get())["Location"] == "/account/security/"
    assert "“Passkey” is removed." in walk.text_of(browser.get("/account/security/"))
    assert alone(Client(), device).status_code == 200
    assert not Passkey.objects.filter(confirmed=True).exists()  # the row is kept, to be given back
    assert AuditEvent.objects.filter(event="passkey.removed", account_id=grace.pk).count() == 1
    assert "A second step was removed from your DS Logon account" in [mail.subject for mail in walk.deliver_mail()]


def test_the_sessions_begun_with_a_removed_factor_end_and_the_others_go_on(grace):
    device = enrolled(grace)
    with_passkey, also_with_passkey, with_app = Client(), half_in(grace), signed_in(grace)
    alone(with_passkey, device)
    after_password(also_with_passkey, device)
    remove(with_app, Passkey.objects.get())
    assert [is_signed_in(one) for one in (with_passkey, also_with_passkey, with_app)] == [False, False, True]


def test_a_person_who_removes_what_they_signed_in_with_is_signed_out_and_told_so(grace):
    device = enrolled(grace)
    browser = Client()
    alone(browser, device)
    page = walk.text_of(browser.get(page_of(Passkey.objects.get())))
    assert "You will be signed out everywhere that you signed in with it, including here" in page
    assert remove(browser, Passkey.objects.get())["Location"] == "/sign-in/"
    assert not is_signed_in(browser)
    assert "please sign in again" in walk.text_of(browser.get("/sign-in/"))


def test_the_last_factor_of_premium_stays_and_the_page_says_why(grace):
    browser, app = signed_in(grace), AuthenticatorApp.objects.get()
    assert "Your account must have a second step when you sign in" in walk.text_of(browser.get(page_of(app)))
    assert remove(browser, app)["Location"] == page_of(app)
    assert AuthenticatorApp.objects.exists()


def test_the_last_factor_of_staff_stays():
    agent = staff("Auditor")
    app = AuthenticatorApp.objects.get()
    signed_in(agent).post(f"/admin{page_of(app)}", {"action": "remove"})
    assert AuthenticatorApp.objects.exists()


def test_at_basic_the_last_one_may_go_and_the_backup_codes_with_it(rosa):
    enrolled(rosa)
    browser = half_in(rosa)
    code = backup_codes.make_backup_codes(rosa, by=rosa)[0]
    give_token(browser, code)
    passkey = Passkey.objects.get()
    assert "your password alone opens your account" in walk.text_of(browser.get(page_of(passkey)))
    remove(browser, passkey)
    assert not BackupCode.objects.exists()
    assert give_password(Client(), rosa.username)["Location"] == "/portal/"


@pytest.mark.django_db(transaction=True)
def test_thirty_removals_of_the_last_two_at_once_leave_one():
    grace = premium(PEOPLE["grace"])
    authenticator_apps.enroll(grace, KEY, -1, name="Another", by=grace)
    both = [(factors.slug_of(factor), str(factor.pk)) for factor in factors.all_of(grace)]
    outcomes = in_parallel(lambda number: factors.remove(grace, *both[number % 2], by=grace))
    assert sum(isinstance(outcome, factors.Removed) for outcome in outcomes) == 1
    assert AuthenticatorApp.objects.filter(confirmed=True).count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_opens_the_page_of_somebody_else_s_factor(rosa, grace, method):
    browser = signed_in(rosa)
    assert getattr(browser, method)(page_of(AuthenticatorApp.objects.get())).status_code == 404
    remove(browser, AuthenticatorApp.objects.get())
    assert AuthenticatorApp.objects.count() == 1


@pytest.mark.parametrize("address", ["app/1/", "passkey/x/", "passkey/999999999999999999999999/", "x/1/", "app/٣/"])
def test_a_factor_that_is_none_is_a_clear_page(grace, address):
    assert signed_in(grace).get(f"/account/security/factors/{address}").status_code == 404
    assert signed_in(grace).post(f"/account/security/factors/{address}", {"action": "remove"}).status_code == 302


@pytest.mark.parametrize(
    "address",
    ["/account/security/passkey/", "/account/security/authenticator/", "/account/security/factors/app/1/"],
)
def test_a_stolen_session_changes_no_factor_without_a_fresh_proof(grace, monkeypatch, address):
    browser = signed_in(grace)
    monkeypatch.setattr("accounts.sign_in.fresh.proved_within", lambda request, age: False)
    for response in (browser.get(address), browser.post(address, {"action": "remove"})):
        assert response["Location"].startswith("/sign-in/again/")
