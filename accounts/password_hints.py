"""What the site will say of a new password, told before it is sent: the same judge and the same sentences.

Only somebody who may set a password can ask. Nothing is kept, and the password stands in no address and no log.
"""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import drafts, passwords, wizard
from accounts.models import RegistrationDraft
from accounts.recovery import password
from accounts.registration.forms import CredentialsForm, owner
from accounts.registration.steps import CREDENTIALS
from dslogon import policy
from safeguards import limits


@login_not_required
@require_POST
@never_cache
@sensitive_post_parameters("password")
def of_draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """For somebody who registers and has come as far as username and password."""
    draft = drafts.find(RegistrationDraft, draft_id, request)
    if draft is None or draft.finished_at or draft.ended or not wizard.open_now(CREDENTIALS, draft):
        raise Http404
    return judgement(request, owner(draft, request.POST.get("username", "")), str(draft.pk))


@login_not_required
@require_POST
@never_cache
@sensitive_post_parameters("password")
def of_link(request: HttpRequest, token: str) -> HttpResponse:
    """For somebody who came by a link from the mail."""
    account = password.account_of(token)
    if account is None:
        raise Http404
    return judgement(request, account, str(account.pk), account.pk)


@require_POST
@never_cache
@sensitive_post_parameters("password")
def of_account(request: HttpRequest) -> HttpResponse:
    """For somebody who is signed in and changes the password."""
    return judgement(request, request.user, str(request.user.pk), request.user.pk)


def judgement(request: HttpRequest, whose: object, key: str, account_id: int | None = None) -> HttpResponse:
    """The sentences as JSON, none if the password will do; 429 without any after too many questions."""
    wait = limits.hit(policy.PASSWORD_JUDGEMENTS, key, account_id=account_id)
    if wait:
        return JsonResponse({}, status=429, headers={"Retry-After": str(int(wait.total_seconds()))})
    typed = request.POST.get("password", "")
    try:
        CredentialsForm.base_fields["password"].clean(typed)
    except ValidationError as refused:
        return JsonResponse({"problems": refused.messages})
    return JsonResponse({"problems": passwords.problems(typed, whose)})


@login_not_required
@never_cache
def where_to_change(request: HttpRequest) -> HttpResponse:
    """Password managers look here for the page on which a password is changed (W3C "change-password")."""
    return redirect("change-password")
