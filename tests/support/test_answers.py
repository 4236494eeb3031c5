"""Answers to messages: who reads them, what emails hold, replies, and two colleagues at once."""

import re
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from core import policy
from idproofing import cases, codes
from idproofing.transitions import TransitionRefused
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from service_center.contact import desk
from support import contact, reading
from support.contact_states import START, TRANSITIONS, State, change_state
from support.models import ContactEntry, ContactMessage
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.parallel import in_parallel
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

ASKED, SAID = "Where is my ID card office?", "It is in Norfolk, on the second floor."


def message_of(account: Account | None = None, *, email: str = "opal@example.com") -> ContactMessage:
    return contact.receive(uuid.uuid4(), name="Opal", email=email, topic="other", body=ASKED, by=account)


def answered(message: ContactMessage, by: Account | None = None) -> ContactMessage:
    by = by or staff("Service center agent")
    assert contact.answer(message, uuid.uuid4(), SAID, by=by)
    return message


def mailed_code() -> str:
    [found] = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", walk.deliver_mail()[-1].body)
    return str(found)


def page_of(message: ContactMessage) -> str:
    return reverse("contact-received", args=[message.pk])


def give(client: Client, reference: str, code: str) -> str:
    return client.post(reverse("contact-answer"), {"reference": reference, "code": code}, follow=True).content.decode()


def test_every_state_can_be_reached_and_every_move_has_its_sentence() -> None:
    assert {START, *(after for _, after in TRANSITIONS)} == set(State)
    assert set(TRANSITIONS.values()) <= set(EVENTS)
    call_command("draw_states", "support.contact_states", check=True, stdout=StringIO())


def test_a_message_moves_in_no_other_way() -> None:
    with pytest.raises(TransitionRefused):
        change_state(answered(message_of()), State.TAKEN, by="system", values={})


def test_no_email_holds_a_word_of_the_message_or_of_the_answer() -> None:
    with no_secret_is_written([SAID, ASKED]):
        answered(message_of())
        walk.deliver_mail()
    texts = [f"{sent.subject} {sent.body} {getattr(sent, 'alternatives', '')}" for sent in mail.outbox]
    assert any("We have answered your message" in text for text in texts)
    assert not [text for text in texts if "Norfolk" in text or "ID card office" in text or "Opal" in text]


def test_a_visitor_reads_the_answer_with_the_code_from_the_email(client: Client) -> None:
    message = answered(message_of())
    code = mailed_code()
    before = client.get(page_of(message)).content.decode()
    assert "We have answered it" in before
    assert SAID not in before
    opened = give(client, message.reference.lower().replace("-", " "), code.lower())
    assert SAID in opened
    assert ASKED not in opened
    assert SAID not in Client().get(page_of(message)).content.decode()


@pytest.mark.parametrize("wrong", ["code", "reference", "old"])
def test_a_wrong_code_a_wrong_reference_and_an_old_code_get_the_same_words(client: Client, wrong: str) -> None:
    message = answered(message_of())
    code, reference = mailed_code(), message.reference
    if wrong == "old":
        ContactMessage.objects.update(code_ends_at=timezone.now())
    page = give(
        client, "C-0000-0000" if wrong == "reference" else reference, "00000-00000" if wrong == "code" else code
    )
    assert "We could not find an answer with this reference and code." in page
    assert AuditEvent.objects.filter(event="support.answer-refused").count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("reference", "", "Enter the reference of your message."),
        ("reference", "C-12", "A reference has the letter C"),
        ("reference", "x" * 10_240, "Reference: that is too long."),
        ("reference", "\x00<b>", "Null characters are not allowed."),
        ("code", "", "Enter the code from our email."),
        ("code", "ABC", "Code: it has 10 letters and digits. You entered 3."),
    ],
)
def test_bad_input_is_explained_before_anything_is_judged(
    client: Client, field: str, typed: str, sentence: str
) -> None:
    said = {"reference": "C-7F3K-9Q2M", "code": "ABCDE-F0123", field: typed}
    assert sentence in walk.text_of(client.post(reverse("contact-answer"), said))
    assert not AuditEvent.objects.filter(event="support.answer-refused").exists()


def test_who_guesses_has_to_wait_and_the_writer_in_another_network_does_not(client: Client) -> None:
    """A stranger on the phone heard the reference."""
    message, stranger = answered(message_of()), Client(REMOTE_ADDR="192.0.2.7")
    typed = {"reference": message.reference, "code": mailed_code()}
    for _ in range(policy.CONTACT_CODE_TRIES_PER_ADDRESS.times):
        give(stranger, message.reference, "00000-00000")
    refused = stranger.post(reverse("contact-answer"), typed)
    assert refused.status_code == 429
    assert "There were too many tries." in walk.text_of(refused)
    assert SAID in give(client, **typed)


def test_right_codes_are_not_counted_as_guesses() -> None:
    message = answered(message_of())
    code = mailed_code()
    for _ in range(policy.CONTACT_CODE_TRIES_PER_ADDRESS.times + 1):
        assert SAID in give(Client(), message.reference, code)


@pytest.mark.parametrize(
    ("limit", "lives"),
    [
        (policy.CONTACT_CODE_TRIES_PER_ADDRESS, policy.CONTACT_ANSWER_LIFE),
        (policy.CASE_TRIES_PER_ADDRESS, policy.CASE_LIFE),
    ],
)
def test_a_code_is_long_enough_to_be_counted_by_network_alone(limit: policy.Limit, lives: timedelta) -> None:
    guesses = 1_000_000 * limit.times * (lives / limit.period)
    assert len(codes.ALPHABET) ** policy.CODE_LENGTH > 50_000 * guesses
    assert not set(codes.ALPHABET) & set("OIL")
    assert len(cases.plain(reading.new_code())) == policy.CODE_LENGTH


def test_who_was_signed_in_reads_the_answer_signed_in_and_nobody_else_does() -> None:
    rosa = holder(people.load("rosa"))
    message = answered(message_of(rosa, email=rosa.email))
    text = walk.deliver_mail()[-1].body
    assert "Sign in to read the answer" in text
    assert not re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", text)
    mine = signed_in(rosa).get(page_of(message)).content.decode()
    assert SAID in mine
    assert ASKED in mine
    for other in (Client(), signed_in(holder(people.load("nora")))):
        page = other.get(page_of(message)).content.decode()
        assert SAID not in page
        assert "Sign in to the same account" in page


def test_a_new_answer_makes_the_code_of_the_older_one_void() -> None:
    message, agent = message_of(), staff("Service center agent")
    answered(message, agent)
    first = mailed_code()
    assert contact.reply(message, uuid.uuid4(), "And when?", by="visitor")
    answered(message, agent)
    assert "We could not find an answer" in give(Client(), message.reference, first)
    assert "And when?" in give(Client(), message.reference, mailed_code())


def test_a_reply_makes_the_message_new_again_and_is_sent_once(client: Client) -> None:
    message = answered(message_of())
    give(client, message.reference, mailed_code())
    said = {"reply_id": str(uuid.uuid4()), "message": "And when is it open?"}
    for _ in range(2):
        assert client.post(page_of(message), said).status_code == 302
    message.refresh_from_db()
    assert (message.state, message.round, message.ended_by) == (State.NEW, 2, None)
    assert [entry.kind for entry in contact.entries_for_writer(message)] == ["answer", "reply"]
    assert "We have your reply" in client.get(page_of(message)).content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Enter your reply."), ("900-12-3456", "looks like a Social Security number"), ("ä" * 5_001, "It has 5001.")],
)
def test_a_bad_reply_is_explained_and_kept(client: Client, typed: str, sentence: str) -> None:
    message = answered(message_of())
    give(client, message.reference, mailed_code())
    page = client.post(page_of(message), {"reply_id": str(uuid.uuid4()), "message": typed}).content.decode()
    assert sentence in page
    assert typed in page
    assert ContactMessage.objects.get().state == State.ANSWERED


def test_a_reply_that_comes_too_late_is_not_lost(client: Client) -> None:
    message = answered(message_of())
    give(client, message.reference, mailed_code())
    ContactMessage.objects.update(ended_at=timezone.now() - policy.CONTACT_ANSWER_LIFE - timedelta(minutes=1))
    late = client.post(page_of(message), {"reply_id": str(uuid.uuid4()), "message": "Still there?"})
    assert late.status_code == 409
    assert "Your reply was not sent" in late.content.decode()
    assert "Still there?" in late.content.decode()


def test_nobody_replies_without_the_code(client: Client) -> None:
    message = answered(message_of())
    page = client.post(page_of(message), {"reply_id": str(uuid.uuid4()), "message": "Spam"})
    assert "Spam</textarea>" in page.content.decode()  # who wrote too long still has it
    assert SAID not in page.content.decode()
    assert not ContactEntry.objects.filter(kind="reply").exists()


def test_a_closed_message_says_why_and_notes_are_never_shown() -> None:
    rosa, agent = holder(people.load("rosa")), staff("Service center agent")
    message = message_of(rosa, email=rosa.email)
    desk.write_note(message, "She sounded upset", by=agent)
    assert contact.close(message, "phone", by=agent)
    page = signed_in(rosa).get(page_of(message)).content.decode()
    assert "We answered it by phone" in page
    assert "upset" not in page
    assert "We answered it by phone" in walk.deliver_mail()[-1].body


@pytest.mark.django_db(transaction=True)
def test_of_thirty_answers_at_once_one_is_sent() -> None:
    message, agent = message_of(), staff("Service center agent")

    def answer(number: int) -> bool:
        return contact.answer(ContactMessage.objects.get(), uuid.uuid4(), f"Answer {number}", by=agent)

    assert in_parallel(answer).count(True) == 1
    assert ContactEntry.objects.count() == 1
    assert AuditEvent.objects.filter(event="support.message-answered", account_id=None).count() == 1
    message.refresh_from_db()
    assert message.state == State.ANSWERED


@pytest.mark.django_db(transaction=True)
def test_of_thirty_colleagues_one_takes_a_message() -> None:
    message_of()
    colleagues = [staff("Service center agent", f"agent.{number}") for number in range(6)]
    taken = in_parallel(lambda number: desk.take(ContactMessage.objects.get(), by=colleagues[number % 6]))
    assert taken.count(True) == 1


def test_a_reference_is_read_however_it_is_typed() -> None:
    for typed in ("C-7F3K-9Q2M", "c7f3k9q2m", "7F3K 9Q2M", "C–7F3K–9Q2M", " c-7f3k-9q2m\n"):
        assert reading.read_reference(typed) == "C-7F3K-9Q2M", typed
    for typed in ("", "C-", "7F3K", "x" * 9, "\x00"):
        assert reading.read_reference(typed) == "", typed
