"""The step of the first second factor, the last step of a journey."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.journeys import drafts
from accounts.journeys.wizard import Journey, Refused, Step, step_for
from accounts.models import Account, Draft
from accounts.second_factors import passkeys
from accounts.second_factors.enrollment import NewApp, NotAccepted, judge_first_factor, key_context
from core import policy
from core.words import try_again_in
from safeguards import limits


def context(request: HttpRequest, draft: Any) -> dict:
    """Return what the page of the step shows."""
    return key_context(draft.authenticator_key, username_of(draft))


def username_of(draft: Any) -> str:
    return draft.account.username if draft.account_id else draft.username


def owner_of(draft: Draft) -> Account | Draft:
    """Return whose passkey is being created: the account's, or that of the draft that will open one."""
    return draft.account or draft  # type: ignore[attr-defined]


def passkey_options(request: HttpRequest, journey: Journey, draft_id: UUID) -> HttpResponse:
    """Return what the browser needs to create a passkey, if this draft is at its second factor.

    The page's script asks for it.
    """
    draft = drafts.find(journey.model, draft_id, request)
    if draft is None or not isinstance(step_for(request, journey, draft, "second-factor"), Step):
        return JsonResponse({"problem": "This page can no longer be used. Reload it."}, status=403)
    return JsonResponse(passkeys.options_to_make(request, owner_of(draft), username_of(draft)))


def judge(request: HttpRequest, draft: Draft, given: Mapping[str, str]) -> NewApp | passkeys.New | Refused:
    """Return the new factor that a FirstFactorForm holds, or why there is none. Failures are counted."""
    wait = limits.waiting(policy.TOTP_FAILURES, str(draft.pk))
    if wait:
        return Refused(f"There were too many wrong tries. {try_again_in(wait)}")
    first = judge_first_factor(request, owner_of(draft), draft.authenticator_key, given)
    if isinstance(first, NotAccepted):
        limits.hit(policy.TOTP_FAILURES, str(draft.pk))
        return Refused(first.message, first.field)
    return first
