"""Requesting a review, from the page that could not match what was typed. This uses up no attempt."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.journeys import drafts, wizard
from accounts.journeys.registration.steps import REGISTRATION
from accounts.journeys.upgrade.steps import UPGRADE
from accounts.journeys.wizard import Journey, actor
from accounts.mail import notices
from accounts.models import Draft, UpgradeDraft
from core.policy import Level
from core.words import try_again_in
from idproofing import cases
from idproofing.models import Case
from safeguards import client

# Fields that have different names in a draft and in a case.
OTHERWISE = {"dod_id": "typed_dod_id"}


@login_not_required
@require_POST
@never_cache
def in_registration(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Request a review with the button on the details page."""
    return request_review(request, REGISTRATION, draft_id)


@require_POST
@never_cache
def in_upgrade(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Request a review with the button on the identity page."""
    return request_review(request, UPGRADE, draft_id)


def request_review(request: HttpRequest, journey: Journey, draft_id: UUID) -> HttpResponse:
    """Open a case about what was typed into this draft. A second click opens no second case.

    The draft's last page shows the continuation code.
    """
    draft = drafts.find(journey.model, draft_id, request)
    if draft is None:
        return wizard.gone(request, journey)
    if not journey.belongs(request, draft):
        return wizard.not_theirs(request, journey, draft)
    if may_request(draft):
        wait = cases.too_many(typed_into(draft), address=client.address(request), account_id=account_of(draft))
        if wait:
            messages.error(request, f"There were several requests for a review. {try_again_in(wait.time)}")
            return redirect(journey.address(draft))
        confirm = cases.may_confirm(draft.email)
        with transaction.atomic():
            draft = drafts.find(journey.model, draft_id, request, lock=True)
            if draft is not None and may_request(draft):
                open_case_for(draft, by=actor(request), confirm=confirm)
                drafts.touch(draft)
    return redirect(journey.address(draft) if draft else journey.begin)


def may_request(draft: Draft) -> bool:
    """Return whether a review may be requested: only for details that DEERS was asked for and could not match."""
    return bool(draft.mismatched_at and not draft.ended and not draft.finished_at)


def open_case_for(draft: Draft, *, by: object, confirm: bool) -> None:
    """Open the case, email its reference if `confirm` is true, and end the draft.

    The draft's answers are cleared, because the case has them.
    """
    typed = typed_into(draft)
    upgrade = isinstance(draft, UpgradeDraft)
    opened = cases.open_case(
        Case.Journey.UPGRADE if upgrade else Case.Journey.REGISTRATION,
        Level(draft.level),
        typed,
        by=by,
        account_id=account_of(draft),
        holder=draft.account.dod_id or "" if isinstance(draft, UpgradeDraft) else "",
    )
    if confirm:
        notices.send("case-opened", to=typed.email, account_id=account_of(draft), reference=opened.case.shown_reference)
    draft.case, draft.continuation_code, draft.ended = opened.case, opened.code, Draft.Ended.REVIEW
    wizard.clear_answers(draft, ("kept_ssn", *(OTHERWISE.get(name, name) for name in fields_of_case(draft))))


def fields_of_case(draft: Draft) -> list[str]:
    """Return the fields of a case that this kind of draft has too."""
    asked = {field.name for field in draft._meta.concrete_fields}
    return [field.name for field in fields(cases.Typed) if OTHERWISE.get(field.name, field.name) in asked]


def typed_into(draft: Draft) -> cases.Typed:
    """Return what the person typed, as a case stores it."""
    kept = ((name, getattr(draft, OTHERWISE.get(name, name))) for name in fields_of_case(draft))
    typed: dict[str, Any] = {name: "" if value is None else value for name, value in kept}
    return cases.Typed(**typed)


def account_of(draft: Draft) -> int | None:
    return draft.account_id if isinstance(draft, UpgradeDraft) else None
