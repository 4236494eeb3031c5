"""Second factors: judging what was typed; adding, naming and removing them. The cryptography of passkeys is apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from accounts.models import Account, AuthenticatorApp, BackupCode, Passkey
from accounts.second_factors.authenticator_apps import verify_token
from accounts.second_factors.backup_codes import verify_backup_code
from accounts.second_factors.locks import lock_factors
from accounts.sessions import store
from core import policy
from safeguards import audit, rows

# Whether the account of a row has factors of a kind, as SQL (rows.first).
OF_KIND = 'EXISTS (SELECT FROM "{}" WHERE confirmed AND user_id = accounts_account.id)'
KINDS = {
    "has_app": OF_KIND.format(AuthenticatorApp._meta.db_table),
    "has_passkey": OF_KIND.format(Passkey._meta.db_table),
}


class Kinds(NamedTuple):
    """Which kinds of second factor an account has, backup codes aside."""

    app: bool
    passkey: bool


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


def verify(account: Account, typed: str, *, now: float | None = None) -> AuthenticatorApp | BackupCode | None:
    """The factor that `typed` proves: an authenticator's six digits or a backup code, each once; None if neither.

    Once-only by a conditional UPDATE, so that of parallel requests with the same digits one wins. The caller counts
    failures and records the event.
    """
    token = "".join(typed.split())
    if len(token) == policy.TOTP_DIGITS:
        return verify_token(account, token, now=now)
    return verify_backup_code(account, typed)


def account_with_kinds(where: str, values: Sequence[Any]) -> Account | None:
    """The account for which a condition in SQL holds, together with what `kinds_then` tells: one query."""
    return rows.first(Account, where, values, also=KINDS)


def kinds_then(account: Account) -> Kinds:
    """Which kinds an account of `account_with_kinds` had when it was read."""
    return Kinds(account.has_app, account.has_passkey)  # type: ignore[attr-defined]


def kinds(account: Account) -> Kinds:
    """Which kinds the account has now."""
    now = account_with_kinds("id = %s", [account.pk])
    return kinds_then(now) if now else Kinds(False, False)


def has_factor(account: Account) -> bool:
    return any(kinds(account))


def all_of(account: Account) -> list[AuthenticatorApp | Passkey]:
    """The account's authenticator apps and passkeys, oldest first."""
    apps = AuthenticatorApp.objects.filter(user=account, confirmed=True)
    found = [*apps, *Passkey.objects.filter(user=account, confirmed=True)]
    return sorted(found, key=lambda factor: factor.created_at)


def kind_of(factor: AuthenticatorApp | Passkey) -> str:
    """The word for it in addresses."""
    return "passkey" if isinstance(factor, Passkey) else "app"


def find(account: Account, kind: str, pk: str) -> AuthenticatorApp | Passkey | None:
    """The account's own factor of that kind and number."""
    return next((factor for factor in all_of(account) if (kind_of(factor), str(factor.pk)) == (kind, pk)), None)


def free_name(account: Account, stem: str) -> str:
    """`stem`, or "`stem` 2" and so on when the account has a factor of that name already."""
    taken = {factor.name.casefold() for factor in all_of(account)}
    names = (stem, *(f"{stem} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name.casefold() not in taken)


def name_taken(account: Account, name: str, by: AuthenticatorApp | Passkey | None = None) -> bool:
    """Whether another factor than `by` has this name; a list with the same name twice helps nobody."""
    return any(factor != by and factor.name.casefold() == name.casefold() for factor in all_of(account))


def rename(account: Account, factor: AuthenticatorApp | Passkey, name: str, *, by: object) -> None:
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
        event = "passkey.removed" if kind == "passkey" else "second-factor.removed"
        audit.record(event, by=by, account_id=row.pk)
    return Removed(was_last)
