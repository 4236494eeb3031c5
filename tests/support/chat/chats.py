"""Chats made directly, for tests that are not about how they begin."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Account
from service_center.chat import desk
from support.chat import talking
from support.chat.models import Chat

START = "/support/chat/"


def begin(client: Client, words: str = "I cannot sign in.", **other: Any) -> str:
    """Begin a chat on the page; its address comes back."""
    typed = {"line": str(uuid.uuid4()), "topic": "sign-in", "words": words, **other}
    answer = client.post(START, typed)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def chat_at(address: str) -> Chat:
    return Chat.objects.get(pk=address.split("/")[3])


def write(client: Client, address: str, words: str, line: uuid.UUID | None = None) -> Any:
    return client.post(address, {"do": "say", "line": str(line or uuid.uuid4()), "words": words})


def waiting(words: str = "Hello?", *, ago: timedelta = timedelta(0), shown: Account | None = None) -> Chat:
    """A chat of a browser of its own that waits for an agent."""
    now = timezone.now() - ago
    chat = talking.open_chat(uuid.uuid4(), str(uuid.uuid4()), topic="sign-in", words=words, now=now, shown=shown)
    assert isinstance(chat, Chat)
    Chat.objects.filter(pk=chat.pk).update(visitor_here_at=timezone.now())
    return chat


def taken(agent: Account, *, now: datetime | None = None, **other: Any) -> Chat:
    """A chat that this agent has."""
    chat = waiting(**other)
    assert desk.take(chat, by=agent, now=now or timezone.now())
    chat.refresh_from_db()
    return chat


def texts(chat: Chat) -> list[str]:
    """What was written, facts left out."""
    return [line.text for line in chat.lines.order_by("number") if line.text is not None]


def desk_page(chat: Chat) -> str:
    return f"/admin/chat/chat/{chat.pk}/change/"
