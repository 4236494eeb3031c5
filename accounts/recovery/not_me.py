"""The link "this was not me" in every notice of a change. It freezes until the holder proves again who they are."""

from datetime import datetime

from django.db import transaction

from accounts import actions
from accounts.mail import links
from accounts.models import Account
from accounts.models.mail import Purpose
from safeguards import audit


def freeze(token: str, now: datetime | None = None) -> Account | None:
    """Use the link up, freeze its account and return it. Return None if the link is no longer valid.

    The account's sessions and other links end, and what was added since the reported change is suspended. An account
    that is already frozen or closed stays so, because nobody can sign in to it either.
    """
    with transaction.atomic():
        link = links.use(token, Purpose.NOT_ME, now)
        if link is None:
            return None
        audit.record("recovery.not-me", by="visitor", account_id=link.account.pk, notice=link.data)
        actions.freeze(link.account, by="visitor", since=link.since)
    return link.account
