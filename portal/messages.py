"""What the pages of the secure messages show."""

from typing import Any
from uuid import UUID

from django.http import Http404, QueryDict

from accounts.models import Account
from core.paging import page_number, page_of
from portal.models import Thread

PAGE_SIZE = 10


def messages(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of conversations, newest first."""
    mine = Thread.objects.filter(patient=account.dod_id).order_by("-last_sent_at", "pk")
    return {"page": page_of(mine, page_number(query.get("page", "1")), PAGE_SIZE)}


def message_thread(account: Account, item: str) -> dict[str, Any]:
    """Return one conversation with its messages, oldest first.

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
    return {"thread": thread, "item_title": thread.subject}
