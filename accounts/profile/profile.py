"""Who the account is for, and what happened to it."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from deers import lookup
from safeguards import audit
from safeguards.events import EVENTS


@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Who the account is for, its level, and how DS Logon reaches the person."""
    person = lookup.person(request.user.dod_id) if request.user.dod_id else None  # type: ignore[union-attr]
    return render(request, "accounts/profile.html", {"person": person, "here": "profile"})


@never_cache
def activity(request: HttpRequest) -> HttpResponse:
    """Every event about the account, in plain words, newest first."""
    page = Paginator(audit.for_account(request.user.pk or 0), 25).get_page(request.GET.get("page"))
    events = [(event, EVENTS.get(event.event, event.event)) for event in page]
    return render(request, "accounts/activity.html", {"page": page, "events": events, "here": "activity"})
