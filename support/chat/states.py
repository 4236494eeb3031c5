"""The states of a chat and the transitions between them, each with its audit event.

A state is not stored: it follows from the times of what happened.
"""

from datetime import datetime

from django.db.models import Q, TextChoices

from accounts.models import Account
from idproofing.transitions import TransitionRefused
from safeguards import audit
from support.chat.models import Chat, Line

Kind = Line.Kind


class State(TextChoices):
    """Where a chat is."""

    WAITING = "waiting", "Waits for an agent"
    TAKEN = "taken", "With an agent"
    ENDED = "ended", "Ended"
    ABANDONED = "abandoned", "Left by the visitor"


START = State.WAITING

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.WAITING, State.TAKEN): "chat.taken",
    (State.TAKEN, State.WAITING): "chat.put-back",
    # To another agent.
    (State.TAKEN, State.TAKEN): "chat.handed-over",
    (State.WAITING, State.ENDED): "chat.ended",
    (State.TAKEN, State.ENDED): "chat.ended",
    # The worker does this when the visitor was not seen for a while.
    (State.WAITING, State.ABANDONED): "chat.abandoned",
    (State.TAKEN, State.ABANDONED): "chat.abandoned",
    # For a day after it ended.
    (State.ENDED, State.WAITING): "chat.taken-up-again",
    (State.ABANDONED, State.WAITING): "chat.taken-up-again",
}
# What both sides read in the conversation when it happened.
SAID: dict[str, Kind] = {
    "chat.taken": Kind.TAKEN,
    "chat.put-back": Kind.PUT_BACK,
    "chat.handed-over": Kind.HANDED_OVER,
    "chat.ended": Kind.ENDED,
    "chat.abandoned": Kind.ENDED,
    "chat.taken-up-again": Kind.AGAIN,
}
WAITING = Q(agent=None, ended_at=None)
TAKEN = Q(agent__isnull=False, ended_at=None)


def state_of(chat: Chat) -> State:
    """Return the state of a chat."""
    if chat.ended_at is not None:
        return State.ABANDONED if chat.reason == Chat.Reason.ABANDONED else State.ENDED
    return State.TAKEN if chat.agent_id else State.WAITING


def change_state(
    chat: Chat,
    to: str,
    *,
    by: Account | str,
    now: datetime,
    agent: Account | None = None,
    reason: str = "",
    since: datetime | None = None,
) -> None:
    """Move a chat on, with its event and the line that both sides read. Its row is locked by the caller.

    `agent` is who has it then, `reason` why it ended, and `since` its place in line. Raise TransitionRefused if the
    table has no such transition.
    """
    before = state_of(chat)
    event = TRANSITIONS.get((before, to))
    if event is None:
        raise TransitionRefused(f"no transition from {before} to {to}")
    part = agent or chat.agent
    if to == State.WAITING:
        chat.agent = chat.taken_at = chat.ended_at = chat.agent_typing_at = None
        chat.reason, chat.waiting_since = "", since or chat.waiting_since
    elif to == State.TAKEN:
        chat.agent, chat.taken_at, chat.agent_here_at, chat.agent_typing_at = agent, now, now, None
    else:
        chat.ended_at, chat.reason = now, reason
    add_line(chat, SAID[event], at=now, agent=part)
    audit.record(event, by=by, account_id=chat.account_id, chat=str(chat.pk), reason=reason or "none")


def add_line(chat: Chat, kind: Kind, *, at: datetime, agent: Account | None = None, **written: object) -> None:
    """Add a line to a chat whose row is locked by the caller, and save both.

    Raise IntegrityError if a line has this `id`.
    """
    chat.last_line, chat.last_line_at = chat.last_line + 1, at
    Line(chat=chat, number=chat.last_line, kind=kind, agent=agent, at=at, **written).save(force_insert=True)
    chat.save()
