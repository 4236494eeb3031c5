"""The form that asks for a copy of a record."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.fields import DateField
from portal.export.contents import SECTIONS


class ExportForm(forms.Form):
    """Which sections, and from which day to which. Without a day, the record from its beginning or up to today."""

    sections = forms.MultipleChoiceField(
        label="Sections",
        choices=[(slug, title) for slug, title, _ in SECTIONS],
        initial=[slug for slug, _, _ in SECTIONS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one section."},
    )
    since = DateField(label="From this day", required=False, past=True)
    until = DateField(label="Up to this day", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since: date | None = cleaned.get("since")
        until: date | None = cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError("Enter a day that is not before the first one."))
        return cleaned
