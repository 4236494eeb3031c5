"""Form fields that registration and upgrade share: the two numbers that identify a person."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.fields import TypedField
from deers import dod_id, lookup, ssn


class SSNField(TypedField):
    """A Social Security number in any usual format. The cleaned value is nine digits that could exist, or ""."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput({"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"})
        super().__init__(
            label="Social Security number",
            max_length=40,
            widget=widget,
            error_messages={
                "required": "Enter your Social Security number.",
                "max_length": "A Social Security number has 9 digits.",
            },
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        digits = ssn.clean(typed)
        problem = ssn.problem(digits, mock_serves=lookup.mock_serves())
        if problem:
            raise ValidationError(problem)
        return digits


class DodIdField(TypedField):
    """A DoD ID number as printed on an ID card. The cleaned value is ten digits, or ""."""

    def __init__(self) -> None:
        super().__init__(
            label="DoD ID number",
            max_length=40,
            required=False,
            widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}),
            error_messages={"max_length": "A DoD ID number has 10 digits."},
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        digits = dod_id.clean(typed)
        if typed and not digits:
            raise ValidationError("A DoD ID number has 10 digits. It is printed on the back of your ID card.")
        return digits


def require_a_number(form: forms.Form) -> None:
    """Add an error if neither number was given. One is enough. An invalid number already has its own error."""
    if form.cleaned_data.get("ssn") == form.cleaned_data.get("dod_id") == "":
        form.add_error("ssn", "Enter your Social Security number or your DoD ID number.")
