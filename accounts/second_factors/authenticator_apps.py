"""Authenticator apps: time-based one-time codes (RFC 6238)."""

import secrets
import time
from base64 import b32encode
from binascii import unhexlify

from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP

from accounts.changes import Kind as Change
from accounts.changes import note_change
from accounts.models import Account, AuthenticatorApp
from accounts.second_factors.kinds import Kind
from core import policy
from core.typed import clean_joined
from safeguards import audit

# Phones' clocks drift, so one time step earlier and one later are accepted (RFC 6238 §5.2).
TOLERANCE = 1
APP_NAME = "Authenticator app"
KIND = Kind(
    slug="app",
    model=AuthenticatorApp,
    title=APP_NAME,
    indefinite="an authenticator app",
    plural="authenticator apps",
    most=policy.AUTHENTICATOR_APPS,
    added_at="enrol",
    removed="second-factor.removed",
)


def new_key() -> str:
    """Return a random authenticator key: 160 bits (RFC 4226 §4), in hex."""
    return secrets.token_hex(20)


def base32(key: str) -> str:
    """Return a hex key in base32, as authenticator apps expect it."""
    return b32encode(unhexlify(key)).decode()


def address_of_key(key: str, username: str) -> str:
    """Return the otpauth: URL for the QR code."""
    return (
        f"otpauth://totp/DS%20Logon:{username}?secret={base32(key)}&issuer=DS%20Logon"
        f"&digits={policy.TOTP_DIGITS}&period={int(policy.TOTP_STEP.total_seconds())}"
    )


def step_of(key: str, token: str, *, after: int = -1, now: float | None = None) -> int | None:
    """Return the time step later than `after` in which `token` is right for `key`, or None if there is none.

    `now` is in seconds since 1970.
    """
    if not (token.isascii() and token.isdigit() and len(token) == policy.TOTP_DIGITS):
        return None
    totp = TOTP(unhexlify(key), step=int(policy.TOTP_STEP.total_seconds()), digits=policy.TOTP_DIGITS)
    totp.time = time.time() if now is None else now
    right = totp.verify(int(token), tolerance=TOLERANCE, min_t=after + 1)
    return totp.t() if right else None


def verify_token(account: Account, typed: str, *, now: float | None = None) -> AuthenticatorApp | None:
    """Return the account's app that shows these digits now, or None. The digits are used up.

    A conditional UPDATE makes them work once: of parallel requests with the same digits one wins.
    """
    token = clean_joined(typed)
    if len(token) != policy.TOTP_DIGITS:
        return None
    for device in AuthenticatorApp.objects.filter(user=account, confirmed=True):
        step = step_of(device.key, token, after=device.last_t, now=now)
        if step is None:
            continue
        won = AuthenticatorApp.objects.filter(pk=device.pk, confirmed=True, last_t__lt=step).update(
            last_t=step, last_used_at=timezone.now()
        )
        if won:
            return device
    return None


def enroll(account: Account, key: str, step_used: int, *, name: str = APP_NAME, by: object) -> AuthenticatorApp:
    """Save an authenticator app whose first token was right in time step `step_used`. That token is used up."""
    with transaction.atomic():
        device = AuthenticatorApp.objects.create(
            user=account, name=name, key=key, last_t=step_used, last_used_at=timezone.now()
        )
        note_change(account, Change.FACTOR_ADDED, at=device.created_at, factor=device)
        audit.record("second-factor.enrolled", by=by, account_id=account.pk)
    return device
