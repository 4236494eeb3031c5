"""The portal's pages: one view behind one gate serves every feature."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.sign_in import fresh, unsaved_forms
from core import policy
from core.policy import Level
from portal import dashboard
from portal.features import BY_SLUG, Feature, menu_groups
from safeguards import audit

# The session's key for the parts of the record that were looked at in it.
VIEWED = "viewed"


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show the dashboard: what is next, what is new, and links to everything else."""
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    context = {
        "account": account,
        "menu": menu(account.level or 0, "portal"),
        "cards": dashboard.cards(account),
    }
    note_view(request, account, "portal")
    return render(request, "portal/dashboard.html", context)


@require_safe
def feature(request: HttpRequest, slug: str, item: str = "") -> HttpResponse:
    """Show one feature, or one of its items, to people whose level opens it. Everyone else gets its preview."""
    found = BY_SLUG.get(slug)
    if found is None or (item and found.detail is None):
        raise Http404

    def shown(account: Account) -> tuple[str, dict[str, Any]]:
        if item and found.detail:
            return found.detail_template, found.detail(account, item)
        return found.template, found.content(account, request.GET)

    return gated(request, found, shown)


@unsaved_forms.keeps_unsaved_form
def feature_page(request: HttpRequest, slug: str, name: str, **parts: Any) -> HttpResponse:
    """Show a further page of a feature, give its file or do what its form asks, behind the feature's own gate.

    What was typed into its form when the session ended stands there again. No form of the portal holds a secret.
    """
    found = BY_SLUG[slug]
    page = next(page for page in found.pages if page.name == name)
    if request.method not in page.methods:
        return HttpResponseNotAllowed(page.methods)

    def shown(account: Account) -> tuple[str, dict[str, Any]] | HttpResponse:
        if request.method == "POST" and page.act:
            content = page.act(account, request, **parts)
        else:
            content = page.content(account, request.GET, **parts)
            if page.act and isinstance(content, dict) and "form" in content:
                content["form"].initial |= unsaved_forms.take(request)
        return content if isinstance(content, HttpResponse) else (page.template, content)

    return gated(request, found, shown, asks_again=page.asks_again)


def gated(
    request: HttpRequest,
    found: Feature,
    shown: Callable[[Account], tuple[str, dict[str, Any]] | HttpResponse],
    asks_again: timedelta | None = None,
) -> HttpResponse:
    """Return what `shown` makes for an account whose level opens the feature, or the preview, or the way there.

    Every page of the portal but the dashboard goes through here. A form that was sent to a feature which does not open
    does nothing, and the answer is 403.
    """
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    context = {"feature": found, "menu": menu(account.level or 0, found.slug), "account": account}
    if not found.opens_for(account):
        strength = policy.STRENGTH[Level.PREMIUM]
        context |= {"preview": True, "strength": strength, **found.sample()}
        return render(request, found.template, context, status=403 if request.method == "POST" else 200)
    asks_again = asks_again or found.asks_again
    if asks_again and not fresh.proved_within(request, asks_again):
        return fresh.ask_to_sign_in_again(request)
    content = shown(account)
    if found.is_health:
        note_view(request, account, found.slug)
    if isinstance(content, HttpResponse):
        return content
    template, more = content
    return render(request, template, context | more)


def note_view(request: HttpRequest, account: Account, slug: str) -> None:
    """Leave an event that this part of the record was looked at, once in a session."""
    seen = request.session.get(VIEWED, [])
    if slug not in seen:
        with transaction.atomic():
            audit.record("portal.record-viewed", by=account, feature=slug)
        request.session[VIEWED] = [*seen, slug]


def beneficiary(request: HttpRequest) -> Account | None:
    """Return the signed-in account if it belongs to a beneficiary.

    Return None for staff, who have no health record here.
    """
    account = request.user
    return account if isinstance(account, Account) and account.level and account.dod_id else None


def for_beneficiaries(request: HttpRequest) -> HttpResponse:
    """Tell staff that they have no record of their own here, with status 403."""
    return render(request, "portal/not_a_beneficiary.html", status=403)


@cache
def menu(level: int, current: str) -> SafeString:
    """Return the side menu of a level, with one entry marked as current.

    It is the same for everyone, so it is made once.
    """
    context = {"groups": menu_groups(), "level": level, "current": current}
    return render_to_string("portal/menu.html", context)
