"""What a Basic account holder types to upgrade."""

from django import forms

from accounts.registration.forms import DetailsForm, DodIdField, PhoneField, SSNField, need_a_number, text
from dslogon.fields import DateField


class IdentityForm(forms.Form):
    """Number, birth date and contact details, to be checked against DEERS."""

    ssn = SSNField(required=False)
    dod_id = DodIdField()
    date_of_birth = DateField(label="Date of birth", past=True, autocomplete="bday")
    email = DetailsForm.base_fields["email"]
    phone = PhoneField()
    postal_code = text("ZIP or postal code", autocomplete="postal-code", most=16)

    def clean(self) -> dict:
        need_a_number(self)
        return self.cleaned_data
