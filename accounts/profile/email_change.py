"""Changing the email address: confirmed at the new address, announced at the old one, and revocable from there.

The first address is confirmed in the same way, unless the activation code was emailed to it.
"""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import actions
from accounts.mail import links, notices
from accounts.models import Account, Link
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


def awaited(account: Account, token: str, now: datetime | None = None) -> Link | None:
    """Return the link that this account was sent to confirm an address, or None if it can no longer be used."""
    link = links.peek(token, Purpose.CONFIRM_EMAIL, now)
    return link if link and link.account_id == account.pk else None


def change(account: Account, email: str, *, by: object) -> None:
    """Change the address, and notify the old one and the one in DEERS. The old one can take the change back."""
    with transaction.atomic():
        addresses = notices.addresses_of(account)
        old = actions.set_email(account, email, by=by)
        undo = links.make(account, Purpose.UNDO_EMAIL, data=old)
        notices.send("email-changed", to=old, account_id=account.pk, first_name=account.first_name, undo=undo)
        others = [address for address in addresses if address.lower() not in (old.lower(), email.lower())]
        if others:
            notices.tell(account, "email-changed", to=others)


def undo(token: str, now: datetime | None = None) -> bool:
    """Use the link up, restore the old address and freeze the account. Return False if the link is no longer valid.

    A person who changed the address more than once holds such links too. Links made later than this one end with it.
    Earlier links stay valid.
    """
    with transaction.atomic():
        link = links.use(token, Purpose.UNDO_EMAIL, now)
        if link is None:
            return False
        later = Link.objects.filter(account=link.account, purpose=Purpose.UNDO_EMAIL, created_at__gt=link.created_at)
        later.filter(used_at=None).update(used_at=link.used_at)
        audit.record("recovery.email-undone", by="visitor", account_id=link.account.pk)
        actions.set_email(link.account, link.data, by="visitor")
        actions.freeze(link.account, by="visitor")
    return True
