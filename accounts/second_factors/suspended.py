"""Factors that are not in use but not forgotten: removed ones, and ones that a freeze has suspended.

Both have `confirmed=False`, which every query for a usable factor leaves out. The log of changes tells them apart.
"""

from collections.abc import Iterable
from datetime import datetime

from procrastinate.contrib.django import app

from accounts.changes import Kind, changes_of
from accounts.models import Account, CredentialChange, NotificationAddress, State
from accounts.models.factors import Named
from accounts.second_factors import backup_codes
from accounts.second_factors.factors import KINDS, free_name
from accounts.sessions.store import factor_label
from core import policy
from safeguards import audit, clock


def suspend_since(account: Account, since: datetime, *, by: object) -> int:
    """Suspend the factors added since a moment, and return how many."""
    added = [kind.model._default_manager.filter(user=account, confirmed=True, created_at__gte=since) for kind in KINDS]
    suspended = sum(some.update(confirmed=False) for some in added)
    if suspended:
        audit.record("second-factor.suspended", by=by, account_id=account.pk, factors=suspended)
    return suspended


def give_back_factors(account: Account, since: datetime | None) -> tuple[int, int]:
    """Delete the factors and backup codes added since a moment, and give back those from before.

    Without a moment only what was suspended is given back. Return how many factors were deleted and given back. Call it
    under the lock for the account's factors.
    """
    kept_removed = set(removed_labels(account, before=since))
    deleted = given = 0
    for kind in KINDS:
        factors = kind.model._default_manager.filter(user=account)
        if since:
            deleted += factors.filter(created_at__gte=since).delete()[0]
        for factor in factors.filter(confirmed=False).order_by("created_at"):
            if factor_label(factor) not in kept_removed:
                use_again(account, factor)
                given += 1
    if since:
        backup_codes.give_back(account, since)
    return deleted, given


def use_again(account: Account, factor: Named) -> None:
    """Make a factor usable again, under its old name or a free one like it."""
    factor.name = free_name(account, factor.name)
    factor.confirmed = True
    factor.save(update_fields=["name", "confirmed"])


def removed_labels(account: Account, *, before: datetime | None) -> Iterable[str]:
    """Return the labels of the factors that were removed before a moment, or at any time."""
    removed = changes_of(account).filter(kind=Kind.FACTOR_REMOVED)
    return (removed.filter(at__lt=before) if before else removed).values_list("factor", flat=True)


def purge(now: datetime | None = None) -> int:
    """Delete what can no longer be undone: old changes, former addresses and removed factors. Return how many changes.

    What belongs to a frozen account stays until the account is given back.
    """
    now = now or clock.now()
    old = CredentialChange.objects.filter(at__lt=now - policy.CHANGES_UNDONE_WITHIN)
    old = old.exclude(account__state=State.FROZEN)
    removed = old.filter(kind=Kind.FACTOR_REMOVED).values_list("factor", flat=True)
    keys = [label.rpartition("/")[::2] for label in removed]
    for kind in KINDS:
        of_kind = [pk for model, pk in keys if model == kind.model._meta.label_lower]
        kind.model._default_manager.filter(pk__in=of_kind, confirmed=False).delete()
    addresses = NotificationAddress.objects.filter(until_at__lt=now - policy.NOTICES_TO_FORMER_ADDRESSES)
    addresses.exclude(account__state=State.FROZEN).delete()
    return old.delete()[0]


@app.task(name="accounts.tasks.purge_changes", queue="housekeeping")
def purge_changes(timestamp: int) -> None:
    """Delete what can no longer be undone."""
    purge()
