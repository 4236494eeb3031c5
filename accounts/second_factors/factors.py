"""What all kinds of second factors share: judging what was typed, and adding, renaming and removing them.

The cryptography of passkeys is in passkeys.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.changes import Kind as Change
from accounts.changes import note_change
from accounts.models import Account, Factor
from accounts.models.factors import Named
from accounts.second_factors import authenticator_apps, backup_codes, passkeys
from accounts.second_factors.kinds import Kind
from accounts.second_factors.locks import lock_factors
from accounts.sessions import store
from safeguards import audit, rows

# One entry per kind, the recommended one first. Names, limits, events and what a replacement deletes follow from it.
KINDS = (passkeys.KIND, authenticator_apps.KIND)
# The slugs of the kinds that an account has. Backup codes are not among them.
Kinds = frozenset[str]


@dataclass(frozen=True)
class Removed:
    """The factor was removed, and the sessions that began with it have ended."""

    was_last: bool
    at: datetime


@dataclass(frozen=True)
class LastOne:
    """The account must have a second factor, and this is its only one. Nothing was changed."""


@dataclass(frozen=True)
class Gone:
    """The account has no such factor, or no longer has it."""


def verify(account: Account, typed: str, *, now: float | None = None) -> Factor | None:
    """Return the factor that `typed` proves: an app's digits or a backup code, each used up; None if neither.

    `now` is in seconds since 1970. The caller counts failures and records the event.
    """
    return authenticator_apps.verify_token(account, typed, now=now) or backup_codes.verify_backup_code(account, typed)


def account_with_kinds(where: str, values: Sequence[Any]) -> Account | None:
    """Return the account that meets a condition in SQL, with what `kinds_then` needs, in one query."""
    return rows.first(Account, where, values, also={kind.flag: kind.is_held for kind in KINDS})


def kinds_then(account: Account) -> Kinds:
    """Return the kinds that an account from `account_with_kinds` had when it was read."""
    return frozenset(kind.slug for kind in KINDS if getattr(account, kind.flag))


def kinds(account: Account) -> Kinds:
    """Return the kinds that the account has now."""
    now = account_with_kinds("id = %s", [account.pk])
    return kinds_then(now) if now else frozenset()


def has_factor(account: Account) -> bool:
    """Return whether the account has a second factor of any kind."""
    return bool(kinds(account))


def all_of(account: Account) -> list[Named]:
    """Return the account's factors of every kind, oldest first."""
    found = [factor for kind in KINDS for factor in kind.model._default_manager.filter(user=account, confirmed=True)]
    return sorted(found, key=lambda factor: factor.created_at)


def kind_of(factor: Factor) -> Kind | None:
    """Return the kind of a factor. A backup code has none."""
    return next((kind for kind in KINDS if isinstance(factor, kind.model)), None)


def slug_of(factor: Named) -> str:
    """Return the word for the factor's kind in URLs."""
    kind = kind_of(factor)
    return kind.slug if kind else ""


def remove_all(account: Account) -> None:
    """Remove the account's factors of every kind, so that another can replace them. Call it under a lock."""
    for factor in all_of(account):
        put_away(account, factor)


def put_away(account: Account, factor: Named) -> datetime:
    """Take a factor out of use, and return when.

    It is kept for policy.CHANGES_UNDONE_WITHIN, so that a thief who removes it cannot take it from the holder
    (accounts/second_factors/suspended.py).
    """
    type(factor)._default_manager.filter(pk=factor.pk).update(confirmed=False)
    return note_change(account, Change.FACTOR_REMOVED, factor=factor).at


def find(account: Account, kind: str, pk: str) -> Named | None:
    """Return the account's factor of this kind with this primary key, or None."""
    return next((factor for factor in all_of(account) if (slug_of(factor), str(factor.pk)) == (kind, pk)), None)


def free_name(account: Account, stem: str) -> str:
    """Return `stem`, or "`stem` 2" and so on if the account already has a factor with that name."""
    taken = {factor.name.casefold() for factor in all_of(account)}
    names = (stem, *(f"{stem} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name.casefold() not in taken)


def name_taken(account: Account, name: str, by: Named | None = None) -> bool:
    """Return whether another factor than `by` has this name. A list with the same name twice is of no use."""
    return any(factor != by and factor.name.casefold() == name.casefold() for factor in all_of(account))


def rename(account: Account, factor: Named, name: str, *, by: object) -> None:
    """Give the factor another name, one that is not taken."""
    with lock_factors(account):
        type(factor)._default_manager.filter(pk=factor.pk, user=account).update(name=name)
        audit.record("second-factor.renamed", by=by, account_id=account.pk)


def remove(account: Account, kind: str, pk: str, *, by: object) -> Removed | LastOne | Gone:
    """Remove one factor, unless the account must have one and this is the last.

    This runs under a lock on the account's row and under the lock for its factors. Of two removals at once, the second
    one counts what the first one left. An upgrade at the same time counts too.
    """
    with lock_factors(account):
        row = Account.objects.select_for_update().get(pk=account.pk)
        factor = find(row, kind, pk)
        if factor is None:
            return Gone()
        was_last = len(all_of(row)) == 1
        if was_last and (row.is_premium or row.is_staff):
            return LastOne()
        if was_last:  # nothing asks for backup codes any more
            backup_codes.remove_backup_codes(row)
        store.end_with_factor(row, factor)
        at = put_away(row, factor)
        removed = kind_of(factor)
        assert removed is not None  # all_of() lists no others
        audit.record(removed.removed, by=by, account_id=row.pk)
    return Removed(was_last, at)
