"""Mailboxes that accounts of many households share. Staff see them: somebody may be collecting accounts, or helping.

Couples and families share a mailbox, and may. So what counts are the households, as DEERS knows them.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Account, State
from core import policy
from deers import lookup
from safeguards import audit
from safeguards.retry import PATIENTLY

MOST = 100
"""How many accounts of one mailbox are looked at. More of them do not change the result."""


class DeersSilentError(Exception):
    """DEERS does not answer the worker, which has to try again later."""


def accounts_of(email: str) -> QuerySet[Account]:
    """Return the accounts of beneficiaries that are not closed and use this mailbox."""
    return Account.objects.filter(email__lower=email.lower(), dod_id__isnull=False).exclude(state=State.CLOSED)


def look_later(account: Account) -> None:
    """Have the worker look at the account's mailbox, in the caller's transaction, if enough accounts share it."""
    if account.email and accounts_of(account.email).count() >= policy.SHARED_MAILBOX_HOUSEHOLDS:
        look_at_mailbox.defer(account_id=account.pk)


def flag(account_id: int, now: datetime | None = None) -> int:
    """Flag the accounts of this account's mailbox if they are of too many households. Return how many are new.

    However many workers do this at once, each account is flagged once, with one event.
    """
    account = Account.objects.get(pk=account_id)
    if not account.email:
        return 0
    sharing = dict(accounts_of(account.email).order_by("pk").values_list("pk", "dod_id")[:MOST])
    if households(dod_id or "" for dod_id in sharing.values()) < policy.SHARED_MAILBOX_HOUSEHOLDS:
        return 0
    flagged = 0
    for pk in sharing:
        with transaction.atomic():
            mine = accounts_of(account.email).filter(pk=pk, mailbox_shared_at=None)
            if mine.update(mailbox_shared_at=now or timezone.now()):
                audit.record("account.mailbox-shared", by="system", account_id=pk)
                flagged += 1
    return flagged


def households(dod_ids: Iterable[str]) -> int:
    """Return how many households these people are of. Those who are or were of one family are of one household."""
    left, found = set(dod_ids), 0
    while left:
        reached = [left.pop()]
        found += 1
        for one in reached:
            kin = lookup.kin(one)
            if kin is None:
                raise DeersSilentError
            theirs = left & set(kin)
            left -= theirs
            reached += theirs
    return found


@app.task(name="accounts.tasks.look_at_mailbox", queue="housekeeping", retry=PATIENTLY)
def look_at_mailbox(account_id: int) -> None:
    """Flag the accounts of a mailbox that people of many households share."""
    flag(account_id)
