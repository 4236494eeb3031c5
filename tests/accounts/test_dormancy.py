"""Unused accounts: people are warned a month and a week before, and a new password opens a disabled account again."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts import dormancy
from accounts.models import Account, AuthenticatorApp, State
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import KEY, give_password, give_token, holder, is_signed_in, premium
from tests.accounts.test_recovery import NEW, choose, link_for
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# When the account was last used; days are counted from here.
USED = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


@pytest.fixture
def rosa(db: None) -> Account:
    account = holder(people.load("rosa"))
    Account.objects.update(last_login=USED)
    return account


def look(day: float) -> tuple[int, int]:
    """What the worker does on that day after the last use: how many were warned, how many disabled."""
    return dormancy.warn_and_disable(USED + day * DAY)


def state() -> str:
    return Account.objects.get().state


def test_a_year_in_the_life_of_a_forgotten_account(rosa):
    seen = {day: outcome for day in range(365) if (outcome := look(day)) != (0, 0)}
    assert seen == {150: (1, 0), 173: (1, 0), 180: (0, 1)}
    subjects = [message.subject for message in walk.deliver_mail()]
    assert subjects == [
        "Sign in to DS Logon soon to keep your account active",
        "Sign in to DS Logon soon to keep your account active",
        "Your DS Logon account is disabled",
    ]
    assert all("before August 29, 2026" in str(message.body) for message in mail.outbox[:2])
    assert AuditEvent.objects.get(event="account.dormant").actor_kind == "system"


def test_nothing_is_deleted(rosa):
    before = Account.objects.values("username", "email", "dod_id", "level", "password").get()
    for day in (150, 173, 180):
        look(day)
    assert state() == State.DORMANT
    assert Account.objects.values("username", "email", "dod_id", "level", "password").get() == before


def test_a_person_who_signs_in_after_a_warning_keeps_the_account(rosa):
    look(150)
    Account.objects.update(last_login=USED + 160 * DAY)
    assert [look(day) for day in (173, 180, 200, 309)] == [(0, 0)] * 4
    assert look(310) == (1, 0)


def test_an_account_never_signed_in_to_counts_from_its_opening(rosa):
    Account.objects.update(last_login=None, created_at=USED)
    assert [look(day) for day in (149, 150, 173, 180)] == [(0, 0), (1, 0), (1, 0), (0, 1)]


def test_nobody_is_disabled_without_a_weeks_warning_however_late_the_worker_comes(rosa):
    assert look(400) == (1, 0)
    assert look(406.9) == (0, 0)
    assert look(407) == (0, 1)
    assert "before April 13, 2027" in str(walk.deliver_mail()[0].body)


def test_a_worker_that_was_away_over_the_last_warning_makes_up_for_it(rosa):
    assert [look(day) for day in (150, 185, 191, 192)] == [(1, 0), (1, 0), (0, 0), (0, 1)]


def test_a_second_look_on_the_same_day_does_nothing(rosa):
    assert [look(150), look(150), look(173), look(173), look(180), look(180)] == [
        (1, 0), (0, 0), (1, 0), (0, 0), (0, 1), (0, 0)
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_warn_and_disable_each_account_once():
    for key in ("rosa", "june", "grace"):
        holder(PEOPLE[key])
    for day, expected in ((150, (3, 0)), (173, (3, 0)), (180, (0, 3))):
        Account.objects.update(last_login=USED)
        outcomes = in_parallel(partial(lambda day, number: look(day), day), workers=4)
        assert (sum(warned for warned, _ in outcomes), sum(disabled for _, disabled in outcomes)) == expected
    assert AuditEvent.objects.filter(event="account.dormant").count() == 3


def test_a_hundred_batches_of_one_do_as_well_as_one_of_a_hundred(rosa, monkeypatch):
    monkeypatch.setattr(dormancy, "BATCH", 1)
    holder(people.load("june"))
    Account.objects.update(last_login=USED)
    assert look(150) == (2, 0)


@pytest.mark.parametrize("other", [State.LOCKED, State.FROZEN, State.CLOSED])
def test_accounts_that_are_stopped_already_are_left_alone(rosa, other):
    Account.objects.update(state=other)
    assert [look(day) for day in (150, 173, 180)] == [(0, 0)] * 3


def test_a_disabled_account_says_so_after_the_right_password_and_opens_with_a_new_one(client):
    grace = premium(people.load("grace"))
    Account.objects.update(state=State.DORMANT, last_login=USED)
    assert "no one signed in for 180 days" in walk.text_of(give_password(client, grace.username))
    assert choose(client, link_for(grace)) == 200
    AuthenticatorApp.objects.update(last_t=-1)
    assert give_password(client, grace.username, NEW)["Location"] == "/sign-in/second-factor/"
    assert not is_signed_in(client)
    assert give_token(client, walk.token_for(KEY)).status_code == 302


def test_an_account_opened_again_is_warned_before_it_is_disabled_again(client, rosa):
    for day in (150, 173, 180):
        look(day)
    assert choose(client, link_for(rosa)) == 200
    assert state() == State.ACTIVE
    assert [look(day) for day in (181, 187, 188)] == [(1, 0), (0, 0), (0, 1)]


def test_the_worker_finds_the_quiet_ones_by_an_index(rosa):
    """Among many who are not quiet, so that no other index will do as well."""
    busy = {"first_name": "B", "last_name": "Busy", "email": "busy@mail.example", "last_login": timezone.now()}
    Account.objects.bulk_create(Account(username=f"busy.{number}", **busy) for number in range(500))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_account")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = dormancy.quiet(timezone.now() - policy.DORMANT_AFTER, timedelta(0)).order_by().explain()
    assert "account_quiet_since" in plan
