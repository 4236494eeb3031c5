"""What a Basic account holder types to upgrade."""

from django import forms

from accounts.registration.forms import DetailsForm, SSNField, text
from dslogon.fields import DateField


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
