"""The forms of family access: what is given to whom and until when, and the code that the other person types."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format

from accounts.journeys.forms import DodIdField, SSNField
from accounts.models import Account
from core import policy
from core.fields import CodeField, DateField, text_field
from portal.family.access import ACTS, PARTS_OF_WHOLE, TITLES, WHOLE
from portal.family.models import Surrogacy
from portal.family.sharing import FOR_DOCTORS

# What acting means in each feature, for the form that gives it.
ACTING = {
    "appointments": "ask for visits, move and cancel them, and answer the questions before them",
    "messages": "write to your care teams and answer them. They see who wrote it for you",
    "medications": "ask for refills and renewals, and withdraw them",
    "tools": "store, change and delete readings, set targets and goals, and write the notes for a visit",
}


class OfferForm(forms.Form):
    """What another person may see, in which of it they may act, and the last day."""

    sees = forms.MultipleChoiceField(
        label="What may the person see?",
        choices=list(TITLES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one part of your record."},
    )
    acts = forms.MultipleChoiceField(
        label="Where may the person act for you?",
        choices=[(slug, f"{TITLES[slug]}: {ACTING[slug]}") for slug in ACTS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    ends = DateField(label="The last day of the access")

    def clean_ends(self) -> Any:
        ends, today = self.cleaned_data["ends"], timezone.localdate()
        last = today + policy.DELEGATION_LONGEST
        if not today <= ends <= last:
            raise ValidationError(f"Enter a day from today on, and not after {date_format(last, 'F j, Y')}.", "year")
        return ends

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        sees, acts = set(cleaned.get("sees", ())), set(cleaned.get("acts", ()))
        if WHOLE in sees and not sees >= PARTS_OF_WHOLE:
            said = "The complete record shows a part of everything. Choose all parts of the record, or leave it out."
            self.add_error("sees", said)
        if sees and acts - sees:
            self.add_error("acts", "Choose the same part above too: nobody can act where they see nothing.")
        return cleaned


def code_field() -> CodeField:
    """Return the field for a code that somebody was given."""
    return CodeField(
        label="The code that you were given",
        lengths=[policy.DELEGATION_CODE_LENGTH],
        has=f"A code has {policy.DELEGATION_CODE_LENGTH} letters and digits.",
        max_length=40,
        help_text="Capital letters, dashes and spaces do not matter.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Enter the code.", "max_length": "That is too long for a code."},
    )


class SurrogateForm(forms.Form):
    """For which patient somebody asks to act, on what ground, and where the paper will be shown."""

    first_name = text_field(
        "Patient’s first name", autocomplete="off", missing="Enter the patient’s first name.", is_name=True
    )
    last_name = text_field(
        "Patient’s last name", autocomplete="off", missing="Enter the patient’s last name.", is_name=True
    )
    date_of_birth = DateField(label="Patient’s date of birth", past=True)
    dod_id = DodIdField()
    ssn = SSNField(required=False)
    ground = forms.ChoiceField(
        label="Why may you act for the patient?",
        choices=Surrogacy.Ground.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what lets you act.", "invalid_choice": "Choose what lets you act."},
    )
    showing = forms.ChoiceField(
        label="How will you show us the paper?",
        choices=Surrogacy.Showing.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you will show it.", "invalid_choice": "Choose how you will show it."},
    )

    def __init__(self, data: Any = None, *, account: Account, **more: Any) -> None:
        super().__init__(data, **more)
        self.account = account
        self.fields["dod_id"].label = "Patient’s DoD ID number"
        self.fields["ssn"].label = "Patient’s Social Security number"

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed.get("ssn") == typed.get("dod_id") == "":
            self.add_error("dod_id", "Enter the patient’s DoD ID number or Social Security number.")
        if typed.get("dod_id") and typed["dod_id"] == self.account.dod_id:
            self.add_error("dod_id", "This is your own number. Enter the patient’s.")
        return typed


class OfferCodeForm(forms.Form):
    """The code of an offer, as the other person types it."""

    code = code_field()


class ShareForm(forms.Form):
    """Which parts of the record a doctor may look at."""

    sees = forms.MultipleChoiceField(
        label="What may the doctor see?",
        choices=[(slug, TITLES[slug]) for slug in FOR_DOCTORS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one part of your record."},
    )


class OpenShareForm(forms.Form):
    """What a doctor types: the code and the patient's birth date."""

    code = code_field()
    born = DateField(label="The patient’s date of birth", past=True)
