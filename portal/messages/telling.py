"""Telling those of an answer who wait for it: the patient, and who wrote in the conversation for the patient."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from accounts import actions
from accounts.models import Account
from portal.family.access import find_access
from portal.messages.models import Thread
from portal.notices.models import Kind
from portal.notices.telling import tell


def tell_of_answer(thread: Thread, message: UUID) -> None:
    """Tell them, as they chose, that there is a message. The link leads to it, and nothing else is said."""
    account = actions.account_of(thread.patient)
    if account:
        tell(account, Kind.MESSAGES, "new-message", page=reverse("messages-message", args=[message]))
    for helper, access in helpers_of(thread):
        page = reverse("of-messages-message", args=[access, message])
        tell(helper, Kind.MESSAGES, "new-message-for-another", page=page)


def helpers_of(thread: Thread) -> Iterator[tuple[Account, UUID]]:
    """Yield who wrote in a conversation for the patient and may still read it, with the access by which they do."""
    wrote = thread.messages.filter(held_at__isnull=False, helper__isnull=False)
    for helper in Account.objects.filter(pk__in=wrote.values("helper")):
        if access := find_access(helper, thread.patient, "messages"):
            yield helper, access
