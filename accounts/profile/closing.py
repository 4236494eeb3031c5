"""Stopping the own account: frozen at once when somebody else is in it, or closed for good."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import actions
from accounts.models import Account
from accounts.sign_in.fresh import require_fresh_sign_in
from core import policy


@never_cache
def freeze(request: HttpRequest) -> HttpResponse:
    """ "This was not me", from the list of what happened: POST freezes. No fresh proof is asked for: it only stops."""
    account: Account = request.user  # type: ignore[assignment]
    if request.method != "POST":
        return render(request, "accounts/not_me.html")
    actions.freeze(account, by=account)
    logout(request)
    return render(request, "accounts/frozen.html")


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def close(request: HttpRequest) -> HttpResponse:
    """GET explains, POST closes the account, ends its sessions and says so at every address of record."""
    account: Account = request.user  # type: ignore[assignment]
    if request.method == "POST":
        outcome = actions.close(account, by=account)
        logout(request)
        if isinstance(outcome, actions.Done):
            return render(request, "accounts/closed.html")
    return render(request, "accounts/close.html", {"here": "profile"})
