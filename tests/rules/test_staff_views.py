"""No member of staff looks at a person without a trace: every page of the desk that can be opened leaves an event."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from core.policy import Level
from idproofing import visits
from idproofing.models import Batch, Case, Letter, Proofing, Visit
from idproofing.routes import Route
from safeguards.cipher import blind_index
from safeguards.models import AuditEvent
from service_center.person.keys import page_of_account, page_of_person
from service_center.roles import PRINT_ROOM
from service_center.site import SHOW_NOBODY
from support.models import CallBack, ContactMessage, DatedNotice, Rating
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.idproofing import reviewers
from tests.idproofing.letter_people import asked
from tests.portal.messages.conversations import sent, team, treats, works_in
from tests.rules.addresses import every
from tests.support.chat.chats import waiting

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# The staff's own sign-in and account, and what changes nothing but the browser.
NOT_THE_DESK = re.compile(r"^admin/(sign-in|sign-out|session|account)/")


@pytest.fixture
def rows(db: None) -> dict[str, Any]:
    """A row of every table that the desk shows, by the place of its pages."""
    rosa = people.load("rosa")
    people.load_all("emily", "judith")
    account = holder(rosa)
    letter = asked("rosa", now=timezone.now())
    batch = Batch.objects.create(made_at=timezone.now())
    case = reviewers.open_case(level=Level.PREMIUM).case
    booked = visits.book(rosa.dod_id, Level.PREMIUM, Route.IN_PERSON, rosa.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    message = {"name": "Ruth", "email": "ruth@mail.example", "topic": "other", "message": "Please call me back."}
    walk.send(Client(), "/support/contact/", message)
    slot = Client().get("/support/call-back/").context["slots"][0].isoformat()
    walk.send(Client(), "/support/call-back/", {"name": "Ruth", "number": "9315550111", "topic": "other", "slot": slot})
    Letter.objects.filter(pk=letter.pk).update(batch=batch, state=Letter.State.PRINTED)
    Proofing.objects.get_or_create(dod_id=rosa.dod_id, level=Level.BASIC)
    event = AuditEvent.objects.filter(account_id=account.pk).latest("pk")
    return {
        "accounts/account": account,
        "idproofing/proofing": Proofing.objects.filter(dod_id=rosa.dod_id).first(),
        "idproofing/letter": letter,
        "idproofing/batch": batch,
        "idproofing/case": case,
        "idproofing/visit": booked.visit,
        "safeguards/auditevent": event,
        "support/contactmessage": ContactMessage.objects.get(),
        "support/datednotice": DatedNotice.objects.create(
            kind="change", title="New hours", text="Soon.", begins_at=timezone.now(), ends_at=timezone.now() + HOUR
        ),
        "support/rating": Rating.objects.create(article="levels", day=timezone.localdate(), helpful=True),
        "chat/chat": waiting(),
        "calls/call-backs": CallBack.objects.get(),
        "secure_messages/thread": sent(account, treats(team(), rosa.dod_id)).thread,
    }


@pytest.fixture
def browser(rows: dict[str, Any]) -> Client:
    """The browser of somebody who holds every role but that of the print room, with a slip open."""
    worker = staff("Supervisor")
    worker.groups.set(Group.objects.exclude(name=PRINT_ROOM))
    works_in(rows["secure_messages/thread"].team, worker)
    client = signed_in(worker)
    client.post("/admin/idproofing/visit/attend/", {"reference": rows["idproofing/visit"].reference})
    return client


def pages(rows: dict[str, Any]) -> list[str]:
    """Every address under /admin/, with the primary key of a row that exists."""
    found = []
    for pattern, path in every(settings.STAFF_URLCONF):
        if not pattern.startswith("admin/") or NOT_THE_DESK.match(pattern):
            continue
        place = "/".join(path.split("/")[2:4])
        filled = (
            re.sub(r"<(path|int|uuid|str):\w+>", str(rows[place].pk), pattern) if place in rows else path.strip("/")
        )
        filled = filled.replace("person/x", f"person/a-{rows['accounts/account'].pk}")
        found.append("/" + filled.replace("^", "").replace("$", "").rstrip("/") + "/")
    return found


@pytest.mark.parametrize(("who", "at_least"), [("desk", 30), ("print room", 9)])
def test_every_page_of_the_desk_that_can_be_opened_leaves_an_event(rows, browser, who, at_least):
    browser = browser if who == "desk" else signed_in(staff(PRINT_ROOM, "prints.here"))
    opened, silent = 0, []
    for page in pages(rows):
        before = AuditEvent.objects.count()
        answer = browser.get(page)
        if answer.status_code != 200:
            continue
        opened += 1
        if answer.resolver_match.url_name not in SHOW_NOBODY and AuditEvent.objects.count() == before:
            silent.append(page)
    assert silent == []
    assert opened > at_least


OF_ROSA = ("accounts/account", "idproofing/proofing", "idproofing/letter", "idproofing/visit", "safeguards/auditevent")


@pytest.mark.parametrize("place", OF_ROSA)
@pytest.mark.parametrize("page", ["change", "history"])
def test_a_page_about_rosa_is_on_rosa_s_trail(rows, browser, place, page):
    browser.get(f"/admin/{place}/{rows[place].pk}/{page}/")
    event = AuditEvent.objects.filter(event="support.account-viewed").latest("pk")
    rosa = Account.objects.get(is_staff=False)
    of_account = event.account_id == rosa.pk
    of_person = bytes(event.person_index or b"") == blind_index(rosa.dod_id or "", purpose="audit-person")
    assert of_account or of_person


def test_the_page_of_a_person_is_on_their_trail_with_an_account_and_without(rows, browser):
    hank = people.load("hank")
    worker = Account.objects.get(is_staff=True)
    for address in (page_of_account(rows["accounts/account"].pk), page_of_person(hank.dod_id, worker)):
        before = AuditEvent.objects.filter(event="support.account-viewed").count()
        assert browser.get(address).status_code == 200
        assert AuditEvent.objects.filter(event="support.account-viewed").count() == before + 1
    event = AuditEvent.objects.filter(event="support.account-viewed").latest("pk")
    assert bytes(event.person_index or b"") == blind_index(hank.dod_id, purpose="audit-person")


def test_the_slip_that_an_agent_has_open_is_on_its_person_s_trail_each_time_it_is_looked_at(rows, browser):
    for times in (1, 2):
        assert browser.get("/admin/idproofing/visit/attend/slip/").status_code == 200
        assert AuditEvent.objects.filter(event="support.account-viewed").count() == times
    assert Visit.objects.count() == 1


def test_the_history_of_a_case_is_on_the_trail_too(rows, browser):
    before = AuditEvent.objects.count()
    assert browser.get(f"/admin/idproofing/case/{Case.objects.get().pk}/history/").status_code == 200
    assert AuditEvent.objects.count() > before
