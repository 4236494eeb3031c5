"""A stranger gives wrong passwords for somebody: the holder gets in from the own phone, which is known."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import Account, RecoveryRequest, State, TrustedDevice
from accounts.recovery import password as recovery
from accounts.sign_in import judge, pauses, trusted_devices
from core import policy
from safeguards import limits
from tests import people, walk
from tests.accounts.holders import KEY, WRONG, give_password, give_token, holder, is_signed_in, premium, signed_in
from tests.accounts.strangers import own_phone, says_wait, shut_out
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

NEW = "a brand new long password"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def phone(rosa: Account) -> Client:
    """Rosa's phone, with which she has signed in and out."""
    return own_phone(rosa)


def test_rosa_signs_in_from_her_own_phone_while_a_stranger_has_filled_every_limit(rosa, phone):
    shut_out(rosa)
    assert says_wait(Client(), rosa)
    assert give_password(phone, rosa.username)["Location"] == "/portal/"


def test_a_stranger_in_the_same_network_does_not_shut_out_rosas_phone(rosa, phone):
    for number in range(policy.SIGN_IN_PER_ADDRESS.times):
        give_password(Client(), f"somebody.{number}", WRONG)
    assert says_wait(Client(), rosa)
    assert give_password(phone, rosa.username)["Location"] == "/portal/"


def test_the_second_step_is_asked_for_on_a_known_phone_too():
    grace = premium(people.load("grace"))
    phone = own_phone(grace)
    shut_out(grace)
    assert give_password(phone, grace.username)["Location"] == "/sign-in/second-factor/"
    assert not is_signed_in(phone)


def test_a_password_without_the_second_step_makes_no_known_phone():
    grace, client = premium(people.load("grace")), Client()
    give_password(client, grace.username)
    assert not TrustedDevice.objects.exists()
    assert trusted_devices.COOKIE not in client.cookies
    give_token(client, walk.token_for(KEY))
    assert TrustedDevice.objects.get().account == grace


def test_the_thief_of_rosas_phone_cannot_guess_for_ever(rosa, phone):
    for _ in range(policy.SIGN_IN_PER_DEVICE.times):
        assert not says_wait(phone, rosa, WRONG)
    assert says_wait(phone, rosa)
    device = str(TrustedDevice.objects.get().pk)
    limits.clear(policy.SIGN_IN_PER_DEVICE, device)
    for _ in range(policy.SIGN_IN_PER_DEVICE_LONG.times):
        limits.hit(policy.SIGN_IN_PER_DEVICE_LONG, device)
    assert says_wait(phone, rosa)


def test_rosas_own_mistakes_on_her_phone_shut_out_nobody_elsewhere(rosa, phone):
    for _ in range(policy.SIGN_IN_PER_DEVICE.times):
        give_password(phone, rosa.username, WRONG)
    assert give_password(Client(), rosa.username)["Location"] == "/portal/"


def lock_by_strangers(account: Account) -> None:
    """Let strangers miss the password as often in a row as they may."""
    kept = policy.SIGN_IN_FAILURES_IN_A_ROW - policy.SIGN_IN_FAILURES_KEPT
    Account.objects.filter(pk=account.pk).update(failures_in_a_row=kept - 1)
    give_password(Client(), account.username, WRONG)
    account.refresh_from_db()
    assert account.state == State.LOCKED


def test_strangers_who_guess_for_days_do_not_keep_her_from_signing_in_on_her_phone(rosa, phone):
    lock_by_strangers(rosa)
    assert give_password(phone, rosa.username)["Location"] == "/portal/"
    rosa.refresh_from_db()
    assert (rosa.state, rosa.failures_in_a_row) == (State.ACTIVE, 0)


def test_a_stranger_who_finds_the_password_of_a_locked_account_does_not_learn_it(rosa, phone):
    lock_by_strangers(rosa)
    limits.clear(policy.SIGN_IN_PER_ACCOUNT, rosa.username)
    wrong = walk.text_of(give_password(Client(), rosa.username, WRONG))
    right = walk.text_of(give_password(Client(), rosa.username))
    assert "The username or the password is not right" in right
    assert right == wrong == walk.text_of(give_password(Client(), "nobody.here"))


def test_a_stolen_phone_gets_the_last_of_the_hundred_tries_and_no_more(rosa, phone):
    lock_by_strangers(rosa)
    for _ in range(policy.SIGN_IN_FAILURES_KEPT):
        limits.clear(policy.SIGN_IN_PER_DEVICE, str(TrustedDevice.objects.get().pk))
        give_password(Client(), rosa.username, WRONG)  # a stranger's uses none of them up
        limits.clear(policy.SIGN_IN_PER_ACCOUNT, rosa.username)
        give_password(phone, rosa.username, WRONG)
    rosa.refresh_from_db()
    assert (rosa.state, rosa.failures_in_a_row) == (State.LOCKED, policy.SIGN_IN_FAILURES_KEPT)
    pauses.clear_sign_in(rosa)
    assert "not right" in walk.text_of(give_password(phone, rosa.username))


@pytest.mark.django_db(transaction=True)
def test_of_thirty_guesses_at_once_from_a_stolen_phone_five_are_judged():
    rosa = holder(people.load("rosa"))
    token = trusted_devices.token_of(request_of(own_phone(rosa)))
    outcomes = in_parallel(lambda number: judge.judge_password(rosa.username, WRONG, "", device=token))
    assert sum(isinstance(outcome, judge.WrongPassword) for outcome in outcomes) == policy.SIGN_IN_PER_DEVICE.times
    assert sum(isinstance(outcome, judge.Wait) for outcome in outcomes) == 25


def request_of(client: Client) -> Any:
    """A request of this browser, with its cookies."""
    return client.get("/sign-in/").wsgi_request


@pytest.mark.django_db(transaction=True)
def test_of_thirty_sign_ins_at_once_from_one_browser_one_device_is_left():
    rosa = holder(people.load("rosa"))
    request = request_of(own_phone(rosa))
    in_parallel(lambda number: trusted_devices.trust(request, rosa))
    assert TrustedDevice.objects.count() == 1


def test_the_phone_of_one_account_is_a_stranger_to_another(rosa, phone):
    grace = holder(people.load("grace"))
    shut_out(grace)
    assert says_wait(phone, grace)


def test_one_browser_of_a_couple_is_known_to_both_and_the_rows_do_not_tell(rosa, phone):
    grace = holder(people.load("grace"))
    give_password(phone, grace.username)
    phone.post("/sign-out/")
    one, two = TrustedDevice.objects.all()
    assert bytes(one.digest) != bytes(two.digest)
    for account in (rosa, grace):
        shut_out(account)
        assert give_password(phone, account.username)["Location"] == "/portal/"
        phone.post("/sign-out/")


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "a:b:c", "é"])
def test_a_cookie_that_somebody_made_up_is_nobodys(rosa, phone, cookie):
    shut_out(rosa)
    client = Client()
    walk.agree(client)
    client.cookies[trusted_devices.COOKIE] = cookie
    assert says_wait(client, rosa)


def test_the_value_of_the_cookie_is_not_in_the_database(rosa, phone):
    token = trusted_devices.token_of(request_of(phone))
    assert len(token) >= 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(device::text, '') FROM accounts_trusteddevice device")
        assert token.encode().hex() not in cursor.fetchone()[0]


def test_the_cookie_is_kept_from_scripts_and_lasts_as_long_as_policy_says(rosa, phone):
    cookie = phone.cookies[trusted_devices.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == policy.TRUSTED_DEVICE_LIFE.total_seconds()


def test_a_phone_that_was_not_used_for_half_a_year_is_a_stranger(rosa, phone):
    shut_out(rosa)
    TrustedDevice.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert says_wait(phone, rosa)
    assert trusted_devices.purge() == 1


def test_an_account_keeps_the_browsers_that_were_used_last(rosa, phone):
    for _ in range(policy.TRUSTED_DEVICES + 3):
        signed_in(rosa)
    assert trusted_devices.purge() == 4
    assert TrustedDevice.objects.count() == policy.TRUSTED_DEVICES
    shut_out(rosa)
    assert says_wait(phone, rosa)


@pytest.mark.parametrize("action", [actions.freeze, actions.close])
def test_a_frozen_or_closed_account_knows_no_phone_any_more(rosa, phone, action):
    action(rosa, by="system")
    assert not TrustedDevice.objects.exists()


def test_known_and_unknown_names_cost_the_same_on_a_known_phone_too(rosa, phone):
    grace = holder(people.load("grace"))
    asked = []
    for name in (grace.username, "nobody.here"):
        with CaptureQueriesContext(connection) as queries:
            give_password(phone, name, WRONG)
        asked.append([query["sql"].split()[0] for query in queries])
        limits.clear(policy.SIGN_IN_PER_ADDRESS, "127.0.0.1")
    assert asked[0] == asked[1]


def test_a_wait_costs_the_same_for_a_known_and_an_unknown_name(rosa):
    asked = []
    for name in (rosa.username, "nobody.here"):
        for limit in pauses.ACCOUNT_LIMITS:
            for _ in range(limit.times):
                limits.hit(limit, name)
        client = Client(REMOTE_ADDR="198.51.100.7")
        walk.agree(client)
        with CaptureQueriesContext(connection) as queries:
            give_password(client, name, WRONG)
        asked.append([query["sql"].split()[0] for query in queries])
    assert asked[0] == asked[1]


def ask_for_link(account: Account) -> str:
    """The link in the email after Rosa asked for a new password somewhere."""
    Client(REMOTE_ADDR="203.0.113.5").post("/recover/password/", {"username": account.username})
    for request in RecoveryRequest.objects.filter(answered_at=None):
        recovery.answer(str(request.pk))
    walk.deliver_mail()
    found = re.search(r"http://localhost:8000(/recover/password/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_rosa_who_has_just_recovered_signs_in_at_once_and_a_stranger_does_not_stop_her(rosa):
    shut_out(rosa)
    laptop = Client()
    assert laptop.post(ask_for_link(rosa), {"password": NEW, "password_again": NEW}).status_code == 200
    assert give_password(Client(REMOTE_ADDR="203.0.113.6"), rosa.username, NEW)["Location"] == "/portal/"
    shut_out(rosa)
    assert give_password(laptop, rosa.username, NEW)["Location"] == "/portal/"


def test_rosa_who_mistyped_on_her_own_phone_ends_the_wait_with_a_new_password(rosa, phone):
    for _ in range(policy.SIGN_IN_PER_DEVICE.times):
        give_password(phone, rosa.username, WRONG)
    assert "which ends the wait" in walk.text_of(give_password(phone, rosa.username))
    phone.post(ask_for_link(rosa), {"password": NEW, "password_again": NEW})
    assert give_password(phone, rosa.username, NEW)["Location"] == "/portal/"


def test_a_browser_that_has_recovered_but_never_signed_in_is_known_for_half_a_day_only(rosa):
    laptop = Client()
    laptop.post(ask_for_link(rosa), {"password": NEW, "password_again": NEW})
    left = TrustedDevice.objects.get().expires_at - timezone.now()
    assert left <= policy.TRUSTED_AFTER_RECOVERY
    give_password(laptop, rosa.username, NEW)
    assert TrustedDevice.objects.get().expires_at - timezone.now() > policy.TRUSTED_AFTER_RECOVERY
