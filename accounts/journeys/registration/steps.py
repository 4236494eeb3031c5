"""Registration as data: its steps, and what each answer does."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils import timezone

from accounts import actions
from accounts.journeys.registration.forms import CredentialsForm, DetailsForm
from accounts.journeys.steps import (
    code,
    deers_outage,
    delivery,
    details,
    give_back,
    letter,
    questions,
    route,
    second_factor,
    visit,
)
from accounts.journeys.steps.details import ask_deers, find_person_of_record, match_details, or_reviewed
from accounts.journeys.wizard import Journey, Refused, Step
from accounts.mail import notices
from accounts.models import RegistrationDraft, State
from accounts.passwords import hashing
from accounts.profile import email_change
from accounts.second_factors import enrollment, passkeys
from accounts.second_factors.forms import FirstFactorForm
from accounts.sign_in import consent, judge, session
from core import policy
from deers import lookup
from deers.names import surname_key
from deers.registry import Beneficiary, Outcome, PersonQuery
from idproofing import approvals
from idproofing.cases import Typed
from idproofing.codes import came_by_email
from safeguards import audit

TYPED = ("first_name", "middle_name", "last_name", "suffix", "ssn", "email")


def details_form(data: Any, draft: RegistrationDraft) -> forms.Form:
    """Return the form with what was typed before. The Social Security number is never sent back to the browser."""
    kept = {name: getattr(draft, name) for name in TYPED if name != "ssn"}
    kept["date_of_birth"] = date.fromisoformat(draft.date_of_birth) if draft.date_of_birth else None
    return DetailsForm(data, initial=kept, draft=draft)


def look_up(request: HttpRequest, draft: RegistrationDraft, form: forms.Form) -> Outcome | Refused:
    """Count the try and ask DEERS for the person."""
    typed = form.cleaned_data
    whom = f"{typed['date_of_birth']} {surname_key(typed['last_name'])}"
    names = {name: typed[name] for name in ("first_name", "middle_name", "last_name", "suffix", "ssn", "dod_id")}
    query = PersonQuery(date_of_birth=typed["date_of_birth"], **names)
    sent = Typed(date_of_birth=typed["date_of_birth"].isoformat(), email=typed["email"], **names)
    return ask_deers(
        request,
        query.ssn,
        query.dod_id,
        whom=whom,
        question=lambda: or_reviewed(lookup.find_person(query), sent, draft.level),
    )


def match_person(request: HttpRequest, draft: RegistrationDraft, form: DetailsForm, outcome: Outcome) -> Refused | None:
    """Keep what was typed and the person whom it matches. The answer never tells which detail differed, nor why."""
    return match_details(draft, form, outcome, names=TYPED, forgets=DETAILS.forgets, by="visitor")


def redeem_code(request: HttpRequest, draft: RegistrationDraft, form: forms.Form, asked: Any) -> Refused | None:
    """Judge the code. A proven person who already has an account may learn of it now, and gets a frozen one back."""
    refused = code.redeem_code(request, draft, form, asked)
    account = actions.account_of(draft.dod_id) if draft.code_redeemed_at else None
    if account and account.state == State.FROZEN:
        give_back.begin_giving_back(draft, account)
    elif account:
        draft.ended = RegistrationDraft.Ended.HAS_ACCOUNT
        audit.record("registration.already-registered", by="visitor", account_id=account.pk)
    return refused


def choose_credentials(
    request: HttpRequest, draft: RegistrationDraft, form: forms.Form, person: Beneficiary
) -> Refused | None:
    """Keep the username and password, which at Basic opens the account."""
    try:
        draft.password_hash = make_password(form.cleaned_data["password"])
    except hashing.TooBusy:
        return Refused(hashing.BUSY, status=503)
    draft.username = form.cleaned_data["username"]
    if not consent.given(request):
        consent.accept(request)
    if draft.level == policy.Level.PREMIUM:
        draft.authenticator_key = enrollment.new_key()
    else:
        open_account(request, draft, person)
    return None


def enroll(request: HttpRequest, draft: RegistrationDraft, form: forms.Form, person: Beneficiary) -> Refused | None:
    """Open the account once a passkey or the authenticator app's first code is right. This is Premium's last step."""
    judged = second_factor.judge(request, draft, form.cleaned_data)
    if isinstance(judged, Refused):
        return judged
    open_account(request, draft, person, judged)
    return None


def open_account(
    request: HttpRequest,
    draft: RegistrationDraft,
    person: Beneficiary,
    first: enrollment.NewApp | passkeys.New | None = None,
) -> None:
    """Open the account, enroll its second factor, notify the addresses of record, and sign the person in."""
    level = policy.Level(draft.level)
    outcome = actions.open_account(
        dod_id=draft.dod_id,
        first_name=person.first_name,
        last_name=person.last_name,
        level=level,
        username=draft.username,
        password_hash=draft.password_hash,
        email=draft.email,
        email_confirmed=came_by_email(draft.dod_id, policy.Level(draft.level), draft.email),
        phone=person.phone,
        by="visitor",
    )
    if isinstance(outcome, actions.UsernameTaken):
        draft.username = draft.password_hash = ""
        messages.warning(request, "Somebody else has just taken this username. Please choose another.")
        return
    if isinstance(outcome, actions.PersonHasAccount):
        draft.ended = RegistrationDraft.Ended.HAS_ACCOUNT
        return
    account = outcome.account
    approvals.forget(draft.case_id, draft.dod_id)
    factor = None
    if first is not None:
        factor, codes = enrollment.enroll(account, first, by="visitor")
        draft.backup_codes = " ".join(codes)
    since, to = account.created_at, [account.email, person.email]
    notices.tell(account, "account-opened", to=to, since=since, level=level.label)
    letter.tell_of_level(account, person, "account-opened", since=since, by=account)
    if account.email and account.email_confirmed_at is None:
        email_change.ask(account, account.email)
    draft.account, draft.finished_at = account, timezone.now()
    draft.password_hash = draft.ssn = draft.kept_ssn = draft.authenticator_key = draft.date_of_birth = ""
    session.begin(request, account, factor)
    judge.count_success(account, factor)


DETAILS = Step(
    name="details",
    label="Your details",
    template="accounts/details.html",
    form=details_form,
    ask=look_up,
    save=match_person,
    keep=details.keep_number,
    done=lambda draft: bool(draft.dod_id),
    again=True,
    forgets=(*details.FORGOTTEN, "username", "password_hash", "gives_back"),
)

CREDENTIALS = Step(
    name="credentials",
    label="Username and password",
    template="accounts/credentials.html",
    form=CredentialsForm,
    ask=find_person_of_record,
    save=choose_credentials,
    ready=lambda draft: bool(draft.code_redeemed_at),
    done=lambda draft: bool(draft.username and draft.password_hash),
    applies=lambda draft: not draft.gives_back,
    again=True,
    context=lambda request, draft: {"asks_consent": not consent.given(request)},
)

SECOND_FACTOR = Step(
    name="second-factor",
    label="Second step when you sign in",
    template="accounts/enrol.html",
    form=lambda data, draft: FirstFactorForm(data),
    ask=find_person_of_record,
    save=enroll,
    ready=lambda draft: bool(draft.username and draft.password_hash),
    done=lambda draft: bool(draft.finished_at),
    applies=lambda draft: draft.level == policy.Level.PREMIUM and not draft.gives_back,
    context=second_factor.context,
)

REGISTRATION = Journey(
    title="Create your account",
    begin="register",
    page="register-step",
    model=RegistrationDraft,
    first_label="Choose your account",
    steps=(
        deers_outage.TELL_ME,
        DETAILS,
        route.CHOOSE_ROUTE,
        questions.QUESTIONS,
        delivery.DELIVERY,
        letter.LETTER,
        visit.VISIT,
        code.code_step(redeem_code),
        give_back.GIVE_BACK,
        CREDENTIALS,
        SECOND_FACTOR,
    ),
    finish="done",
    ended={
        "": "accounts/registered.html",
        RegistrationDraft.Ended.HAS_ACCOUNT: "accounts/has_account.html",
        RegistrationDraft.Ended.GIVEN_BACK: "accounts/given_back.html",
        RegistrationDraft.Ended.NO_MAILBOX: "accounts/given_back.html",
        RegistrationDraft.Ended.NEEDS_PREMIUM: "accounts/needs_premium.html",
        RegistrationDraft.Ended.LETTER: "accounts/letter_sent.html",
        RegistrationDraft.Ended.REVIEW: "accounts/review_asked.html",
    },
    # The last page shows the backup codes, so it is for the new account's own session only.
    belongs=lambda request, draft: draft.account_id is None or draft.account_id == request.user.pk,
)
