"""Closing the own account."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import actions
from accounts.models import Account
from accounts.sign_in.fresh import fresh
from dslogon import policy


@never_cache
@fresh(policy.FRESH_FOR_CREDENTIALS)
def close(request: HttpRequest) -> HttpResponse:
    """GET explains, POST closes the account, ends its sessions and says so at every address of record."""
    account: Account = request.user  # type: ignore[assignment]
    if request.method == "POST":
        outcome = actions.close(account, by=account)
        logout(request)
        if isinstance(outcome, actions.Done):
            return render(request, "accounts/closed.html")
    return render(request, "accounts/close.html", {"here": "profile"})
