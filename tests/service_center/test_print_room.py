"""The print room: who can print letters, what a batch reveals and for how long, and what happens to single letters."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.policy import Level
from idproofing import letters
from idproofing.models import ActivationCode, Batch, Letter
from safeguards.models import AuditEvent
from service_center import roles
from tests import people, tripwire, walk
from tests.accounts.holders import signed_in, staff
from tests.idproofing.letter_people import asked, beneficiary
from tests.service_center.whys import WHY
from tests.support.test_guides import words

pytestmark = pytest.mark.django_db

BATCHES, LETTERS = "/admin/idproofing/batch/", "/admin/idproofing/letter/"
SECRETS = ["Rosa", "Delgado", "Sawmill", "37042"]


@pytest.fixture
def clerk(db: None) -> Client:
    return signed_in(staff("Print room"))


@pytest.fixture
def letter(db: None) -> Letter:
    return asked("rosa", now=timezone.now())


def made(clerk: Client) -> str:
    """The page of a new batch."""
    return walk.send(clerk, f"{BATCHES}make/", WHY["make"])


def pdf_of(page: str) -> str:
    return page.replace("change/", "pdf/")


def test_a_clerk_prints_and_mails_a_batch(clerk, letter):
    code = letter.secret
    assert "1 letter waits to be printed" in walk.text_of(clerk.get(BATCHES))
    with tripwire.no_secret_is_written([*SECRETS, code, letter.dod_id]):
        page = made(clerk)
        assert letter.reference in walk.text_of(clerk.get(page))
        answer = clerk.post(pdf_of(page), WHY["pdf"])
        assert code in words(answer.content)
        said = walk.text_of(clerk.post(page.replace("change/", "mailed/"), follow=True))
    assert "The letters are mailed." in said
    letter.refresh_from_db()
    assert (letter.state, letter.secret) == ("sent", None)
    again = clerk.post(pdf_of(page), WHY["pdf"], follow=True)
    assert "no more letters to print" in walk.text_of(again)
    assert "already recorded" in walk.text_of(clerk.post(page.replace("change/", "mailed/"), follow=True))


def test_the_file_is_named_without_anybody_and_kept_by_nobody_on_the_way(clerk, letter):
    answer = clerk.post(pdf_of(made(clerk)), WHY["pdf"])
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="letters-{Batch.objects.get().pk}.pdf"'
    assert "no-store" in answer["Cache-Control"]


def test_fetching_the_letters_is_on_record_each_time(clerk, letter):
    page = made(clerk)
    for _ in range(2):
        clerk.post(pdf_of(page), WHY["pdf"])
    events = AuditEvent.objects.filter(event="letters.batch-opened")
    assert [event.details for event in events] == [{"batch": Batch.objects.get().pk, "letters": 1, **WHY["pdf"]}] * 2


def test_no_page_of_the_print_room_shows_a_name_an_address_or_a_code(clerk, letter):
    page = made(clerk)
    for address in (BATCHES, page, LETTERS, f"{LETTERS}{letter.pk}/change/", f"{LETTERS}{letter.pk}/history/"):
        html = clerk.get(address).content.decode()
        assert letter.reference in html or address == BATCHES
        assert not [word for word in [*SECRETS, letter.secret] if word in html], address


def test_without_letters_there_is_no_batch(clerk):
    answer = clerk.post(f"{BATCHES}make/", WHY["make"], follow=True)
    assert "No letters are waiting to be printed." in walk.text_of(answer)
    assert not Batch.objects.exists()


def test_a_spoiled_page_goes_into_the_next_batch(clerk, letter):
    first = made(clerk)
    assert "It is in the next batch." in walk.text_of(
        clerk.post(f"{LETTERS}{letter.pk}/again/", WHY["again"], follow=True)
    )
    assert "All of them are in another batch" in walk.text_of(clerk.get(first))
    assert letter.reference in walk.text_of(clerk.get(made(clerk)))


def test_a_letter_that_came_back_is_void(clerk, letter):
    clerk.post(made(clerk).replace("change/", "mailed/"))
    assert "void" in walk.text_of(clerk.post(f"{LETTERS}{letter.pk}/returned/", WHY["returned"], follow=True))
    letter.refresh_from_db()
    assert letter.state == "returned"
    assert ActivationCode.objects.get().voided_at
    assert "not possible now" in walk.text_of(clerk.post(f"{LETTERS}{letter.pk}/void/", WHY["void"], follow=True))


def test_only_the_buttons_that_make_sense_are_there(clerk, letter):
    page = f"{LETTERS}{letter.pk}/change/"
    assert "Void the letter" in (waiting := walk.text_of(clerk.get(page)))
    assert "came back" not in waiting
    letters.void(letter, by="system")
    assert "Void the letter" not in walk.text_of(clerk.get(page))


@pytest.mark.parametrize("query", ["l-7", "reference", "dod_id", "name"])
@pytest.mark.parametrize("role", ["Print room", "Service center agent"])
def test_a_letter_is_found_by_its_number_and_outside_the_print_room_by_its_person(role, query):
    rosa = people.load("rosa")
    letter = asked("rosa", now=timezone.now())
    typed = {"l-7": "l-0000-0000", "reference": letter.reference.lower(), "dod_id": rosa.dod_id, "name": "Delgado"}
    found = letter.reference in signed_in(staff(role)).get(LETTERS, {"q": typed[query]}).content.decode()
    assert found == (query == "reference" or (query != "l-7" and role != "Print room"))


@pytest.mark.parametrize("role", [role for role in roles.ROLES if role != "Print room"])
def test_nobody_else_prints_or_changes_letters(letter, role):
    batch = letters.make_batch(by="system")
    assert batch
    other = signed_in(staff(role))
    posts = ["make/", f"{batch.pk}/mailed/"]
    answers = [other.post(f"{BATCHES}{path}") for path in posts]
    buttons = ["again", "returned"] + ([] if role == "Supervisor" else ["void"])
    answers += [other.post(f"{LETTERS}{letter.pk}/{button}/") for button in buttons]
    answers.append(other.get(f"{BATCHES}{batch.pk}/change/"))
    answers.append(other.post(reverse("admin:idproofing_batch_pdf", args=[batch.pk]), WHY["pdf"]))
    assert {answer.status_code for answer in answers} == {403}
    letter.refresh_from_db()
    assert letter.state == "printed"
    shown = other.get(f"{LETTERS}{letter.pk}/change/")
    assert shown.status_code == 403 or "Print it again" not in walk.text_of(shown)


def test_a_link_alone_changes_nothing_and_says_what_the_button_would_do(clerk, letter):
    assert clerk.get(f"{BATCHES}make/").status_code == 405
    page = made(clerk)
    assert "Letters that count as mailed from now on: 1." in walk.text_of(clerk.get(page.replace("change/", "mailed/")))
    for button, follows in (("again", "the same code"), ("void", "no longer works")):
        assert follows in walk.text_of(clerk.get(f"{LETTERS}{letter.pk}/{button}/"))
    early = clerk.get(f"{LETTERS}{letter.pk}/returned/", follow=True)
    assert "not possible" in walk.text_of(early)
    letter.refresh_from_db()
    assert letter.state == "printed"


def test_letters_of_both_kinds_and_levels_are_printed_together(clerk, letter):
    letters.ask(beneficiary("grace"), Level.PREMIUM, enter_at="upgrade", by="system")
    letters.notify(
        beneficiary("grace"), Level.BASIC, "https://dslogon.example/x/", timezone.now() + timedelta(days=9), by="system"
    )
    said = words(clerk.post(pdf_of(made(clerk)), WHY["pdf"]).content)
    assert said.count("Your activation code") >= 2
    assert "freeze the account now" in said
