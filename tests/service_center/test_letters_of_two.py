"""Nobody alone gets from a person's details to the code in that person's letter, at the desk or as a printer."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from accounts.recovery import stop_questions
from core.policy import Level
from demo.people import PEOPLE
from idproofing import codes, letters
from idproofing.models import Batch, Letter
from safeguards.models import AuditEvent
from service_center import roles
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.idproofing.letter_people import asked
from tests.service_center.whys import WHY
from tests.support.test_guides import words

pytestmark = pytest.mark.django_db

BATCHES, LETTERS = "/admin/idproofing/batch/", "/admin/idproofing/letter/"
LEFT = "Letters left for a colleague: 1. By our records, they go to you, to somebody of your household"


def letter_to(key: str) -> Letter:
    people.load(key)
    return asked(key, now=timezone.now())


def batch_of(*keys: str) -> Batch:
    """A batch with letters to these people, which a colleague has made."""
    for key in keys:
        letter_to(key)
    made = letters.make_batch(by="system")
    assert made
    return made


def pdf_of(batch: Batch) -> str:
    return f"{BATCHES}{batch.pk}/pdf/"


# ---- The attack: one supervisor, a letter in Danielle's name ----


def test_the_supervisor_who_asks_for_a_letter_in_danielles_name_cannot_read_its_code():
    danielle, visitor = people.load("danielle"), Client()
    details = {**walk.details_of(danielle), "email": "curtis@mail.example"}
    walk.send(visitor, walk.send(visitor, walk.begin(visitor, 2, "letter"), details), {})
    letter = Letter.objects.get()
    code = letter.secret or ""

    curtis = signed_in(staff("Supervisor"))
    assert curtis.post(f"{BATCHES}make/").status_code == 403
    batch = letters.make_batch(by="system")
    assert batch
    here = f"{LETTERS}{letter.pk}/"
    pages = [BATCHES, f"{BATCHES}{batch.pk}/change/", f"{BATCHES}{batch.pk}/history/"]
    assert {curtis.get(page).status_code for page in pages} == {403}
    pages = [LETTERS, f"{LETTERS}?q={danielle.dod_id}", f"{here}change/", f"{here}history/", "/admin/"]
    for page in pages:
        shown = curtis.get(page)
        assert shown.status_code == 200
        assert code not in shown.content.decode()
    assert curtis.post(f"{here}again/").status_code == 403
    assert not AuditEvent.objects.filter(event="letters.batch-opened").exists()

    stop_questions.tell_all()
    (message,) = [message for message in walk.deliver_mail() if "A letter was asked for" in message.subject]
    assert message.to == [danielle.email]
    link = re.search(r"/stop/[^\s/)]+/", message.body)
    assert link
    Client().post(link[0])
    step = walk.send(visitor, "/register/with-code/", {"level": 2})
    step = walk.send(visitor, step, details)
    visitor.post(step, {"code": code})
    assert codes.redeem(danielle.dod_id, Level.PREMIUM, code, by="visitor") == codes.Void()
    assert not Account.objects.filter(dod_id=danielle.dod_id).exists()


# ---- Who prints sees nobody, and who sees people does not print ----


@pytest.mark.parametrize("other", [role for role in roles.ROLES if role != roles.PRINT_ROOM])
def test_who_prints_and_has_another_role_too_is_refused_by_the_print_room(other):
    batch = batch_of("rosa")
    letter = Letter.objects.get()
    worker = staff(roles.PRINT_ROOM)
    worker.groups.add(Group.objects.get(name=other))
    browser = signed_in(worker)
    answers = [browser.get(page) for page in (BATCHES, f"{BATCHES}{batch.pk}/change/")]
    answers += [browser.post(f"{BATCHES}{page}") for page in ("make/", f"{batch.pk}/pdf/", f"{batch.pk}/mailed/")]
    answers += [browser.post(f"{LETTERS}{letter.pk}/{button}/") for button in ("again", "returned")]
    assert {answer.status_code for answer in answers} == {403}
    assert Letter.objects.get().state == "printed"


def test_a_printer_who_was_given_a_permission_besides_the_role_is_refused_too():
    batch = batch_of("rosa")
    worker = staff(roles.PRINT_ROOM)
    worker.user_permissions.add(Permission.objects.get(codename="view_account"))
    assert signed_in(worker).post(pdf_of(batch), WHY["pdf"]).status_code == 403


def test_no_role_but_the_print_room_may_print():
    assert [role for role, names in roles.ROLES.items() if "idproofing.print_letter" in names] == [roles.PRINT_ROOM]


def test_a_printer_sees_no_person_no_account_no_case_and_no_trail():
    letter = letter_to("rosa")
    browser = signed_in(staff(roles.PRINT_ROOM))
    for page in (
        "accounts/account", "idproofing/proofing", "idproofing/case", "idproofing/visit",
        "safeguards/auditevent", "support/contactmessage",
    ):  # fmt: skip
        assert browser.get(f"/admin/{page}/", follow=True).status_code == 403, page
    for page in ("/admin/", LETTERS, f"{LETTERS}{letter.pk}/change/", f"{LETTERS}{letter.pk}/void/"):
        shown = browser.get(page)
        assert shown.status_code == 200
        assert letter.dod_id not in shown.content.decode(), page
    assert "Print room" in walk.text_of(browser.get("/admin/"))


def test_an_agent_sees_whose_letter_it_is_and_a_supervisor_cancels_it_for_a_caller():
    letter = letter_to("rosa")
    here = f"{LETTERS}{letter.pk}/"
    agent = signed_in(staff("Service center agent"))
    page = agent.get(f"{here}change/")
    assert f"••• {letter.dod_id[-4:]}" in walk.text_of(page)
    assert "Everything about this person" in walk.text_of(page)
    assert agent.post(f"{here}void/").status_code == 403
    signed_in(staff("Supervisor", "ann.supervisor")).post(f"{here}void/", WHY["void"])
    letter.refresh_from_db()
    assert letter.state == "void"


# ---- Letters to people who are close to the printer ----


@pytest.fixture
def wife(db: None) -> Client:
    """A printer who is Marcus's wife Rosa: her work address is also that of her own account."""
    holder(people.load("rosa"), email="works.here@staff.example")
    return signed_in(staff(roles.PRINT_ROOM))


def test_a_printer_leaves_the_letter_to_her_husband_to_a_colleague(wife):
    of_marcus, of_grace = letter_to("marcus"), letter_to("grace")
    said = walk.text_of(wife.post(f"{BATCHES}make/", WHY["make"], follow=True))
    assert LEFT in said
    assert of_grace.reference in said
    of_marcus.refresh_from_db()
    assert of_marcus.state == "queued"
    assert AuditEvent.objects.filter(event="support.conflict-found").count() == 1
    colleague = signed_in(staff(roles.PRINT_ROOM, "prints.too"))
    assert of_marcus.reference in walk.text_of(colleague.post(f"{BATCHES}make/", WHY["make"], follow=True))


def test_a_printer_whose_husbands_letter_alone_waits_makes_no_batch(wife):
    letter_to("marcus")
    assert LEFT in walk.text_of(wife.post(f"{BATCHES}make/", WHY["make"], follow=True))
    assert not Batch.objects.exists()


def test_a_printer_does_not_find_the_letter_to_her_husband_in_a_batch_of_a_colleague(wife):
    batch = batch_of("marcus", "grace")
    of_marcus, of_grace = (Letter.objects.get(dod_id=PEOPLE[key].dod_id).secret for key in ("marcus", "grace"))
    assert of_marcus
    assert of_grace
    said = words(wife.post(pdf_of(batch), WHY["pdf"]).content)
    assert of_grace in said
    assert of_marcus not in said
    assert "Marcus" not in said
    assert LEFT in walk.text_of(wife.get(f"{BATCHES}{batch.pk}/change/"))


def test_a_printer_who_mails_a_batch_leaves_the_letter_to_her_husband_for_the_next_one(wife):
    batch = batch_of("marcus", "grace")
    here = f"{BATCHES}{batch.pk}/mailed/"
    asked_first = walk.text_of(wife.get(here))
    assert "Letters that count as mailed from now on: 1." in asked_first
    assert "They go into the next batch." in asked_first
    wife.post(here)
    states = {letter.dod_id: letter.state for letter in Letter.objects.all()}
    assert states == {PEOPLE["marcus"].dod_id: "queued", PEOPLE["grace"].dod_id: "sent"}


def test_a_printer_finds_nothing_to_print_in_a_batch_with_her_husbands_letter_alone(wife):
    batch = batch_of("marcus")
    said = walk.text_of(wife.post(pdf_of(batch), WHY["pdf"], follow=True))
    assert LEFT in said
    assert "no more letters to print" in said
    assert not AuditEvent.objects.filter(event="letters.batch-opened").exists()


@pytest.mark.parametrize("button", ["again", "void"])
def test_a_printer_decides_nothing_about_the_letter_to_her_husband(wife, button):
    batch_of("marcus")
    letter = Letter.objects.get()
    said = walk.text_of(wife.post(f"{LETTERS}{letter.pk}/{button}/", WHY[button], follow=True))
    assert "A colleague has to do that." in said
    letter.refresh_from_db()
    assert letter.state == "printed"


def test_while_deers_is_silent_no_letter_is_printed_and_none_is_mailed(settings):
    batch = batch_of("grace")
    letter_to("rosa")
    browser = signed_in(staff(roles.PRINT_ROOM))
    settings.DEERS_FAULT = "unavailable"
    for answer in (
        browser.post(f"{BATCHES}make/", WHY["make"], follow=True),
        browser.post(pdf_of(batch), WHY["pdf"], follow=True),
        browser.post(f"{BATCHES}{batch.pk}/mailed/", follow=True),
    ):
        assert "DEERS does not answer right now" in walk.text_of(answer)
    assert set(Letter.objects.values_list("state", flat=True)) == {"queued", "printed"}
    assert Account.objects.filter(is_staff=True).count() == 1
