"""The agents' side: one agent a chat, what each may read, and nothing twice or lost."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from safeguards.models import AuditEvent
from service_center.chat import desk
from support.chat import talking
from support.chat.models import Chat, Line, Text
from support.chat.states import START, TRANSITIONS, State
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.parallel import in_parallel
from tests.support.chat.chats import begin, chat_at, desk_page, taken, texts, waiting, write

QUEUE = "/admin/chat/chat/"
AGENT = "Service center agent"


@pytest.fixture
def agent(db: None) -> Account:
    return staff(AGENT, "ann.agent")


@pytest.fixture
def ann(agent: Account) -> Client:
    return signed_in(agent)


def test_every_state_of_a_chat_can_be_reached_and_left():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State) == {before for before, _ in TRANSITIONS}


def test_the_next_chat_is_the_one_that_has_waited_longest(agent, ann):
    late, early = waiting(ago=timedelta(minutes=2)), waiting(ago=timedelta(minutes=9))
    assert walk.send(ann, QUEUE, {}) == desk_page(early)
    assert walk.send(ann, QUEUE, {}) == desk_page(late)
    assert walk.send(ann, QUEUE, {}) == QUEUE
    assert [chat.agent for chat in Chat.objects.all()] == [agent, agent]


@pytest.mark.django_db(transaction=True)
def test_of_thirty_agents_who_take_a_chat_one_has_it():
    agents = [staff(AGENT, f"agent.{number:02}") for number in range(30)]
    chat = waiting()
    got = in_parallel(lambda number: desk.take(chat, by=agents[number], now=timezone.now()))
    assert got.count(True) == 1
    chat.refresh_from_db()
    assert chat.agent == agents[got.index(True)]
    assert AuditEvent.objects.filter(event="chat.taken").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_line_that_is_sent_thirty_times_at_once_is_stored_once():
    chat, line = waiting(), uuid.uuid4()
    got = in_parallel(lambda _: talking.say(chat, line, "Are you there?", now=timezone.now()))
    assert got == [talking.Said()] * 30
    assert texts(chat) == ["Hello?", "Are you there?"]


@pytest.mark.django_db(transaction=True)
def test_thirty_lines_at_once_have_thirty_numbers():
    chat = waiting()
    in_parallel(lambda number: talking.say(chat, uuid.uuid4(), f"{number}", now=timezone.now()))
    assert list(Line.objects.values_list("number", flat=True)) == list(range(1, 32))


@pytest.mark.django_db(transaction=True)
def test_a_beginning_that_is_sent_thirty_times_at_once_is_one_chat():
    line, now = uuid.uuid4(), timezone.now()
    got = in_parallel(lambda _: talking.open_chat(line, "a browser", topic="other", words="Hello", now=now))
    assert {chat.pk for chat in got} == {line}
    assert Line.objects.count() == 1


def test_both_sides_write_and_the_agent_closes_with_a_reason(ann):
    visitor = Client()
    here = begin(visitor, "I cannot sign in.")
    page = walk.send(ann, QUEUE, {})
    assert "I cannot sign in." in walk.text_of(ann.get(page))
    walk.send(ann, page, {"do": "say", "line": str(uuid.uuid4()), "words": "What does the page say?"})
    write(visitor, here, "Nothing.")
    assert "Nothing." in walk.text_of(ann.get(page))
    refused = ann.post(page, {"do": "close", "reason": "visitor"})
    assert "Choose a reason from the list." in walk.text_of(refused)
    walk.send(ann, page, {"do": "close", "reason": "answered"})
    assert chat_at(here).reason == "answered"
    assert AuditEvent.objects.get(event="chat.ended").details["reason"] == "answered"
    assert "This chat has ended" in walk.text_of(visitor.get(here))


def test_before_it_is_taken_nobody_reads_what_was_written(ann):
    chat = waiting("My secret question")
    page = ann.get(desk_page(chat))
    assert "My secret question" not in page.content.decode()
    assert "What was written is shown to the agent who takes the chat." in walk.text_of(page)


def test_a_colleague_reads_nothing_and_a_supervisor_does(ann):
    chat = taken(staff(AGENT, "bob.agent"), words="My secret question")
    assert "My secret question" not in ann.get(desk_page(chat)).content.decode()
    assert ann.get(f"{QUEUE}{chat.pk}/poll/?since=0").status_code == 404
    boss = signed_in(staff("Supervisor", "carl.boss"))
    assert "My secret question" in boss.get(desk_page(chat)).content.decode()
    assert AuditEvent.objects.filter(event="chat.viewed").count() == 2
    walk.send(boss, desk_page(chat), {"do": "put-back"})
    assert desk.queue().get() == chat


def test_a_colleague_changes_nothing(ann):
    chat = taken(staff(AGENT, "bob.agent"))
    for do in ("take", "put-back", "hand-over"):
        ann.post(desk_page(chat), {"do": do})
    ann.post(desk_page(chat), {"do": "close", "reason": "answered"})
    answer = ann.post(desk_page(chat), {"do": "say", "line": str(uuid.uuid4()), "words": "Half typed"})
    assert "Half typed" in answer.content.decode()
    ann.post(desk_page(chat), {"do": "note", "note-line": str(uuid.uuid4()), "note-words": "A note"})
    before = chat.last_line
    chat.refresh_from_db()
    assert chat.agent is not None
    assert (chat.agent.username, chat.is_open, chat.last_line) == ("bob.agent", True, before)


@pytest.mark.parametrize("role", ["Auditor", "Proofing reviewer", "Care team", "Print room"])
def test_other_roles_do_not_see_chats(db, role):
    other, chat = signed_in(staff(role)), waiting()
    for address in (QUEUE, desk_page(chat), f"{QUEUE}texts/", f"{QUEUE}queue/poll/"):
        assert other.get(address).status_code == 403
    assert other.get(f"{QUEUE}{chat.pk}/poll/").status_code == 404
    assert other.post(f"{QUEUE}{chat.pk}/typing/").status_code == 403
    assert other.post(desk_page(chat), {"do": "take"}).status_code == 403


def test_a_chat_is_handed_over_to_a_colleague_who_is_signed_in(agent, ann):
    bob = staff(AGENT, "bob.agent")
    chat = taken(agent, words="I cannot sign in.")
    assert "No other agent is signed in now." in walk.text_of(ann.get(desk_page(chat)))
    browser = signed_in(bob)
    assert "Choose a colleague who is signed in now." in walk.text_of(
        ann.post(desk_page(chat), {"do": "hand-over", "agent": "999999"})
    )
    walk.send(ann, desk_page(chat), {"do": "hand-over", "agent": str(bob.pk)})
    assert "I cannot sign in." in walk.text_of(browser.get(desk_page(chat)))
    assert "I cannot sign in." not in ann.get(desk_page(chat)).content.decode()
    assert AuditEvent.objects.filter(event="chat.handed-over").count() == 1


def test_nobody_answers_the_chat_of_somebody_close(agent, ann):
    rosa = premium(people.load("rosa"), email=agent.email)
    chat, other = waiting(shown=rosa, ago=timedelta(minutes=3)), waiting()
    assert walk.send(ann, QUEUE, {}) == desk_page(other)
    page = ann.post(desk_page(chat), {"do": "take"})
    assert "A colleague has to do that." in walk.text_of(page)
    chat.refresh_from_db()
    assert chat.agent is None


def test_the_agent_sees_who_it_is_only_while_the_visitor_wants_that(agent, ann):
    rosa = holder(people.load("rosa"))
    chat = taken(agent, shown=rosa)
    assert rosa.username in ann.get(desk_page(chat)).content.decode()
    assert AuditEvent.objects.filter(event="chat.viewed", account_id=rosa.pk).exists()
    talking.hide_account(chat, by=rosa, now=timezone.now())
    assert rosa.username not in ann.get(desk_page(chat)).content.decode()


def test_an_answer_that_is_half_typed_when_the_session_ends_is_there_again(agent, ann):
    chat = taken(agent)
    page = ann.get(desk_page(chat)).content.decode()
    assert page.count("data-keep") >= 2  # the form, and where the session's script sends it
    ann.post("/admin/session/keep/", {"kept_page": desk_page(chat), "words": "You can", "line": str(uuid.uuid4())})
    again = signed_in(agent)
    assert "You can" in again.get(desk_page(chat)).content.decode()


def test_personal_numbers_in_an_answer_are_hidden_too(agent, ann):
    chat = taken(agent)
    walk.send(ann, desk_page(chat), {"do": "say", "line": str(uuid.uuid4()), "words": "Is it 910-12-4567?"})
    assert texts(chat)[-1] == "Is it [Social Security number hidden]?"


def test_a_supervisor_keeps_texts_and_an_agent_puts_one_in(agent, ann):
    boss = signed_in(staff("Supervisor", "carl.boss"))
    assert ann.get(f"{QUEUE}texts/").status_code == 403
    assert "Enter a title." in walk.text_of(boss.post(f"{QUEUE}texts/", {"body": "Please call."}))
    for body in ("Please call.", "Please call us."):
        walk.send(boss, f"{QUEUE}texts/", {"title": "Call", "body": body})
    text, chat = Text.objects.get(), taken(agent)
    fields = {"do": "insert", "line": str(uuid.uuid4()), "words": "Hello", "text": str(text.pk)}
    page = ann.post(desk_page(chat), fields).content.decode()
    assert "Hello\n\nPlease call us.</textarea>" in page
    assert texts(chat) == ["Hello?"]
    walk.send(boss, f"{QUEUE}texts/", {"do": "delete", "text": str(text.pk)})
    assert not Text.objects.exists()


def test_the_agents_script_costs_few_queries(agent, ann, django_assert_max_num_queries):
    chat = taken(agent)
    since = f"{QUEUE}{chat.pk}/poll/?since={chat.last_line}"
    answer = ann.get(since)
    tag = {"If-None-Match": answer["ETag"]}
    # The session, the account and the chat.
    with django_assert_max_num_queries(3):
        assert ann.get(since, headers=tag).status_code == 304
    talking.say(chat, uuid.uuid4(), "News", now=timezone.now())
    with django_assert_max_num_queries(5):
        assert "News" in ann.get(since, headers=tag).content.decode()


def test_who_lost_the_role_hears_nothing_more(agent, ann):
    chat = taken(agent)
    agent.groups.clear()
    assert ann.get(f"{QUEUE}{chat.pk}/poll/?since=0").status_code == 404


def test_the_queue_costs_as_many_queries_with_more_chats(agent, ann, django_assert_max_num_queries):
    taken(agent)
    for _ in range(5):
        waiting()
        taken(staff(AGENT, f"other.{Chat.objects.count()}"))
    with django_assert_max_num_queries(10):
        page = walk.text_of(ann.get(QUEUE))
    assert "Waiting (5)" in page


def test_who_turns_out_to_be_close_goes_back_in_line_and_the_agent_hears_nothing_more(agent, ann):
    chat, rosa = taken(agent), premium(people.load("rosa"), email=agent.email)
    talking.show_account(chat, rosa, now=timezone.now())
    talking.say(chat, uuid.uuid4(), "Only for a stranger", now=timezone.now())
    assert ann.get(f"{QUEUE}{chat.pk}/poll/?since={chat.last_line}").status_code == 404
    chat.refresh_from_db()
    assert (chat.agent, chat.ended_at) == (None, None)
