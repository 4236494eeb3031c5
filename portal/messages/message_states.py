"""The states of a patient's message and the transitions between them, each with its audit event.

A state is not stored: it follows from the times of what happened. A message that is held counts as sent from the moment
`send_due_at` on, whether or not a worker runs.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q, QuerySet, TextChoices

from portal.messages.models import Message
from safeguards import audit


class State(TextChoices):
    """Where a patient's message is."""

    DRAFT = "draft", "Draft"
    HELD = "held", "Held"
    SENT = "sent", "Sent"
    OPENED = "opened", "Opened by the team"
    ASSIGNED = "assigned", "Taken by a member"
    ANSWERED = "answered", "Answered"
    CLOSED = "closed", "Closed"


START = State.DRAFT

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.DRAFT, State.HELD): "message.held",
    (State.HELD, State.DRAFT): "message.unsent",
    # Time alone does this. The worker only notes it.
    (State.HELD, State.SENT): "message.sent",
    (State.SENT, State.OPENED): "message.opened",
    (State.OPENED, State.ASSIGNED): "message.assigned",
    (State.ASSIGNED, State.OPENED): "message.put-back",
    # Another team gets it as if it had just come.
    (State.OPENED, State.SENT): "message.handed-over",
    (State.ASSIGNED, State.SENT): "message.handed-over",
    (State.OPENED, State.ANSWERED): "message.answered",
    (State.ASSIGNED, State.ANSWERED): "message.answered",
    (State.OPENED, State.CLOSED): "message.closed",
    (State.ASSIGNED, State.CLOSED): "message.closed",
}
# The states in which the team has to do something.
WAITING = (State.SENT, State.OPENED, State.ASSIGNED)
NOT_OVER = Q(answered_at=None, closed_at=None)


class TransitionRefused(Exception):
    """A transition was asked for that is not in the table."""


def state_of(message: Message, now: datetime) -> State:
    """Return the state of a message at a moment."""
    if message.held_at is None or message.send_due_at is None:
        return State.DRAFT
    if message.send_due_at > now:
        return State.HELD
    facts = (
        (message.answered_at, State.ANSWERED),
        (message.closed_at, State.CLOSED),
        (message.assigned_at, State.ASSIGNED),
        (message.opened_at, State.OPENED),
    )
    return next((state for at, state in facts if at), State.SENT)


def in_state(state: str, now: datetime) -> Q:
    """Return the condition of messages that are in a state at a moment."""
    sent = Q(held_at__isnull=False, send_due_at__lte=now)
    conditions: dict[str, Q] = {
        State.DRAFT: Q(held_at=None),
        State.HELD: Q(held_at__isnull=False, send_due_at__gt=now),
        State.SENT: sent & NOT_OVER & Q(opened_at=None, assigned_at=None),
        State.OPENED: sent & NOT_OVER & Q(opened_at__isnull=False, assigned_at=None),
        State.ASSIGNED: sent & NOT_OVER & Q(assigned_at__isnull=False),
        State.ANSWERED: sent & Q(answered_at__isnull=False),
        State.CLOSED: sent & Q(closed_at__isnull=False),
    }
    return conditions[state]


def waiting(now: datetime) -> Q:
    """Return the condition of sent messages of patients that the team has not answered or closed."""
    return Q(author=Message.Author.PATIENT, held_at__isnull=False, send_due_at__lte=now) & NOT_OVER


def event_of(before: tuple[str, ...], to: str, transitions: Mapping[tuple[str, str], str]) -> str:
    """Return the event of these transitions. Raise TransitionRefused if the table has not one event for all."""
    events = {transitions.get((state, to)) for state in before}
    event = events.pop() if len(events) == 1 else None
    if event is None:
        raise TransitionRefused(f"no transition from {', '.join(before)} to {to}")
    return event


def change_state(
    rows: QuerySet[Message],
    before: tuple[str, ...],
    to: str,
    *,
    by: object,
    now: datetime,
    about: Mapping[str, int | str | None],
    values: Mapping[str, object],
) -> int:
    """Change those of `rows` that are in one of the states `before`, record the event, and return how many they were.

    It is one conditional UPDATE, so of two callers one changes a row. `values` are the times that make up the new
    state. `about` names the person and the conversation in the event. Call it in a transaction.
    """
    event = event_of(before, to, TRANSITIONS)
    states = Q()
    for state in before:
        states |= in_state(state, now)
    changed = rows.filter(states).update(**values)
    if changed:
        audit.record(event, by=by, messages=changed, **about)  # type: ignore[arg-type]
    return changed
