"""What the worker does with chats that a side has left: back in line, ended, and at last deleted."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from core import policy
from safeguards import audit, clock
from support.chat.models import Chat
from support.chat.states import TAKEN, State, change_state


def end_abandoned(now: datetime) -> int:
    """End the chats whose visitor was not seen for a while, and return how many. Each is a transaction of its own."""
    gone = Chat.objects.filter(ended_at=None, visitor_here_at__lte=now - policy.CHAT_VISITOR_GONE)
    keys = gone.order_by("visitor_here_at").values_list("pk", flat=True)[: policy.CHATS_AT_ONCE]
    return sum(end_one(key, now) for key in list(keys))


def end_one(key: UUID, now: datetime) -> bool:
    """End a chat if its visitor is still gone. A page that asked meanwhile keeps it open."""
    with transaction.atomic():
        still = Chat.objects.filter(pk=key, ended_at=None, visitor_here_at__lte=now - policy.CHAT_VISITOR_GONE)
        chat = still.select_for_update(skip_locked=True, of=("self",)).first()
        if chat:
            change_state(chat, State.ABANDONED, by="system", now=now, reason=Chat.Reason.ABANDONED)
    return chat is not None


def put_back_left(now: datetime) -> int:
    """Put the chats back in line whose agent is gone, at their old place, and return how many."""
    gone = Chat.objects.filter(TAKEN, agent_here_at__lte=now - policy.CHAT_AGENT_GONE)
    keys = gone.order_by("agent_here_at").values_list("pk", flat=True)[: policy.CHATS_AT_ONCE]
    return sum(put_back_one(key, now) for key in list(keys))


def put_back_one(key: UUID, now: datetime) -> bool:
    with transaction.atomic():
        still = Chat.objects.filter(TAKEN, pk=key, agent_here_at__lte=now - policy.CHAT_AGENT_GONE)
        chat = still.select_for_update(skip_locked=True, of=("self",)).first()
        if chat:
            change_state(chat, State.WAITING, by="system", now=now)
    return chat is not None


def purge(now: datetime) -> int:
    """Delete the chats that ended long ago, with all their lines, and return how many."""
    with transaction.atomic():
        old = Chat.objects.filter(ended_at__lte=now - policy.CHAT_KEPT).order_by("ended_at")
        keys = list(old.values_list("pk", flat=True)[: policy.CHATS_AT_ONCE])
        if keys:
            Chat.objects.filter(pk__in=keys).delete()
            audit.record("chat.purged", by="system", chats=len(keys))
    return len(keys)


@app.task(name="support.chat.tasks.tidy_chats", queue="housekeeping")
def tidy_chats(timestamp: int) -> None:
    """Put chats back whose agent is gone, end those whose visitor is, and delete old ones."""
    now = clock.now()
    put_back_left(now)
    end_abandoned(now)
    purge(now)
