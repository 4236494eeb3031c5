"""What a page of a chat shows now, and what is new since a line: for the page itself, and for its script that asks.

A script that asks costs one query while nothing is new, a second one for new lines, and a third one to note what was
fetched or that the side is still here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Greatest

from core import policy
from safeguards import rows
from support.chat.models import Chat, Line
from support.chat.states import State, state_of

VISITOR, AGENT = "visitor", "agent"
NAME = "(SELECT first_name FROM accounts_account WHERE id = agent_id)"
PLACE = """
    CASE WHEN agent_id IS NULL AND ended_at IS NULL THEN (
        SELECT count(*) FROM chat_chat AS other WHERE other.agent_id IS NULL AND other.ended_at IS NULL
        AND (other.waiting_since, other.id) <= (chat_chat.waiting_since, chat_chat.id)
    ) END
"""
# What a line that nobody wrote says to each side.
FACTS: dict[str, dict[str, str]] = {
    VISITOR: {
        Line.Kind.TAKEN: "{agent} is here to help you.",
        Line.Kind.PUT_BACK: "{agent} had to leave. Your chat is back in line, at its old place.",
        Line.Kind.HANDED_OVER: "{agent} goes on with you now.",
        Line.Kind.ENDED: "The chat ended.",
        Line.Kind.AGAIN: "You took the chat up again.",
        Line.Kind.SHOWN: "The agent can see whose account this is.",
        Line.Kind.HIDDEN: "The agent no longer sees whose account this is.",
    },
    AGENT: {
        Line.Kind.TAKEN: "{agent} took up the chat.",
        Line.Kind.PUT_BACK: "The chat of {agent} was put back in line.",
        Line.Kind.HANDED_OVER: "The chat was handed over to {agent}.",
        Line.Kind.ENDED: "The chat ended.",
        Line.Kind.AGAIN: "The visitor took the chat up again.",
        Line.Kind.SHOWN: "The visitor showed whose account this is.",
        Line.Kind.HIDDEN: "The visitor no longer shows whose account this is.",
    },
}
ALSO: Mapping[str, str] = {"agent_name": NAME, "place": PLACE}


@dataclass(frozen=True)
class Now:
    """What one side sees of a chat at a moment.

    `delivered` is the number up to which the other side has fetched lines. `other_here` and `other_types` say whether
    the other side is there and writes. A chat is lively for a while after somebody wrote or typed something.
    """

    chat: Chat
    state: State
    delivered: int
    other_here: bool
    other_types: bool
    is_lively: bool

    @property
    def tag(self) -> str:
        """Return a text that changes with everything that the page shows."""
        chat = self.chat
        stands = (chat.last_line, chat.place, self.delivered, self.state)
        shown = (*stands, self.other_here, self.other_types, self.is_lively)
        return f'"{"-".join(map(str, shown))}"'

    @property
    def asks_every(self) -> float:
        """Return after how many seconds a script asks again. An ended chat is not asked about.

        It is soon while somebody writes or has just written, and later while the visitor waits or nothing happens.
        """
        pause = policy.CHAT_ASKS_EVERY if self.is_lively else policy.CHAT_QUIET_ASKS_EVERY
        return pause.total_seconds() if self.chat.is_open else 0


def find(chat_id: UUID, browser: bytes | None) -> Chat | None:
    """Return a chat of this browser with its place in line and the agent's name, by one query."""
    if browser is None:
        return None
    return rows.first(Chat, "id = %s AND browser = %s", [chat_id, browser], also=ALSO)


def find_for_desk(chat_id: UUID) -> Chat | None:
    """Return a chat with its place in line and the agent's name, by one query. The caller judges who may see it."""
    return rows.first(Chat, "id = %s", [chat_id], also=ALSO)


def look(chat: Chat, side: str, now: datetime) -> Now:
    """Return what one side sees of a chat."""
    other = AGENT if side == VISITOR else VISITOR
    here, typing = getattr(chat, f"{other}_here_at"), getattr(chat, f"{other}_typing_at")
    is_here = here is not None and here > now - policy.CHAT_HERE and (other == VISITOR or chat.agent_id is not None)
    types = is_here and chat.is_open and typing is not None and typing > now - policy.CHAT_TYPING
    lately = [at for at in (chat.last_line_at, chat.visitor_typing_at, chat.agent_typing_at) if at]
    is_lively = chat.agent_id is not None and max(lately, default=chat.opened_at) > now - policy.CHAT_LIVELY
    return Now(chat, state_of(chat), getattr(chat, f"{other}_seen"), is_here, types, is_lively)


def lines_after(chat: Chat, number: int, side: str) -> list[Line]:
    """Return the lines of a chat from the next one on. Internal notes are for the desk alone."""
    if chat.last_line <= number:
        return []
    lines = Line.objects.filter(chat=chat, number__gt=number).select_related("agent").order_by("number")
    shown = list(lines.exclude(kind=Line.Kind.NOTE) if side == VISITOR else lines)
    for line in shown:
        line.fact = fact_of(line, side)
    return shown


def fact_of(line: Line, side: str) -> str:
    """Return what a line that nobody wrote says to one side, or "" for one that somebody wrote."""
    name = line.agent.first_name if line.agent else "The agent"
    return FACTS[side].get(line.kind, "").format(agent=name)


def note_seen(chat: Chat, side: str, number: int, now: datetime) -> None:
    """Note that one side has fetched the lines up to a number and is here, if that is news. It costs a query then."""
    seen, here = getattr(chat, f"{side}_seen"), getattr(chat, f"{side}_here_at")
    number = min(number, chat.last_line)
    if number <= seen and here is not None and here > now - policy.CHAT_HERE_NOTED:
        return
    values: dict[str, Any] = {f"{side}_seen": Greatest(f"{side}_seen", number), f"{side}_here_at": now}
    Chat.objects.filter(pk=chat.pk).update(**values)


def note_typing(chat: Chat, side: str, now: datetime) -> None:
    """Note that one side writes something."""
    Chat.objects.filter(pk=chat.pk, ended_at=None).update(**{f"{side}_typing_at": now, f"{side}_here_at": now})


def number_in(typed: str) -> int:
    """Return the number of a line as a script sends it, or 0 for what is none."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 6 else 0
