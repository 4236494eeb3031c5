"""A stranger asks for a letter in Rosa's name: she hears of it by email, and its link makes the letter worthless."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Account
from accounts.recovery import stop_questions
from core.policy import Level
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing import attempts, codes, letters
from idproofing.models import FailureNotice, Letter
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder
from tests.idproofing.letter_people import beneficiary

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


def asked_by_a_stranger(person: Person, level: int = 2) -> str:
    """The code in the letter that a stranger has just asked for."""
    thief = Client()
    details = {**walk.details_of(person), "email": "thief@mail.example"}
    walk.send(thief, walk.send(thief, walk.begin(thief, level, "letter"), details), {})
    return Letter.objects.latest("made_at").secret or ""


def told() -> list[tuple[str, str]]:
    """Who was sent the email of a letter, and the link in each."""
    stop_questions.tell_all()
    found = [message for message in walk.deliver_mail() if "A letter was asked for" in message.subject]
    return [(message.to[0], re.search(r"/stop/[^\s/)]+/", message.body)[0]) for message in found]  # type: ignore[index]


def to_code(person: Person, level: int = 2) -> tuple[Client, str]:
    """Another browser, at the page where the code of a letter is entered."""
    client = Client()
    here = walk.send(client, "/register/with-code/", {"level": level})
    return client, walk.send(client, here, walk.details_of(person))


def test_rosa_hears_of_the_letter_at_the_address_of_record_and_not_at_the_one_that_was_typed(rosa):
    asked_by_a_stranger(rosa)
    assert [to for to, _ in told()] == [rosa.email]
    assert stop_questions.tell_all() == 0
    event = AuditEvent.objects.get(event="letter.told")
    assert event.details["reached"] is True


def test_the_addresses_of_her_account_hear_too_each_with_a_link_of_its_own(rosa):
    account = holder(rosa, email="at.home@mail.example")
    letters.ask(beneficiary("rosa"), Level.PREMIUM, enter_at="upgrade-with-code", by=account)
    found = dict(told())
    assert set(found) == {rosa.email, "at.home@mail.example"}
    assert len(set(found.values())) == 2


def test_the_email_says_nothing_about_a_level_a_code_or_an_account(rosa):
    code = asked_by_a_stranger(rosa)
    told()
    body = mail.outbox[-1].body
    for word in (code, "Premium", "Basic", "Sawmill", rosa.name.last, rosa.dod_id, "thief@mail.example"):
        assert word not in body


def test_a_look_stops_nothing_and_the_button_makes_the_code_worthless(rosa):
    code = asked_by_a_stranger(rosa)
    ((_, link),) = told()
    at_home = Client()
    assert "Stop the letter in your name" in walk.text_of(at_home.get(link))
    assert Letter.objects.get().state == "queued"
    assert "The letter is stopped" in walk.text_of(at_home.post(link))
    assert at_home.get(link).status_code == at_home.post(link).status_code == 410
    letter = Letter.objects.get()
    assert (letter.state, letter.secret) == ("void", None)
    thief, here = to_code(rosa)
    thief.post(here, {"code": code})
    assert codes.redeem(rosa.dod_id, Level.PREMIUM, code, by="visitor") == codes.Void()


def test_the_stop_reaches_a_letter_that_is_in_the_mail(rosa):
    code = asked_by_a_stranger(rosa)
    ((_, link),) = told()
    batch = letters.make_batch(by="system")
    assert batch
    letters.mailed(batch, by="system")
    Client().post(link)
    assert Letter.objects.get().state == "void"
    assert codes.redeem(rosa.dod_id, Level.PREMIUM, code, by="visitor") == codes.Void()


def test_the_thief_who_has_used_the_code_and_is_about_to_choose_a_password_is_stopped_too(rosa):
    code = asked_by_a_stranger(rosa, level=1)
    ((_, link),) = told()
    thief, here = to_code(rosa, level=1)
    here = walk.send(thief, here, {"code": code})
    Client().post(link)
    thief.post(here, walk.credentials("the.thief"))
    assert not Account.objects.exists()


def test_rosa_who_did_ask_uses_her_letter_and_the_questions_stay_open(rosa):
    code = asked_by_a_stranger(rosa, level=1)
    told()
    client, here = to_code(rosa, level=1)
    here = walk.send(client, here, {"code": code})
    walk.send(client, here, walk.credentials("rosa.by.mail"))
    assert Account.objects.filter(username="rosa.by.mail").exists()
    assert not attempts.is_stopped(rosa.dod_id)


def test_after_the_stop_no_one_answers_questions_until_rosa_comes_by_another_route(rosa):
    asked_by_a_stranger(rosa)
    ((_, link),) = told()
    Client().post(link)
    assert attempts.is_stopped(rosa.dod_id)
    own = codes.issue(rosa.dod_id, Level.BASIC, "screen", "", by="visitor", route="in_person")
    assert codes.redeem(rosa.dod_id, Level.BASIC, own.text, by="visitor") == codes.Redeemed()
    assert not attempts.is_stopped(rosa.dod_id)


def test_a_person_without_any_email_address_is_noted_as_not_reached(rosa):
    Registered.objects.filter(pk=rosa.dod_id).update(email="")
    asked_by_a_stranger(rosa)
    assert told() == []
    assert AuditEvent.objects.get(event="letter.told").details["reached"] is False
    assert Letter.objects.count() == 1


def test_while_deers_is_silent_the_email_waits(rosa, settings):
    asked_by_a_stranger(rosa)
    settings.DEERS_FAULT = "unavailable"
    assert told() == []
    settings.DEERS_FAULT = ""
    assert len(told()) == 1


def test_a_request_that_comes_too_soon_writes_no_second_email(rosa):
    asked_by_a_stranger(rosa)
    asked_again = letters.ask(beneficiary("rosa"), Level.PREMIUM, enter_at="register-with-code", by="visitor")
    assert isinstance(asked_again, letters.TooSoon)
    assert FailureNotice.objects.count() == 1
