"""Forms for passwords: the current one and a new one."""

from django import forms

from accounts.models import Account
from accounts.passwords import validation
from core import policy

NEW_PASSWORD_HINT = (
    f"At least {policy.PASSWORD_MIN_LENGTH} characters of any kind. Several words in a row are easy to remember and "
    "hard to guess. Leave out your name, your email and the names of this service."
)


def password_field() -> forms.CharField:
    """Return the field for an existing password. Its only errors are that it is empty or far too long."""
    return forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password.", "max_length": "No password is that long."},
    )


def new_password_field() -> forms.CharField:
    """Return the field for a new password. `validation.problems` says what is wrong with one."""
    return forms.CharField(
        label="Password",
        help_text=NEW_PASSWORD_HINT,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password", "minlength": policy.PASSWORD_MIN_LENGTH}),
        error_messages={"required": "Choose a password."},
    )


class PasswordAgainForm(forms.Form):
    """The password again, from a person who is signed in or who followed a link."""

    password = password_field()


class AccountForm(forms.Form):
    """A form that is validated for one account."""

    def __init__(self, data: object, account: Account) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.account = account


class NewPasswordForm(forms.Form):
    """A new password, typed twice, and judged for the person that `owner` returns."""

    password = new_password_field()
    password_again = forms.CharField(
        label="Confirm your password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": "Enter the password again."},
    )

    def owner(self) -> object:
        """Return whose password it will be: an Account or a validation.Owner."""
        raise NotImplementedError

    def clean(self) -> dict:
        """Add one error: all that is wrong with the password, or else that the second box does not hold it too.

        Both boxes are empty on the page that comes back, so what was in the second does not matter after the first.
        """
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("password_again")
        problems = validation.problems(password, self.owner()) if password else []
        if problems:
            self.add_error("password", " ".join(problems))
        if self.has_error("password"):
            self.errors.pop("password_again", None)
        elif again and password != again:
            self.add_error("password_again", "The two passwords are not the same.")
        return self.cleaned_data


class PasswordPairForm(AccountForm, NewPasswordForm):
    """A new password for an account."""

    def owner(self) -> Account:
        return self.account
