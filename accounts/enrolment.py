"""The first second factor, in a journey or at the first sign-in: an authenticator app with a QR code, or a passkey."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import segno
from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts import drafts, factors, passkeys
from accounts.models import Account, AuthenticatorApp, Draft, Passkey
from accounts.proofing import minutes
from accounts.sign_in.forms import OrPasskeyForm
from accounts.wizard import Journey, Refused, Step, step_for
from dslogon import policy
from safeguards import limits

PASSKEY_NAME = "Passkey"
NOT_ACCEPTED = "Your passkey could not be set up. Try once more, or use an authenticator app instead."
TRY_THE_NEXT = "That code is not right. Wait for the next one in your app, and check that your phone's clock is right."


class TokenForm(forms.Form):
    """The six digits that the authenticator app shows."""

    otp_token = forms.CharField(
        label=f"{policy.TOTP_DIGITS}-digit code from your app",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the code that your authenticator app shows.",
            "max_length": f"The code has {policy.TOTP_DIGITS} digits.",
        },
    )

    def clean_otp_token(self) -> str:
        return "".join(self.cleaned_data["otp_token"].split())


class FirstFactorForm(OrPasskeyForm, TokenForm):
    """The first digits of an authenticator app, or a passkey that the page's script has made."""


@dataclass(frozen=True)
class NewApp:
    """An authenticator app whose first token was right in the time step `step_used`."""

    key: str
    step_used: int


def new_key() -> str:
    return factors.new_key()


def picture(key: str, username: str) -> dict:
    """What the page shows for a key: a QR code as a data address, and the key in groups of four."""
    text = factors.base32(key)
    qr = segno.make(factors.address_of_key(key, username), error="m")
    return {
        "qr": qr.svg_data_uri(scale=5, border=3, dark="#1b1b1b", light="#fff"),
        "key_groups": [text[i : i + 4] for i in range(0, len(text), 4)],
    }


def context(request: HttpRequest, draft: Any) -> dict:
    return picture(draft.authenticator_key, username_of(draft))


def username_of(draft: Any) -> str:
    return draft.account.username if draft.account_id else draft.username


def owner_of(draft: Draft) -> Account | Draft:
    """Whose a passkey becomes that is made now: the account's, or that of the draft which will open one."""
    return draft.account or draft  # type: ignore[attr-defined]


def passkey_options(request: HttpRequest, journey: Journey, draft_id: UUID) -> HttpResponse:
    """For the page's script: what the browser needs to make a passkey, if this draft is at its second factor."""
    draft = drafts.find(journey.model, draft_id, request)
    if draft is None or not isinstance(step_for(request, journey, draft, "second-factor"), Step):
        return JsonResponse({"problem": "This page is no longer good. Load it again."}, status=403)
    return JsonResponse(passkeys.options_to_make(request, owner_of(draft), username_of(draft)))


def judge(request: HttpRequest, draft: Draft, given: Mapping[str, str]) -> NewApp | passkeys.New | Refused:
    """What a FirstFactorForm holds: the new factor, or why there is none. Failures are counted."""
    wait = limits.waiting(policy.TOTP_FAILURES, str(draft.pk))
    if wait:
        return Refused(f"There were too many wrong tries. Wait {minutes(wait)}, then try again.")
    first = first_of(request, owner_of(draft), draft.authenticator_key, given)
    if isinstance(first, Refused):
        limits.hit(policy.TOTP_FAILURES, str(draft.pk))
    return first


def first_of(
    request: HttpRequest, owner: Account | Draft, key: str, given: Mapping[str, str]
) -> NewApp | passkeys.New | Refused:
    """The factor that a FirstFactorForm holds for `owner`: a new passkey, or the app with this key."""
    if given["passkey"]:
        made = passkeys.made(request, owner, given["passkey"])
        return made if isinstance(made, passkeys.New) else Refused(NOT_ACCEPTED)
    step = factors.step_of(key, given["otp_token"])
    return NewApp(key, step) if step is not None else Refused(TRY_THE_NEXT, "otp_token")


def enrol(
    account: Account, first: NewApp | passkeys.New, *, by: object
) -> tuple[AuthenticatorApp | Passkey, list[str]]:
    """Keep the account's first second factor and make the backup codes, returned in clear for the only time."""
    return keep(account, first, by=by), factors.make_backup_codes(account, by=by)


def keep(account: Account, first: NewApp | passkeys.New, *, by: object) -> AuthenticatorApp | Passkey:
    """Keep a new factor under its usual name."""
    if isinstance(first, passkeys.New):
        return passkeys.add(account, first, name=PASSKEY_NAME, by=by)
    return factors.enrol(account, first.key, first.step_used, by=by)
