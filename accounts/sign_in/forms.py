"""The form for signing in."""

from django import forms

from accounts.passwords.forms import password_field
from core.fields import shared_fields


def username_field() -> forms.CharField:
    """Return the field for an existing username."""
    return forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Enter your username.", "max_length": "No username is that long."},
    )


@shared_fields
class PasswordForm(forms.Form):
    """Username and password. Each reports only that it is empty or too long."""

    username = username_field()
    password = password_field()
