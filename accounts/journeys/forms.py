"""What the details forms of registration and upgrade share: the two numbers that identify a person."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Draft
from core.fields import HiddenNumberInput, TypedField
from deers import dod_id, lookup, ssn


class SSNField(TypedField):
    """A Social Security number in any usual format. The cleaned value is nine digits that could exist, or "".

    It is masked, and never sent back to the browser.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Social Security number",
            max_length=40,
            widget=HiddenNumberInput({"autocomplete": "off", "inputmode": "numeric"}),
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


class NumbersForm(forms.Form):
    """A form with both numbers, of which one is enough.

    `kept_ssn` is the Social Security number from an earlier attempt at this form. It is used if none is typed.
    `asks_again` tells that it matched nobody, so that it has to be typed once more.
    """

    def __init__(self, data: Mapping[str, Any] | None = None, *, draft: Draft | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.asks_again = bool(draft and draft.mismatched_at)
        self.kept_ssn = (draft.kept_ssn or "") if draft else ""

    @property
    def kept_note(self) -> str:
        """Return what the page says about the kept number, or ""."""
        if self.asks_again:
            return "Type the number once more, 9 digits: for your safety, we do not send it back to the page."
        if not self.kept_ssn:
            return ""
        return f"We have kept the number that ends in {self.kept_ssn[-4:]}. Leave this empty, or type another number."

    def clean(self) -> dict:
        """Add an error if neither number was given or kept. An invalid number already has its own error."""
        typed = self.cleaned_data
        if typed.get("ssn") == "":
            typed["ssn"] = self.kept_ssn
        if typed.get("ssn") == typed.get("dod_id") == "":
            self.add_error("ssn", "Enter your Social Security number or your DoD ID number.")
        return typed
