"""The forms of registration."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from accounts.journeys.forms import DodIdField, NumbersForm, SSNField
from accounts.journeys.steps.route import RouteForm
from accounts.models import Account, RegistrationDraft
from accounts.passwords import validation
from accounts.passwords.forms import NewPasswordForm
from core import policy
from core.fields import DateField, email_field, shared_fields, text_field
from idproofing.routes import Route

Data = Mapping[str, Any] | None
SUFFIXES = [("", "None"), *((s, s) for s in ("Jr", "Sr", "II", "III", "IV", "V", "VI", "VII", "VIII"))]

LEVELS = {
    policy.Level.BASIC.value: "Appointments, immunizations, allergies, eligibility and your TRICARE plan.",
    policy.Level.PREMIUM.value: "All of your health record: lab results, medications, notes, messages with your care "
    "team. You also set up a passkey or authenticator app.",
}
USERNAME_HINT = (
    f"{policy.USERNAME_MIN_LENGTH} to {policy.USERNAME_MAX_LENGTH} letters, digits, dots, dashes or underscores. "
    "Capital letters do not matter."
)


@shared_fields
class LevelForm(forms.Form):
    """The first page: which level."""

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


@shared_fields
class RouteOfLevelForm(RouteForm):
    """The second page: how to prove one's identity, for the level that was chosen on the first."""

    field_order = ["level"]
    level = LevelForm.base_fields["level"]


@shared_fields
class DetailsForm(NumbersForm):
    """The person as DEERS knows them.

    Names may be in any script. A text that cannot be a name is refused only for its length.
    """

    first_name = text_field("First name", autocomplete="given-name", missing="Enter your first name.")
    middle_name = text_field("Middle name", autocomplete="additional-name")
    last_name = text_field("Last name", autocomplete="family-name", missing="Enter your last name.")
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
    email = email_field(required=False)

    def __init__(self, data: Data = None, *, draft: RegistrationDraft | None = None, **more: Any) -> None:
        super().__init__(data, draft=draft, **more)
        self.needs_email = draft is None or (draft.route == Route.QUESTIONS and not draft.has_code)

    def clean(self) -> dict:
        """Add an error if there is no email address on the route whose code comes online."""
        typed = super().clean()
        if self.needs_email and typed.get("email") == "":
            self.add_error("email", "Enter your email address.")
        return typed


class CredentialsForm(NewPasswordForm):
    """Username and password of the new account."""

    field_order = ["username"]

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

    def __init__(self, data: Data, draft: RegistrationDraft) -> None:
        super().__init__(data, initial={"username": draft.username})
        self.draft = draft

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if Account.objects.filter(username__lower=username.lower()).exists():
            raise ValidationError("This username is taken. Choose another.")
        return username

    def owner(self) -> validation.Owner:
        return owner_of_password(self.draft, self.cleaned_data.get("username", ""))


def owner_of_password(draft: RegistrationDraft, username: str) -> validation.Owner:
    """Return whose password is being chosen. The username is the one in the same form."""
    return validation.Owner(username, draft.first_name, draft.middle_name, draft.last_name, draft.email)
