"""The changes of an account as the desk sees them: what, when, from where, and what has become of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.changes import Kind
from accounts.models import Account, CredentialChange, Freeze
from accounts.models.factors import Named
from accounts.reported import what_of
from accounts.sessions.store import factor_label


@dataclass(frozen=True)
class ShownChange:
    """One line of the list."""

    what: str
    at: datetime
    device: str
    address: str
    today: str


def changes_shown(account: Account, under: Freeze | None, factors: Iterable[Named]) -> list[ShownChange]:
    """Return the account's changes, the latest first. Neither an address nor a number is among them.

    `under` is the freeze that the account is under, and `factors` are its second factors.
    """
    in_use = {factor_label(factor) for factor in factors}
    since = under.since if under else None
    changes = sorted(account.credential_changes.all(), key=lambda one: (one.at, one.pk), reverse=True)
    return [
        ShownChange(what_of(one), one.at, one.device, str(one.address or ""), today_of(one, in_use, since))
        for one in changes
    ]


def today_of(change: CredentialChange, in_use: set[str], since: datetime | None) -> str:
    """Return what has become of a change: in use, suspended, removed, or undone when the account is given back."""
    if change.kind == Kind.FACTOR_ADDED:
        if change.factor in in_use:
            return "In use"
        return "Suspended" if since and change.at >= since else "No longer in use"
    return "Will be undone" if since and change.at >= since and change.kind != Kind.PASSWORD else ""
