"""A stranger gives wrong passwords for somebody: the holder hears of it, and staff see the wait and end it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import Account, SignInPause
from accounts.sign_in import judge, pauses
from core import policy
from safeguards import limits
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import STAFF_DOOR, WRONG, give_password, holder, is_signed_in, signed_in, staff
from tests.accounts.strangers import own_phone, says_wait, shut_out
from tests.parallel import in_parallel
from tests.service_center.callers import known_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def phone(rosa: Account) -> Client:
    """Rosa's phone, with which she has signed in and out."""
    return own_phone(rosa)


def mails() -> list[Any]:
    """The emails that the worker sends about pauses."""
    pauses.notify_of_pauses()
    return [message for message in walk.deliver_mail() if "wrong passwords" in message.subject]


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
    known_to("works.here", rosa)
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
    known_to("works.here", rosa)
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
    known_to("works.here", rosa)
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
    known_to("works.here", rosa)
    agent.post(page_of(rosa, "lift"), {"reason": "called"})
    assert give_password(laptop, rosa.username)["Location"] == "/portal/"
