"""Drafts: saved under the id that the message will have, and never over the text of another tab.

A draft belongs to who writes it: the patient, or another person who writes for the patient. Neither sees those of the
other until they are sent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.family.patients import Who, helper_of, reader_of, record_event
from portal.messages.models import CareTeam, Message, Thread


@dataclass(frozen=True)
class Typed:
    """What a form says: the id and the version of the draft that it shows (0 if it was never saved), and the text."""

    id: UUID
    version: int
    team: CareTeam | None
    topic: str
    subject: str
    body: str

    @property
    def text(self) -> dict[str, object]:
        """Return the fields of the draft that it is about."""
        return {"team": self.team, "topic": self.topic, "subject": self.subject, "body": self.body}


@dataclass(frozen=True)
class Saved:
    """The draft is kept under this version."""

    version: int


@dataclass(frozen=True)
class Stale:
    """Nothing was changed, because the draft says something else now, or was sent. `message` is as it is kept."""

    message: Message

    @property
    def was_sent(self) -> bool:
        return self.message.held_at is not None


@dataclass(frozen=True)
class Gone:
    """There is no such draft of this person."""


def save_draft(
    account: Who, typed: Typed, *, thread: Thread | None = None, now: datetime | None = None
) -> Saved | Stale | Gone:
    """Keep what was typed, if the draft is still as the form had it. The same text twice is one save.

    The first save leaves an event. The later ones do not: they happen every few seconds.
    """
    now = now or timezone.now()
    if typed.version == 0:
        try:
            with transaction.atomic():
                insert(account, typed, thread=thread, saved_at=now)
                record_event("message.drafted", by=account, message=str(typed.id))
        except IntegrityError:
            return overtaken(account, typed)
        return Saved(1)
    if own_drafts(account, typed).update(**typed.text, version=typed.version + 1, saved_at=now):
        return Saved(typed.version + 1)
    return overtaken(account, typed)


def insert(account: Who, typed: Typed, **values: object) -> None:
    """Insert the message of a form. Raise IntegrityError if its id is taken."""
    author = Message.Author.PATIENT
    fields: Any = {**typed.text, **values}
    helper = helper_of(account)
    name = helper.get_full_name() if helper else ""
    row = Message(id=typed.id, patient=account.dod_id or "", author=author, author_name=name, helper=helper, **fields)
    row.save(force_insert=True)


def own_drafts(account: Who, typed: Typed) -> QuerySet[Message]:
    """Return the draft of the form, if it is the person's and has the version that the form shows."""
    return drafts_of(account).filter(pk=typed.id, version=typed.version)


def drafts_of(who: Who) -> QuerySet[Message]:
    """Return the drafts that a person may change: what they write to care teams, or as a member of one."""
    reader = reader_of(who)
    if reader.is_staff:
        return Message.objects.filter(author=Message.Author.STAFF, assigned_to=reader, held_at=None)
    return written_by(who).filter(held_at=None)


def written_by(who: Who) -> QuerySet[Message]:
    """Return what the person who has the record open wrote to care teams in it: drafts, and what was sent."""
    return Message.objects.filter(patient=who.dod_id or "", author=Message.Author.PATIENT, helper=helper_of(who))


def overtaken(account: Who, typed: Typed) -> Saved | Stale | Gone:
    """Return why nothing was saved: the draft holds the same text already, holds another one, or is not there."""
    kept = written_by(account).filter(pk=typed.id).first()
    if kept is None:
        return Gone()
    if kept.held_at is None and says_the_same(kept, typed):
        return Saved(kept.version)
    return Stale(kept)


def says_the_same(message: Message, typed: Typed) -> bool:
    """Return whether a kept message has the text of the form, and goes to the same team."""
    same_team = message.team_id == (typed.team.pk if typed.team else None)
    return same_team and (message.subject, message.body) == (typed.subject, typed.body)


def discard_draft(account: Who, draft: UUID) -> bool:
    """Delete a draft with its files, and return whether there was one."""
    with transaction.atomic():
        row = drafts_of(account).select_for_update().filter(pk=draft).first()
        if row is None:
            return False
        row.delete()
        record_event("message.discarded", by=account, message=str(draft))
    return True
