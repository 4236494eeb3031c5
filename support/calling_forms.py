"""The form with which people ask to be called."""

import uuid
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from core.fields import PhoneField, PlainText
from core.phones import plain_phone
from support.call_backs import show_time
from support.forms import refuse_ssn
from support.models import Topic


class CallBackForm(forms.Form):
    """Who wants to be called, about what and when. `form_id` is new in each form shown, so that it counts once."""

    form_id = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        required=False,
        error_messages={"invalid": "Something went wrong with this form. Open the page again."},
    )
    name = PlainText(
        label="Your name",
        max_length=100,
        validators=[refuse_ssn],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Enter your name.",
            "max_length": "Use no more than %(limit_value)d characters for your name. It has %(show_value)d.",
        },
    )
    number = PhoneField()
    topic = forms.ChoiceField(
        label="What is it about?",
        choices=[("", "- Select -"), *Topic.choices],
        error_messages={
            "required": "Select what it is about.",
            "invalid_choice": "Select what it is about from the list.",
        },
    )
    slot = forms.TypedChoiceField(
        label="When may we call?",
        coerce=datetime.fromisoformat,
        error_messages={
            "required": "Select a time.",
            "invalid_choice": "This time is no longer free. Select another one.",
        },
    )

    def __init__(self, data: Any = None, *, slots: list[datetime], zone: str, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["number"].required = True
        self.fields["number"].error_messages["required"] = "Enter the phone number that we may call."
        self.fields["slot"].choices = [("", "- Select -"), *by_day(slots, zone)]  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        return plain_phone(self.cleaned_data["number"])


def by_day(slots: list[datetime], zone: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices of the slots, under the days of the person's own calendar."""
    clock = ZoneInfo(zone)
    days = groupby(slots, key=lambda slot: slot.astimezone(clock).date())
    return [
        (f"{day:%A}, {day:%B} {day.day}", [(slot.isoformat(), show_time(slot, zone)) for slot in inside])
        for day, inside in days
    ]
