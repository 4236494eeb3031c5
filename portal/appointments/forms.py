"""The forms of appointments: wishes for a new one or another time, and the questions before a visit."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format

from core import policy
from core.fields import DateField, PhoneField, PlainText, SeenField
from portal.appointments.models import Part, Request

NUMBERS = range(1, policy.VISIT_WISHES + 1)
ORDINALS = ("First", "Second", "Third")


def words_field(label: str, *, missing: str = "") -> forms.CharField:
    """Return a field for a few sentences. `missing` is the error for an empty one; without it, it may be empty."""
    return PlainText(
        label=label,
        max_length=policy.VISIT_REASON_MAX,
        required=bool(missing),
        widget=forms.Textarea({"rows": 4}),
        error_messages={
            "required": missing,
            "max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d.",
        },
    )


class WishesForm(forms.Form):
    """Up to three days with a part of each, and a few words."""

    why = words_field("Anything that the clinic should know")

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for number in NUMBERS:
            first = number == NUMBERS[0]
            name = ORDINALS[number - 1]
            self.fields[f"day{number}"] = DateField(
                label=f"{name} day", required=first, error_messages={"required": "Enter a day that would do for you."}
            )
            self.fields[f"part{number}"] = forms.ChoiceField(
                label=f"{name} day: time of day", choices=Part, required=False, initial=Part.ANY
            )
        self.fields["why"] = self.fields.pop("why")  # the last on the page, and so the last of its errors

    def clean(self) -> dict[str, Any]:
        first, last = timezone.localdate() + timedelta(days=1), timezone.localdate() + policy.VISIT_AHEAD
        for number in NUMBERS:
            day: date | None = self.cleaned_data.get(f"day{number}")
            if day and not first <= day <= last:
                said = f"Enter a day from {date_format(first, 'F j, Y')} to {date_format(last, 'F j, Y')}."
                self.add_error(f"day{number}", ValidationError(said))
        return self.cleaned_data

    @property
    def wishes(self) -> list[tuple[date, str]]:
        """Return the wishes of a valid form, each once."""
        pairs = [(self.cleaned_data[f"day{one}"], self.cleaned_data[f"part{one}"] or Part.ANY.value) for one in NUMBERS]
        return list(dict.fromkeys(pair for pair in pairs if pair[0]))

    @property
    def wish_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the fields of each wish, for the page."""
        return [(self[f"day{number}"], self[f"part{number}"]) for number in NUMBERS]


class NewForm(WishesForm):
    """A wish for a new appointment. `places` are those that the person can choose from."""

    place = forms.ChoiceField(label="Where", required=False)
    way = forms.ChoiceField(
        label="How",
        choices=Request.Way,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how you want to be seen."),
    )
    why = words_field("What it is about", missing="Say in a few words what it is about.")

    def __init__(self, places: Sequence[tuple[UUID, str]], *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        named = [(str(place), name) for place, name in places]
        self.fields["place"].choices = [("", "I am not sure: the clinic that fits"), *named]  # type: ignore[attr-defined]
        self.fields["place"].error_messages["invalid_choice"] = "Choose a clinic of the list."

    def clean_place(self) -> UUID | None:
        return UUID(self.cleaned_data["place"]) if self.cleaned_data["place"] else None


class CheckInForm(forms.Form):
    """The questions before a visit."""

    is_phone = forms.ChoiceField(
        label="Can the clinic reach you at this number?",
        choices=[("yes", "Yes"), ("no", "No, at another one")],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose yes or no."),
    )
    phone = PhoneField()
    is_changed = forms.ChoiceField(
        label="Have your medications changed?",
        choices=[("no", "No"), ("yes", "Yes")],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose yes or no."),
    )
    medications = words_field("What changed")
    topics = words_field("What do you want to talk about?")
    seen = SeenField()

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("is_phone") == "no" and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", "Enter the number at which the clinic reaches you.")
        if cleaned.get("is_changed") == "yes" and not cleaned.get("medications") and "medications" not in self.errors:
            self.add_error("medications", "Say what changed.")
        return cleaned

    @property
    def said(self) -> dict[str, str | None]:
        """Return what a valid form says, None for each question without more to say."""
        cleaned = self.cleaned_data
        return {
            "phone": cleaned["phone"] if cleaned["is_phone"] == "no" else None,
            "medications": cleaned["medications"] if cleaned["is_changed"] == "yes" else None,
            "topics": cleaned["topics"] or None,
        }
