"""What the pages read of a patient's messages: folders, one conversation, and what the search finds.

Every query starts from the patient. A page of a list begins below a row that the address names (`?before=`), so that
the inbox costs the same with 20,000 messages as with 20. What is unread is computed, and never counted up and down.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from accounts.models import Account
from portal.messages import teams
from portal.messages.models import Attachment, Message, Thread
from portal.record.queries import Listing
from safeguards import audit

# Longer searches are cut. Nobody remembers more of a message.
LONGEST_SEARCH = 200


def unread() -> Q:
    """Return the condition of messages of a care team that the patient has not read."""
    return Q(author=Message.Author.STAFF, opened_at=None, send_due_at__lte=Now())


def threads_of(patient: str | None) -> QuerySet[Thread]:
    """Return a patient's conversations, each with its team, and with `is_unread`."""
    mine = Message.objects.filter(unread(), thread=OuterRef("pk"))
    return Thread.objects.filter(patient=patient or "").select_related("team").annotate(is_unread=Exists(mine))


def messages_of(patient: str | None) -> QuerySet[Message]:
    """Return the messages of a patient's conversations, and the patient's drafts, but not the team's."""
    rows = Message.objects.filter(patient=patient or "").exclude(author=Message.Author.STAFF, held_at=None)
    return rows.defer("search").select_related("team")


def inbox(patient: str | None, before: str, size: int) -> Listing:
    """Return the conversations in which a care team has written, the newest answer first."""
    rows = threads_of(patient).filter(archived_at=None, last_answer_at__isnull=False)
    return page_below(rows, "last_answer_at", before, size)


def archive(patient: str | None, before: str, size: int) -> Listing:
    """Return the conversations that the patient has put away, the last one first."""
    return page_below(threads_of(patient).filter(archived_at__isnull=False), "archived_at", before, size)


def sent(patient: str | None, before: str, size: int) -> Listing:
    """Return what the patient has sent, and what is held, newest first."""
    rows = messages_of(patient).filter(author=Message.Author.PATIENT, held_at__isnull=False)
    return page_below(rows, "held_at", before, size)


def drafts(patient: str | None, before: str, size: int) -> Listing:
    """Return the patient's drafts, the last one saved first."""
    return page_below(messages_of(patient).filter(held_at=None), "saved_at", before, size)


def search(patient: str | None, words: str, before: str, size: int) -> Listing:
    """Return the messages and drafts of a patient that hold these words, in any of their forms, newest first.

    "Quoted words" stand together, a word after - is not there, and `or` is one of two, as in the usual search engines.
    """
    wanted = SearchQuery(words[:LONGEST_SEARCH].replace("\x00", " "), config="english", search_type="websearch")
    return page_below(messages_of(patient).filter(search=wanted), "saved_at", before, size)


def page_below(rows: QuerySet, column: str, before: str, size: int) -> Listing:
    """Return a page of rows below a cursor, newest first by a column.

    One more row is read, to know whether any are left.
    """
    cursor = read_cursor(before)
    rows = rows.order_by(f"-{column}", "-id")
    if cursor:
        at, pk = cursor
        rows = rows.filter(**{f"{column}__lte": at}).filter(Q(**{f"{column}__lt": at}) | Q(id__lt=pk))
    some = list(rows[: size + 1])
    older = write_cursor(some[size - 1], column) if len(some) > size else ""
    return Listing(some[:size], older, is_first=cursor is None)


def read_cursor(typed: str) -> tuple[datetime, UUID] | None:
    """Return the time and the id that ?before= names, or None for anything else. Nobody types one."""
    moment, _, key = typed.rpartition("_")
    try:
        at, pk = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return None
    return None if at.tzinfo is None or not 1 < at.year < 9999 else (at, pk)


def write_cursor(row: Model, column: str) -> str:
    return f"{getattr(row, column).isoformat()}_{row.pk}"


def one_thread(patient: str | None, item: UUID) -> Thread:
    """Return a patient's conversation, with `may_write` to its team. Raise Http404 for anyone else's."""
    links = teams.links().filter(patient=OuterRef("patient"), team=OuterRef("team"))
    rows = threads_of(patient).select_related("team", "continues").annotate(may_write=Exists(links))
    thread = rows.filter(pk=item).first()
    if thread is None:
        raise Http404
    return thread


def lines_of(thread: Thread, *, for_staff: bool = False) -> list[Message]:
    """Return the messages of a conversation with their files, oldest first.

    The patient sees those that are still held too. The care team does not.
    """
    files = Prefetch("attachments", Attachment.objects.order_by("added_at", "pk"))
    rows = Message.objects.filter(thread=thread, held_at__isnull=False).defer("search").prefetch_related(files)
    if for_staff:
        rows = rows.filter(send_due_at__lte=timezone.now())
    return list(rows.order_by("send_due_at", "id"))


def one_message(patient: str | None, item: UUID) -> Message:
    """Return a patient's message or draft. Raise Http404 for anyone else's, and for what the team has not sent."""
    found = messages_of(patient).select_related("team", "thread__team").filter(pk=item).first()
    if found is None:
        raise Http404
    return found


def one_attachment(patient: str | None, item: UUID) -> Attachment:
    """Return a file of a patient's message. Raise Http404 for anyone else's."""
    found = Attachment.objects.filter(pk=item, message__in=messages_of(patient)).first()
    if found is None:
        raise Http404
    return found


def drafts_in(thread: Thread) -> list[Message]:
    """Return the drafts of answers in a conversation, the last one saved first."""
    rows = messages_of(thread.patient).filter(thread=thread, held_at=None)
    return list(rows.order_by("-saved_at")[:3])


def note_read(account: Account, thread: Thread) -> int:
    """Note that the patient has now read what the care team wrote, and return how many messages were new."""
    with transaction.atomic():
        new = Message.objects.filter(unread(), thread=thread).update(opened_at=timezone.now())
        if new:
            audit.record("message.read", by=account, messages=new, thread=str(thread.pk))
    return new


def move_to_archive(account: Account, thread: Thread, *, archived: bool) -> bool:
    """Put a conversation away, or take it back. Return whether that changed anything."""
    rows = Thread.objects.filter(pk=thread.pk, patient=account.dod_id, archived_at__isnull=archived)
    with transaction.atomic():
        moved = rows.update(archived_at=timezone.now() if archived else None)
        if moved:
            audit.record("message.archived", by=account, thread=str(thread.pk), archived=archived)
    return bool(moved)
