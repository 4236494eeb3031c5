"""The addresses of the upgrade."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import drafts, enrolment, wizard
from accounts.models import UpgradeDraft
from accounts.registration.forms import DELIVERY_NOTES
from accounts.sign_in.views import safe_next
from accounts.upgrade.forms import DeliveryForm
from accounts.upgrade.steps import UPGRADE
from dslogon import policy
from dslogon.policy import Level
from safeguards import audit

NEXT_MAX_LENGTH = UpgradeDraft._meta.get_field("next").max_length or 0


@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """What the upgrade needs and how the code comes. Only for Basic accounts; Premium has nothing to do here."""
    next_page = safe_next(request, request.POST.get("next") or request.GET.get("next"))
    if len(next_page) > NEXT_MAX_LENGTH:
        next_page = ""
    if request.user.level != Level.BASIC:  # type: ignore[union-attr]
        return redirect(next_page or "portal")
    form = DeliveryForm(request.POST or None, initial={"code_delivery": "email"})
    if request.method == "POST" and form.is_valid():
        return begun(request, form.cleaned_data["code_delivery"], next_page)
    progress = wizard.Progress([UPGRADE.first_label, *(step.label for step in UPGRADE.steps)], 0)
    context = {
        "form": form,
        "next": next_page,
        "progress": progress,
        "journey": UPGRADE,
        "deliveries": DELIVERY_NOTES,
        "strength": policy.STRENGTH[Level.PREMIUM],
    }
    return render(request, "accounts/upgrade.html", context)


def begun(request: HttpRequest, code_delivery: str, next_page: str) -> HttpResponse:
    token = drafts.token_for(request)
    draft = UpgradeDraft.objects.create(
        browser=drafts.hash_of(token),
        level=Level.PREMIUM,
        code_delivery=code_delivery,
        account=request.user,  # type: ignore[misc]
        next=next_page,
    )
    audit.record("upgrade.started", by=request.user)
    response = redirect(UPGRADE.address(draft))
    drafts.remember(response, token)
    return response


def step(request: HttpRequest, draft_id: UUID, name: str) -> HttpResponse:
    """Any step of any upgrade."""
    return wizard.page(request, UPGRADE, draft_id, name)


@require_POST
@never_cache
def passkey_options(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """For the script of the last step: what the browser needs to make a passkey."""
    return enrolment.passkey_options(request, UPGRADE, draft_id)
