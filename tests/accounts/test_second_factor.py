"""The second factor: owed, judged, used once and enrolled, and what half a sign-in is worth."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from accounts import actions
from accounts.models import Account, AuthenticatorApp, BackupCode
from accounts.second_factors import authenticator_apps, backup_codes, factors, passkeys
from accounts.sessions.store import StaffSessionStore
from accounts.sign_in import judge
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import (
    KEY,
    STAFF_DOOR,
    give_password,
    give_token,
    holder,
    is_signed_in,
    premium,
    signed_in,
    staff,
)
from tests.accounts.passkey_steps import options
from tests.authenticator import Authenticator
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

# RFC 6238, appendix B, for SHA-1: its key is KEY, and of its eight digits ours are the last six.
RFC_6238 = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.fixture
def grace(db: None) -> Account:
    return premium(PEOPLE["grace"])


def half_in(account: Account) -> Client:
    client = Client()
    assert give_password(client, account.username)["Location"] == "/sign-in/second-factor/"
    return client


@pytest.mark.parametrize(("second", "token"), RFC_6238.items())
def test_the_standards_own_examples_are_right(second, token):
    assert authenticator_apps.step_of(KEY, token, now=second) == second // 30


@pytest.mark.parametrize(("typed", "count"), [("123", 3), ("1234567", 7), ("ABCD-EFGH-JKM", 11)])
def test_a_code_of_the_wrong_length_says_how_long_codes_are_and_costs_no_try(grace, typed, count):
    client = half_in(grace)
    page = walk.text_of(give_token(client, typed))
    said = "A code from your app has 6 digits, and a backup code has 12 letters and digits."
    assert f"{said} You entered {count}." in page
    assert not AuditEvent.objects.filter(event="second-factor.failed").exists()
    assert give_token(client, walk.token_for(KEY)).status_code == 302


def test_one_step_of_drift_is_forgiven_and_two_are_not():
    now = 1234567890
    assert [
        authenticator_apps.step_of(KEY, "005924", now=now + drift) is not None for drift in (-60, -30, 0, 30, 60)
    ] == [
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "token", ["", "28708", "2870820", "28708a", "-87082", "٢٨٧٠٨٢", "２８７０８２", "²87082", "28 082"]
)
def test_what_is_not_six_digits_is_never_right(token):
    assert authenticator_apps.step_of(KEY, token, now=59) is None


def test_premium_is_signed_in_only_with_both(grace):
    client = half_in(grace)
    assert not is_signed_in(client)
    assert give_token(client, walk.token_for(KEY))["Location"] == "/portal/"
    assert is_signed_in(client)


def test_half_signed_in_is_anonymous_everywhere(grace):
    client = half_in(grace)
    for name in ("account", "account-security", "account-activity", "upgrade", "portal", "change-password", "enrol"):
        assert client.get(reverse(name))["Location"].startswith("/sign-in/"), name
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/session/left/").json() == {"seconds_left": 0}
    assert "Sign out" not in walk.text_of(client.get("/"))


def test_a_token_works_once(grace):
    token = walk.token_for(KEY)
    give_token(half_in(grace), token)
    again = half_in(grace)
    assert "it was already used" in walk.text_of(give_token(again, token))
    assert not is_signed_in(again)


def test_an_earlier_token_than_the_last_one_used_does_not_work(grace):
    give_token(half_in(grace), walk.token_for(KEY, 1))
    assert "That code is not right" in walk.text_of(give_token(half_in(grace), walk.token_for(KEY)))


@pytest.mark.django_db(transaction=True)
def test_of_thirty_uses_of_one_token_at_once_one_is_right():
    account = premium(PEOPLE["grace"])
    token = walk.token_for(KEY)
    outcomes = in_parallel(lambda number: factors.verify(account, token))
    assert sum(outcome is not None for outcome in outcomes) == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_uses_of_one_backup_code_at_once_one_is_right():
    account = premium(PEOPLE["grace"])
    code = backup_codes.make_backup_codes(account, by=account)[0]
    outcomes = in_parallel(lambda number: factors.verify(account, code))
    assert sum(outcome is not None for outcome in outcomes) == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_guesses_at_once_ten_are_judged():
    account = premium(PEOPLE["grace"])
    outcomes = in_parallel(lambda number: judge.judge_factor(account, "000000"))
    assert sum(isinstance(outcome, judge.WrongFactor) for outcome in outcomes) == policy.TOTP_FAILURES.times


def test_after_ten_wrong_codes_even_the_right_one_has_to_wait(grace):
    client = half_in(grace)
    for _ in range(policy.TOTP_FAILURES.times):
        give_token(client, "000000")
    assert "There were too many wrong codes." in walk.text_of(give_token(client, walk.token_for(KEY)))
    assert "There were too many wrong codes." in walk.text_of(give_token(half_in(grace), walk.token_for(KEY)))


def test_a_backup_code_works_once_in_any_writing(grace):
    code = backup_codes.make_backup_codes(grace, by=grace)[0]
    assert give_token(half_in(grace), code.lower().replace("-", " ")).status_code == 302
    assert "That code is not right" in walk.text_of(give_token(half_in(grace), code))
    assert BackupCode.objects.filter(used_at=None).count() == policy.BACKUP_CODES - 1
    assert AuditEvent.objects.filter(event="backup-code.used").count() == 1


def test_new_backup_codes_end_the_old_ones(grace):
    old = backup_codes.make_backup_codes(grace, by=grace)
    browser = signed_in(grace)
    page = browser.post("/account/security/backup-codes/").content.decode()
    assert not any(code in page for code in old)
    assert BackupCode.objects.count() == policy.BACKUP_CODES
    assert factors.verify(grace, old[0]) is None
    assert [mail.subject for mail in walk.deliver_mail()] == ["New DS Logon backup codes were made"]


def test_new_backup_codes_need_a_session_with_the_factor():
    basic = signed_in(holder(PEOPLE["rosa"]))
    response = basic.post("/account/security/backup-codes/")
    assert response["Location"] == "/account/security/"
    assert not BackupCode.objects.exists()


def test_backup_codes_are_kept_as_hashes_bound_to_their_account(grace):
    codes = backup_codes.make_backup_codes(grace, by=grace)
    rosa = holder(PEOPLE["rosa"])
    assert factors.verify(rosa, codes[0]) is None
    kept = [bytes(digest) for digest in BackupCode.objects.values_list("digest", flat=True)]
    assert all(len(digest) == 32 for digest in kept)
    assert len(set(codes)) == policy.BACKUP_CODES


def test_the_key_of_an_authenticator_is_sealed(grace):
    sealed: object = AuthenticatorApp.objects.values_list("key", flat=True).get()
    assert KEY.encode() not in bytes(sealed)  # type: ignore[call-overload]
    assert bytes.fromhex(KEY) not in bytes(sealed)  # type: ignore[call-overload]


def test_the_page_of_the_second_factor_is_for_nobody_else(client):
    assert client.get("/sign-in/second-factor/")["Location"] == "/sign-in/"
    assert give_token(client, "123456")["Location"] == "/sign-in/"


def test_half_a_sign_in_ends_after_a_while(grace):
    client = half_in(grace)
    session = client.session
    session["half_signed_in"]["at"] -= policy.HALF_SIGNED_IN.total_seconds() + 1
    session.save()
    assert give_token(client, walk.token_for(KEY))["Location"] == "/sign-in/"


@pytest.mark.parametrize("action", [actions.lock, actions.freeze, actions.close])
def test_half_a_sign_in_ends_with_the_account(grace, action):
    client = half_in(grace)
    action(grace, by="system")
    assert give_token(client, walk.token_for(KEY))["Location"] == "/sign-in/"


def test_half_a_sign_in_ends_when_the_password_changes(grace):
    client = half_in(grace)
    actions.set_password(grace, "another long password", by=grace)
    assert give_token(client, walk.token_for(KEY))["Location"] == "/sign-in/"


def test_a_basic_account_with_an_authenticator_is_asked_for_it():
    rosa = holder(PEOPLE["rosa"])
    authenticator_apps.enroll(rosa, KEY, step_used=-1, by="mock")
    assert not is_signed_in(half_in(rosa))


def test_a_basic_holder_may_add_an_authenticator():
    rosa = holder(PEOPLE["rosa"])
    browser = signed_in(rosa)
    assert browser.get("/account/security/authenticator/").status_code == 200
    key = browser.session["enrol_key"]
    before = browser.session.session_key
    typed = {"otp_token": walk.token_for(key)}
    page = browser.post("/account/security/authenticator/", typed)
    assert page.status_code == 200
    assert BackupCode.objects.count() == policy.BACKUP_CODES
    assert browser.session.session_key != before
    assert browser.get("/account/security/backup-codes/").status_code == 200
    assert browser.post("/account/security/authenticator/", typed)["Location"] == "/account/security/"
    assert "enrol_key" not in browser.session
    assert [mail.subject for mail in walk.deliver_mail()] == ["A second step was added to your DS Logon account"]


def test_an_authenticator_is_not_added_with_a_wrong_code_or_none():
    browser = signed_in(holder(PEOPLE["rosa"]))
    browser.get("/account/security/authenticator/")
    for typed in ({"otp_token": "000000"}, {}):
        assert browser.post("/account/security/authenticator/", typed).status_code == 200
    assert not AuthenticatorApp.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_sent_thirty_times_at_once_is_enrolled_once():
    browser = signed_in(holder(PEOPLE["rosa"]))
    browser.get("/account/security/authenticator/")
    typed = {"otp_token": walk.token_for(browser.session["enrol_key"])}
    session = browser.cookies["sessionid"].value

    def send(number: int) -> int:
        other = Client()
        other.cookies["sessionid"] = session
        return other.post("/account/security/authenticator/", typed).status_code

    assert set(in_parallel(send, workers=5)) <= {200, 302}
    assert AuthenticatorApp.objects.count() == 1


def test_new_staff_may_set_up_a_passkey_instead():
    agent = staff("Service center agent")
    AuthenticatorApp.objects.all().delete()
    client, device = Client(), Authenticator()
    give_password(client, agent.username, door=STAFF_DOOR)
    here = f"{STAFF_DOOR}second-factor/"
    assert "Set up a passkey" in walk.text_of(client.get(here))
    assert "could not be set up" in walk.text_of(client.post(here, {"passkey": "{}"}))
    made = device.make(options(client, f"{here}first-passkey/"))
    assert client.post(here, {"passkey": made})["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert factors.kinds(agent) == {"passkey"}
    give_password(client := Client(), agent.username, door=STAFF_DOOR)
    said = device.sign(options(client, f"{here}options/"))
    assert client.post(here, {"passkey": said})["Location"] == "/admin/"


def test_a_password_alone_adds_no_passkey_to_an_account_that_has_a_factor():
    agent = staff("Service center agent")
    client, here = Client(), f"{STAFF_DOOR}second-factor/"
    assert client.post(f"{here}first-passkey/").status_code == 403
    give_password(client, agent.username, door=STAFF_DOOR)
    assert client.post(f"{here}first-passkey/").status_code == 403
    made = Authenticator().make(options(client, f"{here}options/") | {"user": {"id": ""}})
    client.post(here, {"passkey": made})
    assert client.get("/admin/").status_code == 302
    assert factors.kinds(agent) == {"app"}


def test_staff_without_an_authenticator_enrol_one_before_anything_else():
    agent = staff("Service center agent")
    AuthenticatorApp.objects.all().delete()
    client = Client()
    give_password(client, agent.username, door=STAFF_DOOR)
    page = client.get("/admin/sign-in/second-factor/")
    assert page.templates[0].name == "accounts/enrol_at_sign_in.html"
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert "That code is not right" in walk.text_of(give_token(client, "000000", door=STAFF_DOOR))
    key = StaffSessionStore(client.cookies["admin"].value)["enrol_key"]
    assert give_token(client, walk.token_for(key), door=STAFF_DOOR)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert AuthenticatorApp.objects.count() == 1


def test_one_line_makes_a_kind_count_everywhere(grace, monkeypatch):
    """A third kind is a module with its KIND and a line in KINDS. The rows of apps stand in for its own here."""
    browser = signed_in(grace)
    monkeypatch.setattr(factors, "KINDS", ())
    assert (factors.kinds(grace), factors.all_of(grace), factors.has_factor(grace)) == (frozenset(), [], False)
    token = replace(authenticator_apps.KIND, slug="token", title="Hardware token", most=1, removed="passkey.removed")
    monkeypatch.setattr(factors, "KINDS", (passkeys.KIND, token))
    (held,) = factors.all_of(grace)
    assert (factors.kinds(grace), factors.slug_of(held)) == ({"token"}, "token")
    page = browser.get("/account/security/").content.decode()
    assert "Hardware token, set up on" in page
    assert reverse("factor", args=["token", held.pk]) in page
    assert "Set up an authenticator app" not in page
    passkeys.KIND.model.objects.create(
        user=grace, name="Key", credential_id=b"1", public_key=b"2", transports=[], backup_eligible=False,
        backup_state=False,
    )  # fmt: skip
    assert isinstance(factors.remove(grace, "token", str(held.pk), by=grace), factors.Removed)
    assert AuditEvent.objects.filter(event="passkey.removed", account_id=grace.pk).exists()
    assert factors.kinds(grace) == {"passkey"}
