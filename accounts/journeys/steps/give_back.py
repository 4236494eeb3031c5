"""The last step for the holder of a frozen account: which changes were not theirs. Then the account is given back."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts import actions, giving_back
from accounts.journeys.steps.details import find_person_of_record
from accounts.journeys.wizard import Refused, Step, actor
from accounts.models import Account, RegistrationDraft
from accounts.recovery import password
from accounts.reported import FirstChangeForm
from core import policy
from deers.registry import Beneficiary
from idproofing.codes import came_by_email
from safeguards import audit

Ended = RegistrationDraft.Ended


class GiveBackForm(FirstChangeForm):
    """The first change that was not the holder's, and whether somebody else reads their mail."""

    reads_along = forms.BooleanField(
        label="Someone else can read my email at the address from before. Use the address in DEERS in place of it, or "
        "the one that my activation code went to.",
        required=False,
    )


def give_back_form(data: Any, draft: RegistrationDraft) -> forms.Form:
    return GiveBackForm(data, actions.account_of(draft.dod_id))


def begin_giving_back(draft: RegistrationDraft, account: Account) -> None:
    """Let a proven person go on to get their frozen account back, if they have proven as much as the account needs."""
    if draft.level < (account.level or 0):
        draft.ended = Ended.NEEDS_PREMIUM
    else:
        draft.gives_back = True
    audit.record("recovery.proven-again", by="visitor", account_id=account.pk, level=draft.level)


def give_back(
    request: HttpRequest, draft: RegistrationDraft, form: GiveBackForm, person: Beneficiary
) -> Refused | None:
    """Give the account back as it was before the change that was not the holder's, and mail a link for a new password.

    If somebody was faster, in another tab, there is nothing left to do. If the account was closed in the meantime, the
    person may open another.
    """
    account, since, typed = form.account, form.since(), ""
    if account is None:
        draft.gives_back = False
        return None
    if came_by_email(draft.dod_id, policy.Level(draft.level), draft.email):
        typed = draft.email
    outcome = giving_back.give_back(
        account, since=since, typed_email=typed, reads_along=form.cleaned_data["reads_along"], by=actor(request)
    )
    draft.ssn = draft.date_of_birth = ""
    if isinstance(outcome, actions.NotAllowed):
        draft.ended = Ended.HAS_ACCOUNT
        return None
    sent = password.mail_link(Account.objects.get(pk=account.pk))
    draft.ended = Ended.GIVEN_BACK if sent else Ended.NO_MAILBOX
    return None


GIVE_BACK = Step(
    name="give-back",
    label="What was not you",
    template="accounts/give_back.html",
    form=give_back_form,
    ask=find_person_of_record,
    save=give_back,
    ready=lambda draft: bool(draft.code_redeemed_at and draft.gives_back),
    done=lambda draft: draft.ended in (Ended.GIVEN_BACK, Ended.NO_MAILBOX),
    applies=lambda draft: draft.gives_back,
)
