"""The views of the upgrade."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.journeys import drafts, wizard
from accounts.journeys.steps import route, second_factor
from accounts.journeys.upgrade.steps import FACTOR, UPGRADE
from accounts.models import UpgradeDraft
from accounts.sign_in.fresh import ask_to_sign_in_again, proved_within
from accounts.sign_in.repeated_forms import may_begin_session
from accounts.sign_in.views import safe_next
from core import policy
from core.policy import Level
from safeguards import audit

NEXT_MAX_LENGTH = UpgradeDraft._meta.get_field("next").max_length or 0


@never_cache
def begin(request: HttpRequest, *, with_code: bool = False) -> HttpResponse:
    """Explain what the upgrade needs and ask for a route. Only Basic accounts can upgrade.

    A person who signed in a while ago is asked again, because a stolen session must not begin an upgrade.
    """
    next_page = safe_next(request, request.POST.get("next") or request.GET.get("next"))
    if len(next_page) > NEXT_MAX_LENGTH:
        next_page = ""
    if request.user.level != Level.BASIC:  # type: ignore[union-attr]
        return redirect(next_page or "portal")
    if not proved_within(request, policy.FRESH_FOR_CREDENTIALS):
        return ask_to_sign_in_again(request)
    if request.method == "POST" and with_code:
        return begun(request, {"has_code": True}, next_page)
    form = route.RouteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return begun(request, form.cleaned_data, next_page)
    context = {
        "form": form,
        "next": next_page,
        "progress": wizard.beginning(UPGRADE, level=Level.PREMIUM, has_code=with_code),
        "journey": UPGRADE,
        **route.start_context(Level.PREMIUM),
    }
    return render(request, "accounts/upgrade_with_code.html" if with_code else "accounts/upgrade.html", context)


def begun(request: HttpRequest, chosen: dict, next_page: str) -> HttpResponse:
    """Begin a draft with what was chosen: `route`, or `has_code`.

    A chosen `code_delivery` does not count here. After the questions the code of an upgrade comes by email.
    """
    token = drafts.token_for(request)
    draft = UpgradeDraft.objects.create(
        browser=drafts.hash_of(token),
        level=Level.PREMIUM,
        account=request.user,  # type: ignore[misc]
        next=next_page,
        **chosen,
    )
    audit.record("upgrade.started", by=request.user, route=route.route_for_audit(draft))
    response = redirect(UPGRADE.address(draft))
    drafts.remember(response, token)
    return response


@may_begin_session("second-factor")
def step(request: HttpRequest, draft_id: UUID, name: str) -> HttpResponse:
    """Show or judge any step of any upgrade.

    The last step adds a second factor and opens the whole record. So it asks a person again who signed in a while ago.
    """
    if name == FACTOR.name and not proved_within(request, policy.FRESH_FOR_CREDENTIALS):
        return ask_to_sign_in_again(request)
    return wizard.page(request, UPGRADE, draft_id, name)


@require_POST
@never_cache
def passkey_options(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Return what the browser needs to create a passkey. The script of the last step asks for it."""
    return second_factor.passkey_options(request, UPGRADE, draft_id)
