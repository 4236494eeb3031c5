"""Changing the email address: confirmed at the new address, announced at the old one, and revocable from there.

The first address is confirmed in the same way, unless the activation code was emailed to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import actions
from accounts.mail import links, notices, reported_mailboxes
from accounts.models import Account, Link, LostFactor
from accounts.models.mail import Purpose
from core import policy
from safeguards import audit, limits


def ask(account: Account, email: str) -> timedelta | None:
    """Email a link to this address and void earlier ones. Return how long to wait if there were too many requests."""
    wait = limits.hit(policy.EMAIL_CHANGES, str(account.pk), account_id=account.pk)
    if wait:
        return wait
    with transaction.atomic():
        link = links.replace(account, Purpose.CONFIRM_EMAIL, data=email)
        audit.record("account.email-asked", by=account)
        notices.send("confirm-email", to=email, account_id=account.pk, first_name=account.first_name, link=link)
    return None


def confirm(account: Account, token: str, now: datetime | None = None) -> bool:
    """Use the link up, and make the address the account's confirmed one.

    Return False if the link is no longer valid or belongs to another account.
    """
    with transaction.atomic():
        link = awaited(account, token, now)
        if link is None or not links.use(token, Purpose.CONFIRM_EMAIL, now):
            return False
        if link.data == account.email:
            actions.confirm_email(account, by=account)
        else:
            change(account, link.data, by=account)
    return True


def waiting(account: Account, now: datetime | None = None) -> Link | None:
    """Return the link by which an address still has to be confirmed: its `data` is the address. None: there is none."""
    live = Link.objects.filter(account=account, purpose=Purpose.CONFIRM_EMAIL, used_at=None)
    return live.filter(expires_at__gt=now or timezone.now()).order_by("-created_at").first()


def cancel(account: Account) -> bool:
    """End the link by which an address would have been confirmed. Return whether there was one."""
    with links.exclusive(Account.objects.filter(pk=account.pk)):
        was_asked = waiting(account) is not None
        if was_asked:
            links.void(account, [Purpose.CONFIRM_EMAIL])
            audit.record("account.email-canceled", by=account)
    return was_asked


def awaited(account: Account, token: str, now: datetime | None = None) -> Link | None:
    """Return the link that this account was sent to confirm an address, or None if it can no longer be used."""
    link = links.peek(token, Purpose.CONFIRM_EMAIL, now)
    return link if link and link.account_id == account.pk else None


def change(account: Account, email: str, *, by: object, gives_up: bool = False) -> None:
    """Change the address, and notify all addresses of the person. The old one can take the change back.

    With `gives_up`, somebody else reads the old mailbox or nobody does. Then the old address hears nothing, and the
    others get a link that freezes the account. So it is while staff decide about a report that somebody else reads it.
    """
    with transaction.atomic():
        if not gives_up:
            reported_mailboxes.follow(account, email, in_deers=notices.address_in_deers(account))
        changed = actions.set_email(account, email, by=by, gives_up=gives_up)
        old = changed.email_before
        if gives_up or notices.is_given_up(account, old):
            lost_mailbox(account)
            notices.tell(account, "email-changed", since=changed.at)
            return
        undo = links.make(account, Purpose.UNDO_EMAIL, data=old, since=changed.at)
        notices.send("email-changed", to=old, account_id=account.pk, first_name=account.first_name, undo=undo)
        others = [one for one in notices.addresses_of(account) if one.lower() not in (old.lower(), email.lower())]
        if others:
            notices.tell(account, "email-changed", to=others, since=changed.at)


def lost_mailbox(account: Account) -> None:
    """End the link for a new second factor in a mailbox that was given up. It is sent again, to the new address."""
    links.void(account, [Purpose.NEW_FACTOR])
    LostFactor.objects.filter(account=account, ended_at=None).update(told_at=None)


@dataclass(frozen=True)
class Undone:
    """The account is frozen. `restored` says whether it has the old address again."""

    account: Account
    restored: bool


def can_restore(link: Link) -> bool:
    """Return whether a link may restore its address: not if that mailbox was given up as taken or lost."""
    return not notices.is_given_up(link.account, link.data)


def undo(token: str, now: datetime | None = None) -> Undone | None:
    """Use the link up, restore the old address and freeze the account. Return None if the link is no longer valid.

    The link of a mailbox that was given up freezes and restores nothing: a thief may read it there. A person who
    changed the address more than once holds such links too. Links made later than this one end with it. Earlier links
    stay valid.
    """
    with transaction.atomic():
        link = links.use(token, Purpose.UNDO_EMAIL, now)
        if link is None:
            return None
        account, restores = link.account, can_restore(link)
        if restores:
            later = Link.objects.filter(account=account, purpose=Purpose.UNDO_EMAIL, created_at__gt=link.created_at)
            later.filter(used_at=None).update(used_at=link.used_at)
            audit.record("recovery.email-undone", by="visitor", account_id=account.pk)
            actions.set_email(account, link.data, by="visitor")
        else:
            audit.record("recovery.not-me", by="visitor", account_id=account.pk, notice="email-changed")
        actions.freeze(account, by="visitor", since=link.since)
    return Undone(account, restores)
