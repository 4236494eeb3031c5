"""The patient's pages of the secure messages: folders, conversations, and the form in which one writes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core import policy
from portal.family.patients import Who, address_of, helper_of, record_event
from portal.messages import attachments, queries, teams
from portal.messages.message_states import WAITING, State, state_of
from portal.messages.models import Attachment, CareTeam, Message, Thread
from portal.messages.sending import is_old, unsend
from safeguards.standby import may_be_read_from_standby

Context = dict[str, Any]
PAGE_SIZE = 20
FOLDERS = (
    ("inbox", "Inbox", ""),
    ("sent", "Sent", "sent/"),
    ("drafts", "Drafts", "drafts/"),
    ("archive", "Archive", "archive/"),
)


@dataclass(frozen=True)
class Line:
    """A message of a conversation, its state, and whether an answer to it is late."""

    message: Message
    state: State
    is_late: bool

    @property
    def files(self) -> list[Attachment]:
        return list(self.message.attachments.all())

    @property
    def due(self) -> date | None:
        """Return the day on which an answer is due, by the calendar of the care team."""
        at, team = self.message.answer_due_at, self.message.team
        return at.astimezone(team.clock).date() if at and team else None


def line_of(message: Message, now: datetime) -> Line:
    """Return a message as the pages of both sides show it."""
    state = state_of(message, now)
    late = message.is_own and state in WAITING and message.answer_due_at is not None and message.answer_due_at < now
    return Line(message, state, late)


@may_be_read_from_standby
def inbox(account: Who, query: QueryDict) -> Context:
    """Return a page of the conversations in which a care team has written."""
    return folder("inbox", listing=queries.inbox(account, query.get("before", ""), PAGE_SIZE))


@may_be_read_from_standby
def archive(account: Who, query: QueryDict) -> Context:
    """Return a page of the conversations that the patient has put away."""
    return folder("archive", listing=queries.archive(account, query.get("before", ""), PAGE_SIZE))


@may_be_read_from_standby
def sent(account: Who, query: QueryDict) -> Context:
    """Return a page of the messages that the patient has sent."""
    listing, now = queries.sent(account, query.get("before", ""), PAGE_SIZE), timezone.now()
    return folder("sent", listing=listing, lines=[line_of(row, now) for row in listing.rows])


@may_be_read_from_standby
def drafts(account: Who, query: QueryDict) -> Context:
    """Return a page of the drafts."""
    return folder("drafts", listing=queries.drafts(account, query.get("before", ""), PAGE_SIZE))


@may_be_read_from_standby
def search(account: Who, query: QueryDict) -> Context:
    """Return a page of the messages that hold what the address asks for."""
    words = query.get("q", "").strip()[: queries.LONGEST_SEARCH]
    if not words:
        return folder("search", words="", listing=None, lines=[])
    listing, now = queries.search(account, words, query.get("before", ""), PAGE_SIZE), timezone.now()
    filters = QueryDict(mutable=True)
    filters["q"] = words
    lines = [line_of(row, now) for row in listing.rows]
    return folder("search", words=words, listing=listing, lines=lines, filters=filters.urlencode())


def folder(name: str, **context: Any) -> Context:
    """Return the context of a folder's page."""
    titles = {key: title for key, title, _ in FOLDERS}
    title = titles.get(name, "Search")
    shown = {"folders": FOLDERS, "folder": name, "folder_title": title, **context}
    return shown if name == "inbox" else shown | {"item_title": title}


def thread(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return one conversation, oldest message first, and note that the patient has read it."""
    found, now = queries.one_thread(account, item), timezone.now()
    queries.note_read(account, found)
    return {
        "thread": found,
        "item_title": found.subject,
        "lines": [line_of(message, now) for message in queries.lines_of(found)],
        "writer": helper_of(account),
        "drafts": queries.drafts_in(account, found),
        "is_old": is_old(found, now),
        "is_away": teams.is_out_of_office(found.team),
        "newer": found.continued_by.order_by("last_sent_at").first(),
    }


def act_on_thread(account: Who, request: HttpRequest, item: UUID) -> HttpResponse:
    """Put the conversation away, take it back, or take back a message that is still held."""
    found, wanted = queries.one_thread(account, item), request.POST.get("do", "")
    if wanted in ("archive", "restore"):
        if queries.move_to_archive(account, found, archived=wanted == "archive"):
            words = "moved to the archive" if wanted == "archive" else "moved back to your inbox"
            messages.success(request, f"The conversation was {words}.")
        return redirect(
            address_of(account, "messages-archive")
            if wanted == "restore"
            else address_of(account, "feature", "messages")
        )
    if wanted == "unsend":
        return take_back(account, request, found)
    return redirect(address_of(account, "messages-thread", item))


def take_back(account: Who, request: HttpRequest, found: Thread) -> HttpResponse:
    """Make a held message a draft again, and open it."""
    try:
        message = UUID(request.POST.get("message", ""))
    except ValueError:
        return redirect(address_of(account, "messages-thread", found.pk))
    if unsend(account, message):
        messages.success(request, "Your message was not sent. It is a draft again.")
        return redirect(address_of(account, "messages-draft", message))
    minutes = policy.MESSAGE_HELD.seconds // 60
    messages.error(request, f"This message can not be taken back any more: that is possible for {minutes} minutes.")
    return redirect(address_of(account, "messages-thread", found.pk))


def message(account: Who, query: QueryDict, item: UUID) -> HttpResponse:
    """Lead to a message in its conversation, or to the draft. Mails link here."""
    found = queries.one_message(account, item)
    if found.held_at is None or found.thread_id is None:
        return redirect(address_of(account, "messages-draft", item))
    return redirect(f"{address_of(account, 'messages-thread', found.thread_id)}#m-{item}")


def file(account: Who, query: QueryDict, item: UUID) -> HttpResponse:
    """Return a file of one of the patient's messages."""
    found = queries.one_attachment(account, item)
    record_event("message.file-opened", by=account, message=str(found.message_id))
    return attachments.response_of(found)


def away(some: list[CareTeam]) -> list[CareTeam]:
    """Return the teams that are out of office today."""
    return [team for team in some if teams.is_out_of_office(team)]
