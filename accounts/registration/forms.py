"""What a person types to register."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from accounts import passwords
from accounts.models import Account, RegistrationDraft
from accounts.way import RouteForm
from deers import dod_id, lookup, ssn
from dslogon import policy
from dslogon.fields import DateField, shared_fields

Data = Mapping[str, Any] | None
SUFFIXES = [("", "None"), *((s, s) for s in ("Jr", "Sr", "II", "III", "IV", "V"))]


def text(label: str, *, autocomplete: str, most: int = 100, missing: str = "") -> forms.CharField:
    """A one-line text field that tells the browser what it holds; `missing` is said when it is left empty."""
    return forms.CharField(
        label=label,
        max_length=most,
        required=bool(missing),
        error_messages={"required": missing, "max_length": f"{label}: use at most {most} characters."},
        widget=forms.TextInput({"autocomplete": autocomplete, "spellcheck": "false"}),
    )


class SSNField(forms.CharField):
    """A Social Security number, in any usual writing; the cleaned value is nine digits that could exist, or ""."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput({"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"})
        super().__init__(
            label="Social Security number",
            max_length=40,
            widget=widget,
            error_messages={
                "required": "Enter your Social Security number.",
                "max_length": "A Social Security number has 9 digits.",
            },
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        digits = ssn.clean(typed)
        problem = ssn.problem(digits, mock_serves=lookup.mock_serves())
        if problem:
            raise ValidationError(problem)
        return digits


class DodIdField(forms.CharField):
    """A DoD ID number, as it stands on an ID card; the cleaned value is ten digits, or ""."""

    def __init__(self) -> None:
        super().__init__(
            label="DoD ID number",
            max_length=40,
            required=False,
            widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}),
            error_messages={"max_length": "A DoD ID number has 10 digits."},
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        digits = dod_id.clean(typed)
        if typed and not digits:
            raise ValidationError("A DoD ID number has 10 digits. It is printed on the back of your ID card.")
        return digits


class PhoneField(forms.CharField):
    """A phone number in any usual writing, or none; the cleaned value is as typed."""

    def __init__(self) -> None:
        super().__init__(
            label="Phone number",
            max_length=32,
            required=False,
            widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
            validators=[
                RegexValidator(r"\A[0-9+(). /x-]*\Z", "Use only digits, blanks and + ( ) . / - in the phone number.")
            ],
            error_messages={"max_length": "Phone number: use at most 32 characters."},
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if typed and sum(char.isdigit() for char in typed) < FEWEST_DIGITS:
            raise ValidationError("Enter the whole phone number, with its area code.")
        return typed


# With area code or country code, no number is shorter.
FEWEST_DIGITS = 7

LEVELS = {
    policy.Level.BASIC.value: "Appointments, immunizations, allergies, eligibility and your TRICARE plan.",
    policy.Level.PREMIUM.value: "All of your health record: lab results, medications, notes, messages to your care "
    "team. You also set up a passkey or authenticator app.",
}
USERNAME_HINT = (
    f"{policy.USERNAME_MIN_LENGTH} to {policy.USERNAME_MAX_LENGTH} letters, digits, dots, dashes or underscores. "
    "Capitals do not matter."
)
PASSWORD_HINT = (
    f"At least {policy.PASSWORD_MIN_LENGTH} characters of any kind. Several words in a row are easy to remember and "
    "hard to guess. Leave out your name, your email and the names of this service."
)


@shared_fields
class LevelForm(RouteForm):
    """The first page: which level, and how to prove who one is."""

    field_order = ["level"]
    level = forms.TypedChoiceField(
        label="Which account would you like?",
        coerce=int,
        choices=[(lv.value, lv.label) for lv in policy.Level],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose Basic or Premium.",
            "invalid_choice": "Choose Basic or Premium.",
        },
    )


class LevelOfCodeForm(forms.Form):
    """The first page for somebody who comes back with an activation code."""

    level = LevelForm.base_fields["level"]


@shared_fields
class DetailsForm(forms.Form):
    """The person as DEERS knows them. Names may be of any script; what cannot be a name is refused by its length."""

    first_name = text("First name", autocomplete="given-name", missing="Enter your first name.")
    middle_name = text("Middle name", autocomplete="additional-name")
    last_name = text("Last name", autocomplete="family-name", missing="Enter your last name.")
    suffix = forms.ChoiceField(
        label="Suffix",
        choices=SUFFIXES,
        required=False,
        widget=forms.Select({"autocomplete": "honorific-suffix"}),
        error_messages={"invalid_choice": "Choose a suffix from the list."},
    )
    date_of_birth = DateField(label="Date of birth", past=True, autocomplete="bday")
    ssn = SSNField(required=False)
    dod_id = DodIdField()
    email = forms.EmailField(
        label="Email address",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": "Enter your email address.",
            "invalid": "Enter an email address in the form name@example.com.",
        },
    )

    def clean(self) -> dict:
        need_a_number(self)
        return self.cleaned_data


def need_a_number(form: forms.Form) -> None:
    """One of the two numbers is enough; a number that was given wrong has its own sentence already."""
    if form.cleaned_data.get("ssn") == form.cleaned_data.get("dod_id") == "":
        form.add_error("ssn", "Enter your Social Security number or your DoD ID number.")


class CredentialsForm(forms.Form):
    """Username and password of the new account."""

    username = forms.CharField(
        label="Username",
        help_text=USERNAME_HINT,
        min_length=policy.USERNAME_MIN_LENGTH,
        max_length=policy.USERNAME_MAX_LENGTH,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        validators=[
            RegexValidator(r"\A[A-Za-z0-9._-]*\Z", "Use only letters A to Z, digits, dots, dashes and underscores."),
            RegexValidator(r"[A-Za-z0-9]", "Use at least one letter or digit."),
        ],
        error_messages={
            "required": "Choose a username.",
            "min_length": f"Username: use at least {policy.USERNAME_MIN_LENGTH} characters.",
            "max_length": f"Username: use at most {policy.USERNAME_MAX_LENGTH} characters.",
        },
    )
    password = forms.CharField(
        label="Password",
        help_text=PASSWORD_HINT,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password", "minlength": policy.PASSWORD_MIN_LENGTH}),
        error_messages={"required": "Choose a password."},
    )
    password_again = forms.CharField(
        label="Password, once more",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": "Enter the password once more."},
    )

    def __init__(self, data: Data, draft: RegistrationDraft) -> None:
        super().__init__(data, initial={"username": draft.username})
        self.draft = draft

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if Account.objects.filter(username__lower=username.lower()).exists():
            raise ValidationError("This username is taken. Choose another.")
        return username

    def clean(self) -> dict:
        data = self.cleaned_data
        password, again = data.get("password"), data.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", "The two passwords are not the same.")
        elif password:
            for sentence in passwords.problems(password, owner(self.draft, data.get("username", ""))):
                self.add_error("password", sentence)
        return data


def owner(draft: RegistrationDraft, username: str) -> passwords.Owner:
    """Whose password is being chosen; the username is the one in the form beside it."""
    return passwords.Owner(username, draft.first_name, draft.middle_name, draft.last_name, draft.email)
