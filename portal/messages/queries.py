"""What the pages read of a patient's messages: folders, one conversation, and what the search finds.

Every query starts from the patient, and drafts from who wrote them. From 13 on, a parent sees the conversations that
one of the parents began: what a team writes by itself may be sensitive, and nothing marks it.

A page of a list begins below a row that the address names (`?before=`), so that the inbox costs the same with 20,000
messages as with 20. What is unread is computed, and never counted up and down.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from portal.family.patients import Patient, Who, helper_of, record_event
from portal.messages import teams
from portal.messages.drafts import written_by
from portal.messages.models import Attachment, Message, Thread
from portal.record.queries import Listing
from portal.record.sensitive import Guarded

# Longer searches are cut. Nobody remembers more of a message.
LONGEST_SEARCH = 200


def unread() -> Q:
    """Return the condition of messages of a care team that the patient has not read."""
    return Q(author=Message.Author.STAFF, opened_at=None, send_due_at__lte=Now())


def threads_of(who: Who) -> QuerySet[Thread]:
    """Return a patient's conversations, each with its team, and with `is_unread`."""
    new = Message.objects.filter(unread(), thread=OuterRef("pk"))
    rows = Thread.objects.filter(begun_by_helper(who, "pk"), patient=who.dod_id or "")
    return rows.select_related("team").annotate(is_unread=Exists(new))


def begun_by_helper(who: Who, thread: str) -> Q:
    """Return the condition of what a parent sees of a child from 13 on, by the column of the conversation's id."""
    first = Message.objects.filter(pk=OuterRef(thread), author=Message.Author.PATIENT, helper__isnull=False)
    return Q(Exists(first)) if isinstance(who.dod_id, Guarded) else Q()


def messages_of(who: Who) -> QuerySet[Message]:
    """Return the messages of a patient's conversations, and the drafts of the person who has the record open."""
    sent = Q(held_at__isnull=False) & begun_by_helper(who, "thread")
    drafts = Q(held_at=None, author=Message.Author.PATIENT, helper=helper_of(who))
    return Message.objects.filter(sent | drafts, patient=who.dod_id or "").defer("search").select_related("team")


def inbox(who: Who, before: str, size: int) -> Listing:
    """Return the conversations in which a care team has written, the newest answer first."""
    rows = threads_of(who).filter(archived_at=None, last_answer_at__isnull=False)
    return page_below(rows, "last_answer_at", before, size)


def archive(who: Who, before: str, size: int) -> Listing:
    """Return the conversations that the patient has put away, the last one first."""
    return page_below(threads_of(who).filter(archived_at__isnull=False), "archived_at", before, size)


def sent(who: Who, before: str, size: int) -> Listing:
    """Return what the patient has sent, and what is held, newest first."""
    rows = messages_of(who).filter(author=Message.Author.PATIENT, held_at__isnull=False)
    return page_below(rows, "held_at", before, size)


def drafts(who: Who, before: str, size: int) -> Listing:
    """Return the drafts of the person who has the record open, the last one saved first."""
    return page_below(
        written_by(who).filter(held_at=None).defer("search").select_related("team"), "saved_at", before, size
    )


def search(who: Who, words: str, before: str, size: int) -> Listing:
    """Return the messages and drafts of a patient that hold these words, in any of their forms, newest first.

    "Quoted words" stand together, a word after - is not there, and `or` is one of two, as in the usual search engines.
    """
    wanted = SearchQuery(words[:LONGEST_SEARCH].replace("\x00", " "), config="english", search_type="websearch")
    return page_below(messages_of(who).filter(search=wanted), "saved_at", before, size)


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


def one_thread(who: Who, item: UUID) -> Thread:
    """Return a patient's conversation, with `may_write` to its team. Raise Http404 for anyone else's."""
    links = teams.links().filter(patient=OuterRef("patient"), team=OuterRef("team"))
    rows = threads_of(who).select_related("team", "continues").annotate(may_write=Exists(links))
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


def one_message(who: Who, item: UUID) -> Message:
    """Return a patient's message or draft. Raise Http404 for anyone else's, and for what the team has not sent."""
    found = messages_of(who).select_related("team", "thread__team").filter(pk=item).first()
    if found is None:
        raise Http404
    return found


def one_attachment(who: Who, item: UUID) -> Attachment:
    """Return a file of a patient's message. Raise Http404 for anyone else's."""
    found = Attachment.objects.filter(pk=item, message__in=messages_of(who)).first()
    if found is None:
        raise Http404
    return found


def drafts_in(who: Who, thread: Thread) -> list[Message]:
    """Return one's drafts of answers in a conversation, the last one saved first."""
    return list(written_by(who).filter(thread=thread, held_at=None).defer("search").order_by("-saved_at")[:3])


def note_read(who: Who, thread: Thread) -> int:
    """Note that the patient has now read what the care team wrote, and return how many messages were new.

    A parent reads in place of the child. Anyone else who reads leaves it unread for the patient.
    """
    if isinstance(who, Patient) and not who.is_child:
        return 0
    with transaction.atomic():
        new = Message.objects.filter(unread(), thread=thread).update(opened_at=timezone.now())
        if new:
            record_event("message.read", by=who, messages=new, thread=str(thread.pk))
    return new


def move_to_archive(who: Who, thread: Thread, *, archived: bool) -> bool:
    """Put a conversation away, or take it back. Return whether that changed anything."""
    rows = Thread.objects.filter(pk=thread.pk, patient=who.dod_id, archived_at__isnull=archived)
    with transaction.atomic():
        moved = rows.update(archived_at=timezone.now() if archived else None)
        if moved:
            record_event("message.archived", by=who, thread=str(thread.pk), archived=archived)
    return bool(moved)
