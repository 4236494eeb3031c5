"""What a person types to change something about the own account."""

from django import forms
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts import enrolment
from accounts.models import Account
from accounts.proofing import minutes
from accounts.registration.forms import CredentialsForm
from dslogon import policy
from safeguards import limits


class AccountForm(forms.Form):
    """A form that is judged for one account."""

    def __init__(self, data: object, account: Account) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.account = account


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


class CurrentPasswordForm(AccountForm):
    """The password of today, asked before anything about credentials changes."""

    current_password = forms.CharField(
        label="Your password now",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Enter the password you use now.", "max_length": "That is not your password."},
    )

    def clean_current_password(self) -> str:
        """Wrong guesses count with those at sign-in, before they are judged, so that parallel ones count too."""
        key = self.account.username.lower()
        wait = limits.hit(policy.SIGN_IN_PER_ACCOUNT, key, account_id=self.account.pk)
        if wait:
            raise ValidationError(f"There were too many tries. Wait {minutes(wait)}, then try again.")
        if not check_password(self.cleaned_data["current_password"], self.account.password):
            raise ValidationError("That is not your password.")
        limits.clear(policy.SIGN_IN_PER_ACCOUNT, key)
        return self.cleaned_data["current_password"]


class ChangePasswordForm(PasswordPairForm, CurrentPasswordForm):
    field_order = ["current_password", "password", "password_again"]


class EnrolForm(enrolment.TokenForm, CurrentPasswordForm):
    field_order = ["otp_token", "current_password"]
