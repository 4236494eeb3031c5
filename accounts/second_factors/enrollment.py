"""The first second factor, in a journey or at the first sign-in: an authenticator app with a QR code, or a passkey."""

from collections.abc import Mapping
from dataclasses import dataclass

import segno
from django.http import HttpRequest

from accounts.models import Account, AuthenticatorApp, Draft, Passkey
from accounts.second_factors import authenticator_apps, backup_codes, passkeys

NOT_ACCEPTED = "Your passkey could not be set up. Try again, or use an authenticator app instead."
TRY_THE_NEXT = "That code is not right. Wait for the next one in your app, and check that your phone’s clock is right."


@dataclass(frozen=True)
class NotAccepted:
    """No factor was accepted: the sentence for the person, and the form field it belongs to (None: the whole form)."""

    message: str
    field: str | None = None


@dataclass(frozen=True)
class NewApp:
    """An authenticator app whose first token was right in time step `step_used`."""

    key: str
    step_used: int


def new_key() -> str:
    """Return a random key for a new authenticator app."""
    return authenticator_apps.new_key()


def key_context(key: str, username: str) -> dict:
    """Return what the page shows for a key: a QR code as a data URL, and the key in groups of four."""
    text = authenticator_apps.base32(key)
    qr = segno.make(authenticator_apps.address_of_key(key, username), error="m")
    return {
        "qr": qr.svg_data_uri(scale=5, border=3, dark="#1b1b1b", light="#fff"),
        "key_groups": [text[i : i + 4] for i in range(0, len(text), 4)],
    }


def judge_first_factor(
    request: HttpRequest, owner: Account | Draft, key: str, given: Mapping[str, str]
) -> NewApp | passkeys.New | NotAccepted:
    """Return the factor that a FirstFactorForm holds for `owner`: a new passkey, or the app with this key."""
    if given["passkey"]:
        made = passkeys.made(request, owner, given["passkey"])
        return made if isinstance(made, passkeys.New) else NotAccepted(NOT_ACCEPTED)
    step = authenticator_apps.step_of(key, given["otp_token"])
    return NewApp(key, step) if step is not None else NotAccepted(TRY_THE_NEXT, "otp_token")


def enroll(
    account: Account, first: NewApp | passkeys.New, *, by: object
) -> tuple[AuthenticatorApp | Passkey, list[str]]:
    """Save the account's first second factor, and create backup codes, returned in plain text for the only time."""
    return keep(account, first, by=by), backup_codes.make_backup_codes(account, by=by)


def keep(account: Account, first: NewApp | passkeys.New, *, by: object) -> AuthenticatorApp | Passkey:
    """Save a new factor under its default name."""
    if isinstance(first, passkeys.New):
        return passkeys.add(account, first, name=passkeys.NAME, by=by)
    return authenticator_apps.enroll(account, first.key, first.step_used, by=by)
