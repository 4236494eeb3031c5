"""What a person types to sign in."""

from django import forms

from dslogon import policy
from dslogon.fields import shared_fields


@shared_fields
class PasswordForm(forms.Form):
    """Username and password. Neither says what it is missing beyond being empty."""

    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Enter your username.", "max_length": "That is longer than any username."},
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password.", "max_length": "That is longer than any password."},
    )


class OrPasskeyForm(forms.Form):
    """A form in which the answer of a passkey, which the page's script brings, takes the place of `otp_token`."""

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
    """A code of the authenticator app, a backup code, or the answer of a passkey."""

    otp_token = forms.CharField(
        label="Code",
        max_length=40,
        help_text=f"{policy.TOTP_DIGITS} digits from your app, or a backup code.",
        widget=forms.TextInput({"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": "Enter a code.", "max_length": "That is longer than any code."},
    )
