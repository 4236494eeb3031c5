"""The upgrade as data: its steps, and what each answer does."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts import actions, enrolment, factors, notices, proofing
from accounts.models import UpgradeDraft
from accounts.registration.steps import NO_MATCH, judge_match, too_many_tries
from accounts.sign_in import judge, session
from accounts.sign_in.forms import FactorForm
from accounts.upgrade.forms import IdentityForm
from accounts.wizard import Journey, Refused, Step, forget
from deers import lookup
from deers.registry import Beneficiary, Match, NoMatch, PersonQuery
from dslogon import policy
from safeguards import client, limits

TYPED = ("ssn", "email", "phone", "postal_code")


def identity_form(data: Any, draft: UpgradeDraft) -> forms.Form:
    kept = {
        "email": draft.email or draft.account.email,
        "phone": draft.phone or draft.account.phone,
        "postal_code": draft.postal_code,
        "date_of_birth": date.fromisoformat(draft.date_of_birth) if draft.date_of_birth else None,
    }
    return IdentityForm(data, initial=kept)


def match_account(request: HttpRequest, draft: UpgradeDraft, form: forms.Form) -> Refused | None:
    """The details must be those of the person whose account this is, and one contact detail must be of record."""
    typed = form.cleaned_data
    wait = limits.hit(policy.DEERS_PER_ADDRESS, client.address(request)) or limits.hit(
        policy.DEERS_PER_SSN, typed["ssn"]
    )
    if wait:
        return Refused(too_many_tries(wait))
    keep(draft, typed)
    person = lookup.person(draft.account.dod_id or "")
    if person is None:
        return Refused(NO_MATCH)
    outcome = lookup.find_person(
        PersonQuery(
            first_name=person.first_name,
            middle_name=person.middle_name,
            last_name=person.last_name,
            suffix=person.suffix,
            date_of_birth=typed["date_of_birth"],
            ssn=typed["ssn"],
        )
    )
    if isinstance(outcome, Match) and not same_person(draft, outcome.person, typed):
        outcome = NoMatch()
    return judge_match(draft, outcome, by=request.user)


def same_person(draft: UpgradeDraft, person: Beneficiary, typed: dict) -> bool:
    """Whether the match is the account's own person, reached by at least one contact detail that DEERS has."""
    reached = (
        digits(typed["phone"])[-10:] == digits(person.phone)[-10:] != "",
        typed["email"].lower() == person.email.lower() != "",
        plain(typed["postal_code"])[:5] == plain(person.postal_code)[:5] != "",
    )
    return person.dod_id == draft.account.dod_id and any(reached)


def digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def keep(draft: UpgradeDraft, typed: dict) -> None:
    """Store what was typed; when it differs from before, what was built on it is forgotten."""
    now = {name: typed[name] for name in TYPED} | {"date_of_birth": typed["date_of_birth"].isoformat()}
    if any(getattr(draft, name) != value for name, value in now.items()):
        forget(draft, IDENTITY.forgets)
    for name, value in now.items():
        setattr(draft, name, value)


def factor_form(data: Any, draft: UpgradeDraft) -> forms.Form:
    """A first token for a new authenticator, or a code of the one enrolled before."""
    return enrolment.token_form(data, draft) if draft.authenticator_key else FactorForm(data)


def factor_context(request: HttpRequest, draft: UpgradeDraft) -> dict:
    return enrolment.context(request, draft) if draft.authenticator_key else {"has_factor": True}


def redeem_code(request: HttpRequest, draft: UpgradeDraft, form: forms.Form) -> Refused | None:
    refused = proofing.redeem_code(request, draft, form)
    if draft.code_redeemed_at and not factors.has_factor(draft.account):
        draft.authenticator_key = enrolment.new_key()
    return refused


def raise_level(request: HttpRequest, draft: UpgradeDraft, form: forms.Form) -> Refused | None:
    """The second factor is the last thing owed; with it the account is Premium, in a session with a new key."""
    account = draft.account
    if draft.authenticator_key:
        judged = enrolment.judge_first_token(draft, form.cleaned_data["otp_token"])
        if isinstance(judged, str):
            return Refused(judged, "otp_token")
        factor, codes = enrolment.enrol(account, draft.authenticator_key, judged, by=account)
        draft.backup_codes = " ".join(codes)
    else:
        outcome = judge.judge_factor(account, form.cleaned_data["otp_token"])
        if isinstance(outcome, judge.Wait):
            return Refused(f"There were too many wrong codes. Wait {proofing.minutes(outcome.wait)}.", "otp_token")
        if isinstance(outcome, judge.WrongFactor):
            return Refused("That code is not right, or it was used already. Try the next one.", "otp_token")
        factor = outcome.factor  # type: ignore[assignment]
    if isinstance(actions.raise_level(account, by=account), actions.NotAllowed):
        draft.ended = "not-basic"
        return None
    tell(draft)
    draft.finished_at = timezone.now()
    draft.ssn = draft.authenticator_key = draft.date_of_birth = ""
    session.begin(request, account, factor)
    return None


def tell(draft: UpgradeDraft) -> None:
    """The proofing notice goes to the account's address and to the one that DEERS holds (63A §3.10)."""
    account = draft.account
    person = lookup.person(account.dod_id or "")
    for address in {account.email, person.email if person else ""} - {""}:
        notices.send("level-raised", to=address, account_id=account.pk, first_name=account.first_name)


IDENTITY = Step(
    name="details",
    label="Your details",
    template="accounts/identity.html",
    form=identity_form,
    save=match_account,
    done=lambda draft: bool(draft.dod_id),
    again=True,
    forgets=("dod_id", "quiz", "quiz_passed_at", "screen_code", "code_redeemed_at"),
)

FACTOR = Step(
    name="second-factor",
    label="Second factor",
    template="accounts/enrol.html",
    form=factor_form,
    save=raise_level,
    ready=lambda draft: bool(draft.code_redeemed_at),
    done=lambda draft: bool(draft.finished_at),
    context=factor_context,
)

UPGRADE = Journey(
    title="Upgrade to Premium",
    begin="upgrade",
    page="upgrade-step",
    model=UpgradeDraft,
    first_label="Before you start",
    steps=(IDENTITY, proofing.QUESTIONS, proofing.code_step(redeem_code), FACTOR),
    finish="done",
    ended={
        "": "accounts/upgraded.html",
        "left": "accounts/other_ways.html",
        "thin-file": "accounts/other_ways.html",
        "not-basic": "accounts/draft_gone.html",
    },
    belongs=lambda request, draft: draft.account_id == request.user.pk,
)
