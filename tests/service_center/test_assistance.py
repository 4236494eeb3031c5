"""Help by the service center: one staff member asks, another approves, and the person hears of it each time."""

import re

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Assistance, LostFactor
from accounts.recovery import lost_factor
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from service_center import assistance
from tests import people, walk
from tests.accounts.holders import STAFF_DOOR, address, give_password, give_token, premium, proven, signed_in, staff
from tests.parallel import in_parallel
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

SECOND = "grace.second@mail.example"
FACTOR = {"kind": "lost-factor", "reason": "device-lost"}
EMAIL = {"kind": "email-of-record", "reason": "mailbox-lost"}


@pytest.fixture
def grace(db: None) -> Account:
    return premium(people.load("grace"), email=SECOND)


@pytest.fixture
def ann(db: None) -> Client:
    return signed_in(staff("Supervisor", "ann.supervisor"))


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in(staff("Supervisor", "bob.supervisor"))


def page(account: Account, action: str) -> str:
    return f"/admin/accounts/account/{account.pk}/{action}/"


def events(account: Account) -> list[tuple]:
    rows = AuditEvent.objects.filter(account_id=account.pk, event__startswith="support.help")
    return list(rows.order_by("pk").values_list("event", "actor_kind", "details"))


def test_two_supervisors_start_the_wait_for_a_new_factor(ann, bob, grace):
    ann.post(page(grace, "help"), FACTOR)
    assert not LostFactor.objects.exists()
    shown = walk.text_of(bob.get(page(grace, "change")))
    assert "Start the wait for a new second factor" in shown
    bob.post(page(grace, "approve"), WHY["approve"])
    assert LostFactor.objects.get().account == grace
    assert events(grace) == [
        ("support.help-asked", "staff", FACTOR),
        ("support.help-approved", "staff", {"kind": "lost-factor", **WHY["approve"]}),
    ]
    walk.deliver_mail()
    told = [(message.to[0], "help" in message.subject) for message in mail.outbox]
    assert sorted(told) == sorted((to, asked) for to in (SECOND, PEOPLE["grace"].email) for asked in (True, False))


def test_a_mailbox_that_is_lost_gives_way_to_the_address_in_deers(ann, bob, grace):
    ann.post(page(grace, "help"), EMAIL)
    walk.deliver_mail().clear()
    bob.post(page(grace, "approve"), WHY["approve"])
    grace.refresh_from_db()
    assert grace.email == PEOPLE["grace"].email
    (told,) = walk.deliver_mail()  # nobody reads the mailbox that was given up, or somebody else does
    assert (told.to, "/not-me/" in str(told.body)) == ([PEOPLE["grace"].email], True)


def test_the_way_out_of_a_taken_mailbox_does_not_lead_back_into_it(ann, bob, grace):
    """The walk in one piece: a stolen mailbox, help, the new address; the thief's old link freezes and no more."""
    browser = signed_in(grace)
    browser.post("/account/email/", {"email": "grace.third@mail.example"})
    browser.post(link_to(mail_to("grace.third@mail.example"), "/account/email/confirm/"))
    thiefs = link_to(mail_to(SECOND), "/recover/email/")
    grace.refresh_from_db()
    actions.set_email(grace, SECOND, by=grace)  # and back: the thief has had a link that restores this mailbox
    ann.post(page(grace, "help"), {"kind": "email-of-record", "reason": "mailbox-taken"})
    warned = walk.text_of(bob.get(page(grace, "approve")))
    assert "old links only freeze" in warned
    walk.deliver_mail().clear()
    bob.post(page(grace, "approve"), WHY["approve"])
    grace.refresh_from_db()
    assert grace.email == PEOPLE["grace"].email
    *heard, password = [(message.to[0], str(message.body)) for message in walk.deliver_mail()]
    assert {to for to, _ in heard} == {PEOPLE["grace"].email, "grace.third@mail.example"}
    assert all("/not-me/" in text and "/recover/email/" not in text for _, text in heard)
    assert (password[0], "/recover/password/" in password[1]) == (PEOPLE["grace"].email, True)

    assert "Freeze your account" in walk.text_of(Client().get(thiefs))
    said = walk.text_of(Client().post(thiefs))
    assert "Your account is frozen" in said
    assert "We now write to this email address again" not in said
    grace.refresh_from_db()
    assert (grace.email, grace.state) == (PEOPLE["grace"].email, "frozen")
    assert SECOND not in {message.to[0] for message in walk.deliver_mail()}

    mine = Client()
    draft = proven(mine, PEOPLE["grace"], level=2, gives_back=True)
    walk.send(mine, address(draft, "give-back"), {"first": "none"})
    grace.refresh_from_db()
    assert (grace.email, grace.state) == (PEOPLE["grace"].email, "active")
    assert "/recover/password/" in mail_to(PEOPLE["grace"].email)
    assert SECOND not in {message.to[0] for message in walk.deliver_mail()}


def test_a_link_for_a_new_factor_in_a_mailbox_that_was_given_up_ends_and_is_sent_again(ann, bob, grace):
    later = timezone.now() + policy.LOST_FACTOR_WAIT + policy.TOTP_STEP
    lost_factor.start(grace, by="visitor")
    lost_factor.answer(later)
    old = link_to(mail_to(SECOND), "/recover/factor/")
    ann.post(page(grace, "help"), EMAIL)
    bob.post(page(grace, "approve"), WHY["approve"])
    assert Client().get(old).status_code == 410
    assert lost_factor.answer(later) == 1
    assert "/recover/factor/" in mail_to(PEOPLE["grace"].email)


def mail_to(to: str) -> str:
    return next(str(message.body) for message in reversed(walk.deliver_mail()) if message.to == [to])


def link_to(text: str, where: str) -> str:
    found = re.search(rf"http://localhost:8000({where}\S+)", text)
    assert found, text
    return found[1]


def test_nobody_approves_what_they_asked_for(ann, grace):
    ann.post(page(grace, "help"), FACTOR)
    assert page(grace, "approve") not in ann.get(page(grace, "change")).content.decode()
    ann.post(page(grace, "approve"), WHY["approve"])
    assert not LostFactor.objects.exists()
    assert Assistance.objects.get().approved is None


def test_the_database_too_wants_two(grace):
    ann = staff("Supervisor", "ann.supervisor")
    with pytest.raises(IntegrityError), transaction.atomic():
        Assistance.objects.create(
            account=grace, kind="lost-factor", reason="device-lost", asked_by=ann, decided_by=ann,
            decided_at=timezone.now(), approved=True,
        )  # fmt: skip


def test_the_database_lets_nobody_help_themselves():
    ann, bob = staff("Supervisor", "ann.supervisor"), staff("Supervisor", "bob.supervisor")
    what = {"kind": "lost-factor", "reason": "device-lost"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assistance.objects.create(account=ann, asked_by=ann, **what)
    done = {"decided_by": ann, "decided_at": timezone.now(), "approved": True}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assistance.objects.create(account=ann, asked_by=bob, **what, **done)


def test_what_was_asked_for_can_be_declined_and_taken_back(ann, bob, grace):
    for decider in (ann, bob):
        ann.post(page(grace, "help"), FACTOR)
        decider.post(page(grace, "decline"), WHY["decline"])
        assert Assistance.objects.latest("pk").approved is False
        bob.post(page(grace, "approve"), WHY["approve"])
    assert not LostFactor.objects.exists()


def test_the_person_who_freezes_the_account_has_the_last_word(ann, bob, grace):
    ann.post(page(grace, "help"), FACTOR)
    actions.freeze(grace, by="visitor")
    bob.post(page(grace, "approve"), WHY["approve"])
    assert not LostFactor.objects.exists()


@pytest.mark.parametrize("role", ["Service center agent", "Auditor", "Proofing reviewer", "Care team"])
@pytest.mark.parametrize("action", ["help", "approve", "decline"])
def test_only_supervisors_help_in_this_way(grace, role, action):
    browser = signed_in(staff(role))
    assert browser.post(page(grace, action), FACTOR).status_code == 403
    assert not Assistance.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"kind": "lost-factor"}, {"kind": "password", "reason": "because I say so"}])
def test_nothing_but_the_words_on_the_list_is_taken(ann, grace, sent):
    said = walk.text_of(ann.post(page(grace, "help"), sent))
    assert "Choose why." in said or "This reason does not go with" in said
    assert not Assistance.objects.exists()


def test_the_address_in_deers_is_not_approved_when_it_is_the_accounts_already(ann, bob):
    account = premium(people.load("grace"))
    ann.post(page(account, "help"), EMAIL)
    bob.post(page(account, "approve"), WHY["approve"])
    assert Assistance.objects.get().approved is None


def test_nobody_is_helped_back_into_the_mailbox_in_deers_that_a_thief_reads(ann, bob):
    account = premium(people.load("grace"))
    actions.set_email(account, "grace.new@mail.example", by="system", gives_up=True)
    ann.post(page(account, "help"), EMAIL)
    bob.post(page(account, "approve"), WHY["approve"])
    account.refresh_from_db()
    assert (account.email, Assistance.objects.get().approved) == ("grace.new@mail.example", None)


@pytest.mark.parametrize(
    ("asked", "warned_of"), [(FACTOR, "A wait of 24 hours begins."), (EMAIL, "write to the email address that DEERS")]
)
def test_before_approving_a_page_names_what_follows(ann, bob, grace, asked, warned_of):
    ann.post(page(grace, "help"), asked)
    assert warned_of in walk.text_of(bob.get(page(grace, "approve")))
    assert Assistance.objects.get().decided_at is None


def test_staff_who_lost_their_factor_get_back_in_with_two_colleagues_a_wait_and_their_password(ann, bob):
    carl = staff("Service center agent", "carl.agent")
    assert "ask a supervisor" in walk.text_of(half_signed_in(carl).get(f"{STAFF_DOOR}second-factor/"))
    ann.post(page(carl, "help"), FACTOR)
    bob.post(page(carl, "approve"), WHY["approve"])
    lost_factor.answer(timezone.now() + policy.LOST_FACTOR_WAIT)
    link = re.search(r"/recover/factor/[\w-]+/(?=\s|$)", str(walk.deliver_mail()[-1].body))
    assert link
    browser = Client()
    walk.send(browser, link[0], {"password": walk.PASSWORD})
    key = browser.session["new_factor"]["key"]
    assert "backup codes" in walk.text_of(browser.post(link[0], {"otp_token": walk.token_for(key)}))
    assert browser.get("/admin/").status_code == 302
    browser = half_signed_in(carl)
    give_token(browser, walk.token_for(key, drift=1), door=STAFF_DOOR)
    assert browser.get("/admin/").status_code == 200
    assert [event for event, *_ in events(carl)] == ["support.help-asked", "support.help-approved"]


def half_signed_in(account: Account) -> Client:
    browser = Client()
    assert give_password(browser, account.username, door=STAFF_DOOR).status_code == 302
    return browser


def test_one_colleague_alone_helps_nobody_around_the_second_factor(ann):
    carl = staff("Service center agent", "carl.agent")
    ann.post(page(carl, "help"), FACTOR)
    assert Assistance.objects.exists()
    ann.post(page(carl, "approve"), WHY["approve"])
    assert not LostFactor.objects.exists()


def test_nobody_of_staff_helps_themselves(ann, bob):
    her, him = (Account.objects.get(username=f"{name}.supervisor") for name in ("ann", "bob"))
    ann.post(page(her, "help"), FACTOR)
    assert not Assistance.objects.exists()
    ann.post(page(him, "help"), FACTOR)
    bob.post(page(him, "approve"), WHY["approve"])
    assert not LostFactor.objects.exists()
    assert page(him, "approve") not in bob.get(page(him, "change")).content.decode()


def test_the_mail_of_staff_does_not_change_by_help(ann, bob):
    carl = staff("Service center agent", "carl.agent")
    ann.post(page(carl, "help"), EMAIL)
    assert not Assistance.objects.exists()
    supervisor = Account.objects.get(username="ann.supervisor")
    outcome = assistance.ask(carl, Assistance.Kind.EMAIL_OF_RECORD, Assistance.Reason.MAILBOX_LOST, by=supervisor)
    assert isinstance(outcome, actions.NotAllowed)


def test_staff_do_not_start_the_wait_alone(ann):
    carl = staff("Auditor", "carl.auditor")
    half_signed_in(carl).post("/recover/factor/")
    assert not LostFactor.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_thirty_who_ask_at_once_ask_once_and_thirty_who_approve_do_it_once():
    account = premium(people.load("grace"))
    ann, bob = staff("Supervisor", "ann.supervisor"), staff("Supervisor", "bob.supervisor")
    kind, reason = Assistance.Kind.LOST_FACTOR, Assistance.Reason.DEVICE_LOST
    asked = in_parallel(lambda number: assistance.ask(account, kind, reason, by=ann))
    assert sum(isinstance(outcome, actions.Done) for outcome in asked) == 1
    approved = in_parallel(lambda number: assistance.approve(account, by=bob))
    assert sum(isinstance(outcome, actions.Done) for outcome in approved) == 1
    assert AuditEvent.objects.filter(event="recovery.factor-asked").count() == 1
