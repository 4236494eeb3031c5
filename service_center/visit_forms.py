"""The forms for an agent who attends a visit."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from core import policy
from core.fields import TypedField
from core.policy import DOCUMENTS, Level
from idproofing import visits

Data = Mapping[str, Any] | None
STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
)
KINDS = [("", "Choose a kind"), *((name, kind.label) for name, kind in DOCUMENTS.items())]
CHECKS = {
    "photo_matches": "The photo is this person, or this kind has none",
    "name_matches": "The name is the one in DEERS",
    "birth_date_matches": "The birth date is the one in DEERS, or it shows none",
    "not_expired": "It has not expired and looks genuine",
}


class Unkept(forms.TextInput):
    """A text box that never shows what was typed into it."""

    def format_value(self, value: Any) -> None:
        return None


class ReferenceForm(forms.Form):
    """The reference on the slip."""

    reference = TypedField(
        label="Reference on the slip",
        max_length=40,
        widget=Unkept(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
        error_messages={"required": "Enter the reference.", "max_length": "No reference is that long."},
    )


class DocumentForm(forms.Form):
    """One document that the agent has in hand. Every check is required."""

    kind = forms.ChoiceField(
        label="Kind", choices=KINDS, error_messages={"required": "Choose the kind.", "invalid_choice": "Choose a kind."}
    )
    state = forms.ChoiceField(
        label="State that issued it",
        choices=[("", "Not issued by a state"), *((code, code) for code in STATES.split())],
        required=False,
        help_text="For driver’s licenses and state ID cards.",
        error_messages={"invalid_choice": "Choose a state from the list."},
    )
    number = TypedField(
        label="Number",
        max_length=40,
        help_text="Only a scrambled form is kept, and nobody can read it again.",
        widget=Unkept({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the number on the document.",
            "max_length": "No document number is that long.",
        },
    )

    scan = forms.CharField(
        label="Number of the scan",
        max_length=40,
        required=False,
        help_text="If a document reader has read it.",
        widget=Unkept({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": "No scan has a number that long."},
    )

    def __init__(self, data: Data, number: int) -> None:
        super().__init__(data, prefix=f"document-{number}", label_suffix="")
        self.title = f"Document {number}"
        if not settings.DOCUMENT_READER:
            del self.fields["scan"]
        for name, label in CHECKS.items():
            self.fields[name] = forms.BooleanField(
                label=label, error_messages={"required": f"Make the check “{label}”."}
            )

    @property
    def checks(self) -> list[forms.BoundField]:
        return [self[name] for name in CHECKS]

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if sum(c.isalnum() for c in number) < policy.DOCUMENT_NUMBER_MIN:
            raise ValidationError("Enter the number exactly as the document shows it.")
        return number

    def clean(self) -> dict:
        kind = DOCUMENTS.get(self.cleaned_data.get("kind", ""))
        if kind and kind.by_state and not self.cleaned_data.get("state") and "state" not in self.errors:
            self.add_error("state", "Choose the state that issued it.")
        return self.cleaned_data

    def shown(self) -> visits.Shown:
        given = self.cleaned_data
        return visits.Shown(given["kind"], given["number"], given["state"])

    def scanned(self) -> str:
        """Return the number of the scan, or "" if no reader has read the document."""
        return self.cleaned_data.get("scan", "").strip()


def document_forms(data: Data) -> list[DocumentForm]:
    """Return a form for each document that a visit needs."""
    return [DocumentForm(data, number) for number in range(1, policy.VISIT_DOCUMENTS + 1)]


def find_problem(documents: list[DocumentForm], level: Level) -> bool:
    """Return whether a form has an error. Too few kinds, or kinds too weak for the level, are an error of the first."""
    if not any(form.errors for form in documents):
        short = visits.shortfall([form.cleaned_data["kind"] for form in documents], level)
        if short:
            documents[0].add_error("kind", short)
    return any(form.errors for form in documents)


class RefusalForm(forms.Form):
    """Why the documents are not accepted. It has no free text, so it holds no personal data."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[("", "Choose a reason"), *(c for c in visits.Reason.choices if c[0] != visits.Reason.USED_BEFORE)],
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason from the list."},
    )
