"""A care team, its nurse, its patient, and what they write."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Account
from portal.messages import sending
from portal.messages.drafts import Typed
from portal.messages.models import CareTeam, Membership, Message, PatientTeam, Thread
from tests.accounts.holders import staff
from tests.portal.conftest import RUTH

SINCE = date(2020, 1, 1)
QUESTION = "May I swim with the plaster?"


def team(name: str = "Primary care", **other: Any) -> CareTeam:
    """A care team of a clinic, which works from Monday to Friday."""
    return CareTeam.objects.create(name=name, clinic="Fort Larkspur", phone="254-555-0122", since=SINCE, **other)


def treats(some: CareTeam, patient: str = RUTH, **other: Any) -> CareTeam:
    """The same team, which now treats this patient."""
    PatientTeam.objects.create(patient=patient, team=some, **{"since": SINCE, **other})
    return some


def works_in(some: CareTeam, account: Account, **other: Any) -> Account:
    """The same member of staff, who now belongs to the team."""
    Membership.objects.create(team=some, account=account, **{"since": SINCE, **other})
    return account


def plans_visits(clinic: str = "Harbor Clinic", username: str = "works.here", **other: Any) -> Account:
    """A member of staff who plans the visits of a clinic, as a member of a care team of it."""
    some, _ = CareTeam.objects.get_or_create(name="Primary care", clinic=clinic, defaults={"since": SINCE})
    return works_in(some, staff("Scheduling", username), **other)


def typed(some: CareTeam | None, body: str = QUESTION, **other: Any) -> Typed:
    """What a form says that was never saved."""
    given: dict[str, Any] = {"id": uuid.uuid4(), "version": 0, "topic": "general", "subject": "The plaster"}
    return Typed(team=some, body=body, **(given | other))


def sent(account: Account, some: CareTeam, body: str = QUESTION, *, ago: timedelta = timedelta(hours=1)) -> Any:
    """A message of a new conversation that went out some time ago."""
    said = typed(some, body)
    outcome = sending.send_message(account, said, now=timezone.now() - ago)
    assert isinstance(outcome, sending.Held)
    return Message.objects.get(pk=said.id)


def answered(thread: Thread, body: str = "Better not.", *, at: datetime | None = None, read: bool = False) -> Message:
    """An answer of the care team in a conversation."""
    at = at or timezone.now() - timedelta(minutes=1)
    Thread.objects.filter(pk=thread.pk).update(last_answer_at=at, last_sent_at=at)
    return Message.objects.create(
        id=uuid.uuid4(), patient=thread.patient, thread=thread, team=thread.team, subject=thread.subject, body=body,
        author="staff", author_name="Teresa Quill", saved_at=at, held_at=at, send_due_at=at, sent_at=at,
        opened_at=at if read else None,
    )  # fmt: skip


def form(some: CareTeam | None = None, **fields: Any) -> dict[str, Any]:
    """What a browser sends from the page for a new message."""
    given = {"draft": str(uuid.uuid4()), "version": "0", "topic": "general", "subject": "The plaster", "body": QUESTION}
    return given | {"team": str(some.pk) if some else "", "do": "send"} | fields


def send(client: Client, address: str, data: dict[str, Any]) -> str:
    """Send a form that must be accepted, and return where it leads."""
    answer = client.post(address, data)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def text_of(answer: Any) -> str:
    """The page with one blank between words."""
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())
