"""The views of registration: its first page, and one view for all of its steps."""

from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.journeys import drafts, wizard
from accounts.journeys.registration.forms import LEVELS, LevelForm, RouteOfLevelForm, owner_of_password
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
    """Ask for a level. The next page asks for a route, except from people who come back with a code.

    A script may send both at once, as the page asked for them before.
    """
    if request.user.is_authenticated:
        return redirect("portal")
    if request.method == "POST" and not with_code and ("route" in request.POST or "code_delivery" in request.POST):
        return choose_route(request)
    form = LevelForm(request.POST or None, initial={"level": request.GET.get("level")})
    if request.method == "POST" and form.is_valid():
        if not with_code:
            return redirect(f"{reverse('register-route')}?level={form.cleaned_data['level']}")
        if not too_many(request, form):
            return begun(request, {"has_code": True, **form.cleaned_data})
    template = "accounts/register_with_code.html" if with_code else "accounts/register.html"
    return render(request, template, first_page(form))


@login_not_required
@never_cache
def choose_route(request: HttpRequest) -> HttpResponse:
    """Ask for a route to the level that is in the address, and begin. Each POST is a new draft: two tabs are two."""
    if request.user.is_authenticated:
        return redirect("portal")
    level = request.GET.get("level", "")
    form = RouteOfLevelForm(request.POST or None, initial={"level": level})
    if request.method == "POST" and form.is_valid() and not too_many(request, form):
        return begun(request, {"has_code": False, **form.cleaned_data})
    if not form.is_bound and level not in {str(lv.value) for lv in policy.Level}:
        return redirect("register")
    if form.has_error("level"):
        return render(request, "accounts/register.html", first_page(form))
    chosen = policy.Level(int(form["level"].value()))
    context = first_page(form) | route.start_context(chosen)
    context["progress"] = wizard.beginning(REGISTRATION, level=chosen)
    return render(request, "accounts/register_route.html", context)


def too_many(request: HttpRequest, form: forms.Form) -> bool:
    """Count one more registration from this network address. Say so in the form if there were too many."""
    wait = limits.hit(policy.REGISTRATIONS_PER_ADDRESS, client.address(request))
    if wait:
        form.add_error(None, f"There were many registrations from your network. {try_again_in(wait)}")
    return wait is not None


def first_page(form: forms.Form) -> dict:
    """Return what the pages before the draft show.

    The page that asks for the level shows no steps, because Premium has one more than Basic.
    """
    return {"form": form, "journey": REGISTRATION, "levels": LEVELS}


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
