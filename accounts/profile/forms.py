"""Forms for changing one's account."""

from django import forms
from django.core.exceptions import ValidationError

from accounts.mail import reported_mailboxes
from accounts.passwords.forms import AccountForm
from core.fields import PhoneField, email_field


class EmailForm(AccountForm):
    """An email address other than the account's, or the account's own while it is not confirmed."""

    email = email_field()

    def clean_email(self) -> str:
        is_same = self.cleaned_data["email"].lower() == self.account.email.lower()
        if is_same and self.account.email_confirmed_at:
            raise ValidationError("That is already your email address.")
        # Only what was approved: before that, the one who asks may be the one who reads the mailbox.
        if self.cleaned_data["email"].lower() in reported_mailboxes.taken(self.account, approved=True):
            raise ValidationError("Our records say that somebody else reads this mailbox. Use another email address.")
        return self.account.email if is_same else self.cleaned_data["email"]


class PhoneForm(forms.Form):
    """A phone number in any usual format, or none."""

    phone = PhoneField()
