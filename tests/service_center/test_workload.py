"""Who works on what: messages and reviews taken, handed over and shared out; who may answer what."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from core.policy import Level
from idproofing import reviewing
from idproofing.models import Case
from safeguards.models import AuditEvent
from service_center import workload
from service_center.contact import desk
from support import contact
from support.models import AnswerText, ContactEntry, ContactMessage
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.idproofing import reviewers
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

LOAD = "/admin/workload/"


@pytest.fixture
def message(db: None) -> ContactMessage:
    typed: dict[str, Any] = {"name": "Opal", "email": "opal@example.com", "topic": "other", "body": "Where is it?"}
    return contact.receive(uuid.uuid4(), **typed)


@pytest.fixture
def ann(db: None) -> Account:
    return staff("Service center agent", "ann.agent")


@pytest.fixture
def bob(db: None) -> Account:
    return staff("Service center agent", "bob.agent")


def page_of(message: ContactMessage) -> str:
    return f"/admin/support/contactmessage/{message.pk}/change/"


def answer_of(page: Any, body: str = "It is in Norfolk.", **other: str) -> dict[str, str]:
    """The form of an answer as the page has it."""
    form = page.context["answer"]
    fields = {name: str(form.initial[name]) for name in ("answer", "round")}
    return {"do": "answer", **fields, "body": body, **other}


def post(client: Client, message: ContactMessage, **said: str) -> str:
    return walk.text_of(client.post(page_of(message), said, follow=True))


def test_an_agent_answers_a_message_without_taking_it_first(message: ContactMessage, ann: Account) -> None:
    client = signed_in(ann)
    said = answer_of(client.get(page_of(message)))
    with no_secret_is_written(["Norfolk", "Opal"]):
        for _ in range(2):
            assert "The answer was sent." in post(client, message, **said)
    entry = ContactEntry.objects.get()
    assert (entry.kind, entry.author, entry.body) == ("answer", ann, "It is in Norfolk.")
    message.refresh_from_db()
    assert (message.state, message.ended_by) == ("answered", ann)


def test_nobody_answers_what_a_colleague_has_taken_and_nothing_typed_is_lost(
    message: ContactMessage, ann: Account, bob: Account
) -> None:
    client = signed_in(ann)
    said = answer_of(client.get(page_of(message)))
    assert desk.take(message, by=bob)
    page = post(client, message, **said)
    assert "Nothing was changed: a colleague or the writer was faster." in page
    assert "It is in Norfolk." in page
    assert not ContactEntry.objects.exists()


def test_an_answer_that_was_begun_before_a_reply_is_not_sent(
    message: ContactMessage, ann: Account, bob: Account
) -> None:
    client = signed_in(ann)
    said = answer_of(client.get(page_of(message)))
    assert contact.answer(message, uuid.uuid4(), "Another", by=bob)
    assert contact.reply(message, uuid.uuid4(), "And when?", by="visitor")
    page = post(client, message, **said)
    assert "Read what is new here first." in page
    assert "And when?" in page
    assert "It is in Norfolk." in page
    assert ContactMessage.objects.get().state == "new"


def test_a_message_is_taken_put_back_and_handed_over(message: ContactMessage, ann: Account, bob: Account) -> None:
    client = signed_in(ann)
    assert "The message is yours." in post(client, message, do="take")
    assert "A colleague can take it up now." in post(client, message, do="put-back")
    assert "Handed over to Sam Worker." in post(client, message, do="hand-over", colleague=str(bob.pk))
    message.refresh_from_db()
    assert (message.state, message.taken_by) == ("taken", bob)
    assert "Messages to the service center" in walk.text_of(signed_in(bob).get("/admin/?")).split("Assigned to you")[1]
    events = list(AuditEvent.objects.filter(event__startswith="support.message-").values_list("event", flat=True))
    assert events.count("support.message-taken") == 2
    assert events.count("support.message-handed-over") == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"do": "answer", "body": ""}, "Write an answer."),
        ({"do": "answer", "body": "900-12-3456"}, "looks like a Social Security number"),
        ({"do": "answer", "body": "ä" * 10_240}, "It has 10240."),
        (
            {"do": "answer", "body": "x", "round": "9" * 40},
            "Nothing was changed: a colleague or the writer was faster.",
        ),
        ({"do": "note", "note": ""}, "Write a note."),
        ({"do": "close", "reason": "weather"}, "Choose why it needs no answer."),
        ({"do": "hand-over", "colleague": "0"}, "Choose a colleague from the list."),
    ],
)
def test_bad_input_is_explained_and_kept(
    message: ContactMessage, ann: Account, said: dict[str, str], sentence: str
) -> None:
    client = signed_in(ann)
    page = client.post(page_of(message), {**answer_of(client.get(page_of(message))), **said})
    assert page.status_code == 200
    assert sentence in walk.text_of(page)
    assert said.get("body", "") in page.content.decode()
    assert ContactMessage.objects.get().state == "new"


def test_a_text_is_put_below_what_was_typed(message: ContactMessage, ann: Account) -> None:
    text = AnswerText.objects.create(title="Norfolk", body="The office is in Norfolk.")
    client = signed_in(ann)
    said = {**answer_of(client.get(page_of(message)), "Hello."), "do": "insert", "text": str(text.pk)}
    page = client.post(page_of(message), said)
    assert page.context["answer"].initial["body"] == "Hello.\n\nThe office is in Norfolk."
    assert client.post(page_of(message), {**said, "text": "none"}).status_code == 200


def test_texts_are_written_by_supervisors_and_not_by_agents(ann: Account) -> None:
    texts = "/admin/support/contactmessage/texts/"
    supervisor = signed_in(staff("Supervisor"))
    supervisor.post(texts, {"do": "save", "title": "Norfolk", "body": "One"})
    supervisor.post(texts, {"do": "save", "title": "Norfolk", "body": "Two"})
    text = AnswerText.objects.get()
    assert text.body == "Two"
    assert "Enter a title." in walk.text_of(supervisor.post(texts, {"do": "save", "title": "", "body": "x"}))
    assert signed_in(ann).get(texts).status_code == 403
    supervisor.post(texts, {"do": "delete", "text": str(text.pk)})
    assert not AnswerText.objects.exists()


def test_the_writer_is_certain_only_if_they_were_signed_in(ann: Account) -> None:
    rosa = holder(people.load("rosa"))
    typed: dict[str, Any] = {"name": "Rosa", "email": rosa.email.upper(), "topic": "other", "body": "Hello"}
    client = signed_in(ann)
    hint = contact.receive(uuid.uuid4(), **typed)
    assert "so it may be its holder" in walk.text_of(client.get(page_of(hint)))
    sure = contact.receive(uuid.uuid4(), **typed, by=rosa)
    assert "Written signed in, from the account rosa.holder" in walk.text_of(client.get(page_of(sure)))
    holder(people.load("nora"), email=rosa.email)
    assert "cannot match with one account" in walk.text_of(client.get(page_of(hint)))


def test_an_address_that_was_never_confirmed_says_nothing_of_a_writer(ann: Account) -> None:
    nora = holder(people.load("nora"), email_confirmed=False)
    message = contact.receive(uuid.uuid4(), name="N", email=nora.email, topic="other", body="Hello")
    assert desk.find_writer(message) is None


def test_nobody_reads_or_answers_their_own_message(ann: Account) -> None:
    message = contact.receive(uuid.uuid4(), name="A", email=ann.email, topic="other", body="Hello from me")
    page = signed_in(ann).get(page_of(message)).content.decode()
    assert "A colleague has to do that." in page
    assert "Hello from me" not in page


def test_a_supervisor_sees_who_works_on_what_and_shares_it_out(
    message: ContactMessage, ann: Account, bob: Account
) -> None:
    people.load_all("emily", "judith")
    carl, dora = staff("Proofing reviewer", "carl.reviewer"), staff("Proofing reviewer", "dora.reviewer")
    case = reviewers.open_case(level=Level.PREMIUM).case
    reviewing.take(case.pk, by=carl)
    desk.take(message, by=ann)
    client = signed_in(staff("Supervisor"))
    assert client.get(LOAD).status_code == 200
    shares = {load.staff: {share.kind.name: share for share in load.shares} for load in workload.loads()}
    assert shares[ann]["messages"].open == 1
    assert shares[ann]["messages"].oldest == message.waits_since
    assert shares[carl]["reviews"].open == 1
    assert "reviews" not in shares[ann]
    assert {"chats", "calls"} <= shares[ann].keys()
    here = f"{LOAD}{ann.pk}/"
    assert "Choose a colleague from the list." in walk.text_of(
        client.post(here, {"kind": "messages", "row": str(message.pk)})
    )
    assert "Choose what to hand over." in walk.text_of(
        client.post(here, {"kind": "messages", "colleague": str(bob.pk)}, follow=True)
    )
    given = {"kind": "messages", "row": str(message.pk), "colleague": str(bob.pk)}
    assert "Handed over to Sam Worker: 1." in walk.text_of(client.post(here, given, follow=True))
    given = {"kind": "reviews", "row": str(case.pk), "colleague": str(dora.pk)}
    assert "Handed over" in walk.text_of(client.post(f"{LOAD}{carl.pk}/", given, follow=True))
    assert ContactMessage.objects.get().taken_by == bob
    assert Case.objects.get().taken_by == dora.pk
    assert AuditEvent.objects.filter(event="case.handed-over").count() == 1


def test_what_was_done_today_counts(message: ContactMessage, ann: Account) -> None:
    contact.answer(message, uuid.uuid4(), "There.", by=ann)
    [load] = [load for load in workload.loads() if load.staff == ann]
    [share] = [share for share in load.shares if share.kind.name == "messages"]
    assert (share.open, share.done) == (0, 1)


def test_the_load_takes_the_same_queries_whatever_waits(message: ContactMessage, ann: Account) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            workload.loads()
        return len(asked)

    before = queries()
    desk.take(message, by=ann)
    staff("Service center agent", "one.more")
    assert queries() == before == 3 * len(workload.KINDS) + 1


def test_what_is_no_longer_theirs_is_not_given_away(message: ContactMessage, ann: Account, bob: Account) -> None:
    desk.take(message, by=bob)
    given = {"kind": "messages", "row": str(message.pk), "colleague": str(bob.pk)}
    page = signed_in(staff("Supervisor")).post(f"{LOAD}{ann.pk}/", given, follow=True)
    assert "Something was no longer theirs to give." in walk.text_of(page)


@pytest.mark.parametrize("role", ["Service center agent", "Auditor", "Proofing reviewer"])
def test_only_supervisors_see_the_load(role: str) -> None:
    client = signed_in(staff(role))
    assert client.get(LOAD).status_code == 403
    assert client.get(f"{LOAD}1/").status_code == 403


def test_an_auditor_cannot_answer(message: ContactMessage) -> None:
    client = signed_in(staff("Auditor"))
    assert client.post(page_of(message), {"do": "take"}).status_code == 403
    assert client.get(page_of(message)).status_code == 403
