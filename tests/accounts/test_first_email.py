"""The email address typed at registration: with one wrong letter, a stranger reads what goes there."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Account, Notice, RecoveryRequest
from accounts.recovery import password as recovery
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder, signed_in

pytestmark = pytest.mark.django_db

TYPED = "roza@mail.example"
OF_RECORD = PEOPLE["rosa"].email


def registered(client: Client, code_delivery: str = "screen") -> tuple[Account, str]:
    """Rosa registers, and types another address than the one that DEERS has; her account, and the last page."""
    rosa = people.load("rosa")
    here = walk.send(client, walk.begin(client, code_delivery=code_delivery), walk.details_of(rosa, email=TYPED))
    here = walk.answer_all(client, here, rosa)
    code = walk.code_in_mail() if code_delivery == "email" else walk.code_on(client, here)
    here = walk.send(client, walk.send(client, here, {"code": code}), walk.credentials("rosa.first"))
    return Account.objects.get(), walk.text_of(client.get(here))


def confirming(client: Client) -> None:
    """Open the link in the newest mail to the address that was typed, and confirm."""
    [text] = [str(message.body) for message in walk.deliver_mail() if "/account/email/" in str(message.body)]
    found = re.search(r"http://localhost:8000(/account/email/\S+)", text)
    assert found
    assert client.post(found[1])["Location"] == "/account/"


def asked_to_be_let_in() -> set[tuple[str, str]]:
    """Whom the worker writes to, and with which mail, when the username and a new password are asked for."""
    walk.deliver_mail()
    Client().post("/recover/username/", {"email": TYPED})
    Client().post("/recover/password/", {"username": "rosa.first"})
    for request in RecoveryRequest.objects.filter(answered_at=None):
        recovery.answer(str(request.pk))
    return {(notice.to, notice.kind) for notice in Notice.objects.filter(sent_at=None)}


def test_a_stranger_at_a_mistyped_address_is_not_let_in_but_she_is_at_the_address_of_record(client):
    registered(client)
    assert asked_to_be_let_in() == {(OF_RECORD, "your-username"), (OF_RECORD, "new-password")}


def test_whom_deers_has_no_address_of_gets_no_such_mail_before_the_address_is_confirmed(client, monkeypatch):
    registered(client)
    people.Registered.objects.update(email="")
    assert asked_to_be_let_in() == set()


def test_she_is_let_in_by_the_address_once_she_has_confirmed_it_signed_in(client):
    account, page = registered(client)
    assert account.email_confirmed_at is None
    assert "We sent a link to roza@mail.example" in page
    confirming(client)
    assert asked_to_be_let_in() == {(TYPED, "your-username"), (TYPED, "new-password")}
    assert AuditEvent.objects.filter(event="account.email-confirmed").count() == 1
    assert not AuditEvent.objects.filter(event="account.email-changed").exists()


def test_a_code_that_came_by_email_confirms_the_address(client):
    account, page = registered(client, "email")
    assert account.email_confirmed_at
    assert "Confirm your email address" not in page
    assert not any("/account/email/" in str(message.body) for message in mail.outbox)
    assert asked_to_be_let_in() == {(TYPED, "your-username"), (TYPED, "new-password")}


def test_a_code_that_was_seen_elsewhere_does_not_confirm_the_address_that_it_did_not_go_to(client):
    """No mail comes, so she starts over in another browser, and types the code from there in the first one."""
    rosa, other = people.load("rosa"), Client()
    waits = walk.send(client, walk.begin(client, code_delivery="email"), walk.details_of(rosa, email=TYPED))
    waits = walk.answer_all(client, waits, rosa)
    shows = walk.answer_all(other, walk.send(other, walk.begin(other), walk.details_of(rosa)), rosa)
    here = walk.send(client, waits, {"code": walk.code_on(other, shows)})
    walk.send(client, here, walk.credentials("rosa.first"))
    account = Account.objects.get()
    assert (account.email, account.email_confirmed_at) == (TYPED, None)


def test_the_link_can_be_sent_again_and_a_mistake_corrected(client):
    account = holder(people.load("rosa"), email=TYPED, email_confirmed=False)
    browser = signed_in(account)
    assert "not confirmed yet" in walk.text_of(browser.get("/account/"))
    assert TYPED in walk.text_of(browser.get("/account/email/"))
    assert "Check your email for a link" in walk.text_of(browser.post("/account/email/", {"email": TYPED.upper()}))
    confirming(browser)
    assert "That is already your email address" in walk.text_of(browser.post("/account/email/", {"email": TYPED}))
