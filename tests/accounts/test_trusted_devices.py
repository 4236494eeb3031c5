"""A stranger gives wrong passwords for somebody: the holder gets in from the own phone, hears of it, and gets help."""

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
from accounts.models import Account, RecoveryRequest, SignInPause, State, TrustedDevice
from accounts.recovery import password as recovery
from accounts.sign_in import judge, pauses, trusted_devices
from core import policy
from safeguards import limits
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import (
    KEY,
    STAFF_DOOR,
    WRONG,
    give_password,
    give_token,
    holder,
    is_signed_in,
    premium,
    signed_in,
    staff,
)
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

WAIT = "There were too many tries."
NEW = "a brand new long password"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def phone(rosa: Account) -> Client:
    """Rosa's phone, with which she has signed in and out."""
    return own_phone(rosa)


def own_phone(account: Account) -> Client:
    client = signed_in(account)
    client.post("/sign-out/")
    assert not is_signed_in(client)
    return client


def shut_out(account: Account) -> None:
    """A stranger gives wrong passwords until the long limit of the account is full, and one more."""
    for limit in pauses.ACCOUNT_LIMITS:
        for _ in range(limit.times):
            limits.hit(limit, account.username)
    assert WAIT in walk.text_of(give_password(Client(REMOTE_ADDR="198.51.100.66"), account.username, WRONG))


def says_wait(client: Client, account: Account, password: str = walk.PASSWORD) -> bool:
    return WAIT in walk.text_of(give_password(client, account.username, password))


def mails() -> list[Any]:
    """The emails that the worker sends about pauses."""
    pauses.notify_of_pauses()
    return [message for message in walk.deliver_mail() if "wrong passwords" in message.subject]


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


def test_rosa_hears_once_a_day_at_every_address_that_somebody_guessed(rosa):
    Account.objects.update(email="rosa@new.example")
    shut_out(rosa)
    shut_out(rosa)
    of_record = people.load("rosa").email
    assert sorted(message.to[0] for message in mails()) == sorted(["rosa@new.example", of_record])
    body = str(mails()[0].body)
    assert "/recover/password/" in body
    assert "/not-me/" in body
    assert AuditEvent.objects.filter(event="account.pause-told", account_id=rosa.pk).count() == 1
    give_password(Client(), rosa.username, WRONG)
    assert len(mails()) == 2


def test_rosa_hears_again_a_day_later_if_the_guessing_goes_on(rosa):
    shut_out(rosa)
    assert pauses.notify_of_pauses() == 1
    SignInPause.objects.update(told_at=timezone.now() - policy.PAUSE_NOTICE_GAP)
    assert pauses.notify_of_pauses() == 1
    assert pauses.notify_of_pauses(timezone.now() + policy.PAUSE_NOTICE_GAP) == 0  # nobody has guessed since


def judged_with_statements(name: str) -> tuple[type, list[str]]:
    """How a wrong password for a name is judged, and by which statements."""
    with CaptureQueriesContext(connection) as queries:
        judged = judge.judge_password(name, WRONG, "198.51.100.67")
    return type(judged), [re.sub(r"\d+|'[^']*'|NULL", "?", query["sql"]) for query in queries]


def test_a_name_that_has_to_wait_costs_the_same_whether_it_exists_or_not(rosa):
    for limit in pauses.ACCOUNT_LIMITS:
        for name in (rosa.username, "nobody.there"):
            for _ in range(limit.times):
                limits.hit(limit, name)
    said = []
    for name in (rosa.username, "nobody.there"):
        first, again = (judged_with_statements(name) for _ in range(2))
        said.append((first, again))
    assert said[0] == said[1]
    assert said[0][1][0] is judge.Wait


def test_nobody_hears_of_a_name_that_does_not_exist_or_of_a_network_that_has_to_wait(rosa):
    for number in range(policy.SIGN_IN_PER_ADDRESS.times + 1):
        give_password(Client(), f"somebody.{number}", WRONG)
    assert says_wait(Client(), rosa)
    assert mails() == []
    assert not SignInPause.objects.exists()


def test_a_frozen_account_gets_no_mail_about_guesses(rosa):
    shut_out(rosa)
    actions.freeze(rosa, by="system")
    assert mails() == []
    assert pauses.notify_of_pauses() == 0


@pytest.mark.django_db(transaction=True)
def test_of_thirty_workers_that_look_at_once_one_writes():
    rosa = holder(people.load("rosa"))
    shut_out(rosa)
    assert sum(in_parallel(lambda number: pauses.notify_of_pauses())) == 1


def page_of(account: Account, action: str = "change") -> str:
    return f"/admin/accounts/account/{account.pk}/{action}/"


def test_an_agent_sees_what_has_to_wait_and_until_when_and_ends_it_with_a_reason(rosa):
    shut_out(rosa)
    agent = signed_in(staff("Service center agent"))
    page = agent.get(page_of(rosa))
    assert "Signing in with a browser that has not signed in before" in walk.text_of(page)
    assert len(page.context["pauses"]) == 1
    assert page.context["pauses"][0].until > timezone.now() + timedelta(hours=11)
    assert "End the waits" in walk.text_of(page)
    assert "Choose why." in walk.text_of(agent.post(page_of(rosa, "lift")))
    assert says_wait(Client(), rosa)
    agent.post(page_of(rosa, "lift"), {"reason": "called"})
    assert give_password(Client(), rosa.username)["Location"] == "/portal/"
    lifted = AuditEvent.objects.filter(event="account.pause-lifted", account_id=rosa.pk)
    assert {event.details["limit"] for event in lifted} == {"sign-in-account", "sign-in-account-long"}
    assert {event.details["reason"] for event in lifted} == {"called"}
    assert {event.actor_kind for event in lifted} == {"staff"}


def test_an_agent_sees_and_ends_the_wait_on_a_phone_that_is_known(rosa, phone):
    for _ in range(policy.SIGN_IN_PER_DEVICE.times):
        give_password(phone, rosa.username, WRONG)
    agent = signed_in(staff("Service center agent"))
    assert "one of the browsers that have signed in before" in walk.text_of(agent.get(page_of(rosa)))
    agent.post(page_of(rosa, "lift"), {"reason": "called"})
    assert give_password(phone, rosa.username)["Location"] == "/portal/"


def test_looking_at_the_waits_turns_nobody_away_and_says_nothing_of_tries(rosa):
    agent = signed_in(staff("Service center agent"))
    for limit in pauses.ACCOUNT_LIMITS:
        for _ in range(limit.times):
            limits.hit(limit, rosa.username)
    agent.get(page_of(rosa))
    assert not AuditEvent.objects.filter(event="limit.reached").exists()


def test_without_a_wait_there_is_nothing_to_end(rosa):
    agent = signed_in(staff("Service center agent"))
    assert "End the waits" not in walk.text_of(agent.get(page_of(rosa)))
    agent.post(page_of(rosa, "lift"), {"reason": "called"})
    assert not AuditEvent.objects.filter(event="account.pause-lifted").exists()


@pytest.mark.parametrize(("role", "status"), [("Auditor", 403), ("Proofing reviewer", 403), ("Supervisor", 200)])
def test_only_roles_that_unlock_end_waits(rosa, role, status):
    shut_out(rosa)
    assert signed_in(staff(role)).get(page_of(rosa, "lift")).status_code == status


def test_an_agent_whose_own_sign_in_was_guessed_at_gets_in_from_the_own_desk():
    agent = staff("Service center agent")
    desk = signed_in(agent)
    desk.post("/admin/sign-out/")
    shut_out(agent)
    assert give_password(desk, agent.username, door=STAFF_DOOR)["Location"] == f"{STAFF_DOOR}second-factor/"


def test_locked_by_a_stranger_the_person_signs_in_from_the_own_phone():
    """The whole walk: the stranger guesses by hand, the person hears of it, signs in, and gets help for the laptop."""
    rosa = holder(people.load("rosa"))
    phone = own_phone(rosa)
    stranger = Client(REMOTE_ADDR="198.51.100.66")
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        assert "is not right" in walk.text_of(give_password(stranger, rosa.username, WRONG))
    assert says_wait(stranger, rosa, WRONG)
    laptop = Client(REMOTE_ADDR="203.0.113.5")
    assert says_wait(laptop, rosa)
    (told, *_) = mails()
    assert told.to == [rosa.email]
    assert give_password(phone, rosa.username)["Location"] == "/portal/"
    assert is_signed_in(phone)
    assert "Someone gave a wrong password for your account." in walk.text_of(phone.get("/account/activity/"))
    agent = signed_in(staff("Service center agent"))
    agent.post(page_of(rosa, "lift"), {"reason": "called"})
    assert give_password(laptop, rosa.username)["Location"] == "/portal/"
