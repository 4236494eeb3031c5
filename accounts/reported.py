"""What a person says of the changes to an account: which one was the first that was not theirs.

The page that freezes, the page that gives the account back, and the page of the service center ask the same.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from accounts.changes import Kind, changes_of, live_freeze
from accounts.models import Account, CredentialChange
from accounts.second_factors.factors import KINDS

OPENED = "opened"
NONE = "none"


def what_of(change: CredentialChange) -> str:
    """Return what was changed, with the kind of factor that was added or removed."""
    model = change.factor.rpartition("/")[0]
    title = next((str(kind.title) for kind in KINDS if kind.model._meta.label_lower == model), "")
    words = {Kind.FACTOR_ADDED: f"{title} added", Kind.FACTOR_REMOVED: f"{title} removed"}
    return words[Kind(change.kind)] if title else change.get_kind_display()


def words_for(change: CredentialChange) -> str:
    """Return one line about a change: what, when and from where."""
    when = date_format(timezone.localtime(change.at), "F j, Y, g:i A")
    return f"{what_of(change)}, {when}" + (f", from {change.device}" if change.device else "")


class FirstChangeForm(forms.Form):
    """The first change that was not the holder's, or none of them. Nothing is preselected: only the holder knows."""

    first = forms.ChoiceField(
        label="Which is the first change that was not yours?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose one of these answers.",
            "invalid_choice": "Choose one from the list.",
        },
    )

    def __init__(
        self, data: Any, account: Account | None, *, none: str = "All of these were mine", whose: str = "yours"
    ) -> None:
        super().__init__(data)
        self.account, self.changes = account, list(changes_of(account)) if account else []
        under = live_freeze(account) if account else None
        reported = next((one for one in self.changes if under and under.since and one.at >= under.since), None)
        lines = [(str(one.pk), words_for(one) + (" (reported)" if one == reported else "")) for one in self.changes]
        opened = "I did not open this account" if whose == "yours" else "The person did not open this account"
        of_staff = account is not None and account.is_staff
        choices = [*lines, (NONE, none)] if of_staff else [(OPENED, opened), *lines, (NONE, none)]
        self.fields["first"].choices = choices  # type: ignore[attr-defined]
        self.fields["first"].label = f"Which is the first change that was not {whose}?"

    def since(self) -> datetime | None:
        """Return from when on the account was not the holder's, or None."""
        first = self.cleaned_data["first"]
        if first == OPENED and self.account:
            return self.account.created_at
        return next((one.at for one in self.changes if str(one.pk) == first), None)
