"""The forms of the calls desk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.journeys.forms import DodIdField
from core import policy
from core.fields import PhoneField, PlainText, TypedField, email_field, text_field
from core.typed import clean_digits
from service_center.calls.comparing import Said
from service_center.calls.models import Call
from support.calling_forms import by_day
from support.forms import refuse_ssn

CHOOSE = ("", "Choose")
PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class DeskForm(forms.Form):
    """A form of the desk: no browser keeps what is typed into it."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class PinForm(DeskForm):
    """The PIN that a caller reads, and who they say they are."""

    pin = TypedField(
        label="Support PIN",
        max_length=20,
        widget=forms.TextInput({**PLAIN, "inputmode": "numeric"}),
        error_messages={"required": "Enter the six digits that the caller reads.", "max_length": "A PIN has 6 digits."},
    )
    claim = PlainText(
        label="Last name or username, as the caller says it",
        max_length=100,
        widget=forms.TextInput(PLAIN),
        error_messages={"required": "Ask for the last name or username, and enter it."},
    )

    def clean_pin(self) -> str:
        digits = clean_digits(self.cleaned_data["pin"], policy.SUPPORT_PIN_DIGITS)
        if not digits:
            raise ValidationError(f"A PIN has {policy.SUPPORT_PIN_DIGITS} digits.")
        return digits


class CompareForm(DeskForm):
    """What a caller says. Everything is typed as it is heard; nothing of ours stands here."""

    first_name = text_field("First name", autocomplete="off", missing="Enter the first name.")
    last_name = text_field("Last name", autocomplete="off", missing="Enter the last name.")
    date_of_birth = forms.DateField(
        label="Date of birth",
        widget=forms.DateInput({"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        error_messages={"required": "Enter the date of birth.", "invalid": "Enter a day of the calendar."},
    )
    dod_id = DodIdField()
    last_four = TypedField(
        label="Last four digits of the Social Security number",
        max_length=10,
        required=False,
        widget=forms.TextInput({**PLAIN, "inputmode": "numeric"}),
    )
    postal_code = TypedField(
        label="ZIP code or postal code", max_length=20, required=False, widget=forms.TextInput(PLAIN)
    )
    email = email_field("Email address", missing="Enter the email address.")
    phone = PhoneField()
    username = TypedField(label="Username", max_length=100, required=False, widget=forms.TextInput(PLAIN))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["email"].required = False
        for name in ("email", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_last_four(self) -> str:
        typed = self.cleaned_data["last_four"]
        digits = clean_digits(typed, 4)
        if typed and not digits:
            raise ValidationError("Enter four digits: the caller does not say the whole number.")
        return digits

    def clean(self) -> dict:
        """Ask for as many details as can be enough."""
        given = sum(bool(self.cleaned_data.get(name)) for name in OF_DETAILS)
        if not self.errors and given < policy.CALLER_DETAILS:
            self.add_error("dod_id", f"Ask for {policy.CALLER_DETAILS} more details at least, of this and those below.")
        return self.cleaned_data

    @property
    def said(self) -> Said:
        typed = self.cleaned_data
        details = {name: typed[name] for name in OF_DETAILS}
        return Said(typed["first_name"], typed["last_name"], typed["date_of_birth"], **details)


OF_DETAILS = ("dod_id", "last_four", "postal_code", "email", "phone", "username")


class EndForm(DeskForm):
    """What a call was about, and how it ended. `call` is the one that the page showed: it is noted for no other."""

    call = forms.UUIDField(widget=forms.HiddenInput, required=False)
    about = forms.ChoiceField(
        label="What was it about?",
        choices=[CHOOSE, *Call.About.choices],
        error_messages={"required": "Choose what it was about.", "invalid_choice": "Choose what it was about."},
    )
    outcome = forms.ChoiceField(
        label="How did it end?",
        choices=[CHOOSE, *Call.Outcome.choices],
        error_messages={"required": "Choose how it ended.", "invalid_choice": "Choose how it ended."},
    )
    note = PlainText(
        label="Note for colleagues (optional, no numbers of the person)",
        required=False,
        max_length=policy.CALL_NOTE_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea({"rows": 3}),
        error_messages={"max_length": "Shorten the note to %(limit_value)d characters. It has %(show_value)d."},
    )

    def __init__(self, data: Any = None, *, call: Call | None = None, kept: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.initial = {"call": call.pk if call else None, **(kept or {})}


class AgainForm(DeskForm):
    """When to call again."""

    slot = forms.TypedChoiceField(
        label="Call again at",
        coerce=datetime.fromisoformat,
        error_messages={"required": "Choose a time.", "invalid_choice": "This time is not free. Choose another one."},
    )

    def __init__(self, data: Any = None, *, slots: list[datetime], zone: str) -> None:
        super().__init__(data)
        self.fields["slot"].choices = [CHOOSE, *by_day(slots, zone)]  # type: ignore[attr-defined]
