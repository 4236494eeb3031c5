"""What a care team writes: files in an answer, drafts, and a conversation that it begins."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from accounts.mail import notices
from accounts.models import Account, Notice
from accounts.sign_in import unsaved_forms
from core.policy import Level
from portal.messages.models import Attachment, CareTeam, Message, PatientTeam, Thread
from safeguards.models import AuditEvent
from service_center.care_team import writing
from service_center.care_team.desk import Done, begin_conversation, messages_for
from tests.accounts.holders import signed_in, staff
from tests.parallel import in_parallel
from tests.portal.conftest import OTIS, RUTH, open_account
from tests.portal.messages.conversations import QUESTION, sent, team, text_of, treats, works_in
from tests.service_center.care_team.conftest import DESK, answer, page_of

PATIENTS = f"{DESK}patients/"


@pytest.fixture
def desk(nurse: Account) -> Client:
    return signed_in(nurse)


@pytest.fixture
def question(ruth: Account, primary: CareTeam, desk: Client) -> Message:
    """A message of Ruth's that the nurse has opened."""
    message = sent(ruth, primary)
    desk.get(page_of(message))
    return message


def page_to(patient: str = RUTH) -> str:
    return f"{DESK}write/{PatientTeam.objects.get(patient=patient).pk}/"


def text(name: str = "leaflet.TXT", data: bytes = b"How to swim") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def first(**fields: Any) -> dict[str, Any]:
    given = {"do": "send", "answer": str(uuid.uuid4()), "topic": "test", "subject": "Your test", "body": "All is well."}
    return given | fields


def answers() -> Any:
    return Message.objects.filter(author="staff", held_at__isnull=False)


def test_ruth_opens_the_file_of_an_answer(client, ruth, desk, question):
    assert desk.post(page_of(question), answer(question, upload=[text()])).status_code == 302
    row = Attachment.objects.get(message=answers().get())
    client.force_login(ruth)
    assert "leaflet.TXT" in text_of(client.get(f"/portal/messages/{question.thread_id}/"))
    assert client.get(f"/portal/messages/file/{row.pk}/").content == b"How to swim"
    assert desk.get(f"{DESK}{question.thread_id}/file/{row.pk}/").content == b"How to swim"


BAD = {
    "setup.pdf": (b"MZ\x90\x00 a program", "this is not a file that we can take"),
    "empty.txt": (b"", "this file is empty"),
    "again.txt": (b"How to swim", "this file is attached already"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_taken_is_refused_and_the_text_and_the_good_ones_stay(desk, question, name):
    data, why = BAD[name]
    typed = answer(question)
    shown = text_of(desk.post(page_of(question), typed | {"upload": [text(), text(name, data)]}))
    assert f"{name}: {why}" in shown
    assert "Better not." in shown
    assert "leaflet.TXT" in shown
    assert not answers().exists()
    assert desk.post(page_of(question), typed).status_code == 302
    assert [row.name for row in answers().get().attachments.all()] == ["leaflet.TXT"]


def test_with_too_long_an_answer_the_files_stay_and_so_does_the_text(desk, question):
    long = "y" * 5_001
    shown = text_of(desk.post(page_of(question), answer(question, body=long, upload=[text()])))
    assert "Shorten this to 5000 characters. It has 5001." in shown
    assert "leaflet.TXT" in shown
    assert long in shown


def test_a_draft_is_there_again_for_the_one_who_writes_it_and_for_nobody_else(client, ruth, primary, desk, question):
    typed = answer(question, do="attach", body="Half a", upload=[text()])
    assert desk.post(page_of(question), typed).status_code == 302
    row = Attachment.objects.get()
    shown = text_of(desk.get(page_of(question)))
    assert "Half a" in shown
    assert "leaflet.TXT" in shown
    colleague = signed_in(works_in(primary, staff("Care team", "nurse.bob")))
    assert "Half a" not in text_of(colleague.get(page_of(question)))
    client.force_login(ruth)
    for page in ("drafts/", "search/?q=half", "", f"{question.thread_id}/", "sent/"):
        assert "Half a" not in text_of(client.get(f"/portal/messages/{page}"))
    for hidden in (f"file/{row.pk}/", f"message/{typed['answer']}/", f"draft/{typed['answer']}/"):
        assert client.get(f"/portal/messages/{hidden}").status_code == 404
    client.post(f"/portal/messages/draft/{typed['answer']}/", {"do": "discard"})
    desk.post(page_of(question), typed | {"do": f"remove:{row.pk}", "upload": []})
    assert not Attachment.objects.exists()
    desk.post(page_of(question), typed | {"do": "discard", "upload": []})
    assert Message.objects.get() == question


def test_two_tabs_with_one_draft_send_one_answer_and_lose_no_text(desk, question):
    typed = answer(question, do="keep")
    desk.post(page_of(question), typed)
    desk.post(page_of(question), typed | {"do": "answer", "body": "The first text"})
    shown = text_of(desk.post(page_of(question), typed | {"do": "answer", "body": "The second text"}))
    assert "a colleague or the patient was faster" in shown
    assert "The second text" in shown
    assert typed["answer"] not in shown.partition('name="answer"')[2][:80]  # it can be sent as another one
    assert answers().get().body == "The first text"


def test_an_answer_to_what_was_handed_over_meanwhile_is_shown_and_not_sent(desk, question):
    Thread.objects.update(team=team("Clinical pharmacy"))
    refused = desk.post(page_of(question), answer(question, body="What I typed"))
    assert refused.status_code == 404
    assert "What I typed" in refused.content.decode()
    assert not answers().exists()


def test_the_nurse_finds_a_patient_writes_and_ruth_has_an_unread_message(client, ruth, desk, primary):
    assert "Write to Ruth.p Tester" in text_of(desk.post(PATIENTS, {"words": "tester rut"}))
    assert desk.post(page_to(), first(upload=[text()])).status_code == 302
    for notice in Notice.objects.filter(kind="new-message"):
        notices.deliver(str(notice.pk))
    message = answers().get()
    assert f"/portal/messages/message/{message.pk}/" in mail.outbox[-1].body.replace("\\", "")
    assert not any(word in mail.outbox[-1].body for word in ("All is well", "Your test"))
    assert "Not read by the patient yet" in text_of(desk.get(DESK, {"queue": "ours"}))
    client.force_login(ruth)
    assert "Unread" in text_of(client.get("/portal/messages/"))
    assert "All is well." in text_of(client.get(f"/portal/messages/{message.thread_id}/"))
    assert "Read by the patient" in text_of(desk.get(DESK, {"queue": "ours"}))
    assert message.attachments.get().name == "leaflet.TXT"
    events = AuditEvent.objects.filter(account_id=ruth.pk).values_list("event", flat=True)
    assert {"message.begun-by-team", "message.read"} <= set(events)


def test_ruth_answers_what_the_team_began_and_it_waits_at_the_desk(client, ruth, desk):
    desk.post(page_to(), first())
    thread = Thread.objects.get()
    client.force_login(ruth)
    reply = {"do": "send", "draft": str(uuid.uuid4()), "version": "0", "body": "Thank you"}
    assert client.post(f"/portal/messages/{thread.pk}/reply/", reply).status_code == 302
    own = Message.objects.get(author="patient")
    assert own.thread == thread
    Message.objects.filter(pk=own.pk).update(held_at=thread.last_sent_at, send_due_at=thread.last_sent_at)
    assert "Your test" in text_of(desk.get(DESK))


def test_the_search_finds_own_patients_only_and_only_those_who_can_read_here(ruth, desk):
    otis = open_account("otis.p", OTIS, Level.PREMIUM)
    assert "Nobody was found" in text_of(desk.post(PATIENTS, {"words": "Otis"}))
    other = treats(team("Clinical pharmacy"), OTIS)
    assert "Nobody was found" in text_of(desk.post(PATIENTS, {"words": OTIS}))
    assert desk.get(page_to(OTIS)).status_code == 404
    assert desk.post(page_to(OTIS), first()).status_code == 404
    PatientTeam.objects.filter(team=other).update(team=CareTeam.objects.get(name="Primary care"))
    assert "Write to Otis.p Tester" in text_of(desk.post(PATIENTS, {"words": OTIS}))
    Account.objects.filter(pk=otis.pk).update(level=Level.BASIC)
    assert "Nobody was found" in text_of(desk.post(PATIENTS, {"words": "Otis"}))
    assert "Enter a name or a number." in text_of(desk.post(PATIENTS, {"words": " "}))
    assert not Message.objects.exists()


def test_what_is_wrong_with_a_first_message_is_said_and_all_that_was_typed_stays(desk, ruth):
    typed = first(topic="", subject="", upload=[text()])
    shown = text_of(desk.post(page_to(), typed))
    for sentence in ("Choose what your message is about.", "Enter a subject.", "All is well.", "leaflet.TXT"):
        assert sentence in shown
    shown = text_of(desk.post(page_to(), first(body="<b>x</b>" * 1_250, subject="<i>" * 3_400)))
    assert "Shorten this to 5000 characters. It has 10000." in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert not answers().exists()


def test_a_subject_is_cleaned_of_marks_that_nobody_sees(desk, ruth):
    desk.post(page_to(), first(subject="Your\u202e test\u200b\u2066 \ufeffis back\x00"))
    assert answers().get().subject == "Your test is back"


def test_a_draft_of_four_hundred_days_ago_is_in_the_inbox_and_can_be_sent(desk, ruth):
    desk.post(page_to(), first(do="keep", body="", subject="Long ago"))
    Message.objects.update(saved_at=timezone.now() - timedelta(days=400))
    assert "Long ago" in text_of(desk.get(DESK))
    draft = Message.objects.get()
    assert str(draft.pk) in text_of(desk.get(page_to()))
    desk.post(page_to(), first(answer=str(draft.pk), subject="Long ago"))
    assert answers().get() == draft
    assert "Your drafts" not in text_of(desk.get(DESK))


def test_to_somebody_who_is_no_longer_a_patient_nothing_is_sent_and_the_text_is_shown(desk, ruth):
    here = page_to()
    desk.post(here, first(do="keep"))
    PatientTeam.objects.update(until=timezone.localdate() - timedelta(days=1))
    refused = desk.post(here, first(body="What I typed"))
    assert refused.status_code == 404
    assert "What I typed" in refused.content.decode()
    assert not answers().exists()
    assert "Your drafts" not in text_of(desk.get(DESK))


def test_a_form_of_an_older_session_comes_back_with_what_was_typed(desk, nurse, ruth, settings):
    here = page_to()
    request: Any = SimpleNamespace(
        POST=MultiValueDict({"body": ["Typed before"]}), user=nurse, urlconf=settings.STAFF_URLCONF
    )
    assert unsaved_forms.keep_typed(request, here)
    assert "Typed before" in text_of(desk.get(here))


@pytest.mark.django_db(transaction=True)
def test_the_same_first_message_sent_thirty_times_at_once_is_one() -> None:
    primary = treats(team())
    nurse = works_in(primary, staff("Care team", "nurse.teresa"))
    ruth = open_account("ruth.p", RUTH, Level.PREMIUM)
    said = {"topic": "test", "subject": "Your test", "body": "All is well."}
    written = writing.Written(uuid.uuid4(), RUTH, primary, None, said)
    assert set(in_parallel(lambda _: begin_conversation(written, by=nurse))) == {Done()}
    assert Message.objects.count() == Thread.objects.count() == 1
    assert Notice.objects.filter(account_id=ruth.pk, kind="new-message").count() == 1


def test_what_the_team_began_is_read_from_an_index(desk, nurse, ruth, primary):
    desk.post(page_to(), first())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "message_begun_by_team" in messages_for(nurse, "ours").explain()
    assert QUESTION not in text_of(desk.get(DESK, {"queue": "ours"}))
