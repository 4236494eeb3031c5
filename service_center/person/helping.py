"""What a member of staff may do for the person on the page, and the form for what takes two."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from accounts.changes import live_freeze
from accounts.models import Account, Assistance
from core.masks import mask_email
from service_center import account_buttons, assistance, conflicts
from service_center.changes import changes_shown
from service_center.person.buttons import waits_for_code
from service_center.person.subject import Subject
from service_center.read_only import has_permission


class HelpForm(forms.Form):
    """What two staff members are to do with an account, and why. It has no free text, so it holds no personal data."""

    kind = forms.TypedChoiceField(
        label="What to do",
        choices=Assistance.Kind.choices,
        coerce=Assistance.Kind,
        error_messages={"required": "Choose what to do.", "invalid_choice": "Choose what to do."},
    )
    reason = forms.TypedChoiceField(
        label="Why",
        choices=Assistance.Reason.choices,
        coerce=Assistance.Reason,
        error_messages={"required": "Choose why.", "invalid_choice": "Choose why."},
    )
    mailboxes = forms.MultipleChoiceField(
        label="Somebody else reads the mail? These former addresses are read too, or the person does not know them "
        "(the address of today counts anyway)",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Choose addresses from the list."},
    )

    def __init__(self, data: Any = None, *, account: Account, has_factor: bool | None = None) -> None:
        super().__init__(data, label_suffix="")
        kinds = assistance.kinds_for(account, has_factor=has_factor)
        reasons = dict.fromkeys(reason for kind in kinds for reason in assistance.REASONS[kind])
        for name, offered in (("kind", kinds), ("reason", reasons)):
            choices = [("", "Choose one"), *((one.value, one.label) for one in offered)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.former = assistance.former_addresses(account) if Assistance.Kind.EMAIL_OF_RECORD in kinds else {}
        self.fields["mailboxes"].choices = [  # type: ignore[attr-defined]
            (key, f"{mask_email(row.email)}, until {date_format(timezone.localtime(row.until_at), 'F j, Y, g:i A')}")
            for key, row in self.former.items()
        ]
        if not self.former:
            del self.fields["mailboxes"]

    def clean_mailboxes(self) -> list[str]:
        """Return the addresses that were chosen. The page has only masked ones."""
        return [self.former[key].email for key in self.cleaned_data["mailboxes"]]

    def clean(self) -> dict:
        """Refuse a reason that belongs to something else than what is to be done."""
        kind, reason = self.cleaned_data.get("kind"), self.cleaned_data.get("reason")
        if kind and reason and reason not in assistance.REASONS[kind]:
            fitting = ", or: ".join(one.label for one in assistance.REASONS[kind])
            self.add_error("reason", f"This reason does not go with “{kind.label}”. Choose: {fitting}.")
        return self.cleaned_data


def allowed_with(request: HttpRequest, subject: Subject, sent: HelpForm | None) -> dict[str, Any]:
    """Return the buttons and the form for this person, or the sentence that says why there are none.

    `sent` is a form that came back with errors.
    """
    if conflict := conflict_with(subject):
        return {"conflict": conflicts.SENTENCES[conflict]}
    account = subject.account
    can_resend = has_permission(request, "accounts.resend_code") and waits_for_code(subject)
    if account is None:
        return {"can_resend": can_resend}
    helps = has_permission(request, "accounts.assist_account")
    acts = helps or has_permission(request, "accounts.unlock_account")
    alone, freeze = not account.is_staff, live_freeze(account)
    can_unlock = alone and has_permission(request, "accounts.unlock_account")
    return {
        "takes_two": account.is_staff and acts,
        "can_unlock": can_unlock and account.state in ("locked", "dormant"),
        "can_freeze": alone
        and account.state in ("active", "locked")
        and has_permission(request, "accounts.freeze_account"),
        "pauses": subject.paused,
        "can_lift": can_unlock,
        "needs_proof": account_buttons.NEEDS_PROOF if account.state == "frozen" and account.dod_id else "",
        "freeze": freeze,
        "changes": changes_shown(account, freeze, account.factors),  # type: ignore[attr-defined]
        "can_resend": can_resend,
        **(help_for(request, account, sent) if helps else {}),
    }


def conflict_with(subject: Subject) -> conflicts.Conflict | None:
    """Return why the staff member may neither act on the person nor read what happened to them, or None."""
    by, account, person = subject.staff, subject.account, subject.person
    if account:
        return conflicts.conflict_with_account(by, account, person=person)
    return conflicts.conflict_with_person(by, subject.dod_id, person=person, needs_deers=False)


def help_for(request: HttpRequest, account: Account, sent: HelpForm | None) -> dict[str, Any]:
    """Return whether this staff member may request help for the account, or approve a colleague's request."""
    asked, has_factor = assistance.waiting(account), bool(account.factors)  # type: ignore[attr-defined]
    if not asked and not assistance.kinds_for(account, has_factor=has_factor):
        return {}
    form = sent or HelpForm(account=account, has_factor=has_factor)
    return {
        "asked": asked,
        "asked_by_me": asked and asked.asked_by_id == request.user.pk,
        "help_form": form,
        "forms": [] if asked else [form],
    }
