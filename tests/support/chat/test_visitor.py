"""The visitor's side: beginning, waiting, writing, ending and taking up again, and what belongs to whom."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from redis.exceptions import RedisError

from core import policy
from safeguards import limits
from safeguards.models import AuditEvent
from service_center.chat import desk
from support.chat import hours, talking, tidying, transcript
from support.chat.models import Chat, Line
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.parallel import in_parallel
from tests.support.chat.chats import START, begin, chat_at, desk_page, taken, texts, waiting, write

pytestmark = pytest.mark.django_db
OLD = timedelta(days=2)


def text_of(client: Client, address: str) -> str:
    return walk.text_of(client.get(address))


def test_a_visitor_who_is_not_signed_in_begins_a_chat_and_is_told_the_place(client):
    waiting(ago=timedelta(minutes=3))
    here = begin(client, "I cannot sign in.")
    page = text_of(client, here)
    assert "You are number 2 in line." in page
    assert "I cannot sign in." in page
    assert "Stored, not yet fetched by an agent" in page
    assert client.get(START)["Location"] == here
    event = AuditEvent.objects.get(event="chat.opened", details__chat=str(chat_at(here).pk))
    assert (event.actor_kind, event.account_id) == ("visitor", None)


def test_the_line_is_encrypted_and_its_numbers_are_gone(client):
    here = begin(client, "My number is 910-12-4567.")
    assert texts(chat_at(here)) == ["My number is [Social Security number hidden]."]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM chat_line WHERE text IS NOT NULL")
        (sealed,) = cursor.fetchone()
    assert b"My number" not in bytes(sealed)
    assert "910" not in text_of(client, here)


def test_markup_is_shown_as_typed(client):
    here = begin(client, "<script>alert(1)</script>")
    page = client.get(here).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_form_that_is_sent_twice_is_one_line(client):
    here, line = begin(client), uuid.uuid4()
    for _ in range(2):
        assert write(client, here, "Again", line)["Location"] == here
    assert texts(chat_at(here)) == ["I cannot sign in.", "Again"]


def test_a_beginning_that_is_sent_twice_is_one_chat(client):
    line = str(uuid.uuid4())
    assert begin(client, line=line) == begin(client, line=line)
    assert Line.objects.count() == Chat.objects.count() == 1


def test_who_went_back_and_wrote_something_else_loses_nothing(client):
    here, line = begin(client), uuid.uuid4()
    for words in ("First", "Second"):
        write(client, here, words, line)
    assert texts(chat_at(here))[1:] == ["First", "Second"]
    other, form = Client(), str(uuid.uuid4())
    first = begin(other, line=form)
    other.post(first, {"do": "end"})
    assert begin(other, "Another question", line=form) != first


def test_a_browser_has_one_open_chat(client):
    here = begin(client)
    answer = client.post(START, {"line": str(uuid.uuid4()), "topic": "other", "words": "Another one"})
    assert "You have a chat that is still open in this browser." in walk.text_of(answer)
    assert here in answer.content.decode()
    assert "Another one" in answer.content.decode()


def test_ten_kilobytes_are_refused_and_kept(client):
    here, long = begin(client), "word " * 2_048
    answer = write(client, here, long)
    assert "Shorten this to 2000 characters." in walk.text_of(answer)
    assert long.strip() in answer.content.decode()
    assert len(texts(chat_at(here))) == 1
    first = Client().post(START, {"line": str(uuid.uuid4()), "topic": "other", "words": long})
    assert long.strip() in first.content.decode()


def test_a_flood_has_to_wait_and_what_was_typed_is_kept(client):
    here = begin(client)
    for number in range(policy.CHAT_LINES.times):
        assert write(client, here, f"{number}").status_code == 302
    answer = write(client, here, "One more")
    assert answer.status_code == 429
    assert "Not sent: that was a lot in a short time." in walk.text_of(answer)
    assert "One more" in answer.content.decode()


def test_many_chats_from_one_network_have_to_wait():
    for _ in range(policy.CHATS_PER_ADDRESS.times):
        begin(Client())
    answer = Client().post(START, {"line": str(uuid.uuid4()), "topic": "other", "words": "One more"})
    assert answer.status_code == 429
    assert "One more" in answer.content.decode()


@pytest.mark.parametrize("line", ["", "x", "1" * 100])
def test_a_broken_form_is_no_error(client, line):
    here = begin(client)
    assert client.post(here, {"do": "say", "line": line, "words": "Hello"}).status_code == 200
    assert client.post(here, {"do": "nothing"}).status_code == 302
    assert client.get(f"{here}poll/?since=-1").status_code == 200
    assert client.get(f"{here}poll/?since=99999999999").status_code == 200


def test_another_browser_does_not_see_it(client):
    here = begin(client)
    for address in (here, f"{here}poll/", f"{here}chat.txt"):
        assert Client().get(address).status_code == 404
    assert Client().post(here, {"do": "end"}).status_code == 404
    assert chat_at(here).is_open


def test_a_chat_that_shows_an_account_is_for_nobody_else_in_this_browser():
    rosa, nora = people.load_all("rosa", "nora")
    client = signed_in(holder(rosa))
    here = begin(client, shows="on")
    other = signed_in(holder(nora))
    other.cookies["chat"] = client.cookies["chat"].value
    assert other.get(here).status_code == 404
    assert client.get(here).status_code == 200


def sign_out(client: Client) -> None:
    client.post("/sign-out/")


def run_out_of_time(client: Client) -> None:
    session = client.session
    session["seen_at"] -= policy.SESSION_IDLE.total_seconds() + 1
    session.save()


@pytest.mark.parametrize("end_session", [sign_out, run_out_of_time])
def test_where_nobody_is_signed_in_any_more_an_open_chat_goes_on_without_the_account(end_session):
    rosa, agent = holder(people.load("rosa")), staff("Service center agent")
    client = signed_in(rosa)
    here = begin(client, "Where do you send my code?", shows="on")
    desk.take(chat_at(here), by=agent, now=timezone.now())
    desk.answer(chat_at(here), uuid.uuid4(), "To your mailbox, Rosa.", by=agent, now=timezone.now())
    end_session(client)
    assert client.get(f"{here}poll/?since=0").status_code == 200
    assert chat_at(here).account is None
    assert "The visitor no longer shows whose account this is." in walk.text_of(
        signed_in(agent).get(desk_page(chat_at(here)))
    )
    assert write(client, here, "Are you still there?").status_code == 302
    for address in (here, f"{here}poll/?since=0", f"{here}chat.txt"):
        shown = client.get(address).content.decode()
        assert "Are you still there?" in shown
        assert "Rosa" not in shown
        assert "Where do you send" not in shown
    assert "to read what was written until then" in text_of(client, here)


def test_who_signs_in_again_reads_all_of_the_chat_and_nobody_else_does():
    rosa, nora = (holder(one) for one in people.load_all("rosa", "nora"))
    hers = signed_in(rosa)
    here = begin(hers, "Where do you send my code?", shows="on")
    sign_out(hers)
    hers.get(here)
    for account, status in ((rosa, 200), (nora, 404)):
        again = signed_in(account)
        again.cookies[talking.COOKIE] = hers.cookies[talking.COOKIE].value
        page = again.get(here)
        assert page.status_code == status
        assert ("Where do you send my code?" in page.content.decode()) is (account == rosa)


def test_an_ended_chat_that_showed_the_account_is_read_signed_in_only():
    client = signed_in(holder(people.load("rosa")))
    here = begin(client, "Where do you send my code?", shows="on")
    client.post(here, {"do": "end"})
    assert "Where do you send my code?" in text_of(client, here)
    sign_out(client)
    page = write(client, here, "Thank you!")
    assert "Thank you!" in page.content.decode()
    assert "Where do you send my code?" not in page.content.decode()
    assert "Where do you send my code?" not in client.get(f"{here}chat.txt").content.decode()


def test_what_was_written_before_the_account_was_hidden_stays_with_its_holder():
    client = signed_in(holder(people.load("rosa")))
    here = begin(client, "Where do you send my code?", shows="on")
    client.post(here, {"do": "hide"})
    assert "Where do you send my code?" in text_of(client, here)
    sign_out(client)
    assert "Where do you send my code?" not in text_of(client, here)


def test_a_stranger_who_is_mailed_the_copy_gets_nothing_of_what_the_holder_wrote():
    client = signed_in(holder(people.load("rosa")))
    here = begin(client, "Where do you send my code?", shows="on")
    sign_out(client)
    client.post(here, {"do": "mail", "email": "eve@mail.example"})
    client.post(here, {"do": "code", "code": walk.code_in_mail()})
    copy = walk.deliver_mail()[-1]
    assert "Your chat" in copy.subject
    assert "Where do you send" not in copy.body + str(copy.alternatives)


def test_the_agent_learns_who_it_is_only_when_the_visitor_wants_that():
    rosa = holder(people.load("rosa"))
    client = signed_in(rosa)
    here = begin(client)
    assert chat_at(here).account is None
    assert not AuditEvent.objects.filter(event__startswith="chat.", account_id=rosa.pk).exists()
    client.post(here, {"do": "show"})
    assert chat_at(here).account == rosa
    client.post(here, {"do": "hide"})
    assert chat_at(here).account is None
    assert [line.kind for line in chat_at(here).lines.all()] == ["visitor", "shown", "hidden"]


def test_a_stranger_cannot_show_an_account(client):
    here = begin(client, shows="on")
    client.post(here, {"do": "show"})
    assert chat_at(here).account is None


def test_the_visitor_ends_it_and_takes_it_up_again_within_a_day(client):
    waiting(ago=timedelta(minutes=1))
    here = begin(client)
    client.post(here, {"do": "end"})
    assert chat_at(here).reason == "visitor"
    assert "This chat has ended." in text_of(client, here)
    assert "Read it or take it up again" in text_of(client, START)
    client.post(here, {"do": "again"})
    assert chat_at(here).is_open
    assert "You are number 2 in line." in text_of(client, here)


def test_the_browser_stays_bound_to_a_chat_that_lasts_for_days(client):
    """Each answer about an open chat sets the cookie again, so that a day is left after the end."""
    here, longer = begin(client), int(policy.CHAT_AGAIN_WITHIN.total_seconds())
    for answer in (client.get(here), client.get(f"{here}poll/?since=1"), write(client, here, "Still here")):
        assert answer.cookies[talking.COOKIE]["max-age"] > longer + policy.CHAT_VISITOR_GONE.total_seconds()
    same = client.get(f"{here}poll/?since=2", headers={"If-None-Match": client.get(f"{here}poll/?since=2")["ETag"]})
    assert same.status_code == 304
    assert talking.COOKIE in same.cookies
    client.post(here, {"do": "end"})
    for answer in (client.get(here), client.get(f"{here}poll/?since=1")):
        assert talking.COOKIE not in answer.cookies


def test_after_a_day_it_is_over(client):
    here = begin(client)
    client.post(here, {"do": "end"})
    Chat.objects.update(ended_at=timezone.now() - OLD)
    assert client.get(here).status_code == 404
    assert client.post(here, {"do": "again"}).status_code == 404


def test_what_is_sent_after_the_end_is_kept_on_the_page(client):
    here = begin(client)
    client.post(here, {"do": "end"})
    answer = write(client, here, "Too late")
    assert "Not sent: the chat has ended." in walk.text_of(answer)
    assert "Too late" in answer.content.decode()


def test_a_browser_that_others_use_forgets_it(client):
    here = begin(client)
    client.post(here, {"do": "end"})
    client.post(here, {"do": "forget"})
    assert client.get(here).status_code == 404


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 11, 30, 13, 0, tzinfo=UTC), None),  # Monday, 8 a.m.
        (datetime(2026, 11, 30, 12, 59, tzinfo=UTC), "8:00 AM"),
        (datetime(2026, 12, 1, 1, 0, tzinfo=UTC), "8:00 AM tomorrow"),  # Monday, 8 p.m.
        (datetime(2026, 11, 28, 17, 0, tzinfo=UTC), "8:00 AM on November 30"),
        (datetime(2026, 12, 24, 22, 0, tzinfo=UTC), None),
        (datetime(2026, 12, 25, 17, 0, tzinfo=UTC), "8:00 AM on December 28"),  # Christmas, a Friday
    ],
)
def test_chat_has_hours(settings, now, opens):
    settings.CHAT_ALWAYS_OPEN = False
    assert hours.opens_in_words(now) == (opens or "")


def test_outside_the_hours_the_page_says_when_it_opens_and_offers_to_write(client, settings, monkeypatch):
    settings.CHAT_ALWAYS_OPEN = False
    monkeypatch.setattr(hours, "opens_at", lambda now: now + timedelta(hours=9))
    page = client.get(START)
    assert "Chat is closed now" in walk.text_of(page)
    assert "/support/contact/" in page.content.decode()
    assert "Start the chat" not in walk.text_of(page)
    answer = client.post(START, {"line": str(uuid.uuid4()), "topic": "other", "words": "Hello"})
    assert "so your question was not sent" in walk.text_of(answer)
    assert not Chat.objects.exists()


def test_delivered_means_that_the_other_side_fetched_it(client):
    agent = staff("Service center agent")
    here = begin(client)
    chat, worker = chat_at(here), signed_in(agent)
    worker.post(f"/admin/chat/chat/{chat.pk}/change/", {"do": "take"})
    assert "Stored, not yet fetched by an agent" in text_of(client, here)
    worker.get(f"/admin/chat/chat/{chat.pk}/change/")
    assert "Delivered" in text_of(client, here)


def test_typing_is_said_for_some_seconds(client):
    agent = staff("Service center agent")
    here, worker = begin(client), signed_in(agent)
    chat = chat_at(here)
    desk.take(chat, by=agent, now=timezone.now())
    worker.post(f"/admin/chat/chat/{chat.pk}/typing/")
    assert "Sam is typing …" in text_of(client, here)
    Chat.objects.update(agent_typing_at=timezone.now() - policy.CHAT_TYPING)
    assert "is typing" not in text_of(client, here)


def test_a_script_that_asks_costs_few_queries_and_gets_only_what_is_new(client, django_assert_max_num_queries):
    agent = staff("Service center agent")
    here = begin(client)
    with django_assert_max_num_queries(2):
        page = client.get(f"{here}poll/?since=1")
    assert "I cannot sign in." not in page.content.decode()
    with django_assert_max_num_queries(1):
        same = client.get(f"{here}poll/?since=1", headers={"If-None-Match": page["ETag"]})
    assert same.status_code == 304
    chat = chat_at(here)
    desk.take(chat, by=agent, now=timezone.now())
    desk.answer(chat, uuid.uuid4(), "How can I help?", by=agent, now=timezone.now())
    with django_assert_max_num_queries(3):
        news = client.get(f"{here}poll/?since=1", headers={"If-None-Match": page["ETag"]})
    assert "How can I help?" in news.content.decode()
    assert "Sam is here to help you." in news.content.decode()


def test_an_internal_note_never_reaches_the_visitor(client):
    agent = staff("Service center agent")
    here = begin(client)
    chat = chat_at(here)
    desk.take(chat, by=agent, now=timezone.now())
    desk.note(chat, uuid.uuid4(), "Sounds like a hoax", by=agent, now=timezone.now())
    for address in (here, f"{here}poll/?since=0", f"{here}chat.txt"):
        assert "hoax" not in client.get(address).content.decode()


def test_a_page_without_script_can_load_itself_again(client):
    here = begin(client)
    assert "Refresh" not in client.get(here)
    page = client.get(f"{here}?reload=on")
    assert page["Refresh"] == "20"
    assert "Stop that, and write" in walk.text_of(page)
    assert "<textarea" not in page.content.decode()


def test_asking_keeps_no_session_alive():
    client = signed_in(holder(people.load("rosa")))
    here = begin(client)
    before = client.session["seen_at"]
    session = client.session
    session["seen_at"] = before - 400
    session.save()
    client.get(f"{here}poll/?since=1")
    assert client.session["seen_at"] == before - 400


def test_a_visitor_who_is_gone_ends_the_chat_and_can_come_back(client):
    here, now = begin(client), timezone.now()
    assert tidying.end_abandoned(now) == 0
    assert tidying.end_abandoned(now + policy.CHAT_VISITOR_GONE) == 1
    assert "because we had not seen you" in text_of(client, here)
    assert AuditEvent.objects.filter(event="chat.abandoned").count() == 1
    client.post(here, {"do": "again"})
    assert chat_at(here).is_open


def test_an_agent_who_is_gone_leaves_the_chat_in_its_old_place():
    agent, now = staff("Service center agent"), timezone.now()
    first, _ = taken(agent, now=now, ago=timedelta(minutes=9)), waiting(ago=timedelta(minutes=5))
    assert tidying.put_back_left(now) == 0
    assert tidying.put_back_left(now + policy.CHAT_AGENT_GONE) == 1
    assert desk.queue().first() == first


def test_old_chats_are_deleted_with_their_lines(client):
    here = begin(client)
    client.post(here, {"do": "end"})
    assert tidying.purge(timezone.now() + policy.CHAT_KEPT - timedelta(minutes=1)) == 0
    assert tidying.purge(timezone.now() + policy.CHAT_KEPT) == 1
    assert not Line.objects.exists()


def test_the_text_file_has_what_was_said(client):
    here = begin(client, "Hello <you>")
    answer = client.get(f"{here}chat.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "Hello <you>" in answer.content.decode()


def test_a_person_who_is_signed_in_gets_the_copy_at_the_confirmed_address():
    rosa = holder(people.load("rosa"))
    client = signed_in(rosa)
    here = begin(client, "How do I *upgrade*?")
    client.post(here, {"do": "mail"})
    (sent,) = [sent for sent in walk.deliver_mail() if "Your chat" in sent.subject]
    assert sent.to == [rosa.email]
    assert "How do I *upgrade*?" in sent.body


def test_a_stranger_gets_the_copy_only_in_a_mailbox_that_is_theirs(client):
    here = begin(client, "Words for somebody else")
    client.post(here, {"do": "mail", "email": "ruth@mail.example"})
    (first,) = walk.deliver_mail()
    assert "Words for somebody else" not in first.body + str(first.alternatives)
    wrong = client.post(here, {"do": "code", "code": "AAAAA-AAAAA"})
    assert transcript.WRONG in walk.text_of(wrong)
    code = walk.code_in_mail()
    assert client.post(here, {"do": "code", "code": code.lower()}).status_code == 302
    assert "Words for somebody else" in walk.deliver_mail()[-1].body
    assert len(mail.outbox) == 2
    again = client.post(here, {"do": "code", "code": code})
    assert transcript.WRONG in walk.text_of(again)


def test_a_code_of_another_chat_opens_nothing(client):
    here, other = begin(client), Client()
    client.post(here, {"do": "mail", "email": "ruth@mail.example"})
    there = begin(other)
    other.post(there, {"do": "mail", "email": "eve@mail.example"})
    code = walk.code_in_mail()  # the newest: that of the other chat
    assert transcript.WRONG in walk.text_of(client.post(here, {"do": "code", "code": code}))


def test_wrong_codes_have_to_wait(client):
    here = begin(client)
    client.post(here, {"do": "mail", "email": "ruth@mail.example"})
    for _ in range(policy.CHAT_CODE_TRIES.times):
        client.post(here, {"do": "code", "code": "AAAAA-AAAAA"})
    assert client.post(here, {"do": "code", "code": walk.code_in_mail()}).status_code == 429


def test_nobody_fills_a_mailbox(client):
    here = begin(client)
    for _ in range(policy.CHAT_MAILS.times):
        client.post(here, {"do": "mail", "email": "ruth@mail.example"})
        client.post(here, {"do": "other-address"})
    answer = client.post(here, {"do": "mail", "email": "Ruth@mail.example"})
    assert answer.status_code == 429
    assert "Ruth@mail.example" in answer.content.decode()


def test_a_chat_grows_no_longer_by_being_ended_taken_up_again_or_shown():
    chat, account = waiting(), holder(people.load("rosa"))
    Chat.objects.filter(pk=chat.pk).update(last_line=policy.CHAT_LINES_MAX)
    now = timezone.now()
    assert not talking.show_account(chat, account, now=now)
    assert talking.end(chat, now=now)
    assert not talking.take_up_again(chat, now=now)


def test_an_open_chat_of_somebody_else_keeps_nobody_from_a_chat_in_the_same_browser():
    hers, his = signed_in(holder(people.load("rosa"))), signed_in(premium(people.load("grace")))
    begin(hers, shows="on")
    his.cookies[talking.COOKIE] = hers.cookies[talking.COOKIE].value
    begin(his, "I am somebody else.")
    assert Chat.objects.filter(ended_at=None).count() == 2


def test_codes_that_strangers_send_to_a_mailbox_do_not_keep_its_holder_from_a_copy(client):
    rosa, here = holder(people.load("rosa")), begin(client)
    for _ in range(policy.CHAT_MAILS.times):
        client.post(here, {"do": "mail", "email": rosa.email})
        client.post(here, {"do": "other-address"})
    hers = signed_in(rosa)
    assert hers.post(begin(hers), {"do": "mail"}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_sent_thirty_times_at_once_mails_one_copy(client):
    here = begin(client)
    client.post(here, {"do": "mail", "email": "ruth@mail.example"})
    chat, code = chat_at(here), walk.code_in_mail()
    in_parallel(lambda _: transcript.take_code(chat, None, {"code": code}))
    assert AuditEvent.objects.filter(event="chat.copy-sent").count() == 1


def test_without_the_counters_the_chat_is_shown_and_what_was_typed_is_kept(client, monkeypatch):
    here = begin(client)
    for where in (cache, limits):
        monkeypatch.setattr(where, "get" if where is cache else "get_usage", counters_are_gone)
    page = write(client, here, "Still mine")
    assert page.status_code == 503
    assert "Still mine" in page.content.decode()


def counters_are_gone(*_: object, **__: object) -> None:
    raise RedisError


def test_who_takes_a_chat_up_again_signed_out_no_longer_shows_the_account(client):
    here, rosa = begin(client), holder(people.load("rosa"))
    talking.show_account(chat_at(here), rosa, now=timezone.now())
    client.post(here, {"do": "end"})
    client.post(here, {"do": "again"})
    assert (chat_at(here).account, chat_at(here).is_open) == (None, True)
