"""What a member of a care team writes: to whom it may go, the draft with its files, and its way out to the patient.

A draft has the id that the message will have, as on the patient's side. It is seen by nobody but the one who writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.forms import Form
from django.utils import timezone

from accounts import actions
from accounts.models import Account
from accounts.models import State as AccountState
from core.policy import Level
from portal.messages.drafts import drafts_of
from portal.messages.models import Attachment, CareTeam, Message, PatientTeam, Thread
from portal.messages.teams import links, teams_of_member
from safeguards import audit

# Nobody reads through more people to find one: own.
MOST_FOUND = 20
MOST_WORDS = 5


@dataclass(frozen=True)
class Written:
    """What a form says: the id of the message, to whom it goes, and the parts of the text that can be kept.

    Without a `thread`, it begins a conversation.
    """

    id: UUID
    patient: str
    team: CareTeam
    thread: Thread | None
    text: Mapping[str, str]


def about(patient: str) -> dict[str, Any]:
    """Return what events say of a patient."""
    account = actions.account_of(patient)
    return {"account_id": account.pk if account else None, "dod_id": patient}


def patients_of(member: Account, words: str = "") -> QuerySet[PatientTeam]:
    """Return the patients of the member's teams who can read messages here, with the team for each.

    Each of `words` has to be in the name, or be the DoD ID number.
    """
    readers = Account.objects.filter(state=AccountState.ACTIVE, level=Level.PREMIUM)
    for word in words.replace("\x00", "").split()[:MOST_WORDS]:
        readers = readers.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(dod_id=word))
    rows = links().filter(team__in=teams_of_member(member), patient__in=readers.values("dod_id"))
    return rows.select_related("team").order_by("patient", "team__name", "pk")


def own_draft(written: Written, by: Account) -> QuerySet[Message]:
    """Return the draft of a form, if this member writes it."""
    return drafts_of(by).filter(pk=written.id, patient=written.patient, thread=written.thread)


def keep_draft(written: Written, *, by: Account) -> Message | None:
    """Keep what a form says, and return the draft, or None if a message or another's draft has its id."""
    now = timezone.now()
    try:
        with transaction.atomic():
            if not own_draft(written, by).update(**written.text, saved_at=now):
                insert(written, thread=written.thread, assigned_to=by, saved_at=now)
                audit.record("message.drafted", by=by, **about(written.patient), message=str(written.id))
    except IntegrityError:
        return None
    return own_draft(written, by).get()


def files_of(form: Form, by: Account) -> list[Attachment]:
    """Return the files of the draft that a form shows, if this member writes it."""
    try:
        drafts = drafts_of(by).filter(pk=UUID(str(form["answer"].value())))
    except ValueError:
        return []
    return list(Attachment.objects.filter(message__in=drafts).order_by("added_at", "pk"))


def put_out(written: Written, *, by: Account, now: datetime) -> None:
    """Send the draft, or what was never kept as one. Raise IntegrityError if the id is taken. Call in a transaction.

    The care team's messages go out at once, so that the email about one never leads to nothing.
    """
    sent: dict[str, Any] = dict.fromkeys(("saved_at", "held_at", "send_due_at", "sent_at"), now)
    sent |= {"author_name": by.get_full_name(), "assigned_to": None, "thread": (written.thread or written).id}
    if not own_draft(written, by).update(**written.text, **sent, team=written.team):
        insert(written, thread_id=sent.pop("thread"), **sent)


def insert(written: Written, **values: Any) -> None:
    """Insert the message of a form. Raise IntegrityError if its id is taken."""
    fields: dict[str, Any] = {"id": written.id, "patient": written.patient, "team": written.team, **written.text}
    Message(author=Message.Author.STAFF, **fields, **values).save(force_insert=True)


def initial_of(draft: Message | None) -> dict[str, Any]:
    """Return the values of the form that shows a draft."""
    if draft is None:
        return {}
    return {"answer": draft.pk, "topic": draft.topic, "subject": draft.subject, "body": draft.body}


def drafts_in(thread: Thread, by: Account) -> QuerySet[Message]:
    """Return what this member has begun to write in a conversation, the last one first."""
    return drafts_of(by).filter(thread=thread).order_by("-saved_at")


def drafts_to(link: PatientTeam, by: Account) -> QuerySet[Message]:
    """Return what this member has begun to write to a patient as a new conversation, the last one first."""
    return drafts_of(by).filter(thread=None, patient=link.patient, team=link.team).order_by("-saved_at")


def begun_by(member: Account) -> QuerySet[Message]:
    """Return the member's drafts of new conversations, each with `link`: who it is for, as patients_of has it."""
    now = patients_of(member).filter(patient=OuterRef("patient"), team=OuterRef("team")).order_by("pk").values("pk")[:1]
    rows = drafts_of(member).filter(thread=None, author=Message.Author.STAFF).defer("search", "body")
    return rows.annotate(link=Subquery(now)).filter(link__isnull=False).order_by("-saved_at")


def discard_draft(draft: UUID, *, by: Account, patient: str) -> bool:
    """Delete a draft of the member with its files, and return whether there was one."""
    with transaction.atomic():
        gone, _ = drafts_of(by).filter(pk=draft, patient=patient).delete()
        if gone:
            audit.record("message.discarded", by=by, **about(patient), message=str(draft))
    return bool(gone)
