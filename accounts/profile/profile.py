"""The person whom the account is for, and the account's events."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.models import Account
from accounts.profile.activity import page_of_events
from core.paging import page_number
from deers import lookup


@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Show the person whom the account is for, its level, and how DS Logon reaches the person."""
    person = lookup.person(request.user.dod_id) if request.user.dod_id else None  # type: ignore[union-attr]
    return render(request, "accounts/profile.html", {"person": person, "here": "profile"})


@never_cache
def activity(request: HttpRequest) -> HttpResponse:
    """Show every event of the account in plain words, newest first."""
    account: Account = request.user  # type: ignore[assignment]
    page = page_of_events(account, page_number(request.GET.get("page", "")))
    return render(request, "accounts/activity.html", {"page": page, "here": "activity"})
