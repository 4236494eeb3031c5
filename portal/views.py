"""The portal's pages: one view behind one gate serves every feature."""

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.sign_in import fresh
from core import policy
from core.paging import page_number
from core.policy import Level
from portal import dashboard
from portal.features import BY_SLUG, menu_groups


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
    return render(request, "portal/dashboard.html", context)


@require_safe
def feature(request: HttpRequest, slug: str, item: str = "") -> HttpResponse:
    """Show one feature, or one of its items, to people whose level opens it. Everyone else gets its preview."""
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    found = BY_SLUG.get(slug)
    if found is None or (item and found.detail is None):
        raise Http404
    context = {"feature": found, "menu": menu(account.level or 0, slug), "account": account}
    if not found.opens_for(account):
        strength = policy.STRENGTH[Level.PREMIUM]
        context |= {"preview": True, "strength": strength, **found.sample()}
        return render(request, found.template, context)
    if found.asks_again and not fresh.proved_within(request, found.asks_again):
        return fresh.ask_to_sign_in_again(request)
    if item and found.detail:
        return render(request, found.detail_template, context | found.detail(account, item))
    context |= found.content(account, page_number(request.GET.get("page", "1")))
    return render(request, found.template, context)


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
