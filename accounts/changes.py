"""The log of what changed about how one gets into an account. A freeze undoes what stands here.

The audit trail says the same to people, but holds no personal data, so nothing can be given back from it.
"""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account, CredentialChange, Factor, Freeze
from accounts.sessions.store import factor_label
from safeguards import client
from safeguards.middleware import current_request

Kind = CredentialChange.Kind


def note_change(
    account: Account, kind: Kind, *, at: datetime | None = None, factor: Factor | None = None, before: str = ""
) -> CredentialChange:
    """Write one change down, in the transaction that makes it, with where the current request comes from."""
    request = current_request.get()
    return CredentialChange.objects.create(
        account=account,
        kind=kind,
        at=at or timezone.now(),
        factor=factor_label(factor) if factor else "",
        before=before,
        address=(client.address(request) or None) if request else None,
        device=client.device(request) if request else "",
    )


def changes_of(account: Account) -> QuerySet[CredentialChange]:
    """Return the changes that can still be undone, oldest first."""
    return CredentialChange.objects.filter(account=account).order_by("at", "pk")


def first_since(account: Account, since: datetime | None, kind: Kind) -> CredentialChange | None:
    """Return the first change of this kind since a moment. It knows what there was before. None means none since."""
    return changes_of(account).filter(kind=kind, at__gte=since).first() if since else None


def live_freeze(account: Account) -> Freeze | None:
    """Return the freeze that the account is under, or None."""
    return next((freeze for freeze in account.freezes.all() if freeze.ended_at is None), None)
