"""Walks the journeys as a person does: page by page, reading what is there."""

import re
from html import unescape
from typing import Any

from django.core import mail
from django.test import Client
from django_otp.oath import totp

from accounts.mail import notices
from accounts.models import Notice, RegistrationDraft, UpgradeDraft
from accounts.sign_in import consent
from demo.people.person import Person
from idproofing.models import Fact, Question
from idproofing.questions import word_question

PASSWORD = "grüne Heringe im Nordwind"
WRONG_CHOICE = 99


def details_of(person: Person, **other: str) -> dict[str, str]:
    """What the person types into the details page."""
    name = person.name
    return {
        "first_name": name.first,
        "middle_name": name.middle,
        "last_name": name.last,
        "suffix": name.suffix,
        "date_of_birth": person.born.isoformat(),
        "ssn": person.ssn,
        "email": person.email or "someone@example.org",
        **other,
    }


def begin(client: Client, level: int = 1, code_delivery: str = "screen") -> str:
    """Choose a level; the address of the details page comes back."""
    return client.post("/register/", {"level": level, "code_delivery": code_delivery})["Location"]


def agree(client: Client) -> None:
    """Accept the notice that stands before signing in, if this browser has not done so."""
    if consent.COOKIE not in client.cookies:
        client.post("/sign-in/", {"consent": "yes"})


def send(client: Client, address: str, data: dict[str, Any]) -> str:
    """Send a form that must be accepted; the next address comes back."""
    response = client.post(address, data)
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def to_questions(client: Client, person: Person, level: int = 1, code_delivery: str = "screen") -> str:
    """Register as far as the questions."""
    return send(client, begin(client, level, code_delivery), details_of(person))


def right_choice(person: Person, page: Any) -> int:
    """The place of the right answer, as somebody knows it who has the person's papers."""
    asked, options = page.context["question"].prompt, page.context["question"].options
    answers = dict(word_question(fact) for fact in Fact.objects.filter(dod_id=person.dod_id))
    return options.index(answers[asked]) if answers[asked] in options else len(options) - 1


def answer_all(client: Client, address: str, person: Person, *, wrong: bool = False) -> str:
    """Start the questions and answer them; the address after the last one comes back."""
    send(client, address, {"action": "start"})
    here = address
    while here == address:
        page = client.get(address)
        if "question" not in page.context:
            break
        choice = right_choice(person, page)
        if wrong:
            choice = (choice + 1) % len(page.context["question"].options)
        here = send(client, address, answer_to(page.context["question"], choice))
    return here


def answer_to(asked: Question, choice: int) -> dict[str, Any]:
    """The form of a question, with this option taken."""
    return {"quiz": asked.quiz_id, "position": asked.position, "choice": choice}


def code_on(client: Client, address: str) -> str:
    """The activation code that the page shows."""
    found = re.search(r'id="activation-code">([^<]+)<', client.get(address).content.decode())
    assert found
    return found[1]


def deliver_mail() -> list[Any]:
    """Do what the worker does with the waiting notices; all mail sent so far comes back."""
    for pk in Notice.objects.filter(sent_at=None).order_by("created_at").values_list("pk", flat=True):
        notices.deliver(str(pk))
    return mail.outbox


def code_in_mail() -> str:
    """The activation code in the newest mail that has one."""
    for message in reversed(deliver_mail()):
        found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", message.body)
        if found:
            return found[0]
    raise AssertionError("No mail holds an activation code.")


def credentials(username: str) -> dict[str, str]:
    return {"username": username, "password": PASSWORD, "password_again": PASSWORD}


def token_for(key: str, drift: int = 0) -> str:
    """The six digits that an authenticator with this key shows now, or `drift` steps later."""
    return f"{totp(bytes.fromhex(key), drift=drift):06d}"


def register_basic(client: Client, person: Person, username: str) -> None:
    """The whole of a Basic registration, to a signed-in session."""
    here = answer_all(client, to_questions(client, person), person)
    here = send(client, here, {"code": code_on(client, here)})
    here = send(client, here, credentials(username))
    assert here.endswith("/done/")


def register_premium(client: Client, person: Person, username: str) -> str:
    """The whole of a Premium registration; the authenticator's key comes back."""
    here = answer_all(client, to_questions(client, person, level=2, code_delivery="email"), person)
    here = send(client, here, {"code": code_in_mail()})
    here = send(client, here, credentials(username))
    key = RegistrationDraft.objects.latest("created_at").authenticator_key
    here = send(client, here, {"otp_token": token_for(key)})
    assert here.endswith("/done/")
    return key


def upgrade(client: Client, person: Person, next_page: str = "") -> str:
    """The whole upgrade of a signed-in Basic account; the authenticator's key comes back."""
    here = send(client, "/upgrade/", {"route": "questions", "next": next_page})
    here = send(client, here, upgrade_details_of(person))
    here = answer_all(client, here, person)
    here = send(client, here, {"code": code_in_mail()})
    key = UpgradeDraft.objects.latest("created_at").authenticator_key
    here = send(client, here, {"otp_token": token_for(key)})
    assert here.endswith("/done/")
    return key


def upgrade_details_of(person: Person, **other: str) -> dict[str, str]:
    return {
        "ssn": person.ssn,
        "date_of_birth": person.born.isoformat(),
        "street": person.address.street,
        "postal_code": person.address.postal_code,
        **other,
    }


def text_of(response: Any) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
