"""What a person types to change something about the own account."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import Account
from accounts.registration.forms import CredentialsForm, DetailsForm, PhoneField


class AccountForm(forms.Form):
    """A form that is judged for one account."""

    def __init__(self, data: object, account: Account) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.account = account


class EmailForm(AccountForm):
    """Another email address than the one that the account has, or that one while it is not confirmed."""

    email = DetailsForm.base_fields["email"]

    def clean_email(self) -> str:
        is_same = self.cleaned_data["email"].lower() == self.account.email.lower()
        if is_same and self.account.email_confirmed_at:
            raise ValidationError("That is your email address already.")
        return self.account.email if is_same else self.cleaned_data["email"]


class PhoneForm(forms.Form):
    """A phone number in any usual writing, or none."""

    phone = PhoneField()


class PasswordPairForm(AccountForm):
    """A new password, twice, judged for the account it is for."""

    password = CredentialsForm.base_fields["password"]
    password_again = CredentialsForm.base_fields["password_again"]

    def clean(self) -> dict:
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", "The two passwords are not the same.")
        elif password:
            try:
                validate_password(password, self.account)
            except ValidationError as refused:
                self.add_error("password", refused)
        return self.cleaned_data
