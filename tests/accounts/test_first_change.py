"""Which change is the first that the holder does not know: who is asked, what is listed, how far a freeze goes back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.changes import changes_of
from accounts.models import (
    Account,
    AuthenticatorApp,
    CredentialChange,
    Freeze,
    NotificationAddress,
    RegistrationDraft,
    State,
)
from accounts.second_factors import authenticator_apps, factors, suspended
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.frozen import THIEF, add_app, first_not_me, newest
from tests.accounts.holders import KEY, address, holder, premium, proven, signed_in, staff
from tests.parallel import in_parallel
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", [{}, {"first": "no such change"}])
def test_the_holder_has_to_say_what_was_not_them(typed):
    person = people.load("rosa")
    account = holder(person)
    actions.freeze(account, by="visitor")
    browser = Client()
    draft = proven(browser, person, gives_back=True)
    page = browser.post(address(draft, "give-back"), typed)
    assert page.status_code == 200
    assert "There is a problem" in walk.text_of(page)
    account.refresh_from_db()
    assert account.state == State.FROZEN


def test_nobody_names_a_change_of_another_persons_account():
    person = people.load("rosa")
    other = premium(people.load("grace"))
    actions.freeze(holder(person), by="visitor")
    browser = Client()
    draft = proven(browser, person, gives_back=True)
    page = browser.post(address(draft, "give-back"), first_not_me(other, "factor-added"))
    assert "Choose one from the list." in walk.text_of(page)


def test_the_page_lists_each_change_with_time_and_device_and_marks_the_reported_one():
    person = people.load("rosa")
    account = holder(person)
    mine = signed_in(account)
    mine.post("/account/phone/", {"phone": "202 555 0143"}, headers={"User-Agent": "Mozilla/5.0 (X11) Firefox/140.0"})
    Client().post(newest(person.email, "/not-me/"))
    browser = Client()
    draft = proven(browser, person, gives_back=True)
    said = walk.text_of(browser.get(address(draft, "give-back")))
    assert re.search(r"Phone number changed, \w+ \d+, \d{4}, \d+:\d\d [AP]M, from Firefox \(reported\)", said)
    assert "I did not open this account" in said


def test_the_page_is_for_nobody_who_has_not_proven_it():
    person = people.load("rosa")
    actions.freeze(holder(person), by="visitor")
    browser = Client()
    draft = proven(browser, person, code_redeemed_at=None)
    for answer in (
        browser.get(address(draft, "give-back")),
        browser.post(address(draft, "give-back"), {"first": "none"}),
    ):
        assert answer["Location"].endswith("/code/")
    assert Account.objects.get().state == State.FROZEN


def test_changed_details_take_the_proof_with_them():
    person = people.load("rosa")
    actions.freeze(holder(person), by="visitor")
    browser = Client()
    draft = proven(browser, person, gives_back=True)
    browser.post(address(draft, "details"), walk.details_of(person, last_name="Somebodyelse"))
    draft = RegistrationDraft.objects.get(pk=draft.pk)
    assert (draft.gives_back, draft.code_redeemed_at) == (False, None)


def test_an_earlier_report_lets_the_freeze_go_back_further():
    account = holder(people.load("rosa"))
    authenticator_apps.enroll(account, KEY, step_used=-1, by=account)
    added = AuthenticatorApp.objects.get().created_at
    actions.freeze(account, by="visitor")
    assert factors.has_factor(account)
    actions.freeze(account, by="visitor", since=added)
    actions.freeze(account, by="visitor", since=added + timedelta(minutes=1))
    assert not factors.has_factor(account)
    assert Freeze.objects.get(ended_at=None).since == added
    assert AuditEvent.objects.filter(event="second-factor.suspended", details={"factors": 1}).count() == 1


def test_the_holder_picks_from_the_list_of_changes_when_freezing_from_within():
    account = holder(people.load("rosa"))
    mine = signed_in(account)
    add_app(mine)
    page = walk.text_of(mine.get("/account/not-me/"))
    assert "Authenticator app added" in page
    mine.post("/account/not-me/", first_not_me(account, "factor-added"))
    freeze = Freeze.objects.get()
    assert (freeze.since, freeze.by) == (changes_of(account).first().at, account)  # type: ignore[union-attr]
    assert not factors.has_factor(account)


def test_who_only_wants_to_stop_everything_need_not_choose():
    account = holder(people.load("rosa"))
    assert "Your account is frozen" in walk.text_of(signed_in(account).post("/account/not-me/"))
    assert Freeze.objects.get().since is None


def test_the_desk_sees_what_changed_when_and_from_where_and_what_is_suspended():
    account = holder(people.load("rosa"))
    add_app(signed_in(account))
    actions.freeze(account, by="visitor", since=AuthenticatorApp.objects.get().created_at)
    agent = signed_in(staff("Service center agent"))
    page = agent.get(f"/admin/accounts/account/{account.pk}/change/")
    said = walk.text_of(page)
    assert "Authenticator app added" in said
    assert "Suspended" in said
    assert "A frozen account is not unlocked by staff" in said
    assert f"/admin/accounts/account/{account.pk}/unlock/" not in page.content.decode()


def test_a_supervisor_freezes_from_the_first_change_that_the_caller_does_not_know():
    account = holder(people.load("rosa"))
    add_app(signed_in(account))
    desk, here = signed_in(staff("Supervisor")), f"/admin/accounts/account/{account.pk}/freeze/"
    assert "Choose one of these answers." in walk.text_of(desk.post(here, {}))
    assert Account.objects.get(pk=account.pk).state == State.ACTIVE
    desk.post(here, {**first_not_me(account, "factor-added"), **WHY["freeze"]})
    assert not factors.has_factor(account)
    assert Freeze.objects.get().by is not None


def test_changes_and_removed_factors_are_forgotten_after_thirty_days_but_not_while_frozen():
    account, other = premium(people.load("grace")), premium(people.load("rosa"))
    for one in (account, other):
        with factors.lock_factors(one):
            factors.remove_all(one)
        actions.set_email(one, f"{one.pk}@mail.example", by=one)
    actions.freeze(other, by="visitor")
    later = timezone.now() + policy.CHANGES_UNDONE_WITHIN + timedelta(minutes=1)
    suspended.purge(later - timedelta(minutes=2))
    assert CredentialChange.objects.filter(account=account).exists()
    suspended.purge(later)
    assert not CredentialChange.objects.filter(account=account).exists()
    assert set(AuthenticatorApp.objects.values_list("user", flat=True)) == {other.pk}
    assert CredentialChange.objects.filter(account=other).exists()
    assert list(NotificationAddress.objects.values_list("account", flat=True)) == [other.pk]


def test_what_is_kept_to_undo_a_change_is_not_readable_in_the_database():
    account = holder(people.load("rosa"))
    actions.set_email(account, THIEF, by=account)
    sealed: Any = CredentialChange.objects.values_list("before", flat=True).get()
    assert PEOPLE["rosa"].email.encode() not in bytes(sealed)
    sealed = NotificationAddress.objects.values_list("email", flat=True).get()
    assert PEOPLE["rosa"].email.encode() not in bytes(sealed)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_freezes_at_once_one_freezes_and_the_earliest_moment_counts():
    account = premium(PEOPLE["grace"])
    now = timezone.now()
    in_parallel(lambda number: actions.freeze(account, by="visitor", since=now + timedelta(minutes=number)))
    assert AuditEvent.objects.filter(event="account.frozen").count() == 1
    assert Freeze.objects.get().since == now
