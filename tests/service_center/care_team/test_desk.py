"""The care team's desk: its own patients only, who is first, and both sides of a conversation."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account, Notice
from core import policy
from core.policy import Level
from portal.messages import attachments
from portal.messages.models import CareTeam, Message, Note, Template
from portal.messages.teams import links
from safeguards.models import AuditEvent
from service_center.care_team import desk
from service_center.roles import ROLES
from tests import people
from tests.accounts.holders import premium, signed_in, staff
from tests.parallel import in_parallel
from tests.portal.conftest import RUTH, open_account
from tests.portal.messages.conversations import QUESTION, sent, team, text_of, treats, works_in
from tests.service_center.care_team.conftest import DESK, answer, page_of


@pytest.fixture
def colleague(primary: CareTeam) -> Account:
    return works_in(primary, staff("Care team", "nurse.bob"))


@pytest.fixture
def question(ruth: Account, primary: CareTeam) -> Message:
    return sent(ruth, primary)


def events() -> list[str]:
    return list(AuditEvent.objects.filter(event__startswith="message.").order_by("pk").values_list("event", flat=True))


def test_the_nurse_opens_takes_and_answers_and_ruth_reads_it(client, ruth, nurse, question):
    desk_browser = signed_in(nurse)
    assert "The plaster" in text_of(desk_browser.get(DESK))
    shown = text_of(desk_browser.get(page_of(question)))
    assert QUESTION in shown
    assert ruth.get_full_name() in shown
    desk_browser.post(page_of(question), {"do": "take"})
    assert "Sam Worker" in text_of(desk_browser.get(DESK, {"queue": "mine"}))
    assert desk_browser.post(page_of(question), answer(question)).status_code == 302
    question.refresh_from_db()
    assert question.answered_at
    assert "Nothing here." in text_of(desk_browser.get(DESK))
    client.force_login(ruth)
    assert "Better not." in text_of(client.get(f"/portal/messages/{question.thread_id}/"))
    assert [event for event in events() if event not in ("message.listed", "message.viewed")] == [
        *("message.held", "message.opened", "message.assigned", "message.answered", "message.read")
    ]


def test_the_mail_says_nothing_of_the_message_and_leads_to_it(ruth, nurse, question):
    browser = signed_in(nurse)
    browser.get(page_of(question))
    browser.post(page_of(question), answer(question))
    for notice in Notice.objects.filter(kind="new-message"):
        notices.deliver(str(notice.pk))
    sent_mail = mail.outbox[-1]
    reply = Message.objects.get(author="staff")
    assert sent_mail.to == [ruth.email]
    assert f"/portal/messages/message/{reply.pk}/" in sent_mail.body.replace("\\", "")
    assert not any(word in f"{sent_mail.body} {sent_mail.subject}" for word in ("Better", "plaster", "Fort Larkspur"))


def test_what_is_due_first_stands_first_and_what_is_late_is_marked(ruth, nurse, primary):
    sent(ruth, primary, "New")
    late = sent(ruth, primary, "Old", ago=timedelta(days=20))
    browser = signed_in(nurse)
    rows = browser.get(DESK).context["rows"]
    assert [line.is_late for line, _ in rows] == [True, False]
    assert rows[0][0].message == late
    assert "Overdue" in text_of(browser.get(DESK, {"queue": "late"}))


def test_a_message_that_is_still_held_is_nowhere_at_the_desk(ruth, nurse, primary):
    held = sent(ruth, primary, ago=timedelta())
    browser = signed_in(nurse)
    assert "The plaster" not in text_of(browser.get(DESK))
    assert browser.get(page_of(held)).status_code == 404


def test_a_nurse_of_another_team_or_of_last_year_finds_nothing(ruth, primary, question):
    today = timezone.localdate()
    other = works_in(team("Clinical pharmacy"), staff("Care team", "other.nurse"))
    former = works_in(primary, staff("Care team", "former.nurse"), until=today - timedelta(days=1))
    for account in (other, former):
        browser = signed_in(account)
        assert "The plaster" not in text_of(browser.get(DESK, {"queue": "all"}))
        for method in (browser.get, browser.post):
            assert method(page_of(question)).status_code == 404
        assert browser.get(page_of(question).replace("change", "history")).status_code == 404


@pytest.mark.parametrize("role", [role for role in ROLES if role != "Care team"])
def test_no_other_role_sees_a_message_not_even_as_a_member(role, primary, question):
    browser = signed_in(works_in(primary, staff(role)))
    for address in (DESK, page_of(question), f"{DESK}templates/", f"{DESK}out-of-office/"):
        assert browser.get(address).status_code == 403


def test_of_thirty_who_take_a_conversation_at_once_one_gets_it(transactional_db):
    primary = treats(team())
    members = [works_in(primary, staff("Care team", f"nurse.{number}")) for number in range(30)]
    message = sent(open_account("ruth.p", RUTH, Level.PREMIUM), primary)
    desk.open_thread(message.thread, by=members[0])
    outcomes = in_parallel(lambda number: desk.take(message.thread, by=members[number]))
    assert outcomes.count(desk.Done()) == 1
    message.refresh_from_db()
    assert message.assigned_to == members[outcomes.index(desk.Done())]
    taker, other = message.assigned_to, next(one for one in members if one != message.assigned_to)
    assert desk.answer(message.thread, uuid.uuid4(), "Mine", seen=message.pk, by=other) == desk.Overtaken()
    same = uuid.uuid4()
    answers = in_parallel(lambda _: desk.answer(message.thread, same, "Once", seen=message.pk, by=taker), workers=10)
    assert set(answers) == {desk.Done()}
    assert Message.objects.filter(author="staff").count() == 1


def test_who_answers_too_late_is_shown_what_is_new_and_keeps_the_text(nurse, colleague, question):
    first, second = signed_in(nurse), signed_in(colleague)
    for browser in (first, second):
        browser.get(page_of(question))
    first.post(page_of(question), answer(question, "The first answer"))
    shown = text_of(second.post(page_of(question), answer(question, "The second answer")))
    assert "a colleague or the patient was faster" in shown
    assert "The first answer" in shown
    assert "The second answer" in shown
    assert Message.objects.filter(author="staff").count() == 1


def test_a_colleague_can_put_back_what_an_absent_one_has_taken(nurse, colleague, question):
    desk.open_thread(question.thread, by=nurse)
    desk.take(question.thread, by=nurse)
    browser = signed_in(colleague)
    assert "has taken this up" in text_of(browser.get(page_of(question)))
    browser.post(page_of(question), {"do": "put-back"})
    browser.post(page_of(question), {"do": "take"})
    question.refresh_from_db()
    assert question.assigned_to == colleague


def test_a_closed_message_is_told_to_the_patient_as_closed(client, ruth, nurse, question):
    browser = signed_in(nurse)
    browser.get(page_of(question))
    browser.post(page_of(question), {"do": "close"})
    client.force_login(ruth)
    assert "Closed by the care team without an answer" in text_of(client.get("/portal/messages/sent/"))


def test_a_conversation_that_is_handed_over_is_the_other_team_s_and_ruth_may_write_to_it(client, ruth, nurse, question):
    pharmacy = team("Clinical pharmacy")
    pharmacist = works_in(pharmacy, staff("Care team", "the.pharmacist"))
    browser = signed_in(nurse)
    browser.get(page_of(question))
    due = Message.objects.get().answer_due_at
    assert browser.post(page_of(question), {"do": "hand-over", "team": str(pharmacy.pk)}).status_code == 302
    assert browser.get(page_of(question)).status_code == 404
    shown = text_of(signed_in(pharmacist).get(page_of(question)))
    assert "Handed over from Primary care, Fort Larkspur to Clinical pharmacy, Fort Larkspur." in shown
    assert Message.objects.get().answer_due_at == due
    assert links().filter(patient=RUTH, team=pharmacy).exists()
    client.force_login(ruth)
    assert "Handed over" not in text_of(client.get(f"/portal/messages/{question.thread_id}/"))


def test_the_patient_never_sees_a_note(client, ruth, nurse, question):
    browser = signed_in(nurse)
    browser.get(page_of(question))
    browser.post(page_of(question), {"do": "note", "note": "Ask Dr. Oakes first"})
    assert Note.objects.get().body == "Ask Dr. Oakes first"
    assert "Ask Dr. Oakes first" in text_of(browser.get(page_of(question)))
    client.force_login(ruth)
    for address in (f"/portal/messages/{question.thread_id}/", "/portal/messages/search/?q=Oakes"):
        assert "Ask Dr. Oakes" not in text_of(client.get(address))


def test_a_text_is_put_in_below_what_was_typed(nurse, primary, question):
    browser = signed_in(nurse)
    new = {"do": "save", "team": str(primary.pk), "title": "Call us", "body": "Please call us."}
    assert browser.post(f"{DESK}templates/", new).status_code == 302
    template = Template.objects.get()
    browser.get(page_of(question))
    shown = browser.post(page_of(question), answer(question, "Dear Ruth", do="insert", template=str(template.pk)))
    assert "Dear Ruth\n\nPlease call us." in shown.content.decode()
    browser.post(f"{DESK}templates/", {"do": "delete", "template": str(template.pk)})
    assert not Template.objects.exists()


def test_patients_read_that_the_team_is_out_of_office(client, ruth, nurse, primary):
    until = timezone.localdate() + timedelta(days=3)
    browser = signed_in(nurse)
    away = {"team": str(primary.pk), "until": until.isoformat(), "text": "We are at a training."}
    assert browser.post(f"{DESK}out-of-office/", away).status_code == 302
    client.force_login(ruth)
    assert "We are at a training." in text_of(client.get("/portal/messages/compose/"))
    yesterday = timezone.localdate() - timedelta(days=1)
    shown = text_of(browser.post(f"{DESK}out-of-office/", away | {"until": yesterday.isoformat()}))
    assert "Enter today or a later day." in shown


def test_what_is_wrong_with_an_answer_is_said_beside_it(nurse, question):
    browser = signed_in(nurse)
    browser.get(page_of(question))
    assert "Write an answer." in text_of(browser.post(page_of(question), answer(question, " ")))
    shown = text_of(browser.post(page_of(question), answer(question, "y" * (policy.MESSAGE_BODY_MAX + 1))))
    assert "Shorten this to 5000 characters. It has 5001." in shown
    assert browser.post(page_of(question), answer(question, seen="x")).status_code == 200


def test_the_team_opens_a_file_of_a_message_and_another_team_does_not(ruth, nurse, primary, question):
    Message.objects.filter(pk=question.pk).update(held_at=None, send_due_at=None)
    attachments.attach_one(ruth, question, SimpleUploadedFile("scan.txt", b"words"))
    row = question.attachments.get()
    at = timezone.now() - timedelta(hours=1)
    Message.objects.filter(pk=question.pk).update(held_at=at, send_due_at=at)
    address = f"{DESK}{question.thread_id}/file/{row.pk}/"
    assert signed_in(nurse).get(address).content == b"words"
    other = works_in(team("Clinical pharmacy"), staff("Care team", "other.nurse"))
    assert signed_in(other).get(address).status_code == 404


def test_each_view_and_act_is_on_the_patient_s_trail(ruth, nurse, question):
    browser = signed_in(nurse)
    browser.get(page_of(question))
    browser.post(page_of(question), {"do": "take"})
    browser.post(page_of(question), answer(question))
    by_staff = AuditEvent.objects.filter(account_id=ruth.pk, actor_id=nurse.pk).values_list("event", flat=True)
    assert {"message.viewed", "message.opened", "message.assigned", "message.answered"} <= set(by_staff)


def test_a_nurse_does_not_read_the_messages_of_her_own_mailbox(nurse, primary):
    rosa = premium(people.load("rosa"), email=nurse.email)
    treats(primary, rosa.dod_id or "")
    message = sent(rosa, primary, "About my family")
    browser = signed_in(nurse)
    shown = text_of(browser.get(page_of(message)))
    assert "About my family" not in shown
    assert "A colleague has to do that." in shown
    browser.post(page_of(message), answer(message))
    assert Message.objects.count() == 1


def test_what_is_typed_outlives_another_button_of_the_page(question, nurse):
    browser = signed_in(nurse)
    browser.get(page_of(question))
    typed = {"answer": str(uuid.uuid4()), "seen": str(question.pk), "body": "Take one a day."}
    shown = browser.post(page_of(question), typed | {"do": "take", "note": "Ask again"}, follow=True)
    assert shown.context["answer"]["body"].value() == "Take one a day."
    assert shown.context["note_form"]["note"].value() == "Ask again"
    shown = browser.post(
        page_of(question), typed | {"do": "note", "note": "Ask Dr. Oakes", "body": "Two."}, follow=True
    )
    assert shown.context["answer"]["body"].value() == "Two."
    assert not shown.context["note_form"]["note"].value()
    assert Note.objects.get().body == "Ask Dr. Oakes"
    too_long = typed | {"body": "x" * (policy.MESSAGE_BODY_MAX + 1), "do": "put-back"}
    assert "Shorten this" in text_of(browser.post(page_of(question), too_long))
    assert question.thread.messages.filter(assigned_to__isnull=False, held_at__isnull=False).exists()
