"""Sending a message: once, after five minutes, with a way back until then."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from core import policy
from core.policy import Level
from portal.messages.drafts import Gone, Saved, Stale, Typed, discard_draft, save_draft
from portal.messages.models import CareTeam, Message, Thread
from portal.messages.sending import Held, NoTeam, note_sent, send_message, unsend
from portal.messages.teams import answer_due, next_working_day, teams_of
from safeguards.models import AuditEvent
from tests.parallel import in_parallel
from tests.portal.conftest import OTIS, RUTH, open_account
from tests.portal.messages.conversations import SINCE, answered, sent, team, treats, typed

MINUTE = timedelta(minutes=1)


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))


def test_ruth_s_message_waits_five_minutes_and_then_is_sent_without_any_worker(ruth, primary):
    now = timezone.now()
    outcome = send_message(ruth, typed(primary), now=now)
    assert isinstance(outcome, Held)
    assert outcome.goes_out_at == now + policy.MESSAGE_HELD
    message = Message.objects.get()
    assert message.thread_id == message.pk == outcome.thread
    assert events() == ["message.held"]


def test_ruth_takes_a_held_message_back_and_it_is_a_draft_again(ruth, primary):
    said = typed(primary)
    send_message(ruth, said)
    assert unsend(ruth, said.id)
    message = Message.objects.get()
    assert (message.held_at, message.thread, message.body) == (None, None, said.body)
    assert not Thread.objects.exists()
    assert isinstance(send_message(ruth, replace(said, version=message.version)), Held)
    assert events() == ["message.held", "message.unsent", "message.held"]


def test_nobody_takes_back_what_has_gone_out_or_what_another_wrote(ruth, otis, primary):
    gone_out, held = sent(ruth, primary), sent(ruth, primary, ago=timedelta())
    assert not unsend(ruth, gone_out.pk)
    assert not unsend(otis, held.pk)


def test_an_answer_that_is_taken_back_leaves_the_conversation_as_it_was(ruth, primary):
    first = sent(ruth, primary)
    before = Thread.objects.get().last_sent_at
    said = typed(primary, "And shower?")
    send_message(ruth, said, thread=first.thread)
    assert Thread.objects.get().last_sent_at > before
    assert unsend(ruth, said.id)
    assert Thread.objects.get().last_sent_at == before
    assert Message.objects.get(pk=said.id).thread == first.thread


def send_again(account: Account, said: Typed, number: int) -> Any:
    return send_message(account, said)


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_thirty_times_at_once_is_one_message():
    ruth, primary = open_account("ruth.p", RUTH, Level.PREMIUM), treats(team())
    new, saved = typed(primary), typed(primary)
    save_draft(ruth, saved)
    for said in (new, replace(saved, version=1)):
        outcomes = in_parallel(partial(send_again, ruth, said))
        assert {(type(outcome), outcome.thread) for outcome in outcomes} == {(Held, said.id)}
    assert Message.objects.count() == Thread.objects.count() == 2
    assert events().count("message.held") == 2


def test_sending_takes_four_statements_and_one_commit(ruth, primary):
    new, saved = typed(primary), replace(typed(primary), version=1)
    save_draft(ruth, replace(saved, version=0))
    for said in (new, saved):
        with CaptureQueriesContext(
            connection,
        ) as made:
            send_message(ruth, said)
        verbs = [query["sql"].split()[0] for query in made]
        assert len([verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE")]) <= 4
        assert verbs.count("SAVEPOINT") == 1  # in a test, the transaction is a savepoint


def test_a_stale_tab_overwrites_nothing(ruth, primary):
    said = typed(primary, "First")
    assert save_draft(ruth, said) == Saved(1)
    assert save_draft(ruth, replace(said, version=1, body="Second")) == Saved(2)
    stale = save_draft(ruth, replace(said, version=1, body="Third"))
    assert isinstance(stale, Stale)
    assert stale.message.body == "Second"
    assert isinstance(send_message(ruth, replace(said, version=1, body="Third")), Stale)
    assert save_draft(ruth, replace(said, version=1, body="Second")) == Saved(2)


def test_a_draft_that_was_sent_elsewhere_is_not_changed_and_not_sent_again(ruth, primary):
    said = typed(primary)
    send_message(ruth, said)
    outcome = save_draft(ruth, replace(said, body="Another text"))
    assert isinstance(outcome, Stale)
    assert outcome.was_sent
    assert isinstance(send_message(ruth, replace(said, body="Another text")), Stale)
    assert Message.objects.get().body == said.body


def test_nobody_writes_into_the_draft_of_another(ruth, otis, primary):
    said = typed(primary)
    save_draft(ruth, said)
    for version in (0, 1):
        assert isinstance(save_draft(otis, replace(said, version=version, body="Mine")), Gone)
        assert isinstance(send_message(otis, replace(said, version=version, body="Mine")), Gone)
    assert Message.objects.get().body == said.body


def test_who_may_write_to_whom_is_judged_by_the_dates(ruth):
    today = timezone.localdate()
    now, left, ended = treats(team("Now")), team("Left"), team("Ended", until=today - timedelta(days=1))
    treats(left, until=today - timedelta(days=1))
    treats(ended)
    treats(team("Not yet"), since=today + timedelta(days=1))
    treats(team("Of Otis"), OTIS)
    assert teams_of(RUTH) == [now]
    assert isinstance(send_message(ruth, typed(None)), NoTeam)


def test_a_conversation_older_than_forty_five_days_goes_on_in_a_new_one_that_is_linked(ruth, primary):
    first = sent(ruth, primary, ago=policy.MESSAGE_THREAD_LIFE + timedelta(days=1))
    said = typed(primary, "A year later")
    outcome = send_message(ruth, said, thread=first.thread)
    assert isinstance(outcome, Held)
    thread = Thread.objects.get(pk=said.id)
    assert (outcome.thread, thread.continues) == (thread.pk, first.thread)
    assert unsend(ruth, said.id)
    assert Message.objects.get(pk=said.id).thread == first.thread


def test_the_worker_notes_once_that_a_message_went_out(ruth, primary):
    message, held = sent(ruth, primary), sent(ruth, primary, ago=timedelta())
    assert note_sent() == 1
    assert note_sent() == 0
    message.refresh_from_db()
    held.refresh_from_db()
    assert (message.sent_at, held.sent_at) == (message.send_due_at, None)
    assert events()[-1] == "message.sent"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}-05:00")


@pytest.mark.parametrize(
    ("sent_at", "due"),
    [
        ("2026-11-30T10:00", "2026-12-03T16:30"),  # a Monday: by Thursday
        ("2026-11-30T18:00", "2026-12-04T16:30"),  # after hours it is there on Tuesday
        ("2026-12-04T10:00", "2026-12-09T16:30"),  # a Friday: the weekend does not count
        ("2026-12-05T10:00", "2026-12-10T16:30"),  # a Saturday: it is there on Monday
        ("2026-11-25T10:00", "2026-12-01T16:30"),  # the day before Thanksgiving: Friday is the first day
        ("2026-12-25T10:00", "2026-12-31T16:30"),  # Christmas, a Friday: it is there on Monday
        ("2026-12-30T10:00", "2027-01-05T16:30"),  # New Year's Day is a Friday
    ],
)
def test_an_answer_is_due_in_the_team_s_working_days(db, sent_at, due):
    assert answer_due(team(), at(sent_at)) == at(due)


def test_a_team_that_works_on_one_day_a_week_has_three_weeks(db):
    wednesdays = team(working_days=[2])
    assert answer_due(wednesdays, at("2026-12-02T10:00")) == at("2026-12-23T16:30")


def test_of_its_only_day_of_the_week_the_team_misses_two_at_the_turn_of_the_year():
    fridays = CareTeam(working_days=[4])
    assert next_working_day(fridays, date(2027, 12, 17)) == date(2028, 1, 7)  # both are kept on Friday


@pytest.mark.parametrize("weekday", range(7))
def test_a_team_always_has_a_next_working_day(weekday):
    some, day = CareTeam(working_days=[weekday]), date(2024, 1, 1)
    while day.year < 2053:  # the calendar repeats itself after 28 years
        day = next_working_day(some, day)
    assert day.weekday() == weekday


def test_a_message_to_a_team_abroad_is_due_by_its_own_clock(db):
    honolulu = team(zone="Pacific/Honolulu")
    due = answer_due(honolulu, at("2026-12-01T01:00"))  # Monday evening there
    assert due.isoformat() == "2026-12-04T16:30:00-10:00"


def test_an_answer_to_another_team_than_before_is_a_new_conversation(ruth, primary):
    first = sent(ruth, primary)
    answered(first.thread)
    other = treats(team("Clinical pharmacy"), since=SINCE)
    outcome = send_message(ruth, typed(other), thread=first.thread)
    assert isinstance(outcome, Held)
    assert Thread.objects.get(pk=outcome.thread).team == other


def test_a_first_message_that_was_taken_back_can_begin_another_conversation(ruth, primary):
    first, second = typed(primary), typed(primary, "And may I run?")
    send_message(ruth, first)
    went_on = Thread.objects.get()
    send_message(ruth, second, thread=went_on)
    assert unsend(ruth, first.id)
    again = replace(first, version=Message.objects.get(pk=first.id).version)
    outcome = send_message(ruth, again)
    assert isinstance(outcome, Held)
    assert outcome.thread != went_on.pk
    assert Message.objects.get(pk=second.id).thread == went_on


def test_a_conversation_whose_last_message_is_taken_back_is_not_there_any_more(ruth, primary):
    first, second = typed(primary), typed(primary, "And may I run?")
    send_message(ruth, first)
    send_message(ruth, second, thread=Thread.objects.get())
    assert unsend(ruth, first.id)
    assert discard_draft(ruth, first.id)
    assert unsend(ruth, second.id)
    assert not Thread.objects.exists()
    assert Message.objects.get().thread is None
