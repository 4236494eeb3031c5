"""The ten jobs of an agent, each in at most four clicks from the opening page, by the links and buttons that are there.

A search is one click: the box stands on every page. Where a page of a person is, the jobs pass through it.
"""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import Account
from core.policy import Level
from demo.people import PEOPLE
from idproofing import codes, visits
from idproofing.models import ActivationCode, Case, Proofing
from idproofing.routes import Route
from safeguards.models import AuditEvent
from support import contact
from support.models import ContactMessage
from tests import people
from tests.accounts.holders import holder, signed_in, staff
from tests.clicks import Desk
from tests.idproofing import reviewers
from tests.idproofing.letter_people import asked
from tests.service_center.callers import known_to
from tests.service_center.test_visits import papers

pytestmark = pytest.mark.django_db

MOST = 4
ROSA = PEOPLE["rosa"].name


def desk(role: str = "Supervisor") -> Desk:
    return Desk(signed_in(staff(role)))


def rosa() -> Account:
    return holder(people.load("rosa"))


def find(at: Desk, text: str, words: str) -> None:
    """Search from the header of the page, and open what was found."""
    at.press("Search", q=text)
    at.follow(words)


def test_find_a_caller() -> None:
    account = rosa()
    at = desk("Service center agent")
    find(at, PEOPLE["rosa"].phone, ROSA.last)
    assert account.username in at.html
    assert at.clicks <= MOST


def test_unlock_an_account() -> None:
    account = rosa()
    actions.lock(account, by="system")
    agent = staff("Service center agent")
    known_to(agent, account)
    at = Desk(signed_in(agent))
    find(at, account.username, ROSA.last)
    at.follow("Unlock the account")
    at.press("Unlock the account", reason="called")
    account.refresh_from_db()
    assert account.state == "active"
    assert at.clicks <= MOST


def test_resend_a_code() -> None:
    who = people.load("rosa")
    Proofing.objects.create(dod_id=who.dod_id, level=Level.BASIC)
    codes.issue(who.dod_id, Level.BASIC, ActivationCode.Delivery.EMAIL, who.email, by="visitor", route=Route.QUESTIONS)
    agent = staff("Service center agent")
    known_to(agent, who)
    at = Desk(signed_in(agent))
    find(at, who.dod_id, ROSA.last)
    at.follow("Send the activation code again")
    at.press("Send a new code", reason="not-arrived")
    assert AuditEvent.objects.filter(event="support.code-sent-again").count() == 1
    assert at.clicks <= MOST


def test_see_why_somebody_failed() -> None:
    who = people.load("rosa")
    Proofing.objects.create(dod_id=who.dod_id, level=Level.BASIC, state=Proofing.State.COOLING_DOWN)
    at = desk("Service center agent")
    find(at, who.name.last, ROSA.last)
    assert "Where it stands, and what to say" in at.html
    assert "Say</dt>" in at.html
    assert at.clicks <= MOST


def test_review_a_near_match() -> None:
    people.load_all("emily", "judith")
    case = reviewers.open_case().case
    at = desk("Proofing reviewer")
    at.follow("near matches")
    at.follow(str(case.number))
    at.press("Take up this case")
    at.press("Ask to come in person", reason="papers")
    assert Case.objects.get().state != Case.State.OPEN
    assert at.clicks <= MOST


def test_see_where_a_letter_is() -> None:
    letter = asked("rosa", now=timezone.now())
    at = desk("Service center agent")
    at.follow("Letters")
    at.follow(letter.reference)
    assert letter.get_state_display() in at.html
    assert at.clicks <= MOST


def test_attend_a_visit() -> None:
    who = people.load("rosa")
    booked = visits.book(who.dod_id, Level.BASIC, Route.IN_PERSON, who.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    at = desk("Service center agent")
    at.follow("Visits")
    at.press("Open the slip", reference=booked.visit.reference or "")
    at.press("Accept", **papers())
    booked.visit.refresh_from_db()
    assert booked.visit.state == "verified"
    assert at.clicks <= MOST


def test_see_the_figures() -> None:
    at = desk()
    at.follow("Figures")
    assert "<h1>Figures</h1>" in at.html
    assert at.clicks <= MOST


def test_freeze_an_account() -> None:
    account = rosa()
    at = desk()
    find(at, account.email, ROSA.last)
    at.follow("Freeze the account")
    at.press("Freeze the account", first="none", reason="account-taken")
    account.refresh_from_db()
    assert account.state == "frozen"
    assert at.clicks <= MOST


def test_answer_a_message() -> None:
    typed: dict[str, Any] = {"name": "Opal", "email": "opal@example.com", "topic": "other", "body": "Where is it?"}
    message = contact.receive(uuid.uuid4(), **typed)
    at = desk("Service center agent")
    at.follow("Messages to the service center")
    at.follow(message.reference)
    at.press("Send the answer", body="In Norfolk.")
    assert ContactMessage.objects.get().state == "answered"
    assert at.clicks <= MOST
