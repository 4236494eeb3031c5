"""Second factors: judging what was typed; adding, naming and removing them. The cryptography of passkeys is apart."""

import secrets
import time
from base64 import b32encode
from binascii import unhexlify
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import sessions
from accounts.models import Account, AuthenticatorApp, BackupCode, Passkey
from dslogon import policy
from idproofing import codes
from safeguards import audit, rows, turns
from safeguards.cipher import blind_index

# Clocks of phones drift: one step earlier and one later are accepted (RFC 6238 §5.2).
TOLERANCE = 1
BACKUP_CODE_LENGTH = 12
APP_NAME = "Authenticator app"
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


def new_key() -> str:
    """A fresh authenticator key: 160 bits (RFC 4226 §4), in hex."""
    return secrets.token_hex(20)


def base32(key: str) -> str:
    """A hex key as authenticator apps take it."""
    return b32encode(unhexlify(key)).decode()


def address_of_key(key: str, username: str) -> str:
    """The otpauth: address that the QR code holds."""
    return (
        f"otpauth://totp/DS%20Logon:{username}?secret={base32(key)}&issuer=DS%20Logon"
        f"&digits={policy.TOTP_DIGITS}&period={int(policy.TOTP_STEP.total_seconds())}"
    )


def step_of(key: str, token: str, *, after: int = -1, now: float | None = None) -> int | None:
    """The time step in which `token` is right for `key`, later than the step `after`; None when it is not."""
    if not (token.isascii() and token.isdigit() and len(token) == policy.TOTP_DIGITS):
        return None
    totp = TOTP(unhexlify(key), step=int(policy.TOTP_STEP.total_seconds()), digits=policy.TOTP_DIGITS)
    totp.time = time.time() if now is None else now
    right = totp.verify(int(token), tolerance=TOLERANCE, min_t=after + 1)
    return totp.t() if right else None


def turn(account: Account) -> AbstractContextManager[None]:
    """A transaction in which this account's second factors are ours alone: judged, enrolled, replaced in turn."""
    return turns.turn("second-factor", str(account.pk))


def verify(account: Account, typed: str, *, now: float | None = None) -> AuthenticatorApp | BackupCode | None:
    """The factor that `typed` proves: an authenticator's six digits or a backup code, each once; None if neither.

    Once-only by a conditional UPDATE, so that of parallel requests with the same digits one wins. The caller counts
    failures and records the event.
    """
    token = "".join(typed.split())
    if len(token) == policy.TOTP_DIGITS:
        return verify_token(account, token, now=now)
    return verify_backup_code(account, typed)


def verify_token(account: Account, token: str, *, now: float | None = None) -> AuthenticatorApp | None:
    for device in AuthenticatorApp.objects.filter(user=account, confirmed=True):
        step = step_of(device.key, token, after=device.last_t, now=now)
        if step is None:
            continue
        won = AuthenticatorApp.objects.filter(pk=device.pk, last_t__lt=step).update(
            last_t=step, last_used_at=timezone.now()
        )
        if won:
            return device
    return None


def verify_backup_code(account: Account, typed: str) -> BackupCode | None:
    unused = BackupCode.objects.filter(account=account, digest=digest(account, typed), used_at=None)
    code = unused.first()
    return code if code and unused.update(used_at=timezone.now()) else None


def digest(account: Account, typed: str) -> bytes:
    """What is kept of a backup code: its keyed hash, bound to the account."""
    return blind_index(f"{account.pk}:{codes.normalise(typed)}", purpose="backup-code")


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
    with turn(account):
        type(factor)._default_manager.filter(pk=factor.pk, user=account).update(name=name)
        audit.record("second-factor.renamed", by=by, account_id=account.pk)


def remove(account: Account, kind: str, pk: str, *, by: object) -> Removed | LastOne | Gone:
    """Remove one factor, unless the account must have one and this is the last.

    Under a lock on the account's row, and in turn with everything else about its factors: of two removals at once the
    second one counts what the first one left, and an upgrade meanwhile counts too.
    """
    with turn(account):
        row = Account.objects.select_for_update().get(pk=account.pk)
        factor = find(row, kind, pk)
        if factor is None:
            return Gone()
        was_last = len(all_of(row)) == 1
        if was_last and (row.is_premium or row.is_staff):
            return LastOne()
        if was_last:  # nothing asks for them any more
            BackupCode.objects.filter(account=row).delete()
        sessions.end_with_factor(row, factor)
        factor.delete()
        event = "passkey.removed" if kind == "passkey" else "second-factor.removed"
        audit.record(event, by=by, account_id=row.pk)
    return Removed(was_last)


def enrol(account: Account, key: str, step_used: int, *, name: str = APP_NAME, by: object) -> AuthenticatorApp:
    """Keep the authenticator whose first token was right in `step_used`; that token will not work again."""
    with transaction.atomic():
        device = AuthenticatorApp.objects.create(
            user=account, name=name, key=key, last_t=step_used, last_used_at=timezone.now()
        )
        audit.record("second-factor.enrolled", by=by, account_id=account.pk)
    return device


def random_text() -> str:
    return "".join(secrets.choice(codes.ALPHABET) for _ in range(BACKUP_CODE_LENGTH))


def make_backup_codes(account: Account, *, by: object) -> list[str]:
    """Replace the account's backup codes by fresh ones of 60 bits, and return them in clear for the only time."""
    texts = [random_text() for _ in range(policy.BACKUP_CODES)]
    with turn(account):
        BackupCode.objects.filter(account=account).delete()
        BackupCode.objects.bulk_create(BackupCode(account=account, digest=digest(account, text)) for text in texts)
        audit.record("backup-codes.made", by=by, account_id=account.pk)
    return ["-".join((text[:4], text[4:8], text[8:])) for text in texts]
