"""What a member of a care team does with a conversation: open, take, answer, note, hand over and close.

Everything starts from the teams to which the member belongs today. Each function leaves its event, also on the trail of
the patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Account
from deers import lookup
from portal.messages.message_states import State, change_state, in_state, waiting
from portal.messages.models import CareTeam, Message, Note, PatientTeam, Template, Thread
from portal.messages.teams import current, links, members_of, teams_of_member
from portal.messages.telling import tell_of_answer
from safeguards import audit
from service_center.care_team import writing
from service_center.care_team.writing import Written

OPEN = (State.OPENED, State.ASSIGNED)


@dataclass(frozen=True)
class Done:
    """It is done."""


@dataclass(frozen=True)
class Overtaken:
    """Nothing was changed, because a colleague or the patient was faster."""


def threads_of(account: Account) -> QuerySet[Thread]:
    """Return the conversations that a member of staff may read: those of their teams, once a message has gone out."""
    gone_out = Message.objects.filter(thread=OuterRef("pk"), held_at__isnull=False, send_due_at__lte=timezone.now())
    rows = Thread.objects.filter(Exists(gone_out), team__in=teams_of_member(account))
    return rows.select_related("team", "continues")


def messages_for(account: Account, which: str) -> QuerySet[Message]:
    """Return the messages of patients in the teams of this member.

    They are those that wait, the one that is due first in front, or of these only those that the member has taken
    ("mine") or that are late ("late"). For "all" they are all that came, newest first. "ours" are instead the first
    messages of conversations that the teams began.
    """
    now, mine = timezone.now(), Message.objects.filter(team__in=teams_of_member(account)).defer("search", "body")
    # A conversation that was handed over is the other team's, with all that came before.
    rows = mine.select_related("team", "assigned_to", "thread").filter(thread__team=F("team"))
    if which == "ours":
        begun = rows.filter(author=Message.Author.STAFF, held_at__isnull=False, pk=F("thread_id"))
        return begun.order_by("-held_at", "-id")
    if which == "all":
        came = rows.filter(author=Message.Author.PATIENT, held_at__isnull=False, send_due_at__lte=now)
        return came.order_by("-held_at", "-id")
    rows = rows.filter(waiting(now)).order_by("answer_due_at", "id")
    if which == "mine":
        return rows.filter(assigned_to=account)
    return rows.filter(answer_due_at__lt=now) if which == "late" else rows


def names_of(patients: set[str]) -> dict[str, str]:
    """Return the names of patients by DoD ID number, from their accounts, or from DEERS for those who have none."""
    found = {account.dod_id or "": account.get_full_name() for account in Account.objects.filter(dod_id__in=patients)}
    for patient in patients - found.keys():
        person = lookup.person(patient)
        found[patient] = person.staff_name if person else "Name not known now"
    return found


def about(thread: Thread) -> dict[str, int | str | None]:
    """Return what events say of a conversation: whose it is, and which."""
    return writing.about(thread.patient) | {"thread": str(thread.pk)}


def rows_of(thread: Thread) -> QuerySet[Message]:
    return Message.objects.filter(thread=thread, author=Message.Author.PATIENT)


def free(thread: Thread, account: Account) -> QuerySet[Message]:
    """Return the patient's messages of a conversation that no colleague has taken."""
    return rows_of(thread).filter(Q(assigned_to=None) | Q(assigned_to=account))


def open_thread(thread: Thread, *, by: Account) -> None:
    """Note that the team has opened what is new in a conversation, and that this member looked at it."""
    now, whose = timezone.now(), about(thread)
    with transaction.atomic():
        audit.record("message.viewed", by=by, **whose)  # type: ignore[arg-type]
        opened = {"opened_at": now}
        change_state(rows_of(thread), (State.SENT,), State.OPENED, by=by, now=now, about=whose, values=opened)


def take(thread: Thread, *, by: Account) -> Done | Overtaken:
    """Take up what is open in a conversation, so that colleagues leave it. Of two, one takes it."""
    values = {"assigned_at": timezone.now(), "assigned_to": by}
    return move(thread, (State.OPENED,), State.ASSIGNED, by=by, values=values)


def put_back(thread: Thread, *, by: Account) -> Done | Overtaken:
    """Let a colleague take up what was taken. Every member may do that, because the one who took it may be away."""
    return move(thread, (State.ASSIGNED,), State.OPENED, by=by, values={"assigned_at": None, "assigned_to": None})


def close(thread: Thread, *, by: Account) -> Done | Overtaken:
    """Close what is open without an answer. The patient is shown that."""
    return move(thread, OPEN, State.CLOSED, by=by, values={"closed_at": timezone.now()})


def move(
    thread: Thread, before: tuple[str, ...], to: str, *, by: Account, values: Mapping[str, object]
) -> Done | Overtaken:
    """Change the state of the open messages of a conversation that no colleague has taken."""
    rows = rows_of(thread) if to == State.OPENED else free(thread, by)
    with transaction.atomic():
        moved = change_state(rows, before, to, by=by, now=timezone.now(), about=about(thread), values=values)
    return Done() if moved else Overtaken()


def answer(thread: Thread, answer_id: UUID, body: str, *, seen: UUID, by: Account) -> Done | Overtaken:
    """Send an answer to the patient, once, and tell the patient by email without a word of it.

    `seen` is the newest message that the member had read. If there is a newer one, or a colleague has taken the
    conversation, nothing is sent.
    """
    now, text = timezone.now(), {"topic": thread.topic, "subject": thread.subject, "body": body}
    written = Written(answer_id, thread.patient, thread.team, thread, text)
    try:
        with transaction.atomic():
            Thread.objects.select_for_update().get(pk=thread.pk)
            if not is_up_to_date(thread, seen, by):
                return already(written)
            writing.put_out(written, by=by, now=now)
            whose, values = about(thread), {"answered_at": now}
            if not change_state(rows_of(thread), OPEN, State.ANSWERED, by=by, now=now, about=whose, values=values):
                audit.record("message.followed-up", by=by, **whose)  # type: ignore[arg-type]
            Thread.objects.filter(pk=thread.pk).update(last_answer_at=now, last_sent_at=now, archived_at=None)
            tell_of_answer(thread, answer_id)
    except IntegrityError:
        return already(written)
    return Done()


def begin_conversation(written: Written, *, by: Account) -> Done | Overtaken:
    """Send a message that begins a conversation, once, and tell the patient by email without a word of it."""
    now = timezone.now()
    kept = {name: written.text[name] for name in ("topic", "subject")}
    thread = Thread(id=written.id, patient=written.patient, team=written.team, **kept)
    thread.last_sent_at = thread.last_answer_at = now
    try:
        with transaction.atomic():
            writing.put_out(written, by=by, now=now)
            thread.save(force_insert=True)
            audit.record("message.begun-by-team", by=by, **about(thread))  # type: ignore[arg-type]
            tell_of_answer(thread, written.id)
    except IntegrityError:
        return already(written)
    return Done()


def is_up_to_date(thread: Thread, seen: UUID, by: Account) -> bool:
    """Return whether `seen` is the newest message of a conversation, and no colleague has taken one."""
    now = timezone.now()
    rows = Message.objects.filter(thread=thread, held_at__isnull=False, send_due_at__lte=now)
    newest = rows.order_by("-send_due_at", "-id").values_list("pk", flat=True).first()
    taken = rows_of(thread).filter(in_state(State.ASSIGNED, now)).exclude(assigned_to=by)
    return newest == seen and not taken.exists()


def already(written: Written) -> Done | Overtaken:
    """Return Done if this very text was sent before, by the same form."""
    same = Message.objects.filter(pk=written.id, patient=written.patient, author="staff", held_at__isnull=False)
    return Done() if same.filter(body=written.text["body"]).exists() else Overtaken()


def write_note(thread: Thread, body: str, *, by: Account) -> None:
    """Keep an internal note about a conversation."""
    with transaction.atomic():
        Note.objects.create(thread=thread, author_name=by.get_full_name(), body=body, written_at=timezone.now())
        audit.record("message.noted", by=by, **about(thread))  # type: ignore[arg-type]


def teams_to_hand_to(thread: Thread, on: date | None = None) -> list[CareTeam]:
    """Return the other teams of the same clinic that have members today."""
    others = CareTeam.objects.filter(clinic=thread.team.clinic).exclude(pk=thread.team_id).order_by("name")
    today = others.filter(current(on or timezone.localdate()))
    return [team for team in today if members_of(team, on).exists()]


def hand_over(thread: Thread, team: CareTeam, *, by: Account) -> Done | Overtaken:
    """Give a conversation to another team, which gets it as if it had just come. The due date stays.

    The patient may then write to that team too. What the patient has written and not sent goes there as well.
    """
    values = {"opened_at": None, "assigned_at": None, "assigned_to": None, "team": team}
    now = timezone.now()
    with transaction.atomic():
        moved = change_state(free(thread, by), OPEN, State.SENT, by=by, now=now, about=about(thread), values=values)
        if not moved or not Thread.objects.filter(pk=thread.pk, team=thread.team).update(team=team):
            transaction.set_rollback(True)
            return Overtaken()
        not_opened = Q(held_at=None) | Q(send_due_at__gt=now) | in_state(State.SENT, now)
        rows_of(thread).filter(not_opened).update(team=team)
        if not links().filter(patient=thread.patient, team=team).exists():
            PatientTeam.objects.get_or_create(patient=thread.patient, team=team, since=timezone.localdate())
        text = f"Handed over from {thread.team} to {team}."
        Note.objects.create(thread=thread, author_name=by.get_full_name(), body=text, written_at=now)
    return Done()


def set_out_of_office(team: CareTeam, until: date | None, text: str, *, by: Account) -> None:
    """Say until when a team is out of office, or that it is back."""
    with transaction.atomic():
        CareTeam.objects.filter(pk=team.pk).update(out_of_office_until=until, out_of_office_text=text if until else "")
        audit.record("message.office-changed", by=by, team=str(team.pk), away=until is not None)


def save_template(team: CareTeam, title: str, body: str, *, by: Account) -> None:
    """Keep a text that the team often answers with. One with the same title takes the place of the older one."""
    with transaction.atomic():
        Template.objects.update_or_create(team=team, title=title, defaults={"body": body})
        audit.record("message.template-changed", by=by, team=str(team.pk))


def delete_template(template: Template, *, by: Account) -> None:
    """Delete a text of a team."""
    with transaction.atomic():
        template.delete()
        audit.record("message.template-changed", by=by, team=str(template.team_id), deleted=True)
