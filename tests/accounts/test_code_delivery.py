"""How the activation code comes: asked when it is due, said on the page, and corrected there."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Notice, RegistrationDraft
from core import policy
from core.masks import mask_email, mask_phone
from demo.people.person import Person
from idproofing.models import ActivationCode
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import address, registering

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


def mailed_to() -> list[str]:
    """The addresses to which codes went, the newest last."""
    return [notice.to for notice in Notice.objects.filter(kind="activation-code").order_by("created_at")]


def after_the_questions(client: Client, person: Person) -> str:
    """Choose level and route as the pages ask for them, and answer the questions; the next address comes back."""
    here = walk.send(client, "/register/route/?level=1", {"level": 1, "route": "questions"})
    return walk.answer_all(client, walk.send(client, here, walk.details_of(person)), person)


def by_email(client: Client, person: Person, **other: object) -> RegistrationDraft:
    """A draft whose code went out by email."""
    draft = registering(client, person, quiz_passed_at=timezone.now(), code_delivery="", **other)
    walk.send(client, address(draft, "delivery"), {"code_delivery": "email"})
    draft.refresh_from_db()
    return draft


def test_a_veteran_is_asked_how_the_code_should_come_only_once_it_is_due(client, rosa):
    here = after_the_questions(client, rosa)
    assert here.endswith("/delivery/")
    assert not ActivationCode.objects.exists()
    assert f"We send it to {mask_email(rosa.email)}." in walk.text_of(client.get(here))
    assert "Choose how to get your activation code." in walk.text_of(client.post(here, {}))
    code = walk.send(client, here, {"code_delivery": "screen"})
    assert walk.send(client, code, {"code": walk.code_on(client, code)}).endswith("/credentials/")
    assert client.get(here)["Location"].endswith("/credentials/")
    assert not mailed_to()


def test_a_script_that_chose_on_the_first_page_is_not_asked(client, rosa):
    here = walk.answer_all(client, walk.to_questions(client, rosa, code_delivery="email"), rosa)
    assert here.endswith("/code/")
    assert mailed_to() == [rosa.email]


def test_a_person_who_comes_from_a_visit_back_to_the_questions_is_asked(client, rosa):
    draft = registering(client, rosa, route="in_person", code_delivery="email")
    here = walk.send(client, address(draft, "way"), {"route": "questions"})
    assert walk.answer_all(client, here, rosa).endswith("/delivery/")


def test_nobody_gets_a_code_by_the_delivery_page_before_the_questions(client, rosa):
    draft = registering(client, rosa, code_delivery="")
    assert client.post(address(draft, "delivery"), {"code_delivery": "screen"})["Location"].endswith("/questions/")
    assert client.get(address(draft, "code"))["Location"].endswith("/questions/")
    assert not ActivationCode.objects.exists()


def test_the_code_page_says_where_the_code_went_and_to_look_in_spam(client, rosa):
    draft = by_email(client, rosa, email="rosa.at.home@mail.example")
    page = walk.text_of(client.get(address(draft, "code")))
    assert "We sent a code to r•••@mail.example" in page
    assert "spam" in page


def test_a_widow_who_mistyped_her_address_corrects_it_and_gets_the_code_there(client):
    nora = people.load("nora")
    draft = by_email(client, nora, email="nroa@mail.example")
    here = address(draft, "code")
    again = {"action": "again", "code_delivery": "email", "email": "nora@mail.example"}
    assert walk.send(client, here, again) == here
    assert "A new code is on its way to n•••@mail.example." in walk.text_of(client.get(here))
    assert mailed_to() == ["nroa@mail.example", "nora@mail.example"]
    assert AuditEvent.objects.filter(event="registration.email-corrected").count() == 1
    here = walk.send(client, here, {"code": walk.code_in_mail()})
    walk.send(client, here, walk.credentials("nora.widow"))
    account = Account.objects.get()
    assert account.email == "nora@mail.example"
    assert account.email_confirmed_at


def test_a_person_who_leaves_the_address_empty_gets_the_next_code_at_the_same_one(client, rosa):
    draft = by_email(client, rosa)
    walk.send(client, address(draft, "code"), {"action": "again", "code_delivery": "email", "email": ""})
    assert mailed_to() == [rosa.email, rosa.email]


def test_the_code_page_shows_no_address_in_full(client, rosa):
    draft = by_email(client, rosa)
    assert rosa.email not in client.get(address(draft, "code")).content.decode()


def test_the_code_that_went_to_a_stranger_by_mistake_is_void_after_the_correction(client, rosa):
    draft = by_email(client, rosa, email="stranger@mail.example")
    old = walk.code_in_mail()
    again = {"action": "again", "code_delivery": "email", "email": rosa.email}
    walk.send(client, address(draft, "code"), again)
    assert client.post(address(draft, "code"), {"code": old}).status_code == 200


def test_a_person_whose_mail_does_not_come_takes_the_code_on_the_screen(client, rosa):
    draft = by_email(client, rosa)
    here = address(draft, "code")
    walk.send(client, here, {"action": "again", "code_delivery": "screen", "email": rosa.email})
    assert walk.send(client, here, {"code": walk.code_on(client, here)}).endswith("/credentials/")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"code_delivery": "email", "email": "rosa at home"}, "Enter an email address in the form name@example.com."),
        ({"code_delivery": "by pigeon", "email": "r@mail.example"}, "Choose one of the options on this page."),
    ],
)
def test_a_correction_that_cannot_be_is_said_beside_the_field_and_sends_nothing(client, rosa, typed, sentence):
    draft = by_email(client, rosa)
    page = client.post(address(draft, "code"), {"action": "again", **typed})
    assert sentence in walk.text_of(page)
    assert 'name="code"' in page.content.decode()
    assert mailed_to() == [rosa.email]


def test_corrections_and_other_ways_count_like_every_other_new_code(client, rosa):
    draft = by_email(client, rosa)
    here = address(draft, "code")
    for number in range(policy.CODES_AGAIN.times):
        delivery = "screen" if number % 2 else "email"
        again = {"action": "again", "code_delivery": delivery, "email": f"rosa{number}@mail.example"}
        walk.send(client, here, again)
    page = client.post(here, {"action": "again", "code_delivery": "email", "email": "one.more@mail.example"})
    assert "You have asked for several codes." in walk.text_of(page)
    assert "one.more@mail.example" not in mailed_to()


def test_masks_leave_what_the_owner_recognizes():
    assert mask_email("rosa@mail.example") == "r•••@mail.example"
    assert mask_phone("(210) 555-0147") == "••• 47"
    assert mask_email("") == mask_phone("") == ""
