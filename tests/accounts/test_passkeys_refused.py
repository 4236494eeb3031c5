"""Refused passkeys: everything that must not open an account, and how often it can be tried."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts import actions
from accounts.models import Account
from accounts.second_factors import passkeys
from accounts.sign_in import judge
from core import policy
from demo.people import PEOPLE
from safeguards import limits
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import give_password, holder, is_signed_in, premium, signed_in, staff
from tests.accounts.passkey_steps import (
    LIES,
    NOT_ACCEPTED,
    after_password,
    alone,
    enrolled,
    half_in,
    nameless,
    not_verified,
    of_another_owner,
    options,
    wrong_key,
)
from tests.authenticator import Authenticator
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


@pytest.fixture
def grace(db: None) -> Account:
    return premium(PEOPLE["grace"])


@pytest.mark.parametrize("lie", [*LIES, not_verified, of_another_owner, nameless])
def test_a_lie_does_not_sign_in(rosa, client, lie: Callable[[Authenticator], None]):
    device = enrolled(rosa)
    lie(device)
    assert NOT_ACCEPTED in walk.text_of(alone(client, device))
    assert not is_signed_in(client)
    assert AuditEvent.objects.filter(event="passkey.failed").count() == 1


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_second_factor(grace, lie: Callable[[Authenticator], None]):
    device = enrolled(grace)
    client = half_in(grace)
    lie(device)
    assert "That passkey was not accepted" in walk.text_of(after_password(client, device))
    assert not is_signed_in(client)
    assert AuditEvent.objects.filter(event="second-factor.failed", account_id=grace.pk).count() == 1


@pytest.mark.parametrize(
    "said",
    [{"type": "webauthn.create"}, {"challenge": "AAAA"}, {"challenge": ""}, {"origin": "null"}, {"challenge": None}],
)
def test_other_words_under_a_right_signature_do_not_sign_in(rosa, client, said):
    device = enrolled(rosa)
    assert NOT_ACCEPTED in walk.text_of(alone(client, device, **said))


def test_somebody_else_s_passkey_is_no_second_factor(rosa, grace):
    of_rosa = enrolled(rosa)
    enrolled(grace)
    client = half_in(grace)
    assert "was not accepted" in walk.text_of(after_password(client, of_rosa))
    assert not is_signed_in(client)


def test_an_answer_works_once(rosa):
    device = enrolled(rosa)
    client = Client()
    said = device.sign(options(client, "/sign-in/passkey/options/"))
    client.post("/sign-in/passkey/", {"passkey": said})
    client.post("/sign-out/")
    assert NOT_ACCEPTED in walk.text_of(client.post("/sign-in/passkey/", {"passkey": said}))
    assert not is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_uses_of_one_answer_at_once_one_signs_in():
    """Also where the passkey does not count its uses, and every request has read the same session."""
    device = enrolled(holder(PEOPLE["rosa"]))
    visitor = Client()
    said = device.sign(options(visitor, "/sign-in/passkey/options/"))
    session = visitor.cookies["sessionid"].value

    def send(number: int) -> int:
        client = Client()
        walk.agree(client)
        client.cookies["sessionid"] = session
        client.post("/sign-in/passkey/", {"passkey": said})
        return is_signed_in(client)

    assert sum(in_parallel(send)) == 1
    assert AuditEvent.objects.filter(event="passkey.passed").count() == 1


def test_a_challenge_of_another_session_does_not_sign_in(rosa):
    device = enrolled(rosa)
    asked = options(Client(), "/sign-in/passkey/options/")
    thief = Client()
    options(thief, "/sign-in/passkey/options/")
    assert NOT_ACCEPTED in walk.text_of(thief.post("/sign-in/passkey/", {"passkey": device.sign(asked)}))
    nobody = Client()
    walk.agree(nobody)
    assert NOT_ACCEPTED in walk.text_of(nobody.post("/sign-in/passkey/", {"passkey": device.sign(asked)}))


def test_an_earlier_challenge_ends_with_a_later_one(rosa, client):
    device = enrolled(rosa)
    asked = options(client, "/sign-in/passkey/options/")
    options(client, "/sign-in/passkey/options/")
    assert NOT_ACCEPTED in walk.text_of(client.post("/sign-in/passkey/", {"passkey": device.sign(asked)}))


@pytest.mark.parametrize(("late", "opens"), [(-1, True), (1, False)])
def test_a_challenge_ends_after_five_minutes(rosa, client, monkeypatch, late, opens):
    device = enrolled(rosa)
    asked = options(client, "/sign-in/passkey/options/")
    session = client.session
    session[passkeys.CHALLENGE] |= {"at": int(time.time())}
    session.save()
    clock = session[passkeys.CHALLENGE]["at"] + policy.PASSKEY_CHALLENGE_LIFE.total_seconds() + late
    monkeypatch.setattr(passkeys, "time", SimpleNamespace(time=lambda: clock))
    client.post("/sign-in/passkey/", {"passkey": device.sign(asked)})
    assert is_signed_in(client) is opens


def test_a_challenge_of_the_second_step_is_not_good_for_the_whole_sign_in(grace):
    """Or the holder would not have to be verified."""
    device = enrolled(grace)
    client = half_in(grace)
    asked = options(client, "/sign-in/second-factor/options/")
    assert NOT_ACCEPTED in walk.text_of(client.post("/sign-in/passkey/", {"passkey": device.sign(asked)}))
    assert not is_signed_in(client)


def test_a_challenge_of_one_account_is_not_good_for_another(rosa, grace):
    enrolled(rosa)
    device = enrolled(grace)
    client = half_in(rosa)
    asked = options(client, "/sign-in/second-factor/options/")
    give_password(client, grace.username)
    client.post("/sign-in/second-factor/", {"passkey": device.sign(asked)})
    assert not is_signed_in(client)


@pytest.mark.parametrize("uses", [4, 5])
def test_a_counter_that_does_not_go_up_gives_a_copy_away(rosa, client, uses):
    device = enrolled(rosa)
    device.uses = 4
    assert alone(Client(), device)["Location"] == "/portal/"
    device.uses = uses - 1
    assert NOT_ACCEPTED in walk.text_of(alone(client, device))
    assert AuditEvent.objects.filter(event="passkey.copied", account_id=rosa.pk).count() == 1


def test_a_counter_that_counted_and_says_nothing_any_more_gives_a_copy_away(rosa, client):
    device = enrolled(rosa)
    device.uses = 4
    alone(Client(), device)
    device.uses = -1
    assert NOT_ACCEPTED in walk.text_of(alone(client, device))


def test_a_forged_counter_is_not_taken_for_a_copy(rosa, client):
    device = enrolled(rosa)
    device.uses = 4
    alone(Client(), device)
    wrong_key(device)
    device.uses = 0
    alone(client, device)
    assert not AuditEvent.objects.filter(event="passkey.copied").exists()


@pytest.mark.parametrize("uses", [2**31, 2**32 - 1])
def test_a_count_that_no_column_holds_is_refused_and_no_error(rosa, client, uses):
    device = enrolled(rosa)
    device.uses = uses - 1
    assert NOT_ACCEPTED in walk.text_of(alone(client, device))


def test_wrong_passwords_of_strangers_do_not_stop_her_passkey(rosa, client):
    device = enrolled(rosa)
    actions.lock(rosa, by="system")
    assert alone(client, device)["Location"] == "/portal/"
    assert is_signed_in(client)


@pytest.mark.parametrize("action", [actions.freeze, actions.close])
def test_a_passkey_of_an_account_that_is_stopped_does_not_sign_in(rosa, client, action):
    device = enrolled(rosa)
    action(rosa, by="system")
    page = alone(client, device)
    assert page.status_code == 403
    assert page.templates[0].name == "accounts/not_active.html"
    assert not is_signed_in(client)
    assert AuditEvent.objects.filter(event="sign-in.refused", account_id=rosa.pk).count() == 1


def test_a_passkey_does_not_go_around_the_notice(rosa):
    device = enrolled(rosa)
    client = Client()
    said = device.sign(client.post("/sign-in/passkey/options/").json())
    assert client.post("/sign-in/passkey/", {"passkey": said})["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_a_passkey_of_staff_opens_their_own_door_and_no_other(rosa):
    agent = staff("Auditor")
    device = Authenticator()
    door = "/admin/sign-in/passkey/"
    browser = signed_in(agent)
    made = device.make(options(browser, "/admin/account/security/passkey/options/"))
    assert browser.post("/admin/account/security/passkey/", {"passkey": made}).status_code == 302
    assert NOT_ACCEPTED in walk.text_of(alone(Client(), device))
    device.uses += 1
    there = Client()
    assert there.post(door, {"passkey": device.sign(options(there, f"{door}options/"))})["Location"] == "/admin/"
    of_rosa = enrolled(rosa)
    there = Client()
    said = of_rosa.sign(options(there, f"{door}options/"))
    assert NOT_ACCEPTED in walk.text_of(there.post(door, {"passkey": said}))


# Limits


def test_passkeys_that_fail_count_against_the_address_and_never_lock_the_account(rosa, client):
    device = enrolled(rosa)
    wrong_key(device)
    for _ in range(policy.SIGN_IN_PER_ADDRESS.times):
        alone(client, device)
    assert "There were too many tries." in walk.text_of(alone(client, device))
    rosa.refresh_from_db()
    assert rosa.state == "active"
    assert rosa.failures_in_a_row == 0


def test_passkeys_that_fail_count_with_wrong_codes(grace):
    device = enrolled(grace)
    wrong_key(device)
    client = half_in(grace)
    for _ in range(policy.TOTP_FAILURES.times):
        after_password(client, device)
    assert "There were too many wrong codes." in walk.text_of(after_password(client, device))
    assert isinstance(judge.judge_factor(grace, "000000"), judge.Wait)


def test_an_address_gets_so_many_challenges_and_no_more(client):
    for _ in range(policy.PASSKEY_CHALLENGES_PER_ADDRESS.times):
        limits.hit(policy.PASSKEY_CHALLENGES_PER_ADDRESS, "127.0.0.1")
    refused = client.post("/sign-in/passkey/options/")
    assert refused.status_code == 429
    assert "Wait" in refused.json()["problem"]
