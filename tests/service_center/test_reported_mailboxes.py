"""Somebody else reads my mailbox: what was reported counts, and not where a thief has moved the account since."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.utils import timezone

from accounts import actions, giving_back
from accounts.journeys.upgrade.evidence import code_address
from accounts.mail import links, notices
from accounts.models import (
    Account,
    Assistance,
    AuthenticatorApp,
    Freeze,
    RecoveryRequest,
    Session,
    State,
    TrustedDevice,
)
from accounts.models.mail import Purpose
from accounts.profile import email_change
from accounts.recovery import lost_factor
from accounts.recovery import password as recovery
from accounts.second_factors import authenticator_apps, factors, suspended
from core import policy
from deers import lookup
from deers.models import Person as Registered
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from service_center import assistance
from tests import people, walk
from tests.accounts.holders import address, give_password, holder, is_signed_in, premium, proven, signed_in, staff
from tests.parallel import in_parallel
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

OF_RECORD = PEOPLE["rosa"].email
TAKEN = "rosa.second@mail.example"
ELSEWHERE = "thief@mail.example"
FORMER = "rosa.first@mail.example"
REPORT = {"kind": "email-of-record", "reason": "mailbox-taken"}
LOST = {"kind": "email-of-record", "reason": "mailbox-lost"}
NEW = "a long walk on the Platte"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"), email=TAKEN)


@pytest.fixture
def ann(db: None) -> Client:
    return signed_in(staff("Supervisor", "ann.supervisor"))


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in(staff("Supervisor", "bob.supervisor"))


def page(account: Account, action: str) -> str:
    return f"/admin/accounts/account/{account.pk}/{action}/"


def again(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def delivered() -> list[Any]:
    """All mail, after the worker has answered who forgot a username or password."""
    for request in RecoveryRequest.objects.filter(answered_at=None):
        recovery.answer(str(request.pk))
    return walk.deliver_mail()


def heard_by() -> set[str]:
    """Who got an email since this was asked last."""
    outbox = delivered()
    to = {message.to[0] for message in outbox}
    outbox.clear()
    return to


def newest(email: str, where: str) -> str:
    """The newest link to this page that was mailed to this address."""
    texts = [str(message.body) for message in delivered() if message.to == [email]]
    found = re.search(rf"http://localhost:8000({where}\S+)", next(text for text in reversed(texts) if where in text))
    assert found
    return found[1]


def path(link: str) -> str:
    return link.removeprefix("http://localhost:8000")


def move(browser: Client, email: str) -> None:
    """Change the address in this session, and confirm it."""
    browser.post("/account/email/", {"email": email})
    browser.post(newest(email, "/account/email/confirm/"))


def test_a_thief_who_moves_the_account_while_a_report_waits_is_out_for_good(ann, bob, rosa):
    """The walk in one piece: report, thief moves on, approval, the thief's old link, and the account given back."""
    stolen = signed_in(rosa)
    undo = path(links.make(rosa, Purpose.UNDO_EMAIL, data=TAKEN, since=timezone.now()))
    ann.post(page(rosa, "help"), REPORT)
    assert heard_by() == {OF_RECORD}
    Client().post("/recover/password/", {"username": rosa.username})
    assert heard_by() == {OF_RECORD}
    move(stolen, ELSEWHERE)
    assert again(rosa).email == ELSEWHERE
    assert TAKEN not in heard_by()

    warned = walk.text_of(bob.get(page(rosa, "approve")))
    assert "DEERS holds: r•••@" in warned
    assert "Given up: r•••@mail.example, t•••@mail.example." in warned
    bob.post(page(rosa, "approve"), WHY["approve"])
    account = again(rosa)
    assert (account.email, account.state) == (OF_RECORD, State.ACTIVE)
    assert {TAKEN, ELSEWHERE} <= notices.given_up(rosa)
    assert not is_signed_in(stolen)
    assert not check_password(walk.PASSWORD, account.password)
    assert not TrustedDevice.objects.filter(account=account).exists()
    link = newest(OF_RECORD, "/recover/password/")
    assert heard_by() == {OF_RECORD}
    Client().post(link, {"password": NEW, "password_again": NEW})
    mine = Client()
    give_password(mine, account.username, NEW)
    assert is_signed_in(mine)

    assert "Freeze your account" in walk.text_of(Client().get(undo))
    assert "We now write to this email address again" not in walk.text_of(Client().post(undo))
    assert (again(rosa).email, again(rosa).state) == (OF_RECORD, State.FROZEN)
    walk.send(mine, address(proven(mine, PEOPLE["rosa"], gives_back=True), "give-back"), {"first": "none"})
    assert (again(rosa).email, again(rosa).state) == (OF_RECORD, State.ACTIVE)
    assert heard_by() == {OF_RECORD}


def test_while_a_report_waits_forgotten_usernames_and_passwords_are_answered_at_the_address_in_deers(client, ann, rosa):
    Client().post("/recover/password/", {"username": rosa.username})
    before = newest(TAKEN, "/recover/password/")
    answers = [walk.text_of(client.post("/recover/username/", {"email": TAKEN}))]
    heard_by()
    ann.post(page(rosa, "help"), REPORT)
    heard_by()
    assert client.get(before).status_code == 410
    answers.append(walk.text_of(client.post("/recover/username/", {"email": TAKEN})))
    client.post("/recover/password/", {"username": rosa.username})
    assert heard_by() == {OF_RECORD}
    assert answers[0] == answers[1]


def test_the_reported_mailbox_can_freeze_while_the_report_waits_and_is_not_restored(ann, bob, rosa):
    undo = path(links.make(rosa, Purpose.UNDO_EMAIL, data=TAKEN, since=timezone.now()))
    actions.set_email(rosa, FORMER, by=rosa)
    actions.set_email(rosa, TAKEN, by=rosa)
    ann.post(page(rosa, "help"), REPORT)
    assert "Freeze your account" in walk.text_of(Client().get(undo))
    Client().post(undo)
    assert again(rosa).state == State.FROZEN
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert Assistance.objects.get().approved is None
    heard_by()
    giving_back.give_back(rosa, since=None, by="visitor")
    assert again(rosa).email == OF_RECORD
    assert TAKEN not in heard_by()


def test_what_waits_for_a_second_staff_member_gives_up_no_mailbox_for_good(ann, rosa):
    """One member of staff alone takes nobody's address away, not even when the account is given back meanwhile."""
    actions.set_email(rosa, OF_RECORD, by=rosa)
    ann.post(page(rosa, "help"), REPORT)
    actions.freeze(rosa, by="visitor")
    giving_back.give_back(rosa, since=None, by="visitor", typed_email=FORMER)
    assert again(rosa).email == FORMER
    assert notices.addresses_of(again(rosa)) == [FORMER]
    ann.post(page(rosa, "decline"), WHY["decline"])
    assert notices.addresses_of(again(rosa)) == [FORMER, OF_RECORD]


def test_declining_a_report_ends_what_it_did(ann, bob, rosa):
    ann.post(page(rosa, "help"), REPORT)
    assert notices.is_given_up(rosa, TAKEN)
    bob.post(page(rosa, "decline"), WHY["decline"])
    assert not notices.is_given_up(rosa, TAKEN)
    assert Assistance.objects.get().mailboxes is None
    Client().post("/recover/password/", {"username": rosa.username})
    assert TAKEN in heard_by()


def test_an_approved_report_outlives_the_thirty_days_of_former_addresses(ann, bob, rosa):
    ann.post(page(rosa, "help"), REPORT)
    bob.post(page(rosa, "approve"), WHY["approve"])
    suspended.purge(timezone.now() + policy.CHANGES_UNDONE_WITHIN + timedelta(days=1))
    assert notices.is_given_up(rosa, TAKEN)


def test_a_link_for_a_new_factor_waits_for_the_decision(ann, bob):
    grace = premium(people.load("grace"), email=TAKEN)
    later = timezone.now() + policy.LOST_FACTOR_WAIT + policy.TOTP_STEP
    lost_factor.start(grace, by="visitor")
    ann.post(page(grace, "help"), REPORT)
    assert lost_factor.answer(later) == 0
    bob.post(page(grace, "decline"), WHY["decline"])
    assert lost_factor.answer(later) == 1
    old = newest(TAKEN, "/recover/factor/")
    ann.post(page(grace, "help"), REPORT)
    assert Client().get(old).status_code == 410
    bob.post(page(grace, "approve"), WHY["approve"])
    heard_by()
    assert lost_factor.answer(later) == 1
    assert heard_by() == {PEOPLE["grace"].email}


def test_the_reported_mailbox_is_not_confirmed_again(ann, bob, rosa):
    stolen = signed_in(rosa)
    move(stolen, ELSEWHERE)
    Assistance.objects.all().delete()
    ann.post(page(rosa, "help"), {**REPORT, "mailboxes": [key_of(rosa, TAKEN)]})
    heard_by()
    said = walk.text_of(stolen.post("/account/email/", {"email": TAKEN}))
    assert "Check your email for a link" in said  # the thief learns nothing
    assert heard_by() == set()
    bob.post(page(rosa, "approve"), WHY["approve"])
    Client().post(newest(OF_RECORD, "/recover/password/"), {"password": NEW, "password_again": NEW})
    mine = Client()
    give_password(mine, rosa.username, NEW)
    said = walk.text_of(mine.post("/account/email/", {"email": TAKEN.upper()}))
    assert "somebody else reads this mailbox" in said


def key_of(account: Account, email: str) -> str:
    """What the form of the service center calls a former address."""
    return next(key for key, row in assistance.former_addresses(again(account)).items() if row.email == email)


def test_a_caller_whose_address_was_changed_before_names_the_former_ones_that_are_read_too(ann, bob, rosa):
    """The thief reads the second mailbox and has moved the account on twice. The first mailbox is hers alone."""
    Account.objects.update(email=FORMER)
    rosa.refresh_from_db()
    for email in (TAKEN, "thief.one@mail.example", ELSEWHERE):
        actions.set_email(rosa, email, by=rosa)
    shown = walk.text_of(ann.get(page(rosa, "change")))
    assert "r•••@mail.example, until" in shown
    assert "thief.one@mail.example" not in shown
    named = [key_of(rosa, TAKEN), key_of(rosa, "thief.one@mail.example")]
    ann.post(page(rosa, "help"), {**REPORT, "mailboxes": named})
    assert heard_by() == {FORMER, OF_RECORD}
    warned = walk.text_of(bob.get(page(rosa, "approve")))
    assert "Given up: t•••@mail.example, r•••@mail.example, t•••@mail.example." in warned
    assert "Former addresses that still hear of changes for a while: r•••@mail.example." in warned
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert notices.given_up(rosa) == {TAKEN, "thief.one@mail.example", ELSEWHERE}
    assert notices.addresses_of(again(rosa)) == [OF_RECORD, FORMER]


def test_a_caller_who_is_moved_away_from_the_mailbox_in_deers_gets_it_back(ann, bob):
    rosa = holder(people.load("rosa"))
    actions.set_email(rosa, ELSEWHERE, by=rosa)
    ann.post(page(rosa, "help"), REPORT)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert again(rosa).email == OF_RECORD
    assert notices.given_up(rosa) == {ELSEWHERE}


@pytest.mark.parametrize("mailboxes", [["1"], ["00000000-0000-4000-8000-000000000000"], [ELSEWHERE]])
def test_nobody_names_an_address_that_the_account_never_had(ann, rosa, mailboxes):
    actions.set_email(rosa, FORMER, by=rosa)
    ann.post(page(rosa, "help"), {**REPORT, "mailboxes": mailboxes})
    assert not Assistance.objects.exists()


def test_a_report_that_names_the_mailbox_in_deers_waits_until_deers_holds_another(ann, bob):
    rosa = holder(people.load("rosa"))
    ann.post(page(rosa, "help"), REPORT)
    assert "An ID card office can put the right one into DEERS" in walk.text_of(bob.get(page(rosa, "approve")))
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert Assistance.objects.get().approved is None
    Client().post("/recover/password/", {"username": rosa.username})
    assert heard_by() == set()
    Registered.objects.filter(pk=rosa.dod_id).update(email=FORMER)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert (again(rosa).email, notices.given_up(rosa)) == (FORMER, {OF_RECORD})


def test_a_holder_who_moves_to_the_mailbox_in_deers_while_the_report_waits_does_not_lose_it(ann, bob, rosa):
    mine = signed_in(rosa)
    ann.post(page(rosa, "help"), REPORT)
    move(mine, OF_RECORD)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert (again(rosa).email, notices.given_up(rosa)) == (OF_RECORD, {TAKEN})
    assert not is_signed_in(mine)
    assert newest(OF_RECORD, "/recover/password/")


def test_a_holder_who_got_the_account_back_in_the_meantime_keeps_the_address_from_then(ann, bob, rosa):
    ann.post(page(rosa, "help"), REPORT)
    actions.freeze(rosa, by="visitor")
    giving_back.give_back(rosa, since=None, by="visitor")
    account = again(rosa)
    with_link = links.make(account, Purpose.CONFIRM_EMAIL, data=FORMER).rstrip("/").rsplit("/", 1)[1]
    assert email_change.confirm(account, with_link)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert Assistance.objects.get().approved is None
    assert Freeze.objects.get().ended_at
    assert again(rosa).email == FORMER
    assert notices.addresses_of(again(rosa)) == [FORMER, OF_RECORD]


def test_a_report_from_before_reports_were_kept_is_about_the_address_of_today(bob, ann, rosa):
    ann.post(page(rosa, "help"), REPORT)
    Assistance.objects.update(mailboxes=None)
    assert not notices.is_given_up(rosa, TAKEN)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert notices.given_up(rosa) == {TAKEN}


def test_an_app_that_a_thief_adds_while_the_report_waits_is_suspended(ann, bob, rosa):
    ann.post(page(rosa, "help"), REPORT)
    authenticator_apps.enroll(rosa, "ab" * 20, step_used=-1, by=rosa)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert factors.all_of(rosa) == []
    assert not AuthenticatorApp.objects.get(user=rosa).confirmed
    assert AuditEvent.objects.filter(event="account.access-ended", account_id=rosa.pk).count() == 1


def test_a_thief_who_is_signed_in_does_not_read_of_the_report(ann, bob, rosa):
    stolen = signed_in(rosa)
    for decide in ("decline", "help"):
        ann.post(page(rosa, "help"), REPORT)
        bob.post(page(rosa, decide), WHY["decline"])
        said = walk.text_of(stolen.get("/account/activity/"))
        assert "You signed in" in said
        assert "our staff asked to help" not in said
        assert "help by our staff was declined" not in said
    assert AuditEvent.objects.filter(event="support.help-asked", details__about=rosa.pk).count() == 2


def test_the_code_of_an_upgrade_does_not_go_to_a_reported_mailbox(ann, rosa):
    later = timezone.now() + policy.UPGRADE_ADDRESS_AGE
    assert code_address(rosa, lookup.person(rosa.dod_id or ""), later) == TAKEN
    ann.post(page(rosa, "help"), REPORT)
    assert code_address(rosa, lookup.person(rosa.dod_id or ""), later) == OF_RECORD


def test_a_lost_mailbox_is_warned_until_the_second_staff_member_agrees_and_then_given_up(ann, bob, rosa):
    """Who only says that the mailbox is lost may not be its owner. The owner hears of it and can freeze."""
    ann.post(page(rosa, "help"), LOST)
    assert heard_by() == {TAKEN, OF_RECORD}
    actions.set_email(rosa, ELSEWHERE, by=rosa)
    bob.post(page(rosa, "approve"), WHY["approve"])
    assert again(rosa).email == OF_RECORD
    assert notices.given_up(rosa) == {TAKEN, ELSEWHERE}
    assert Session.objects.filter(account=rosa).count() == 0


def test_the_reported_mailbox_is_not_readable_in_the_database(ann, rosa):
    ann.post(page(rosa, "help"), REPORT)
    sealed: Any = Assistance.objects.values_list("mailboxes", flat=True).get()
    assert TAKEN.encode() not in bytes(sealed)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_approve_and_move_the_account_at_once_none_leaves_it_with_the_thief():
    account = holder(people.load("rosa"), email=TAKEN)
    ann, bob = staff("Supervisor", "ann.supervisor"), staff("Supervisor", "bob.supervisor")
    kind, reason = Assistance.Kind.EMAIL_OF_RECORD, Assistance.Reason.MAILBOX_TAKEN
    assert isinstance(assistance.ask(account, kind, reason, by=ann), actions.Done)
    token = links.make(account, Purpose.CONFIRM_EMAIL, data=ELSEWHERE).rstrip("/").rsplit("/", 1)[1]

    def act(number: int) -> object:
        if number % 2:
            return assistance.approve(account, by=bob)
        return email_change.confirm(again(account), token)

    outcomes = in_parallel(act)
    assert sum(isinstance(outcome, actions.Done) for outcome in outcomes) == 1
    assert again(account).email == OF_RECORD
    assert (True in outcomes) == (ELSEWHERE in notices.given_up(account))
