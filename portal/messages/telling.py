"""Telling those of an answer who wait for it: the patient, and who wrote in the conversation for the patient."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts import actions
from accounts.mail import notices
from accounts.models import Account
from portal.family.access import find_access
from portal.messages.models import Thread


def tell_of_answer(thread: Thread, message: UUID) -> None:
    """Email them that there is a message. The link leads to it after signing in, and nothing else is said."""
    account = actions.account_of(thread.patient)
    if account:
        send("new-message", account, reverse("messages-message", args=[message]))
    for helper, access in helpers_of(thread):
        send("new-message-for-another", helper, reverse("of-messages-message", args=[access, message]))


def helpers_of(thread: Thread) -> Iterator[tuple[Account, UUID]]:
    """Yield who wrote in a conversation for the patient and may still read it, with the access by which they do."""
    wrote = thread.messages.filter(held_at__isnull=False, helper__isnull=False)
    for helper in Account.objects.filter(pk__in=wrote.values("helper")):
        if access := find_access(helper, thread.patient, "messages"):
            yield helper, access


def send(mail: str, account: Account, page: str) -> None:
    link = settings.SITE_ADDRESS + page
    notices.send(mail, to=account.email, account_id=account.pk, first_name=account.first_name, link=link)
