"""Sending: a draft is held for some minutes, can be taken back, and then counts as sent by itself."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app

from core import policy
from portal.family.patients import Who, access_of, account_of, reader_of, record_event
from portal.messages import message_states
from portal.messages.drafts import Gone, Saved, Stale, Typed, insert, overtaken, own_drafts, written_by
from portal.messages.message_states import State, change_state, event_of
from portal.messages.models import Message, Thread
from portal.messages.teams import answer_due
from safeguards import audit, clock


@dataclass(frozen=True)
class Held:
    """The message goes out at `goes_out_at`, in the conversation `thread`."""

    thread: UUID
    goes_out_at: datetime


@dataclass(frozen=True)
class NoTeam:
    """The person cannot write to this care team, or to none was chosen. Nothing was changed."""


def send_message(
    account: Who, typed: Typed, *, thread: Thread | None = None, now: datetime | None = None, begins: UUID | None = None
) -> Held | NoTeam | Stale | Gone:
    """Send what a form says. It is held first, so that it can be taken back.

    `typed.team` is a team to which the person may write (`teams.links`), or None. An answer goes to `thread`, or begins
    a new conversation that continues it if that one is old or another team's. One conditional write makes the draft a
    message with the same id, so that the same form sent many times is one message. A conversation that begins has that
    id too, unless `begins` is given.
    """
    now = now or timezone.now()
    if typed.team is None:
        return NoTeam()
    goes_on = thread is not None and thread.team_id == typed.team.pk and not is_old(thread, now)
    where = thread.pk if thread is not None and goes_on else begins or typed.id
    goes_out_at = now + policy.MESSAGE_HELD
    values = {
        **typed.text,
        "thread_id": where,
        "saved_at": now,
        "held_at": now,
        "send_due_at": goes_out_at,
        "answer_due_at": answer_due(typed.team, goes_out_at),
    }
    try:
        with transaction.atomic():
            if hold(account, typed, values):
                if goes_on:
                    Thread.objects.filter(pk=where).update(last_sent_at=goes_out_at)
                else:
                    begin_thread(account, typed, where, thread, goes_out_at)
                event = event_of((State.DRAFT,), State.HELD, message_states.TRANSITIONS)
                record_event(event, by=account, message=str(typed.id))
                return Held(where, goes_out_at)
    except IntegrityError:
        if where == typed.id and is_left_behind(typed):
            return send_message(account, typed, thread=thread, now=now, begins=uuid4())
    found = overtaken(account, typed)
    if isinstance(found, Saved):  # the same text, saved by another tab
        return send_message(account, replace(typed, version=found.version), thread=thread, now=now)
    return as_sent(found, typed)


def is_old(thread: Thread, now: datetime) -> bool:
    """Return whether a conversation does not go on any more, so that an answer begins a new one."""
    return now - thread.last_sent_at > policy.MESSAGE_THREAD_LIFE


def hold(account: Who, typed: Typed, values: dict[str, object]) -> bool:
    """Make the draft of a form a held message, and return whether it was one. A form never saved is inserted."""
    if typed.version == 0:
        insert(account, typed, **values)
        return True
    return own_drafts(account, typed).update(**values) == 1


def is_left_behind(typed: Typed) -> bool:
    """Return whether a draft was taken back out of a conversation that it began, and which goes on without it."""
    return bool(typed.version) and Thread.objects.filter(pk=typed.id).exists()


def begin_thread(account: Who, typed: Typed, where: UUID, continues: Thread | None, at: datetime) -> None:
    """Insert the conversation that begins with this message. The foreign key is checked at the end."""
    assert typed.team is not None
    Thread(
        id=where,
        patient=account.dod_id or "",
        team=typed.team,
        topic=typed.topic,
        subject=typed.subject,
        continues=continues,
        last_sent_at=at,
    ).save(force_insert=True)


def as_sent(found: Stale | Gone, typed: Typed) -> Held | Stale | Gone:
    """Return the message of a form that was sent before with the same text as held, and everything else as it is."""
    if isinstance(found, Stale) and found.message.send_due_at and found.message.thread_id:
        kept = found.message
        if (kept.subject, kept.body) == (typed.subject, typed.body):
            return Held(found.message.thread_id, found.message.send_due_at)
    return found


def unsend(account: Who, message: UUID, *, now: datetime | None = None) -> bool:
    """Make a held message a draft again, and return whether that was still possible. Only who wrote it can do that."""
    now = now or timezone.now()
    mine = written_by(account).filter(pk=message)
    with transaction.atomic():
        thread = Thread.objects.select_for_update().filter(messages__in=mine).first()
        if thread is None:
            return False
        others = Message.objects.filter(thread=thread).exclude(pk=message)
        alone = not others.exists()
        values: dict[str, object] = dict.fromkeys(("held_at", "send_due_at", "answer_due_at"))
        values["version"] = F("version") + 1
        if alone:
            values["thread_id"] = thread.continues_id
        by = reader_of(account)
        about: dict[str, int | str | None] = {
            "account_id": account_of(account).pk,
            "message": str(message),
            **access_of(account),
        }
        if not change_state(mine, (State.HELD,), State.DRAFT, by=by, now=now, about=about, values=values):
            return False
        if alone:
            thread.delete()
        elif newest := others.filter(held_at__isnull=False).order_by("-send_due_at").first():
            Thread.objects.filter(pk=thread.pk).update(last_sent_at=newest.send_due_at)
    return True


def note_sent(now: datetime | None = None, most: int = 500) -> int:
    """Note the time of messages whose time has come, with an event for each, and return how many they were."""
    now = now or clock.now()
    event = event_of((State.HELD,), State.SENT, message_states.TRANSITIONS)
    due = Message.objects.filter(sent_at=None, held_at__isnull=False, send_due_at__lte=now)
    with transaction.atomic():
        rows = due.select_for_update(skip_locked=True).order_by("send_due_at")[:most]
        found = list(rows.values_list("pk", "patient"))
        Message.objects.filter(pk__in=[pk for pk, _ in found]).update(sent_at=F("send_due_at"))
        for pk, patient in found:
            audit.record(event, by="system", dod_id=patient, message=str(pk))
    return len(found)


@app.task(name="portal.messages.tasks.note_sent_messages", queue="housekeeping")
def note_sent_messages(timestamp: int) -> None:
    """Note each minute which messages have gone out. They count as sent without it."""
    note_sent()
