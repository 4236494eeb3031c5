"""What a person types to sign in."""

from django import forms

from accounts.passwords.forms import password_field
from core.fields import shared_fields


def username_field() -> forms.CharField:
    """Return the field for the username that a person has."""
    return forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Enter your username.", "max_length": "That is longer than any username."},
    )


@shared_fields
class PasswordForm(forms.Form):
    """Username and password. Neither says what it is missing beyond being empty."""

    username = username_field()
    password = password_field()
