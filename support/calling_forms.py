"""The form with which people ask to be called."""

from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from core.fields import PhoneField
from core.phones import plain_phone
from support.call_backs import show_time
from support.forms import form_id_field, name_field, topic_field


class CallBackForm(forms.Form):
    """Who wants to be called, about what and when."""

    form_id = form_id_field()
    name = name_field()
    number = PhoneField()
    topic = topic_field("it")
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
