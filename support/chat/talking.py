"""What a visitor does in a chat: begin it, write, end it, take it up again, and say who they are.

A chat belongs to the browser that began it, by a cookie of which only a keyed hash is stored. Each line is a row of its
own that is committed before the answer goes out, under the id of its form: a form that is sent twice is one line.
"""

import secrets
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import Account
from core import policy
from safeguards import audit
from safeguards.cipher import blind_index
from support.chat.masking import mask_numbers
from support.chat.models import Chat, Line
from support.chat.states import State, add_line, change_state

COOKIE = "__Host-chat" if settings.SESSION_COOKIE_SECURE else "chat"
Kind = Line.Kind


@dataclass(frozen=True)
class Said:
    """The line is stored, now or by the same form before."""


@dataclass(frozen=True)
class Refused:
    """Nothing was stored. `why` is the sentence for the person."""

    why: str


OVER = "Not sent: the chat has ended. You can take it up again, and send this then."
FULL = f"Not sent: a chat has at most {policy.CHAT_LINES_MAX} messages. End this one, and begin another."
FULL_AGAIN = f"A chat has at most {policy.CHAT_LINES_MAX} messages. Begin another."
OTHER_OPEN = "Another chat is open in this browser."


def browser_of(request: HttpRequest) -> bytes | None:
    """Return the keyed hash of this browser's cookie, or None if it has none."""
    token = request.COOKIES.get(COOKIE)
    return hash_of(token) if token else None


def hash_of(token: str) -> bytes:
    return blind_index(token, purpose="chat-browser")


def remember(response: HttpResponse, token: str) -> None:
    """Bind the browser to its chats, for longer than one that it has just seen open can be taken up again.

    Each answer about an open chat does so again, however long the chat lasts.
    """
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(2 * policy.CHAT_AGAIN_WITHIN.total_seconds()),
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget(response: HttpResponse) -> None:
    """Let go of the chats of this browser, as on a computer that others use."""
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def token_for(request: HttpRequest, account: Account | None) -> str:
    """Return this browser's token, or a new one of 256 bits. The caller passes it to `remember`.

    It is new too if the browser has an open chat of somebody else than who is signed in: that one would be in the way.
    """
    token = request.COOKIES.get(COOKIE)
    open_one = Chat.objects.filter(browser=hash_of(token), ended_at=None).first() if token else None
    if token is None or (open_one and not is_for(open_one, account)):
        return secrets.token_urlsafe(32)
    return token


def readable(now: datetime) -> Q:
    """Return the condition of chats that a visitor can still read: open ones, and for a day those that ended."""
    return Q(ended_at=None) | Q(ended_at__gt=now - policy.CHAT_AGAIN_WITHIN)


def chats_of(browser: bytes | None, now: datetime) -> QuerySet[Chat]:
    """Return the chats of a browser that can still be read, the newest first."""
    rows = Chat.objects.filter(readable(now), browser=browser) if browser else Chat.objects.none()
    return rows.order_by("-opened_at")


def is_for(chat: Chat, account: Account | None) -> bool:
    """Return whether a chat may be shown where `account` is signed in.

    One that names an account, or did, is for nobody else who is signed in.
    """
    return account is None or {chat.account_id, chat.account_before_id} <= {None, account.pk}


def withheld_from(chat: Chat, account: Account | None) -> int:
    """Return the number of the line up to which a chat is not shown where `account`, or nobody, is signed in.

    What was written while the agent knew the account is about its holder, who may have left the computer to others.
    """
    if account and account.pk in (chat.account_id, chat.account_before_id):
        return 0
    return chat.last_line if chat.account_id else chat.named_until


def open_chat(
    form_id: UUID, token: str, *, topic: str, words: str, now: datetime, shown: Account | None = None
) -> Chat | Refused:
    """Begin a chat with its first line, once a form, and return it. A browser has one open chat: others are refused.

    `shown` is the account that the agent may know.
    """
    chat = Chat(
        id=form_id,
        browser=hash_of(token),
        topic=topic,
        account=shown,
        opened_at=now,
        waiting_since=now,
        visitor_here_at=now,
    )
    try:
        with transaction.atomic():
            chat.save(force_insert=True)
            if shown:
                add_line(chat, Kind.SHOWN, at=now)
            add_line(chat, Kind.VISITOR, at=now, id=form_id, text=mask_numbers(words))
            audit.record("chat.opened", by=shown or "visitor", chat=str(chat.pk), topic=topic)
        return chat
    except IntegrityError:
        if not Chat.objects.filter(pk=form_id).exists():
            return Refused("You have a chat that is still open in this browser. Go on with that one.")
        first = Line.objects.filter(pk=form_id, chat__browser=chat.browser).select_related("chat").first()
        if first and first.text == mask_numbers(words):
            return first.chat
        # The person went back and wrote something else in a form that was already sent.
        return open_chat(uuid4(), token, topic=topic, words=words, now=now, shown=shown)


@contextmanager
def locked(chat: Chat) -> Any:
    """Open a transaction that holds the row of a chat, and yield the row."""
    with transaction.atomic():
        yield Chat.objects.select_for_update().get(pk=chat.pk)


def once(chat: Chat, line_id: UUID, words: str, write: Callable[[Chat, UUID, str], Refused | None]) -> Said | Refused:
    """Have a line written to a chat, whose row is locked then, unless the same form wrote the same before.

    `write` is given the row, the id of the line, and its text as it may be stored.
    """
    text = mask_numbers(words)
    with locked(chat) as row:
        before = Line.objects.filter(pk=line_id).first()
        if before and before.chat_id == row.pk and before.text == text:
            return Said()
        # A person who went back may have written something else in a form that was already sent.
        return write(row, uuid4() if before else line_id, text) or Said()


def is_full(chat: Chat) -> bool:
    """Return whether a chat has all the lines that it may have: those that were written, and the facts between."""
    return chat.last_line >= policy.CHAT_LINES_MAX


def say(chat: Chat, line_id: UUID, words: str, *, now: datetime) -> Said | Refused:
    """Store what the visitor wrote, once a form."""

    def write(row: Chat, new: UUID, text: str) -> Refused | None:
        if not row.is_open:
            return Refused(OVER)
        if is_full(row):
            return Refused(FULL)
        row.visitor_here_at, row.visitor_typing_at = now, None
        add_line(row, Kind.VISITOR, at=now, id=new, text=text)
        return None

    return once(chat, line_id, words, write)


def end(chat: Chat, *, now: datetime) -> bool:
    """End a chat for its visitor. Return False if it had ended."""
    with locked(chat) as row:
        if row.is_open:
            change_state(row, State.ENDED, by=actor(row), now=now, reason=Chat.Reason.VISITOR)
            return True
    return False


def take_up_again(chat: Chat, *, now: datetime, by: Account | None = None) -> bool:
    """Put an ended chat back in line, at its end. It names an account no longer unless `by` is signed in to it.

    Return False if its day is over, it is full or the browser has another chat.
    """
    try:
        with locked(chat) as row:
            if row.is_open:
                return True
            if row.ended_at <= now - policy.CHAT_AGAIN_WITHIN or is_full(row):
                return False
            row.visitor_here_at = now
            if row.account_id and (by is None or by.pk != row.account_id):
                part_with_account(row, by="visitor", now=now)
            change_state(row, State.WAITING, by=actor(row), now=now, since=now)
        return True
    except IntegrityError:
        return False


def show_account(chat: Chat, account: Account, *, now: datetime) -> bool:
    """Let the agent know in whose account the visitor is. Return False after the end, and in a full chat."""
    with locked(chat) as row:
        if not row.is_open or row.account_id == account.pk:
            return row.is_open
        if is_full(row):
            return False
        row.account = account
        add_line(row, Kind.SHOWN, at=now)
        audit.record("chat.account-shown", by=account, chat=str(row.pk))
    return True


def hide_account(chat: Chat, *, by: Account | str, now: datetime) -> None:
    """Let the agent of an open chat no longer know whose account it is: its holder wants that, or has signed out."""
    with locked(chat) as row:
        if row.is_open and row.account_id:
            part_with_account(row, by=by, now=now)


def part_with_account(row: Chat, *, by: Account | str, now: datetime) -> None:
    """Name the account no longer in a chat whose row is locked. What was written so far stays with its holder."""
    audit.record("chat.account-hidden", by=by, account_id=row.account_id, chat=str(row.pk))
    row.account_before, row.account, row.named_until = row.account, None, row.last_line
    add_line(row, Kind.HIDDEN, at=now)


def actor(chat: Chat) -> Account | str:
    """Return who acts for the visitor: nobody that the trail could name, unless the visitor has shown the account."""
    return chat.account or "visitor"
