"""Registration as data: its steps, and what each answer does."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils import timezone

from accounts import (
    actions,
    email_change,
    enrolment,
    hashing,
    letter,
    next_steps,
    notices,
    passkeys,
    proofing,
    visiting,
    waiting,
    way,
)
from accounts.models import RegistrationDraft
from accounts.proofing import NO_MATCH, person_of_record
from accounts.registration.forms import CredentialsForm, DetailsForm
from accounts.sign_in import consent, judge, session
from accounts.wizard import Journey, Refused, Step, keep
from deers import lookup
from deers.names import surname_key
from deers.registry import Beneficiary, Match, Outcome, PersonQuery, Unavailable
from dslogon import policy
from idproofing.codes import came_by_email
from safeguards import audit, client, limits

TYPED = ("first_name", "middle_name", "last_name", "suffix", "ssn", "email")


def details_form(data: Any, draft: RegistrationDraft) -> forms.Form:
    """The form with what was typed before; the Social Security number is never sent back to the browser."""
    kept = {name: getattr(draft, name) for name in TYPED if name != "ssn"}
    kept["date_of_birth"] = date.fromisoformat(draft.date_of_birth) if draft.date_of_birth else None
    return DetailsForm(data, initial=kept)


def look_up(request: HttpRequest, draft: RegistrationDraft, form: forms.Form) -> Outcome | Refused:
    """Count the try and ask DEERS for the person."""
    typed = form.cleaned_data
    whom = f"{typed['date_of_birth']} {surname_key(typed['last_name'])}"
    return too_many_tries(request, typed["ssn"], typed["dod_id"], whom=whom) or lookup.find_person(
        PersonQuery(
            first_name=typed["first_name"],
            middle_name=typed["middle_name"],
            last_name=typed["last_name"],
            suffix=typed["suffix"],
            date_of_birth=typed["date_of_birth"],
            ssn=typed["ssn"],
            dod_id=typed["dod_id"],
        )
    )


def match_person(request: HttpRequest, draft: RegistrationDraft, form: forms.Form, outcome: Outcome) -> Refused | None:
    """Keep what was typed and who that is. The answer never tells which detail differed, nor why."""
    typed, again = form.cleaned_data, bool(draft.dod_id)
    answers = {name: typed[name] for name in TYPED} | {"date_of_birth": typed["date_of_birth"].isoformat()}
    answers["typed_dod_id"] = typed["dod_id"]
    if reviewed(draft, answers):
        return None
    keep(draft, answers, DETAILS.forgets)
    return judge_match(draft, outcome, DETAILS.forgets, again=again, by="visitor")


def reviewed(draft: Any, answers: dict[str, str]) -> bool:
    """Whether a reviewer has found out whom these very answers mean, so that sending them again changes nothing."""
    return bool(draft.case_id and draft.dod_id) and all(getattr(draft, name) == answers[name] for name in answers)


def judge_match(draft: Any, outcome: Outcome, forgets: tuple[str, ...], *, again: bool, by: object) -> Refused | None:
    """Keep the matched person in the draft, or refuse with the same words whatever the reason.

    `again`: whether the draft was matched before, so that nobody counts it twice.
    """
    if isinstance(outcome, Unavailable):
        return proofing.silent(by)
    keep(draft, {"dod_id": outcome.person.dod_id if isinstance(outcome, Match) else ""}, forgets)
    draft.mismatched_at = None if draft.dod_id else timezone.now()
    if draft.dod_id:
        audit.record("registration.matched", by=by, dod_id=draft.dod_id, route=way.on_trail(draft), again=again)
        return None
    audit.record("registration.not-matched", by=by)
    next_steps.pass_on(outcome)
    return Refused(NO_MATCH, aside="accounts/ways_on.html")


def too_many_tries(request: HttpRequest, *numbers: str, whom: str = "") -> Refused | None:
    """Count one more question to DEERS from this address, about these numbers and about `whom` ("": nobody).

    Refused when there were too many. Each number counts: whoever knows one could otherwise guess at the other for ever.
    """
    about = [(policy.DEERS_PER_NAME, whom), *((policy.DEERS_PER_SSN, number) for number in numbers)]
    tries = [(policy.DEERS_PER_ADDRESS, client.address(request)), *(one for one in about if one[1])]
    wait = next(filter(None, (limits.hit(limit, key) for limit, key in tries)), None)
    if not wait:
        return None
    return Refused(f"There were too many tries. Wait {proofing.minutes(wait)}, then try again. What you typed is kept.")


def redeem_code(request: HttpRequest, draft: RegistrationDraft, form: forms.Form, asked: Any) -> Refused | None:
    """After the right code the person is proven, so now they may learn that they have an account already."""
    refused = proofing.redeem_code(request, draft, form, asked)
    account = actions.account_of(draft.dod_id) if draft.code_redeemed_at else None
    if account:
        draft.ended = "has-account"
        audit.record("registration.already-registered", by="visitor", account_id=account.pk)
    return refused


def choose_credentials(
    request: HttpRequest, draft: RegistrationDraft, form: forms.Form, person: Beneficiary
) -> Refused | None:
    try:
        draft.password_hash = make_password(form.cleaned_data["password"])
    except hashing.TooBusy:
        return Refused(hashing.BUSY, status=503)
    draft.username = form.cleaned_data["username"]
    if not consent.given(request):
        consent.accept(request)
    if draft.level == policy.Level.PREMIUM:
        draft.authenticator_key = enrolment.new_key()
    else:
        open_account(request, draft, person)
    return None


def enrol(request: HttpRequest, draft: RegistrationDraft, form: forms.Form, person: Beneficiary) -> Refused | None:
    """The last step at Premium: a passkey or the authenticator's first code opens the account."""
    judged = enrolment.judge(request, draft, form.cleaned_data)
    if isinstance(judged, Refused):
        return judged
    open_account(request, draft, person, judged)
    return None


def open_account(
    request: HttpRequest,
    draft: RegistrationDraft,
    person: Beneficiary,
    first: enrolment.NewApp | passkeys.New | None = None,
) -> None:
    """Open the account, enrol its second factor, tell the addresses of record, and sign the person in."""
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
        draft.ended = "has-account"
        return
    account = outcome.account
    factor = None
    if first is not None:
        factor, codes = enrolment.enrol(account, first, by="visitor")
        draft.backup_codes = " ".join(codes)
    notices.tell(account, "account-opened", to=[account.email, person.email], level=level.label)
    letter.tell_of_level(account, person, "account-opened", by=account)
    if account.email_confirmed_at is None:
        email_change.ask(account, account.email)
    draft.account, draft.finished_at = account, timezone.now()
    draft.password_hash = draft.ssn = draft.authenticator_key = draft.date_of_birth = ""
    session.begin(request, account, factor)
    judge.count_success(account, factor)


DETAILS = Step(
    name="details",
    label="Your details",
    template="accounts/details.html",
    form=details_form,
    ask=look_up,
    save=match_person,
    done=lambda draft: bool(draft.dod_id),
    again=True,
    forgets=(*proofing.FORGOTTEN, "username", "password_hash"),
)

CREDENTIALS = Step(
    name="credentials",
    label="Username and password",
    template="accounts/credentials.html",
    form=CredentialsForm,
    ask=person_of_record,
    save=choose_credentials,
    ready=lambda draft: bool(draft.code_redeemed_at),
    done=lambda draft: bool(draft.username and draft.password_hash),
    again=True,
    context=lambda request, draft: {"asks_consent": not consent.given(request)},
)

SECOND_FACTOR = Step(
    name="second-factor",
    label="Second factor",
    template="accounts/enrol.html",
    form=lambda data, draft: enrolment.FirstFactorForm(data),
    ask=person_of_record,
    save=enrol,
    ready=lambda draft: bool(draft.username and draft.password_hash),
    done=lambda draft: bool(draft.finished_at),
    applies=lambda draft: draft.level == policy.Level.PREMIUM,
    context=enrolment.context,
)

REGISTRATION = Journey(
    title="Create your account",
    begin="register",
    page="register-step",
    model=RegistrationDraft,
    first_label="Choose your account",
    steps=(
        waiting.TELL_ME,
        DETAILS,
        way.WAY,
        proofing.QUESTIONS,
        letter.LETTER,
        visiting.VISIT,
        proofing.code_step(redeem_code),
        CREDENTIALS,
        SECOND_FACTOR,
    ),
    finish="done",
    ended={
        "": "accounts/registered.html",
        "has-account": "accounts/has_account.html",
        "letter": "accounts/letter_sent.html",
        "review": "accounts/review_asked.html",
    },
    # The last page shows the backup codes, so it is for the new account's own session only.
    belongs=lambda request, draft: draft.account_id is None or draft.account_id == request.user.pk,
)
