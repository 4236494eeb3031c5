"""Writing to the service center: what is kept, what is refused, and who is notified."""

import uuid
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.mail import notices
from accounts.models import Notice
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from support import contact
from support.models import ContactMessage, Topic
from tests.accounts.holders import holder, signed_in
from tests.parallel import in_parallel
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

WORDS = {
    "name": "Opal Marchetti",
    "email": "opal.marchetti@example.com",
    "topic": "proofing",
    "message": "The page said I did not pass.\nWhat now?",
}


def send(client: Client, **changed: str) -> Any:
    return client.post(reverse("contact"), {**WORDS, "form_id": str(uuid.uuid4()), **changed})


def test_a_visitor_writes_and_gets_a_reference(client: Client) -> None:
    answer = send(client)
    message = ContactMessage.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("contact-received", args=[message.pk])
    page = client.get(answer["Location"]).content.decode()
    assert message.reference in page
    assert "Opal" not in page
    assert "did not pass" not in page
    assert (message.name, message.email, message.topic) == (WORDS["name"], WORDS["email"], Topic.PROOFING)
    assert message.body == WORDS["message"]


def test_a_form_that_knows_who_writes_stays_in_no_cache() -> None:
    rosa = PEOPLE["rosa"]
    answer = signed_in(holder(rosa)).get(reverse("contact"))
    assert f'value="{rosa.email}"' in answer.content.decode()
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))


def test_what_was_typed_is_sealed_in_the_database(client: Client) -> None:
    send(client)
    row: Any = ContactMessage.objects.values().get()
    assert not any(b"Opal" in bytes(sealed) for sealed in (row["name"], row["email"], row["body"]))


def test_both_sides_get_mail_that_names_only_the_reference(client: Client) -> None:
    send(client)
    message = ContactMessage.objects.get()
    for notice in Notice.objects.all():
        notices.deliver(str(notice.pk))
    to_person, to_staff = sorted(mail.outbox, key=lambda sent: sent.to != [WORDS["email"]])
    assert to_staff.to == ["service-center@dslogon.example"]
    for sent in (to_person, to_staff):
        html = sent.alternatives[0][0]  # type: ignore[attr-defined]
        for text in (f"{sent.subject} {sent.body}", str(html)):
            assert message.reference in text
            assert "Opal" not in text
            assert "did not pass" not in text


def test_no_personal_data_reach_the_logs_or_the_audit_trail(client: Client) -> None:
    with no_secret_is_written([*WORDS["name"].split(), WORDS["email"], "did not pass"]):
        send(client)
    event = AuditEvent.objects.get(event="support.contacted")
    assert event.details == {"topic": "proofing", "reference": ContactMessage.objects.get().reference.lower()}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter your name."),
        ("name", "x" * 101, "Use no more than 100 characters for your name. It has 101."),
        ("name", "Opal 900-12-3456", "looks like a Social Security number"),
        ("email", "", "Enter your email address"),
        ("email", "opal at home", "Enter an email address in the form"),
        ("email", "a@b.example\nBcc: c@d.example", "Enter an email address in the form"),
        ("topic", "", "Select what your message is about."),
        ("topic", "weather", "Select what your message is about from the list."),
        ("message", "  ", "Enter your message."),
        ("message", "ä" * 10_240, f"Shorten your message to {policy.MESSAGE_BODY_MAX} characters. It has 10240."),
        ("message", "My number is 900-12-3456.", "looks like a Social Security number"),
        ("form_id", "none", "Something went wrong with this form."),
    ],
)
def test_bad_input_is_explained_and_the_rest_is_kept(client: Client, field: str, typed: str, sentence: str) -> None:
    answer = send(client, **{field: typed})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    for name, kept in WORDS.items():
        assert name == field or kept.splitlines()[0] in page
    assert not ContactMessage.objects.exists()


@pytest.mark.parametrize(
    "typed",
    ["900123456", "900-12-3456", "900 12 3456", "900.12.3456", "900–12–3456", "900 - 12 - 3456",
     "９００-１２-３４５６", "9\u200b00-12-3456", "SSN:900/12/3456!"],
)  # fmt: skip
def test_a_social_security_number_is_refused_however_it_is_written(client: Client, typed: str) -> None:
    assert "looks like a Social Security number" in send(client, message=f"It is {typed}").content.decode()
    assert not ContactMessage.objects.exists()


@pytest.mark.parametrize(
    "typed",
    ["1-800-555-0142", "(202) 555-0142", "202-555-0142", "22202-1234", "2026-11-23", "11/23/2026 10:15", "1234567890"],
)
def test_other_numbers_are_let_through(client: Client, typed: str) -> None:
    assert send(client, message=f"It is {typed}").status_code == 302


@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "\u202egnitirw", "e\u0301\u0301\u0301", "🎖", "\ud83d", "<b>'\"&"])
def test_odd_characters_get_a_page_and_never_an_error(client: Client, odd: str) -> None:
    body = urlencode({**WORDS, "message": f"It says {odd}", "name": odd}, errors="surrogatepass")
    answer = client.post(reverse("contact"), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 302
    assert client.get(answer["Location"]).status_code == 200


def test_a_new_line_counts_as_one_character(client: Client) -> None:
    longest = "a\r\n" * (policy.MESSAGE_BODY_MAX // 2 - 1) + "ab"
    assert send(client, message=longest).status_code == 302
    assert len(ContactMessage.objects.get().body) == policy.MESSAGE_BODY_MAX


def test_sending_the_same_form_twice_sends_one_message(client: Client) -> None:
    form_id = str(uuid.uuid4())
    first, second = send(client, form_id=form_id), send(client, form_id=form_id)
    assert first["Location"] == second["Location"]
    assert ContactMessage.objects.count() == 1
    assert Notice.objects.count() == 2


def test_going_back_and_writing_something_else_sends_a_second_message(client: Client) -> None:
    form_id = str(uuid.uuid4())
    first, second = send(client, form_id=form_id), send(client, form_id=form_id, message="One more thing.")
    assert first["Location"] != second["Location"]
    assert sorted(kept.body for kept in ContactMessage.objects.all())[0] == "One more thing."


@pytest.mark.django_db(transaction=True)
def test_thirty_clicks_at_once_send_one_message() -> None:
    form_id = uuid.uuid4()
    typed: dict[str, Any] = {"name": "Opal", "email": "opal@example.com", "topic": "other", "body": "Hello"}
    kept = in_parallel(lambda number: contact.receive(form_id, **typed))
    assert {message.reference for message in kept} == {ContactMessage.objects.get().reference}
    assert AuditEvent.objects.filter(event="support.contacted").count() == 1
    assert Notice.objects.count() == 2


def test_a_reference_that_is_taken_is_drawn_again() -> None:
    class Drawn(Random):
        def choices(self, *alphabet: Any, **count: Any) -> list[Any]:  # type: ignore[override]
            return list(texts.pop(0))

    typed: dict[str, Any] = {"name": "Opal", "email": "opal@example.com", "topic": "other", "body": "Hello"}
    texts = ["7F3K9Q2M", "7F3K9Q2M", "11112222"]
    first, second = (contact.receive(uuid.uuid4(), **typed, rng=Drawn()) for _ in range(2))
    assert (first.reference, second.reference) == ("C-7F3K-9Q2M", "C-1111-2222")


def test_too_many_messages_have_to_wait_and_what_was_typed_is_kept(client: Client) -> None:
    for number in range(policy.CONTACT_PER_ADDRESS.times):
        assert send(client, email=f"person{number}@example.com").status_code == 302
    answer = send(client)
    assert answer.status_code == 429
    assert "Please wait" in answer.content.decode()
    assert "The page said I did not pass." in answer.content.decode()
    assert ContactMessage.objects.count() == policy.CONTACT_PER_ADDRESS.times


def test_strangers_neither_fill_a_mailbox_nor_keep_its_owner_from_writing(client: Client) -> None:
    for number in range(policy.CONTACT_CONFIRMATIONS.times + 2):
        answer = client.post(reverse("contact"), WORDS, REMOTE_ADDR=f"203.0.113.{number}")
        assert answer.status_code == 302
    assert ContactMessage.objects.count() == policy.CONTACT_CONFIRMATIONS.times + 2
    assert Notice.objects.filter(kind="contact-received").count() == policy.CONTACT_CONFIRMATIONS.times
    assert Notice.objects.filter(kind="contact-for-staff").count() == policy.CONTACT_CONFIRMATIONS.times + 2


def test_a_message_that_was_never_sent_has_no_page(client: Client) -> None:
    assert client.get(reverse("contact-received", args=[uuid.uuid4()])).status_code == 404
    assert client.get("/support/contact/1/").status_code == 404


def test_an_unknown_method_is_refused_and_a_forged_form_too() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.put(reverse("contact")).status_code in (403, 405)
    assert strict.post(reverse("contact"), WORDS).status_code == 403
    assert not ContactMessage.objects.exists()
