"""DoD ID numbers (EDIPI): ten digits that are on an ID card and tell nothing about the person."""

from core import typed


def clean(text: str) -> str:
    """Return the ten digits of what a person typed, however they are grouped and whatever the keyboard.

    Return "" if that is not ten digits. This never raises.
    """
    return typed.clean_digits(text, 10)
