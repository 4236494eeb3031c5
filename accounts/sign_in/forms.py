"""The form for signing in."""

from django import forms

from accounts.passwords.forms import password_field
from core.fields import shared_fields


def username_field(autocomplete: str = "username") -> forms.CharField:
    """Return the field for an existing username. `autocomplete` says what the browser may offer in it."""
    return forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Enter your username.", "max_length": "No username is that long."},
    )


@shared_fields
class PasswordForm(forms.Form):
    """Username and password. Each reports only that it is empty or too long."""

    # "webauthn" lets the browser offer passkeys here (static/js/passkey.js).
    username = username_field("username webauthn")
    password = password_field()
