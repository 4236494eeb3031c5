"""Email address and phone number: confirmed at the new address, announced at the old one, and undone from there."""

import re
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import actions, giving_back
from accounts.mail import links, notices
from accounts.models import Account, Link, Notice, State
from accounts.models.mail import Purpose
from accounts.profile import email_change
from accounts.second_factors import authenticator_apps
from accounts.sign_in import session
from core import policy
from core.masks import mask_email
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder, is_signed_in, signed_in
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

NEW = "rosa.new@mail.example"
OLD = PEOPLE["rosa"].email


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def browser(rosa: Account) -> Client:
    return signed_in(rosa)


def mail_to(address: str) -> str:
    """The text of the newest mail to this address."""
    return next(str(message.body) for message in reversed(walk.deliver_mail()) if message.to == [address])


def link_in(text: str) -> str:
    found = re.search(r"http://localhost:8000(/(?:account|recover)/email/\S+)", text)
    assert found
    return found[1]


def asked(browser: Client, email: str = NEW) -> str:
    """Ask for another address; the path of the link that was sent there."""
    assert "Check your email for a link" in walk.text_of(browser.post("/account/email/", {"email": email}))
    return link_in(mail_to(email))


def changed(browser: Client, email: str = NEW, before: str = OLD) -> str:
    """Change the address; the path of the link by which the old one can take it back."""
    assert browser.post(asked(browser, email))["Location"] == "/account/"
    return link_in(mail_to(before))


def email_of(account: Account) -> str:
    return Account.objects.get(pk=account.pk).email


def test_the_profile_shows_that_a_new_address_waits_to_be_confirmed(browser, rosa):
    assert "Waiting for you" not in walk.text_of(browser.get("/account/"))
    link = asked(browser)
    page = browser.get("/account/")
    assert f"Waiting for you to confirm {mask_email(NEW)}. We sent a link there on" in walk.text_of(page)
    assert NEW not in page.content.decode()
    assert OLD in walk.text_of(page)
    browser.post(link)
    assert "Waiting for you" not in walk.text_of(browser.get("/account/"))


def test_the_link_to_a_new_address_is_sent_again_without_typing(browser, rosa):
    first = asked(browser)
    page = walk.text_of(browser.post("/account/email/", {"action": "again"}))
    assert f"A link is on its way to {NEW}." in page
    assert browser.get(first).status_code == 410
    assert browser.post(link_in(mail_to(NEW)))["Location"] == "/account/"
    assert email_of(rosa) == NEW


def test_a_change_of_the_address_can_be_canceled_before_it_is_confirmed(browser, rosa):
    link = asked(browser)
    page = browser.post("/account/email/", {"action": "cancel"}, follow=True)
    assert "The change is canceled." in walk.text_of(page)
    assert "Waiting for you" not in walk.text_of(page)
    assert browser.post(link).status_code == 410
    assert email_of(rosa) == OLD
    assert AuditEvent.objects.filter(event="account.email-canceled", account_id=rosa.pk).count() == 1


@pytest.mark.parametrize("action", ["again", "cancel"])
def test_where_nothing_waits_these_buttons_change_nothing(browser, rosa, action):
    assert browser.post("/account/email/", {"action": action})["Location"] == "/account/"
    assert not Link.objects.filter(account=rosa, purpose=Purpose.CONFIRM_EMAIL).exists()
    assert not AuditEvent.objects.filter(event__startswith="account.email-", account_id=rosa.pk).exists()


def test_a_link_that_is_no_longer_good_is_not_waited_for(browser, rosa):
    asked(browser)
    Link.objects.filter(purpose=Purpose.CONFIRM_EMAIL).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "Waiting for you" not in walk.text_of(browser.get("/account/"))


def test_a_new_address_counts_from_when_it_is_confirmed(browser, rosa):
    link = asked(browser)
    assert email_of(rosa) == OLD
    assert NEW in walk.text_of(browser.get(link))
    assert email_of(rosa) == OLD
    assert browser.post(link)["Location"] == "/account/"
    assert email_of(rosa) == NEW
    assert "the old one no more" not in mail_to(OLD)
    assert "was changed" in mail_to(OLD)
    for events in ("account.email-asked", "account.email-changed"):
        assert AuditEvent.objects.filter(event=events, account_id=rosa.pk, actor_kind="self").count() == 1


def test_a_person_who_got_the_link_by_mistake_cannot_use_it(client, browser, rosa):
    link = asked(browser)
    assert client.post(link)["Location"].startswith("/sign-in/?next=")
    stranger = signed_in(holder(people.load("june")))
    assert stranger.get(link).status_code == 410
    assert stranger.post(link).status_code == 410
    assert email_of(rosa) == OLD
    assert browser.post(link).status_code == 302


def test_the_link_works_once_for_a_day_and_only_the_newest(browser, rosa):
    first, second = asked(browser), asked(browser)
    assert browser.post(first).status_code == 410
    Link.objects.filter(used_at=None).update(expires_at=timezone.now())
    assert browser.post(second).status_code == 410
    third = asked(browser)
    assert browser.post(third).status_code == 302
    assert browser.get(third).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_of_thirty_confirmations_at_once_one_changes_the_address():
    account = holder(PEOPLE["rosa"])
    token = links.make(account, Purpose.CONFIRM_EMAIL, data=NEW).rstrip("/").rsplit("/", 1)[1]
    assert sum(in_parallel(lambda number: email_change.confirm(account, token))) == 1
    assert AuditEvent.objects.filter(event="account.email-changed").count() == 1
    assert Notice.objects.filter(kind="email-changed").count() == 1


def test_the_old_address_takes_the_change_back_and_freezes(client, browser, rosa):
    undo = changed(browser)
    assert "If someone else changed it" in walk.text_of(client.get(undo))
    assert email_of(rosa) == NEW
    assert "We now write to this email address again" in walk.text_of(client.post(undo))
    rosa.refresh_from_db()
    assert (rosa.email, rosa.state) == (OLD, State.FROZEN)
    assert not is_signed_in(browser)
    assert "frozen" in mail_to(OLD)
    assert client.post(undo).status_code == 410
    assert AuditEvent.objects.filter(event="recovery.email-undone", account_id=rosa.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_take_it_back_at_once_one_does():
    account = holder(PEOPLE["rosa"], email=NEW)
    token = links.make(account, Purpose.UNDO_EMAIL, data=OLD).rstrip("/").rsplit("/", 1)[1]
    assert sum(map(bool, in_parallel(lambda number: email_change.undo(token)))) == 1
    assert AuditEvent.objects.filter(event="account.frozen").count() == 1


def test_a_thief_who_changes_twice_cannot_take_back_what_the_holder_took_back(client, browser, rosa):
    holders = changed(browser)
    thiefs = changed(browser, "thief.two@mail.example", before=NEW)
    client.post(holders)
    assert email_of(rosa) == OLD
    assert client.post(thiefs).status_code == 410
    assert email_of(rosa) == OLD


def test_a_thief_who_takes_back_first_does_not_keep_the_holder_from_it(client, browser, rosa):
    holders = changed(browser)
    thiefs = changed(browser, "thief.two@mail.example", before=NEW)
    client.post(thiefs)
    assert email_of(rosa) == NEW
    client.post(holders)
    assert email_of(rosa) == OLD


def test_the_address_that_deers_holds_hears_of_a_change_too(rosa):
    Account.objects.update(email="rosa.second@mail.example")
    changed(signed_in(rosa), before="rosa.second@mail.example")
    assert "/not-me/" in mail_to(OLD)


def test_a_thief_who_changes_the_address_first_silences_none_of_the_notices_that_follow(browser, rosa):
    """63B §4.6: an address that the account had in the last thirty days hears of each change, and can freeze."""
    Account.objects.update(email="rosa.second@mail.example")
    changed(browser, "thief@mail.example", before="rosa.second@mail.example")
    rosa.refresh_from_db()
    password = {"password": "Möwen über dem Watt", "password_again": "Möwen über dem Watt"}
    acts = {
        "phone number": lambda: browser.post("/account/phone/", {"phone": "202 555 0143"}),
        "second step was added": lambda: add_app(browser),
        "backup codes": lambda: browser.post("/account/security/backup-codes/"),
        "second step was removed": lambda: remove_app(browser),
        "password": lambda: browser.post("/account/security/password/", password),
    }
    for words, act in acts.items():
        mail.outbox.clear()
        act()
        heard = {message.to[0]: str(message.body) for message in walk.deliver_mail() if words in message.subject}
        assert set(heard) == {"thief@mail.example", "rosa.second@mail.example", OLD}, words
        assert all("/not-me/" in text for text in heard.values())


def add_app(browser: Client) -> None:
    browser.get("/account/security/authenticator/")
    key = browser.session["enrol_key"]
    browser.post("/account/security/authenticator/", {"otp_token": walk.token_for(key)})


def remove_app(browser: Client) -> None:
    """A second one, so that the session goes on."""
    account = Account.objects.get()
    app = authenticator_apps.enroll(account, "ab" * 20, -1, name="Another", by=account)
    browser.post(f"/account/security/factors/app/{app.pk}/", {"action": "remove"})


def test_an_address_hears_of_changes_for_thirty_days_and_no_longer(rosa):
    actions.set_email(rosa, NEW, by=rosa)
    Account.objects.update(dod_id="9999999999")  # DEERS knows of no address
    rosa.refresh_from_db()
    now = timezone.now()
    assert notices.addresses_of(rosa, now + policy.NOTICES_TO_FORMER_ADDRESSES - timedelta(minutes=1)) == [NEW, OLD]
    assert notices.addresses_of(rosa, now + policy.NOTICES_TO_FORMER_ADDRESSES) == [NEW]


def test_a_link_for_a_new_password_in_the_old_mailbox_ends(client, browser, rosa):
    old = links.make(rosa, Purpose.NEW_PASSWORD).removeprefix("http://localhost:8000")
    changed(browser)
    assert client.get(old).status_code == 410


def test_a_frozen_account_takes_no_new_address(browser, rosa):
    link = asked(browser)
    actions.freeze(rosa, by="system")
    giving_back.give_back(rosa, since=None, by="system")
    assert links.peek(link.rstrip("/").rsplit("/", 1)[1], Purpose.CONFIRM_EMAIL) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter your email address."),
        ("rosa at home", "Enter an email address in the form name@example.com."),
        (OLD.upper(), "That is already your email address."),
        ("rosa@mail.example\x00", "Null characters are not allowed."),
        ("x" * 10_000 + "@mail.example", "Enter an email address in the form name@example.com."),
        ("a@b.example\nBcc: all@mail.example", "Enter an email address in the form name@example.com."),
    ],
)
def test_what_is_no_other_address_is_refused_in_words(browser, typed, said):
    page = browser.post("/account/email/", {"email": typed})
    assert page.status_code == 200
    assert said in walk.text_of(page) or "at most 254" in walk.text_of(page)
    assert mail.outbox == []


def test_a_couple_may_share_one_address(browser, rosa):
    holder(people.load("june"), email=NEW)
    changed(browser)
    assert Account.objects.filter(email=NEW).count() == 2


def test_strangers_mailboxes_are_not_flooded(browser, rosa):
    for number in range(policy.EMAIL_CHANGES.times):
        asked(browser, f"rosa{number}@mail.example")
    assert "There were too many requests." in walk.text_of(browser.post("/account/email/", {"email": NEW}))
    assert Notice.objects.filter(kind="confirm-email").count() == policy.EMAIL_CHANGES.times


def stale(browser: Client) -> Client:
    kept = browser.session
    kept[session.PROVED] = int(time.time()) - int(policy.FRESH_FOR_CREDENTIALS.total_seconds()) - 2
    kept.save()
    return browser


@pytest.mark.parametrize("page", ["/account/email/", "/account/close/"])
def test_a_fresh_sign_in_is_asked_before(browser, rosa, page):
    stale(browser)
    for response in (browser.get(page), browser.post(page, {"email": NEW})):
        assert response["Location"].startswith("/sign-in/again/?next=")
    rosa.refresh_from_db()
    assert (rosa.state, Link.objects.count()) == (State.ACTIVE, 0)


def test_another_phone_number_is_saved_and_told(browser, rosa):
    assert browser.post("/account/phone/", {"phone": "+1 (202) 555-0143"})["Location"] == "/account/"
    assert Account.objects.get().phone == "+1 (202) 555-0143"
    assert "phone number" in mail_to(OLD)
    assert AuditEvent.objects.filter(event="account.phone-changed", actor_kind="self").count() == 1
    browser.post("/account/phone/", {"phone": "+1 (202) 555-0143"})
    assert AuditEvent.objects.filter(event="account.phone-changed").count() == 1
    browser.post("/account/phone/", {"phone": ""})
    assert Account.objects.get().phone == ""


@pytest.mark.parametrize("typed", ["call me", "1" * 40, "\u202e123", "<b>1</b>", "1\x00", "-", "555"])
def test_what_is_no_phone_number_is_refused_and_kept_in_the_box(browser, rosa, typed):
    page = browser.post("/account/phone/", {"phone": typed})
    assert page.status_code == 200
    assert "error" in page.content.decode()
    assert Account.objects.get().phone == rosa.phone


def test_an_account_is_closed_by_its_holder_who_may_register_again(browser, rosa):
    elsewhere = signed_in(rosa)
    assert "create a new account at any time" in walk.text_of(browser.get("/account/close/"))
    assert Account.objects.get().state == State.ACTIVE
    assert "Your account is closed" in walk.text_of(browser.post("/account/close/"))
    assert Account.objects.get().state == State.CLOSED
    assert not is_signed_in(browser)
    assert not is_signed_in(elsewhere)
    assert "was closed" in mail_to(OLD)
    walk.register_basic(Client(), PEOPLE["rosa"], "rosa.again")
    assert Account.objects.filter(dod_id=rosa.dod_id, state=State.ACTIVE).count() == 1
