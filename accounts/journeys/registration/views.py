"""The views of registration: its first page, and one view for all of its steps."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.journeys import drafts, wizard
from accounts.journeys.registration.forms import LEVELS, LevelForm, LevelOfCodeForm, owner_of_password
from accounts.journeys.registration.steps import CREDENTIALS, REGISTRATION
from accounts.journeys.steps import route, second_factor
from accounts.models import RegistrationDraft
from accounts.passwords.hints import judge_typed_password, password_hint_view
from accounts.sign_in import consent
from accounts.sign_in.repeated_forms import may_begin_session
from core import policy
from core.words import try_again_in
from safeguards import audit, client, limits


@login_not_required
@never_cache
def begin(request: HttpRequest, *, with_code: bool = False) -> HttpResponse:
    """Ask for a level and a route. Each POST begins a new draft, so two tabs are two drafts."""
    if request.user.is_authenticated:
        return redirect("portal")
    kind = LevelOfCodeForm if with_code else LevelForm
    form = kind(request.POST or None, initial={"level": request.GET.get("level")})
    if request.method == "POST" and form.is_valid():
        wait = limits.hit(policy.REGISTRATIONS_PER_ADDRESS, client.address(request))
        if not wait:
            return begun(request, {"has_code": with_code, **form.cleaned_data})
        form.add_error(None, f"There were many registrations from your network. {try_again_in(wait)}")
    template = "accounts/register_with_code.html" if with_code else "accounts/register.html"
    context = {
        "form": form,
        "progress": wizard.beginning(REGISTRATION, level=policy.Level.BASIC, has_code=with_code),
        "journey": REGISTRATION,
        "levels": LEVELS,
        **route.start_context(),
    }
    return render(request, template, context)


def begun(request: HttpRequest, chosen: dict) -> HttpResponse:
    """Begin a draft with what was chosen: `level`, and `route` and `code_delivery` or `has_code`."""
    token = drafts.token_for(request)
    draft = RegistrationDraft.objects.create(browser=drafts.hash_of(token), **chosen)
    audit.record("registration.started", by="visitor", level=draft.level, route=route.route_for_audit(draft))
    response = redirect(REGISTRATION.address(draft))
    drafts.remember(response, token)
    return response


@may_begin_session("credentials", "second-factor")
@login_not_required
def step(request: HttpRequest, draft_id: UUID, name: str) -> HttpResponse:
    """Show or judge any step of any registration."""
    return consent.remember(request, wizard.page(request, REGISTRATION, draft_id, name))


@login_not_required
@require_POST
@never_cache
def passkey_options(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Return what the browser needs to create a passkey. The script of the last step asks for it."""
    return second_factor.passkey_options(request, REGISTRATION, draft_id)


@login_not_required
@password_hint_view
def judge_password(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Judge a typed password for a person who has come as far as username and password."""
    draft = drafts.find(RegistrationDraft, draft_id, request)
    if draft is None or draft.finished_at or draft.ended or not wizard.open_now(CREDENTIALS, draft):
        raise Http404
    return judge_typed_password(request, owner_of_password(draft, request.POST.get("username", "")), str(draft.pk))
