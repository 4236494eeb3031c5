"""What a Basic account holder types to upgrade."""

from django import forms

from accounts.registration.forms import DELIVERIES, DetailsForm, SSNField, text
from dslogon.fields import DateField


class DeliveryForm(forms.Form):
    """How the activation code comes."""

    code_delivery = forms.ChoiceField(
        label="How would you like to get your activation code?",
        choices=DELIVERIES,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how to get your activation code.",
            "invalid_choice": "Choose one of the ways on this page.",
        },
    )


class IdentityForm(forms.Form):
    """Number, birth date and contact details, to be checked against DEERS."""

    ssn = SSNField()
    date_of_birth = DateField(label="Date of birth", past=True, autocomplete="bday")
    email = DetailsForm.base_fields["email"]
    phone = forms.CharField(
        label="Phone number",
        max_length=32,
        required=False,
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"max_length": "Phone number: use at most 32 characters."},
    )
    postal_code = text("ZIP or postal code", autocomplete="postal-code", most=16)
