"""The portal's pages: one view behind one gate serves every feature."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.sign_in import fresh, unsaved_forms
from core import policy
from core.policy import Level
from portal import dashboard
from portal.features import BY_SLUG, Feature, menu_groups, methods
from portal.record import moments
from safeguards import audit

# The session's keys for the parts of the record that were looked at in it, and for the visit before.
VIEWED, VISITED = "viewed", "visited_before"
ZONE_COOKIE = "time_zone"


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show the dashboard: what is next, what is new, and links to everything else."""
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    context = {
        "account": account,
        "menu": menu(account.level or 0, "portal"),
        "dashboard": dashboard.content(account, last_visit(request, account), own_zone(request)),
    }
    note_view(request, account, "portal")
    return render(request, "portal/dashboard.html", context)


def feature(request: HttpRequest, slug: str, item: str = "") -> HttpResponseBase:
    """Show one feature, or one of its items, to people whose level opens it. Everyone else gets its preview."""
    found = BY_SLUG.get(slug)
    if found is None or (item and found.detail is None):
        raise Http404
    allowed = methods(found.act if not item else None)
    if request.method not in allowed:
        return HttpResponseNotAllowed(allowed)

    def shown(account: Account) -> tuple[str, dict[str, Any]] | HttpResponseBase:
        if item and found.detail:
            return found.detail_template, found.detail(account, item)
        content = found.act(account, request) if request.method == "POST" and found.act else None
        if isinstance(content, HttpResponseBase):
            return content
        return found.template, content or found.content(account, request.GET)

    return gated(request, found, shown)


@unsaved_forms.keeps_unsaved_form
def feature_page(request: HttpRequest, slug: str, name: str, **parts: Any) -> HttpResponseBase:
    """Show a further page of a feature, give its file or do what its form asks, behind the feature's own gate.

    What was typed into its form when the session ended stands there again. No form of the portal holds a secret.
    """
    found = BY_SLUG[slug]
    page = next(page for page in found.pages if page.name == name)
    allowed = methods(page.act)
    if request.method not in allowed:
        return HttpResponseNotAllowed(allowed)

    def shown(account: Account) -> tuple[str, dict[str, Any]] | HttpResponseBase:
        if request.method == "POST" and page.act:
            content = page.act(account, request, **parts)
        else:
            content = page.content(account, request.GET, **parts)
            if page.act and isinstance(content, dict) and "form" in content:
                content["form"].initial |= unsaved_forms.take(request)
        return content if isinstance(content, HttpResponseBase) else (page.template, content)

    return gated(request, found, shown, asks_again=page.asks_again, level=page.level)


def gated(
    request: HttpRequest,
    found: Feature,
    shown: Callable[[Account], tuple[str, dict[str, Any]] | HttpResponseBase],
    asks_again: timedelta | None = None,
    level: Level = Level.BASIC,
) -> HttpResponseBase:
    """Return what `shown` makes for an account whose level opens the feature, or the preview, or the way there.

    Every page of the portal but the dashboard goes through here. `level` is that of the page, if it is stricter than
    the feature's. A form that was sent to what does not open does nothing, and the answer is 403.
    """
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    context = {
        "feature": found,
        "menu": menu(account.level or 0, found.slug),
        "account": account,
        "own_zone": own_zone(request),
    }
    strength, status = policy.STRENGTH[Level.PREMIUM], 403 if request.method == "POST" else 200
    if not found.opens_for(account):
        context |= {"preview": True, "strength": strength, **found.sample()}
        return render(request, found.template, context, status=status)
    if not found.opens_for(account, level):
        return render(request, "portal/premium.html", context | {"strength": strength}, status=status)
    asks_again = asks_again or found.asks_again
    if asks_again and not fresh.proved_within(request, asks_again):
        return fresh.ask_to_sign_in_again(request)
    content = shown(account)
    if found.is_health:
        note_view(request, account, found.slug)
    if isinstance(content, HttpResponseBase):
        return content
    template, more = content
    return render(request, template, context | more)


def own_zone(request: HttpRequest) -> str:
    """Return the time zone in which the person's browser is, "" if it does not say one that exists.

    Nobody else knows it: DEERS has an address and not where the person is. static/js/site.js sets the cookie.
    """
    name = request.COOKIES.get(ZONE_COOKIE, "")
    return name if moments.zone_of(name) else ""


def last_visit(request: HttpRequest, account: Account) -> datetime | None:
    """Return when this person first looked at the dashboard in an earlier session, or None if they never did.

    It is the first look and not the last, so that what came while they were there counts as new once more. The session
    remembers it.
    """
    if VISITED not in request.session:
        seen = audit.for_account(account.pk).filter(event="portal.record-viewed", details={"feature": "portal"})
        at = seen.values_list("at", flat=True).first()
        request.session[VISITED] = at.isoformat() if at else ""
    said = request.session[VISITED]
    return datetime.fromisoformat(said) if said else None


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
