"""The form of the upgrade."""

from django import forms

from accounts.journeys.forms import DodIdField, SSNField, require_a_number
from core.fields import DateField, PhoneField, email_field, text_field


class IdentityForm(forms.Form):
    """Number, birth date and contact details of a Basic account holder, to be checked against DEERS."""

    ssn = SSNField(required=False)
    dod_id = DodIdField()
    date_of_birth = DateField(label="Date of birth", past=True, autocomplete="bday")
    email = email_field()
    phone = PhoneField()
    postal_code = text_field("ZIP or postal code", autocomplete="postal-code", most=16)

    def clean(self) -> dict:
        require_a_number(self)
        return self.cleaned_data
