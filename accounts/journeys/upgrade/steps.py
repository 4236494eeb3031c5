"""The upgrade as data: its steps, and what each answer does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts import actions
from accounts.journeys.steps import code, deers_outage, details, letter, questions, route, second_factor, visit
from accounts.journeys.steps.details import ask_deers, find_person_of_record, match_details, or_reviewed
from accounts.journeys.upgrade import evidence
from accounts.journeys.upgrade.forms import IdentityForm, place_of
from accounts.journeys.wizard import Journey, Refused, Step, keep_answers
from accounts.mail import notices
from accounts.models import Factor, UpgradeDraft
from accounts.second_factors import enrollment, factors, locks
from accounts.second_factors.forms import FactorForm, FirstFactorForm
from accounts.sign_in import judge, session
from accounts.sign_in.views import refusal_for
from core import policy
from deers import lookup
from deers.registry import Beneficiary, Match, NoMatch, Outcome, PersonQuery, Unavailable
from idproofing import approvals
from idproofing.cases import Typed
from idproofing.routes import Route

TYPED = ("ssn", "street", "postal_code")

NO_ADDRESS = "We have no email address that your code could go to."


def identity_form(data: Any, draft: UpgradeDraft) -> forms.Form:
    kept = {
        "street": draft.street or "",
        "postal_code": draft.postal_code,
        "place": place_of(draft.postal_code or ""),
        "date_of_birth": date.fromisoformat(draft.date_of_birth) if draft.date_of_birth else None,
    }
    return IdentityForm(data, initial=kept, draft=draft)


@dataclass(frozen=True)
class Asked:
    """What DEERS says to the details, and the email address that a code may go to ("": none)."""

    outcome: Outcome
    email: str = ""


def look_up(request: HttpRequest, draft: UpgradeDraft, form: forms.Form) -> Asked | Refused:
    """Count the try and ask DEERS, under the name that it has for the account's person."""
    typed = form.cleaned_data
    person = lookup.person(draft.account.dod_id or "")
    email = evidence.code_address(draft.account, person)
    if person and not email and draft.route == Route.QUESTIONS and not draft.has_code:
        return Refused(NO_ADDRESS, aside="accounts/no_code_address.html")
    numbers = (typed["ssn"], typed["dod_id"], draft.account.dod_id or "")
    outcome = ask_deers(request, *numbers, question=lambda: find_own_record(draft, person, typed))
    return outcome if isinstance(outcome, Refused) else Asked(outcome, email)


def find_own_record(draft: UpgradeDraft, person: Beneficiary | None, typed: dict) -> Outcome:
    """Return the match of what was typed, if it is the account's own person, with a detail that no Basic page shows."""
    if person is None:
        return Unavailable()
    outcome = lookup.find_person(
        PersonQuery(
            first_name=person.first_name,
            middle_name=person.middle_name,
            last_name=person.last_name,
            suffix=person.suffix,
            date_of_birth=typed["date_of_birth"],
            ssn=typed["ssn"],
            dod_id=typed["dod_id"],
        )
    )
    theirs = isinstance(outcome, Match) and outcome.person.dod_id == draft.account.dod_id
    if isinstance(outcome, Match) and not (theirs and evidence.is_evidence(outcome.person, typed)):
        outcome = NoMatch()
    sent = {name: typed[name] for name in ("ssn", "dod_id", "street", "postal_code")}
    details = Typed(date_of_birth=typed["date_of_birth"].isoformat(), email="", **sent)
    return or_reviewed(outcome, details, draft.level, account_id=draft.account_id)


def match_account(request: HttpRequest, draft: UpgradeDraft, form: IdentityForm, asked: Asked) -> Refused | None:
    """Keep what was typed if it is the account's own person, with a detail of record that no Basic page shows."""
    if not (draft.case_id and draft.dod_id):  # a reviewer has matched it, and the address was found then
        keep_answers(draft, {"email": asked.email}, IDENTITY.forgets)
    return match_details(draft, form, asked.outcome, names=TYPED, forgets=IDENTITY.forgets, by=request.user)


def factor_form(data: Any, draft: UpgradeDraft) -> forms.Form:
    """Return the form for a first second factor, or for one that the account already has."""
    return FactorForm(data) if factors.has_factor(draft.account) else FirstFactorForm(data)


def factor_context(request: HttpRequest, draft: UpgradeDraft) -> dict:
    kinds = factors.kinds(draft.account)
    return {"has_factor": True, "kinds": kinds} if kinds else second_factor.context(request, draft)


def redeem_code(request: HttpRequest, draft: UpgradeDraft, form: forms.Form, asked: Any) -> Refused | None:
    refused = code.redeem_code(request, draft, form, asked)
    if draft.code_redeemed_at:
        draft.authenticator_key = enrollment.new_key()
    return refused


def raise_level(request: HttpRequest, draft: UpgradeDraft, form: forms.Form, person: Beneficiary) -> Refused | None:
    """Judge the second factor, the last thing required, and raise the account to Premium in a session with a new key.

    If another tab has enrolled a factor in the meantime, that one is asked for.
    """
    account = draft.account
    if account.level != policy.Level.BASIC:
        draft.ended = UpgradeDraft.Ended.NOT_BASIC
        return None
    since = timezone.now()
    with locks.lock_factors(account):
        factor = given_factor(request, draft, form.cleaned_data)
    if isinstance(factor, Refused):
        return factor
    if isinstance(actions.raise_level(account, by=account), actions.NotAllowed):
        draft.ended = UpgradeDraft.Ended.NOT_BASIC
        return None
    approvals.forget(draft.case_id, draft.dod_id)
    # The proofing notice goes to every address, with the one that DEERS holds (63A §3.10).
    notices.tell(account, "level-raised", to=[*notices.addresses_of(account), person.email], since=since)
    letter.tell_of_level(account, person, "level-raised", since=since, by=account)
    draft.finished_at = timezone.now()
    draft.ssn = draft.kept_ssn = draft.authenticator_key = draft.date_of_birth = ""
    session.begin(request, account, factor)
    return None


def given_factor(request: HttpRequest, draft: UpgradeDraft, given: Mapping[str, str]) -> Factor | Refused:
    """Return the factor that was given: one that the account has, or its first one, which is enrolled now."""
    account = draft.account
    if factors.has_factor(account):
        outcome = judge.judge_given(request, account, given)
        if isinstance(outcome, judge.RightFactor):
            return outcome.factor
        return Refused(*refusal_for(outcome, with_passkey=bool(given["passkey"])))
    judged = second_factor.judge(request, draft, given)
    if isinstance(judged, Refused):
        return judged
    factor, codes = enrollment.enroll(account, judged, by=account)
    draft.backup_codes = " ".join(codes)
    return factor


IDENTITY = Step(
    name="details",
    label="Your details",
    template="accounts/identity.html",
    form=identity_form,
    ask=look_up,
    save=match_account,
    keep=details.keep_number,
    done=lambda draft: bool(draft.dod_id),
    again=True,
    forgets=details.FORGOTTEN,
)

FACTOR = Step(
    name="second-factor",
    label="Second step when you sign in",
    template="accounts/enrol.html",
    form=factor_form,
    ask=find_person_of_record,
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
    steps=(
        deers_outage.TELL_ME,
        IDENTITY,
        route.CHOOSE_ROUTE,
        questions.QUESTIONS,
        letter.LETTER,
        visit.VISIT,
        code.code_step(redeem_code),
        FACTOR,
    ),
    finish="done",
    ended={
        "": "accounts/upgraded.html",
        UpgradeDraft.Ended.REVIEW: "accounts/review_asked.html",
        UpgradeDraft.Ended.NOT_BASIC: "accounts/draft_gone.html",
        UpgradeDraft.Ended.LETTER: "accounts/letter_sent.html",
    },
    belongs=lambda request, draft: draft.account_id == request.user.pk,
)
