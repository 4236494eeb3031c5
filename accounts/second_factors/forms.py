"""Forms for a second factor that a person types or a passkey answers."""

from typing import Any

from django import forms

from accounts.second_factors.backup_codes import BACKUP_CODE_LENGTH
from core import policy
from core.fields import CodeField
from core.typed import clean_joined


class OrPasskeyForm(forms.Form):
    """A form in which a passkey's answer, filled in by the page's script, replaces `otp_token`."""

    passkey = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.HiddenInput,
        error_messages={"max_length": "That passkey was not accepted."},
    )

    def clean(self) -> dict:
        if self.cleaned_data.get("passkey"):
            self.errors.pop("otp_token", None)
            self.cleaned_data["otp_token"] = ""
        return self.cleaned_data


class FactorForm(OrPasskeyForm):
    """A code from the authenticator app, a backup code, or a passkey's answer."""

    otp_token = CodeField(
        label="Code",
        lengths=[policy.TOTP_DIGITS, BACKUP_CODE_LENGTH],
        has=f"A code from your app has {policy.TOTP_DIGITS} digits, and a backup code has {BACKUP_CODE_LENGTH} letters "
        "and digits.",
        max_length=40,
        help_text=f"{policy.TOTP_DIGITS} digits from your app, or a backup code.",
        widget=forms.TextInput({"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": "Enter a code.", "max_length": "No code is that long."},
    )

    def __init__(self, data: Any = None, *, only_passkey: bool = False) -> None:
        super().__init__(data)
        if only_passkey:  # the page has no box for a code, so no error may lead to one
            self.fields["otp_token"].widget = forms.HiddenInput()
            self.fields["otp_token"].error_messages["required"] = "Use your passkey."


class TokenForm(forms.Form):
    """The six digits that the authenticator app shows."""

    otp_token = CodeField(
        lengths=[policy.TOTP_DIGITS],
        has=f"The code has {policy.TOTP_DIGITS} digits.",
        label=f"{policy.TOTP_DIGITS}-digit code from your app",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the code that your authenticator app shows.",
            "max_length": f"The code has {policy.TOTP_DIGITS} digits.",
        },
    )

    def clean_otp_token(self) -> str:
        return clean_joined(self.cleaned_data["otp_token"])


class FirstFactorForm(OrPasskeyForm, TokenForm):
    """The first digits of an authenticator app, or a new passkey that the page's script has had created."""
