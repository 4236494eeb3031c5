"""Resuming after an approved review: a new draft of the same journey, with the record that the reviewer chose."""

from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest

from accounts.journeys import drafts
from accounts.journeys.registration.steps import REGISTRATION
from accounts.journeys.reviews.messages import notify_person
from accounts.journeys.reviews.request import OTHERWISE, fields_of_case
from accounts.journeys.steps.route import route_for_audit
from accounts.journeys.upgrade.evidence import code_address
from accounts.journeys.upgrade.steps import UPGRADE
from accounts.journeys.wizard import actor
from accounts.models import Account, Draft, RegistrationDraft, UpgradeDraft
from core.policy import Level
from deers import lookup
from idproofing import cases
from idproofing.case_states import State
from idproofing.models import Case
from idproofing.reviewing import may_register
from idproofing.routes import Route
from safeguards import audit


@dataclass(frozen=True)
class Resumed:
    """The URL where the journey continues, and the token that binds its draft to this browser."""

    address: str
    token: str


@dataclass(frozen=True)
class SignIn:
    """Only the account that requested the review may resume its upgrade, and it is not signed in here."""


@dataclass(frozen=True)
class SignOut:
    """A registration is for a person without an account, but this browser is signed in to one."""


@dataclass(frozen=True)
class NotNow:
    """The case was used before or has expired, or DEERS does not allow it or does not answer. The case is unchanged."""


def resume_journey(request: HttpRequest, case: Case) -> Resumed | SignIn | SignOut | NotNow:
    """Use an approved case, once, and begin the draft that resumes at the proofing."""
    if case.state != State.APPROVED:
        return NotNow()
    if case.is_upgrade and not may_upgrade(request, case):
        return SignIn()
    if not case.is_upgrade and request.user.is_authenticated:
        return SignOut()
    typed = cases.read_typed(case)
    record = lookup.record(dod_id=case.dod_id)
    if typed is None or record is None or not may_register(record):
        return NotNow()
    token = drafts.token_for(request)
    with transaction.atomic():
        outcome = cases.use(case.number, by=actor(request))
        if isinstance(outcome, cases.NotNow):
            return NotNow()
        draft = draft_of(request, case, typed, drafts.hash_of(token))
        if isinstance(draft, UpgradeDraft):
            draft.email = code_address(draft.account, record.person)
            draft.save(update_fields=["email"])
        notify_person(outcome)
        account_id = case.account_id
        audit.record(
            "registration.matched",
            by=actor(request),
            account_id=account_id,
            dod_id=case.dod_id,
            route=route_for_audit(draft),
            again=False,
        )
    return Resumed((UPGRADE if case.is_upgrade else REGISTRATION).address(draft), token)


def may_upgrade(request: HttpRequest, case: Case) -> bool:
    user = request.user
    return isinstance(user, Account) and user.pk == case.account_id and user.level == Level.BASIC


def draft_of(request: HttpRequest, case: Case, typed: cases.Typed, browser: bytes) -> Draft:
    """Return a new draft with the details as they were typed, and with the record that the reviewer found for them."""
    draft: Draft = RegistrationDraft()
    if case.is_upgrade:
        assert isinstance(request.user, Account)
        draft = UpgradeDraft(account=request.user)
    for name in fields_of_case(draft):
        setattr(draft, OTHERWISE.get(name, name), getattr(typed, name))
    draft.read_old_delivery()
    # A request that was made before there were routes has none, and what it began were the questions.
    draft.route = draft.route or Route.QUESTIONS
    draft.browser, draft.level, draft.dod_id, draft.case = browser, case.level, case.dod_id, case
    draft.save(force_insert=True)
    return draft
