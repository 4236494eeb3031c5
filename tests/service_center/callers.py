"""Callers who have shown who they are, for tests that are not about how."""

from django.utils import timezone

from accounts.models import Account
from service_center.calls.models import Call


def known_to(worker: str | Account, subject: object, identity: str = Call.Identity.COMPARED) -> Call:
    """The open call of a member of staff (by username) whose caller has shown to be this account's holder or person."""
    staff = worker if isinstance(worker, Account) else Account.objects.get(username=worker)
    account = subject if isinstance(subject, Account) else None
    dod_id = getattr(subject, "dod_id", "") or ""
    now = timezone.now()
    return Call.objects.create(
        staff=staff, account=account, dod_id=dod_id, identity=identity, identified_at=now, began_at=now
    )
