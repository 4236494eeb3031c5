"""Drafts: saved under the id that the message will have, and never over the text of another tab."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Account
from portal.messages.models import CareTeam, Message, Thread
from safeguards import audit


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
    account: Account, typed: Typed, *, thread: Thread | None = None, now: datetime | None = None
) -> Saved | Stale | Gone:
    """Keep what was typed, if the draft is still as the form had it. The same text twice is one save.

    The first save leaves an event. The later ones do not: they happen every few seconds.
    """
    now = now or timezone.now()
    if typed.version == 0:
        try:
            with transaction.atomic():
                insert(account, typed, thread=thread, saved_at=now)
                audit.record("message.drafted", by=account, message=str(typed.id))
        except IntegrityError:
            return overtaken(account, typed)
        return Saved(1)
    if own_drafts(account, typed).update(**typed.text, version=typed.version + 1, saved_at=now):
        return Saved(typed.version + 1)
    return overtaken(account, typed)


def insert(account: Account, typed: Typed, **values: object) -> None:
    """Insert the message of a form. Raise IntegrityError if its id is taken."""
    author = Message.Author.PATIENT
    fields: Any = {**typed.text, **values}
    row = Message(id=typed.id, patient=account.dod_id or "", author=author, **fields)
    row.save(force_insert=True)


def own_drafts(account: Account, typed: Typed) -> QuerySet[Message]:
    """Return the draft of the form, if it is the person's and has the version that the form shows."""
    return Message.objects.filter(
        pk=typed.id, patient=account.dod_id, author=Message.Author.PATIENT, held_at=None, version=typed.version
    )


def drafts_of(account: Account) -> QuerySet[Message]:
    """Return the drafts that an account may change: a patient's own, or those that a member of a care team writes."""
    own = Q(author=Message.Author.PATIENT, patient=account.dod_id)
    return Message.objects.filter(own | Q(author=Message.Author.STAFF, assigned_to=account), held_at=None)


def overtaken(account: Account, typed: Typed) -> Saved | Stale | Gone:
    """Return why nothing was saved: the draft holds the same text already, holds another one, or is not there."""
    kept = Message.objects.filter(pk=typed.id, patient=account.dod_id, author=Message.Author.PATIENT).first()
    if kept is None:
        return Gone()
    if kept.held_at is None and says_the_same(kept, typed):
        return Saved(kept.version)
    return Stale(kept)


def says_the_same(message: Message, typed: Typed) -> bool:
    """Return whether a kept message has the text of the form, and goes to the same team."""
    same_team = message.team_id == (typed.team.pk if typed.team else None)
    return same_team and (message.subject, message.body) == (typed.subject, typed.body)


def discard_draft(account: Account, draft: UUID) -> bool:
    """Delete a draft with its files, and return whether there was one."""
    with transaction.atomic():
        row = drafts_of(account).select_for_update().filter(pk=draft).first()
        if row is None:
            return False
        row.delete()
        audit.record("message.discarded", by=account, message=str(draft))
    return True
