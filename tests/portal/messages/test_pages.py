"""The patient's pages of the messages: folders, a conversation, and the form in which one writes."""

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from core import policy
from core.policy import Level
from portal import zones
from portal.messages import attachments
from portal.messages.models import Attachment, Message, Piece, Thread
from safeguards.models import AuditEvent
from tests.portal.messages.conversations import QUESTION, answered, form, send, sent, team, text_of, treats

COMPOSE = "/portal/messages/compose/"
INBOX = "/portal/messages/"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


def draft_page(draft: Any) -> str:
    return f"/portal/messages/draft/{draft}/"


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_ruth_writes_sends_takes_back_and_sends_again_without_any_script(client, ruth, primary):
    client.force_login(ruth)
    page = text_of(client.get(COMPOSE))
    assert page.index("Not for emergencies") < page.index(">Send<")
    assert page.index("dial 988") < page.index(">Send<")
    thread = send(client, COMPOSE, form(primary))
    shown = text_of(client.get(thread))
    assert "Your message goes out at" in shown
    assert "Goes out at" in shown
    message = Message.objects.get()
    here = send(client, thread, {"do": "unsend", "message": str(message.pk)})
    assert here == draft_page(message.pk)
    assert QUESTION in text_of(client.get(here))
    again = form(primary, draft=str(message.pk), version=str(message.version + 1), body="May I shower?")
    thread = send(client, here, again)
    assert "May I shower?" in text_of(client.get(thread))
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("zone", "clock", "words"), [("Asia/Tokyo", "11:05 AM", "Tokyo time"), ("", "9:05 PM", "Eastern time")]
)
def test_times_of_messages_are_those_of_ruths_own_clock(client, ruth, primary, zone, clock, words):
    thread = f"{INBOX}{sent(ruth, primary).thread_id}/"
    at = datetime(2026, 3, 4, 2, 5, tzinfo=UTC)  # still March 3 in Maryland
    Message.objects.update(held_at=at, send_due_at=at, saved_at=at)
    client.force_login(ruth)
    client.cookies[zones.COOKIE] = zone
    shown = text_of(client.get(thread))
    assert f"March {4 if zone else 3}, 2026 at {clock}" in shown
    assert f"All times are in {words}." in shown
    assert f"{words}. Until then you can take it back." in text_of(client.post(COMPOSE, form(primary), follow=True))


def test_what_is_missing_is_said_beside_the_field_and_what_was_typed_is_kept(client, ruth, primary):
    client.force_login(ruth)
    shown = text_of(client.post(COMPOSE, form(primary, subject="", topic="", body="Only this")))
    assert "Enter a subject." in shown
    assert "Choose what your message is about." in shown
    assert "Only this" in shown
    assert Message.objects.get().body == "Only this"  # kept as a draft
    assert 'name="version" value="1"' in shown or 'value="1"' in shown


def test_a_message_of_blanks_is_not_sent(client, ruth, primary):
    client.force_login(ruth)
    assert "Write your message." in text_of(client.post(COMPOSE, form(primary, body=" \n ")))


def test_a_draft_may_be_unfinished_and_is_in_its_folder(client, ruth, primary):
    client.force_login(ruth)
    here = send(client, COMPOSE, form(None, do="save", subject="", body="Half a"))
    assert "Half a" in text_of(client.get(here))
    assert "No subject yet" in text_of(client.get("/portal/messages/drafts/"))
    assert send(client, here, form(draft=str(Message.objects.get().pk), do="discard")) == "/portal/messages/drafts/"
    assert not Message.objects.exists()


def test_ten_kilobytes_of_markup_are_refused_and_kept_and_five_are_shown_as_text(client, ruth, primary):
    client.force_login(ruth)
    shown = text_of(client.post(COMPOSE, form(primary, body="<b>x</b>" * 1_250, subject="<i>" * 3_400)))
    assert "Shorten this to 5000 characters. It has 10000." in shown
    assert "Shorten this to 100 characters." in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert not Message.objects.exists()
    thread = send(client, COMPOSE, form(primary, body="<script>alert(1)</script>" * 200))
    assert "&lt;script&gt;alert(1)" in text_of(client.get(thread))


def test_marks_of_direction_and_invisible_ones_are_cleaned_from_a_subject(client, ruth, primary):
    client.force_login(ruth)
    send(client, COMPOSE, form(primary, subject="My\u202e knee\u200b\u2066 \ufeffhurts\x00"))
    assert Message.objects.get().subject == "My knee hurts"


def test_two_tabs_with_one_draft_lose_no_text(client, ruth, primary):
    client.force_login(ruth)
    here = send(client, COMPOSE, form(primary, do="save", body="The first text"))
    draft = str(Message.objects.get().pk)
    send(client, here, form(primary, do="save", draft=draft, version="1", body="The text of one tab"))
    shown = text_of(client.post(here, form(primary, draft=draft, version="1", body="The text of the other tab")))
    assert "This draft was changed in another tab" in shown
    assert "The text of one tab" in shown
    assert "The text of the other tab" in shown
    assert Message.objects.get().held_at is None
    send(client, here, form(primary, draft=draft, version="2", body="The text of the other tab"))
    assert Message.objects.get().body == "The text of the other tab"


def test_a_tab_whose_draft_was_sent_shows_both_texts_and_sends_nothing_twice(client, ruth, primary):
    client.force_login(ruth)
    first = form(primary, body="What was sent")
    send(client, COMPOSE, first)
    assert send(client, COMPOSE, first).startswith(INBOX)  # the same text: the same message
    shown = text_of(client.post(COMPOSE, first | {"body": "What was typed later"}))
    assert "This message was sent in another tab, with another text" in shown
    assert "What was sent" in shown
    assert "What was typed later" in shown
    assert Message.objects.count() == 1


def test_a_draft_that_was_deleted_elsewhere_can_be_saved_as_a_new_one(client, ruth, primary):
    client.force_login(ruth)
    lost = str(uuid.uuid4())
    shown = text_of(client.post(draft_page(lost), form(primary, draft=lost, version="3", body="Still here")))
    assert "This draft is not there any more." in shown
    assert "Still here" in shown


def test_the_script_saves_the_draft_and_is_told_what_became_of_it(client, ruth, primary):
    client.force_login(ruth)
    typed = form(None, do="autosave", subject="", body="As I type")
    answer = client.post(COMPOSE, typed)
    assert answer.json()["version"] == 1
    assert client.post(COMPOSE, typed | {"version": "1", "body": "As I type on"}).json()["version"] == 2
    assert client.post(COMPOSE, typed | {"version": "1", "body": "Older"}).status_code == 409
    assert client.post(COMPOSE, typed | {"version": "2", "body": "x" * 6_000}).status_code == 422
    assert Message.objects.get().body == "As I type on"


def test_a_form_of_an_older_session_comes_back_with_what_was_typed(client, ruth, primary):
    client.force_login(ruth)
    request: Any = SimpleNamespace(
        POST=MultiValueDict({name: [str(text)] for name, text in form(primary, body="Typed before").items()}),
        user=ruth,
        urlconf=None,
    )
    assert unsaved_forms.keep_typed(request, COMPOSE)
    assert "Typed before" in text_of(client.get(COMPOSE))


def test_a_draft_of_four_hundred_days_ago_to_a_team_that_is_gone_can_be_sent_to_another(client, ruth, primary):
    today = timezone.localdate()
    old = timezone.now() - timedelta(days=400)
    gone = treats(team("Gone", until=today - timedelta(days=30)))
    text = {"topic": "general", "subject": "Long ago", "body": "Still a question"}
    draft = Message.objects.create(id=uuid.uuid4(), patient=ruth.dod_id, team=gone, saved_at=old, **text)
    client.force_login(ruth)
    here = draft_page(draft.pk)
    assert "Still a question" in text_of(client.get(here))
    fields = {"draft": str(draft.pk), "version": "1", **text}
    shown = text_of(client.post(here, form(gone, **fields)))
    assert "You cannot write to this care team any more." in shown
    assert "Still a question" in shown
    send(client, here, form(primary, **fields))
    assert Message.objects.get().team == primary


def test_an_answer_to_a_team_that_is_gone_begins_a_linked_conversation_with_another(client, ruth, primary):
    first = sent(ruth, primary)
    primary.until = timezone.localdate() - timedelta(days=1)
    primary.save()
    other = treats(team("Clinical pharmacy"))
    client.force_login(ruth)
    here = f"/portal/messages/{first.thread_id}/reply/"
    assert "You can no longer write to" in text_of(client.get(here))
    thread = send(client, here, form(other, subject="The plaster", thread=str(first.thread_id)))
    assert "This goes on with an" in text_of(client.get(thread))


def test_without_a_care_team_nothing_is_promised_and_the_draft_is_kept(client, otis, db):
    client.force_login(otis)
    assert "No care team is assigned to you now" in text_of(client.get(COMPOSE))
    assert "Choose a care team." in text_of(client.post(COMPOSE, form(None)))
    assert Message.objects.get().body == QUESTION


def test_a_conversation_is_read_from_the_first_message_to_the_last_and_is_unread_once(client, ruth, primary):
    message = sent(ruth, primary, "Is it <b>safe</b>?")
    answered(message.thread, "It is.")
    client.force_login(ruth)
    assert ">Unread<" in text_of(client.get(INBOX))
    needs = text_of(client.get("/portal/")).partition("What needs you")[2]
    assert "Unread message" in needs.partition("New since")[0]
    shown = text_of(client.get(f"{INBOX}{message.thread_id}/"))
    assert shown.index("Is it &lt;b&gt;safe") < shown.index("It is.")
    assert "Teresa Quill" in shown
    assert ">Unread<" not in text_of(client.get(INBOX))
    assert AuditEvent.objects.filter(event="message.read").count() == 1


def test_the_mail_s_link_leads_to_the_message_itself(client, ruth, otis, primary):
    message = sent(ruth, primary)
    answer = answered(message.thread)
    link = f"/portal/messages/message/{answer.pk}/"
    assert client.get(link)["Location"] == f"/sign-in/?next={link}"
    client.force_login(ruth)
    assert client.get(link)["Location"] == f"{INBOX}{message.thread_id}/#m-{answer.pk}"
    client.force_login(otis)
    assert client.get(link).status_code == 404


def test_an_overdue_answer_is_shown_to_the_patient_with_the_clinic_s_number(client, ruth, primary):
    sent(ruth, primary, ago=timedelta(days=10))
    client.force_login(ruth)
    shown = text_of(client.get("/portal/messages/sent/"))
    assert "Overdue: an answer was due on" in shown
    assert "254-555-0122" in shown


def test_the_archive_takes_a_conversation_and_gives_it_back(client, ruth, primary):
    thread = sent(ruth, primary).thread
    answered(thread, read=True)
    client.force_login(ruth)
    here = f"{INBOX}{thread.pk}/"
    send(client, here, {"do": "archive"})
    assert "The plaster" not in text_of(client.get(INBOX)).partition("Folders")[2]
    assert "The plaster" in text_of(client.get("/portal/messages/archive/"))
    send(client, here, {"do": "restore"})
    assert "The plaster" in text_of(client.get(INBOX))


def test_the_search_finds_other_forms_of_a_word_in_one_s_own_messages_only(client, ruth, otis, primary):
    treats(primary, otis.dod_id)
    sent(ruth, primary, "I went swimming yesterday")
    sent(otis, primary, "I swim in secret")
    client.force_login(ruth)
    shown = text_of(client.get("/portal/messages/search/", {"q": "swim"}))
    assert "I went swimming yesterday" in shown
    assert "in secret" not in shown
    assert "No message has these words" in text_of(
        client.get("/portal/messages/search/", {"q": "\"a' & | ! <->:* \x00"})
    )
    assert "Enter words of a subject" in text_of(client.get("/portal/messages/search/"))


def test_a_long_folder_goes_on_below_the_last_row_without_losing_or_repeating_one(client, ruth, primary):
    first = sent(ruth, primary).thread
    at = timezone.now()
    for number in range(45):
        thread = Thread.objects.create(
            id=uuid.uuid4(), patient=ruth.dod_id, team=primary, subject=f"Talk {number:02}", last_sent_at=at,
            last_answer_at=at,
        )  # fmt: skip
        assert thread.pk != first.pk
    client.force_login(ruth)
    seen, address = [], "?"
    while address:
        answer = client.get(INBOX + address)
        seen += [thread.subject for thread in answer.context["listing"].rows]
        older = answer.context["listing"].older
        address = f"?before={older}".replace("+", "%2B") if older else ""
    assert sorted(seen) == [f"Talk {number:02}" for number in range(45)]


@pytest.mark.parametrize("folder", ["", "sent/", "drafts/", "archive/", "search/?q=plaster"])
def test_a_folder_asks_at_most_eight_queries_however_full_it_is(client, ruth, primary, folder):
    for _ in range(3):
        answered(sent(ruth, primary).thread)
    client.force_login(ruth)
    client.get(INBOX + folder)
    with CaptureQueriesContext(connection) as made:
        client.get(INBOX + folder)
    assert len(made) <= 4


def test_a_conversation_and_the_form_ask_at_most_eight_queries(client, ruth, primary):
    thread = sent(ruth, primary).thread
    for _ in range(5):
        answered(thread)
    client.force_login(ruth)
    client.get(COMPOSE)
    for page in (f"{INBOX}{thread.pk}/", f"{INBOX}{thread.pk}/", f"{INBOX}{thread.pk}/reply/", COMPOSE):
        with CaptureQueriesContext(connection) as made:
            client.get(page)
        asked = [query for query in made if "SAVEPOINT" not in query["sql"]]
        assert len(asked) <= 2 + 8, page


def test_sending_a_draft_takes_six_statements_with_the_session_and_the_account(client, ruth, primary):
    client.force_login(ruth)
    here = send(client, COMPOSE, form(primary, do="save"))
    draft = str(Message.objects.get().pk)
    with CaptureQueriesContext(connection) as made:
        send(client, here, form(primary, draft=draft, version="1"))
    asked = [query for query in made if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= 6


def test_files_stay_with_the_draft_and_are_sent_with_it(client, ruth, otis, primary):
    client.force_login(ruth)
    files = [upload("Scan.PDF", b"%PDF-1.7 paper"), upload("knee.png", PNG)]
    here = send(client, COMPOSE, form(primary, do="attach", upload=files))
    assert "Scan.PDF" in text_of(client.get(here))
    pdf, png = Attachment.objects.order_by("name")
    thread = send(client, here, form(primary, draft=str(pdf.message_id), version="1"))
    assert "Scan.PDF" in text_of(client.get(thread))
    opened = client.get(f"/portal/messages/file/{png.pk}/")
    assert opened.content == PNG
    assert opened["Content-Type"] == "image/png"
    assert "sandbox" in opened["Content-Security-Policy"]
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/portal/messages/file/{pdf.pk}/")["Content-Disposition"].startswith("attachment")
    client.force_login(otis)
    assert client.get(f"/portal/messages/file/{png.pk}/").status_code == 404
    assert client.get(draft_page(pdf.message_id)).status_code == 404


BAD = {
    "setup.pdf": (b"MZ\x90\x00 a program", "this is not a file that we can take"),
    "photo.jpg": (b"%PDF-1.7 paper", "this is not a file that we can take"),
    "empty.txt": (b"", "this file is empty"),
    "big.txt": (b"x" * (policy.ATTACHMENT_MAX + 1), "this file is too large"),
    "noise.txt": (b"\x00\x01\x02", "this is not a file that we can take"),
    "again.png": (PNG, "this file is attached already"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_taken_is_refused_by_name_and_the_text_is_kept(client, ruth, primary, name):
    client.force_login(ruth)
    data, why = BAD[name]
    shown = text_of(client.post(COMPOSE, form(primary, upload=[upload("first.PNG", PNG), upload(name, data)])))
    assert f"{name}: {why}" in shown
    assert QUESTION in shown
    assert [row.name for row in Attachment.objects.all()] == ["first.PNG"]
    assert Message.objects.get().held_at is None


def test_files_beside_too_long_a_text_are_said_to_be_missing(client, ruth, primary):
    client.force_login(ruth)
    shown = text_of(client.post(COMPOSE, form(primary, body="x" * 5_001, upload=[upload("knee.png", PNG)])))
    assert "Your files are not attached yet." in shown
    assert "x" * 5_001 in shown


def test_a_fifth_file_and_more_than_ten_megabytes_in_all_are_refused(client, ruth, primary):
    client.force_login(ruth)
    five = [upload(f"{number}.txt", b"text %d" % number) for number in range(5)]
    assert "a message can have 4 files" in text_of(client.post(COMPOSE, form(primary, do="attach", upload=five)))
    mega = [upload(f"{number}.txt", str(number).encode() * (4 * 1024 * 1024)) for number in range(3)]
    shown = text_of(client.post(COMPOSE, form(primary, do="attach", upload=mega)))
    assert "2.txt: all files of a message together can have 10.0" in shown


def test_a_file_can_be_removed_from_a_draft(client, ruth, primary):
    client.force_login(ruth)
    here = send(client, COMPOSE, form(primary, do="attach", upload=[upload("a.txt", b"text")]))
    row = Attachment.objects.get()
    send(client, here, form(primary, draft=str(row.message_id), version="1", do=f"remove:{row.pk}"))
    assert not Attachment.objects.exists()
    assert not Piece.objects.exists()


def test_a_file_is_sealed_in_pieces_in_the_database(ruth, primary, client):
    client.force_login(ruth)
    data = b"words of a letter " * 40_000
    send(client, COMPOSE, form(primary, do="attach", upload=[upload("letter.txt", data)]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM secure_messages_piece")
        pieces = [bytes(row[0]) for row in cursor]
    assert len(pieces) == 2
    assert not any(b"letter" in piece for piece in pieces)
    assert attachments.content_of(Attachment.objects.get()) == data


def test_a_form_does_nothing_for_those_for_whom_its_page_does_not_open(client, ruth, otis, staff, primary):
    message = sent(ruth, primary, ago=timedelta())
    thread = f"{INBOX}{message.thread_id}/"
    Account.objects.filter(pk=ruth.pk).update(level=Level.BASIC)
    for account, status in ((ruth, 403), (staff, 403), (otis, 404)):
        client.force_login(account)
        assert client.post(thread, {"do": "unsend", "message": str(message.pk)}).status_code == status
        assert client.post(f"{thread}reply/", form(None)).status_code == status
    assert client.post(COMPOSE, form(primary)).status_code == 200  # Otis: not his team
    message.refresh_from_db()
    assert message.held_at
    assert not Message.objects.filter(patient=ruth.dod_id).exclude(pk=message.pk).exists()
    assert not Message.objects.filter(patient=otis.dod_id, held_at__isnull=False).exists()
