"""What an agent does with a chat: take it, answer, note, hand it over, put it back and close it.

The row of the chat is locked while one of them is judged, so of thirty agents who take a chat, one has it.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Account, Session
from accounts.models import State as AccountState
from core import policy
from safeguards import audit, rows
from support.chat import live
from support.chat.models import Chat, Line, Text
from support.chat.states import TAKEN, WAITING, State, add_line, change_state, state_of
from support.chat.talking import Refused, Said, locked, once

QUEUE_SHOWN = 50
"""Nobody reads through more: own."""
ENDED_SHOWN = 10
"""One looks back at the last few: own."""
CLOSING = (
    Chat.Reason.ANSWERED,
    Chat.Reason.ACCOUNT,
    Chat.Reason.REFERRED,
    Chat.Reason.CALL,
    Chat.Reason.SILENT,
    Chat.Reason.ABUSE,
)
"""Why an agent closes a chat. The other reasons are not an agent's."""
NOT_YOURS = "Not done: this chat is not with you any more."


# Whether the agent still has a role that answers chats. In the query for the chat this costs less than two of its own.
MAY_ANSWER = """
    EXISTS (
        SELECT FROM accounts_account_groups AS of_agent
        JOIN auth_group_permissions AS of_group USING (group_id)
        JOIN auth_permission ON auth_permission.id = of_group.permission_id
        WHERE of_agent.account_id = %s AND auth_permission.codename = 'answer_chat'
    )
"""


def find_own(chat_id: UUID, agent: Account) -> Chat | None:
    """Return a chat that this agent has or had last, if the agent's role still answers chats, by one query."""
    where = f"id = %s AND agent_id = %s AND {MAY_ANSWER}"
    return rows.first(Chat, where, [chat_id, agent.pk, agent.pk], also=live.ALSO)


def queue() -> QuerySet[Chat]:
    """Return the chats that wait, the one that has waited longest first."""
    return Chat.objects.filter(WAITING).order_by("waiting_since", "id")


def chats_with(agent: Account) -> QuerySet[Chat]:
    """Return the open chats of an agent, the one taken first in front."""
    return Chat.objects.filter(TAKEN, agent=agent).order_by("taken_at", "id")


def chats_with_colleagues(agent: Account) -> QuerySet[Chat]:
    """Return the open chats of the other agents."""
    return Chat.objects.filter(TAKEN).exclude(agent=agent).select_related("agent").order_by("taken_at", "id")


def ended_lately(agent: Account, now: datetime) -> QuerySet[Chat]:
    """Return the chats of an agent that ended lately, the last one first."""
    since = now - policy.CHAT_AGAIN_WITHIN
    return Chat.objects.filter(agent=agent, ended_at__gt=since).order_by("-ended_at", "id")[:ENDED_SHOWN]


def take(chat: Chat, *, by: Account, now: datetime) -> bool:
    """Take up a chat that waits. Return False if a colleague was faster, or the visitor has ended it."""
    with locked(chat) as row:
        if state_of(row) != State.WAITING:
            return bool(row.is_open and row.agent_id == by.pk)
        change_state(row, State.TAKEN, by=by, now=now, agent=by)
    return True


def answer(chat: Chat, line_id: UUID, words: str, *, by: Account, now: datetime) -> Said | Refused:
    """Store an agent's answer, once a form."""
    return write(chat, line_id, words, Line.Kind.AGENT, by=by, now=now)


def note(chat: Chat, line_id: UUID, words: str, *, by: Account, now: datetime) -> Said | Refused:
    """Store an internal note, once a form. The visitor never sees it. It can be written after the end too."""
    return write(chat, line_id, words, Line.Kind.NOTE, by=by, now=now)


def write(chat: Chat, line_id: UUID, words: str, kind: Line.Kind, *, by: Account, now: datetime) -> Said | Refused:
    def add(row: Chat, new: UUID, text: str) -> Refused | None:
        is_note = kind == Line.Kind.NOTE
        if row.agent_id != by.pk or not (row.is_open or is_note):
            return Refused("Not sent: this chat has ended, or is not with you any more. Your text is still here.")
        if row.last_line >= policy.CHAT_LINES_MAX:
            return Refused(f"Not sent: a chat has at most {policy.CHAT_LINES_MAX} messages.")
        row.agent_here_at, row.agent_typing_at = now, None
        add_line(row, kind, at=now, agent=by, id=new, text=text)
        if is_note:
            audit.record("chat.noted", by=by, account_id=row.account_id, chat=str(row.pk))
        return None

    return once(chat, line_id, words, add)


def put_back(chat: Chat, *, by: Account, now: datetime) -> bool:
    """Put a chat back in line at its old place: one's own, or as a supervisor a colleague's."""
    with locked(chat) as row:
        if state_of(row) != State.TAKEN or not (row.agent_id == by.pk or supervises(by)):
            return False
        change_state(row, State.WAITING, by=by, now=now)
    return True


def hand_over(chat: Chat, to: Account, *, by: Account, now: datetime) -> bool:
    """Give one's chat to another agent. Return False if it is not one's own any more."""
    with locked(chat) as row:
        if state_of(row) != State.TAKEN or row.agent_id != by.pk:
            return False
        change_state(row, State.TAKEN, by=by, now=now, agent=to)
    return True


def close(chat: Chat, reason: str, *, by: Account, now: datetime) -> bool:
    """End one's chat for a reason of CLOSING. Return False if it is not one's own any more."""
    with locked(chat) as row:
        if state_of(row) != State.TAKEN or row.agent_id != by.pk:
            return False
        change_state(row, State.ENDED, by=by, now=now, reason=reason)
    return True


def agents_to_hand_to(by: Account, now: datetime) -> list[Account]:
    """Return the other agents who may answer chats and are signed in at the desk now."""
    allowed = Permission.objects.filter(content_type__app_label="chat", codename="answer_chat")
    signed_in = Session.objects.filter(expire_date__gt=now, began_at__isnull=False).values("account_id")
    people = Account.objects.filter(is_staff=True, state=AccountState.ACTIVE, pk__in=signed_in)
    may = people.filter(Q(groups__permissions__in=allowed) | Q(user_permissions__in=allowed))
    return list(may.exclude(pk=by.pk).distinct().order_by("first_name", "last_name"))


def supervises(by: Account) -> bool:
    """Return whether somebody may read the chats of colleagues and put them back."""
    return by.has_perm("chat.supervise_chat")


def may_read(chat: Chat, by: Account) -> bool:
    """Return whether somebody may read what was written: the agent who has the chat or had it last, or a supervisor."""
    return chat.agent_id == by.pk or supervises(by)


def save_text(title: str, body: str, *, by: Account) -> None:
    """Keep a text for answers. One with the same title takes the place of the older one."""
    with transaction.atomic():
        Text.objects.update_or_create(title=title, defaults={"body": body})
        audit.record("chat.text-changed", by=by)


def delete_text(key: int, *, by: Account) -> bool:
    """Delete a text for answers. Return False if it was not there."""
    with transaction.atomic():
        gone, _ = Text.objects.filter(pk=key).delete()
        if gone:
            audit.record("chat.text-changed", by=by, deleted=True)
    return bool(gone)
