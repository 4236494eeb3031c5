"""What the pages of the secure messages show."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, QueryDict

from accounts.models import Account
from core.paging import page_number, page_of
from portal.models import Thread
from safeguards import audit

PAGE_SIZE = 10


def messages(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of conversations, newest first."""
    mine = Thread.objects.filter(patient=account.dod_id).order_by("-last_sent_at", "pk")
    return {"page": page_of(mine, page_number(query.get("page", "1")), PAGE_SIZE)}


def message_thread(account: Account, item: str) -> dict[str, Any]:
    """Return one conversation with its messages, oldest first. It counts as read from now on.

    Raise Http404 for anyone else's, and for what is no id.
    """
    try:
        which = UUID(item)
    except ValueError:
        raise Http404 from None
    thread = Thread.objects.filter(patient=account.dod_id, pk=which).first()
    if thread is None:
        raise Http404
    thread.lines = list(thread.messages.order_by("sent_at", "pk"))
    if thread.unread_since:
        mark_read(account, thread)
    return {"thread": thread, "item_title": thread.subject}


def mark_read(account: Account, thread: Thread) -> None:
    """Note once that the messages of a conversation were opened, as far as this page shows them."""
    with transaction.atomic():
        shown = Thread.objects.filter(pk=thread.pk, unread_since__isnull=False, last_sent_at=thread.last_sent_at)
        if shown.update(unread_since=None):
            audit.record("portal.message-read", by=account)
