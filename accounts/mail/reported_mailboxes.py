"""Mailboxes that a person reported to the service center as not theirs any more (models.Assistance).

What counts is the mailbox that was reported, and not the address that the account has by the time of the decision. A
thief who reads the mailbox may have moved the account to another one by then.
"""

import json
from collections.abc import Iterable

from accounts.models import Account, Assistance, Freeze

Kind, Reason = Assistance.Kind, Assistance.Reason


def note(asked: Assistance, emails: Iterable[str]) -> None:
    """Write down the mailboxes that this request is about, each once, regardless of case."""
    asked.mailboxes = json.dumps(list({email.lower(): email for email in emails if email}.values()))
    asked.save(update_fields=["mailboxes"])


def read(asked: Assistance) -> list[str]:
    """Return the mailboxes that this request is about."""
    return json.loads(asked.mailboxes or "[]")


def taken(account: Account, *, approved: bool = False) -> set[str]:
    """Return the mailboxes, in lower case, that somebody else reads by a report of the holder.

    A report counts while it waits for the second staff member, and for good once it is approved. With `approved`, those
    that wait are left out.
    """
    of_mailbox = (Kind.EMAIL_OF_RECORD, Reason.MAILBOX_TAKEN)
    reports = (asked for asked in account.assistance.all() if (asked.kind, asked.reason) == of_mailbox)
    counting = (asked for asked in reports if asked.approved or (asked.approved is None and not approved))
    return {email.lower() for asked in counting for email in read(asked)}


def follow(account: Account, email: str, *, in_deers: str) -> None:
    """Add an address that the account gets while a report waits: a thief may be moving on from the reported mailbox.

    The address in DEERS is left out, because no thief has put it there. When the account was frozen and given back in
    the meantime, its holder has proven who they are, and what comes after that is theirs. Call it with the account
    locked.
    """
    pending = Assistance.objects.select_for_update().filter(account=account, kind=Kind.EMAIL_OF_RECORD, decided_at=None)
    asked = pending.first()
    if asked and email.lower() != in_deers.lower() and not was_given_back(asked):
        note(asked, [*read(asked), email])


def was_given_back(asked: Assistance) -> bool:
    """Return whether the account was frozen and given back since this was asked for."""
    return Freeze.objects.filter(account=asked.account_id, ended_at__gte=asked.asked_at).exists()
