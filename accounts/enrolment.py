"""Enrolling an authenticator app inside a journey: the key, its QR code, the first token."""

from collections.abc import Mapping
from typing import Any

import segno
from django import forms
from django.http import HttpRequest

from accounts import factors
from accounts.models import Account, AuthenticatorApp, Draft
from dslogon import policy
from safeguards import limits

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


def token_form(data: Mapping[str, Any] | None, draft: Draft) -> TokenForm:
    return TokenForm(data)


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
    username = draft.account.username if draft.account_id else draft.username
    return picture(draft.authenticator_key, username)


def judge_first_token(draft: Draft, token: str) -> int | str:
    """The time step in which the first token was right, or the sentence that refuses it. Failures are counted."""
    wait = limits.waiting(policy.TOTP_FAILURES, str(draft.pk))
    if wait:
        return f"Too many wrong codes. Wait {-(-int(wait.total_seconds()) // 60)} minutes, then try again."
    step = factors.step_of(draft.authenticator_key, token)
    if step is None:
        limits.hit(policy.TOTP_FAILURES, str(draft.pk))
        return TRY_THE_NEXT
    return step


def enrol(account: Account, key: str, step_used: int, *, by: object) -> tuple[AuthenticatorApp, list[str]]:
    """Keep the authenticator and make the backup codes, returned in clear for the only time."""
    device = factors.enrol(account, key, step_used, by=by)
    return device, factors.make_backup_codes(account, by=by)
