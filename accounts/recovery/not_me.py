"""The link "this was not me" in every notice of a change. It freezes the account until the service center steps in."""

from datetime import datetime

from django.db import transaction

from accounts import actions
from accounts.mail import links
from accounts.models.mail import Purpose
from safeguards import audit


def freeze(token: str, now: datetime | None = None) -> bool:
    """Use the link up and freeze its account. Return False if the link is no longer valid.

    The account's sessions and other links end. An account that is already frozen or closed stays so, because nobody can
    sign in to it either.
    """
    with transaction.atomic():
        link = links.use(token, Purpose.NOT_ME, now)
        if link is None:
            return False
        audit.record("recovery.not-me", by="visitor", account_id=link.account.pk, notice=link.data)
        actions.freeze(link.account, by="visitor")
    return True
