"""The form of the upgrade."""

import re

from django import forms
from django.db import models

from accounts.journeys.forms import DodIdField, NumbersForm, SSNField
from core.fields import DateField, text_field

ONE_OF_BOTH = "Enter the street address and ZIP or postal code that DEERS has for you, or both of your numbers."
NO_ZIP = (
    "A ZIP code has 5 digits, or 9 with the four after the dash. If the address is in another country, choose that "
    "above."
)


class Place(models.TextChoices):
    """Where an address is, as the person says."""

    US = "us", "In the United States or its territories, or at a military post office (APO, FPO, DPO)"
    ABROAD = "abroad", "In another country"


class IdentityForm(NumbersForm):
    """Numbers, birth date and address of a Basic account holder, to be checked against DEERS.

    The address is not needed with both numbers. A code that can be no ZIP code is refused where the person says that
    one is meant. DEERS is not asked where the address is: other countries have codes of four digits, and a page that
    refuses them for some people only would tell a stranger where those live.
    """

    ssn = SSNField(required=False)
    dod_id = DodIdField()
    date_of_birth = DateField(label="Date of birth", past=True, autocomplete="bday")
    street = text_field("Street address or P.O. box", autocomplete="street-address", most=200)
    place = forms.ChoiceField(
        label="Where is this address?",
        choices=Place.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the options on this page."},
    )
    postal_code = text_field("ZIP or postal code", autocomplete="postal-code", most=16)

    def clean(self) -> dict:
        """Add an error if there is neither a second number nor an address."""
        typed = super().clean()
        if typed.get("ssn") and typed.get("dod_id"):
            return typed
        missing = [name for name in ("street", "postal_code") if typed.get(name) == ""]
        if missing and "ssn" in typed and "dod_id" in typed:
            self.add_error(missing[0], ONE_OF_BOTH)
        if typed.get("place") == Place.US and typed.get("postal_code") and not is_zip_code(typed["postal_code"]):
            self.add_error("postal_code", NO_ZIP)
        return typed


def is_zip_code(typed: str) -> bool:
    """Return whether this could be a ZIP code of the United States."""
    return bool(re.fullmatch(r"[0-9]{5}([ -]*[0-9]{4})?", typed))


def place_of(postal_code: str) -> Place:
    """Return where the address is whose code was typed before. Without one, it is where most are."""
    return Place.US if not postal_code or is_zip_code(postal_code) else Place.ABROAD
