"""Second factors: judging what was typed; adding, naming and removing them. The cryptography of passkeys is apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import Account, BackupCode, Factor
from accounts.models.factors import Named
from accounts.second_factors import authenticator_apps, backup_codes, passkeys
from accounts.second_factors.kinds import Kind
from accounts.second_factors.locks import lock_factors
from accounts.sessions import store
from safeguards import audit, rows

# One line for each kind, the one to recommend first. Names, numbers, events and what a replacement deletes follow.
KINDS = (passkeys.KIND, authenticator_apps.KIND)
# The slugs of the kinds that an account has; backup codes are not among them.
Kinds = frozenset[str]


@dataclass(frozen=True)
class Removed:
    """The factor is gone, and the sessions that were begun with it have ended."""

    was_last: bool


@dataclass(frozen=True)
class LastOne:
    """The account must have a second factor, and this is its only one; nothing was changed."""


@dataclass(frozen=True)
class Gone:
    """The account has no such factor, or no longer."""


def verify(account: Account, typed: str, *, now: float | None = None) -> Factor | None:
    """Return the factor that `typed` proves: an app's digits or a backup code, each once; None if neither.

    `now` is a time in seconds since 1970. The caller counts failures and records the event.
    """
    return authenticator_apps.verify_token(account, typed, now=now) or backup_codes.verify_backup_code(account, typed)


def account_with_kinds(where: str, values: Sequence[Any]) -> Account | None:
    """Return the account for which a condition in SQL holds, with what `kinds_then` tells: one query."""
    return rows.first(Account, where, values, also={kind.flag: kind.is_held for kind in KINDS})


def kinds_then(account: Account) -> Kinds:
    """Return which kinds an account of `account_with_kinds` had when it was read."""
    return frozenset(kind.slug for kind in KINDS if getattr(account, kind.flag))


def kinds(account: Account) -> Kinds:
    """Return which kinds the account has now."""
    now = account_with_kinds("id = %s", [account.pk])
    return kinds_then(now) if now else frozenset()


def has_factor(account: Account) -> bool:
    return bool(kinds(account))


def all_of(account: Account) -> list[Named]:
    """Return the account's factors of every kind, oldest first."""
    found = [factor for kind in KINDS for factor in kind.model._default_manager.filter(user=account, confirmed=True)]
    return sorted(found, key=lambda factor: factor.created_at)


def kind_of(factor: Factor) -> Kind | None:
    """Return the kind of a factor; a backup code has none."""
    return next((kind for kind in KINDS if isinstance(factor, kind.model)), None)


def slug_of(factor: Named) -> str:
    """Return the word for the factor's kind in addresses."""
    kind = kind_of(factor)
    return kind.slug if kind else ""


def remove_all(account: Account) -> None:
    """Delete the account's factors of every kind, for another one to take their place. Call it within a lock."""
    for kind in KINDS:
        kind.model._default_manager.filter(user=account).delete()


def find(account: Account, kind: str, pk: str) -> Named | None:
    """The account's own factor of that kind and number."""
    return next((factor for factor in all_of(account) if (slug_of(factor), str(factor.pk)) == (kind, pk)), None)


def free_name(account: Account, stem: str) -> str:
    """`stem`, or "`stem` 2" and so on when the account has a factor of that name already."""
    taken = {factor.name.casefold() for factor in all_of(account)}
    names = (stem, *(f"{stem} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name.casefold() not in taken)


def name_taken(account: Account, name: str, by: Named | None = None) -> bool:
    """Whether another factor than `by` has this name; a list with the same name twice helps nobody."""
    return any(factor != by and factor.name.casefold() == name.casefold() for factor in all_of(account))


def rename(account: Account, factor: Named, name: str, *, by: object) -> None:
    """Give the factor another name, one that is not taken."""
    with lock_factors(account):
        type(factor)._default_manager.filter(pk=factor.pk, user=account).update(name=name)
        audit.record("second-factor.renamed", by=by, account_id=account.pk)


def remove(account: Account, kind: str, pk: str, *, by: object) -> Removed | LastOne | Gone:
    """Remove one factor, unless the account must have one and this is the last.

    Under a lock on the account's row, and in turn with everything else about its factors: of two removals at once the
    second one counts what the first one left, and an upgrade meanwhile counts too.
    """
    with lock_factors(account):
        row = Account.objects.select_for_update().get(pk=account.pk)
        factor = find(row, kind, pk)
        if factor is None:
            return Gone()
        was_last = len(all_of(row)) == 1
        if was_last and (row.is_premium or row.is_staff):
            return LastOne()
        if was_last:  # nothing asks for them any more
            BackupCode.objects.filter(account=row).delete()
        store.end_with_factor(row, factor)
        factor.delete()
        removed = kind_of(factor)
        assert removed is not None  # all_of() lists no others
        audit.record(removed.removed, by=by, account_id=row.pk)
    return Removed(was_last)
