"""The person whom the account is for, and the account's events."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.models import Account
from accounts.profile import email_change
from accounts.profile.activity import page_of_events
from core.paging import page_number
from deers import lookup


@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Show the person whom the account is for, its level, and how DS Logon reaches the person."""
    account: Account = request.user  # type: ignore[assignment]
    person = lookup.person(account.dod_id) if account.dod_id else None
    context = {"person": person, "here": "profile", "waiting": email_change.waiting(account)}
    return render(request, "accounts/profile.html", context)


@never_cache
def activity(request: HttpRequest) -> HttpResponse:
    """Show every event of the account in plain words, newest first."""
    account: Account = request.user  # type: ignore[assignment]
    page = page_of_events(account, page_number(request.GET.get("page", "")))
    return render(request, "accounts/activity.html", {"page": page, "here": "activity"})
