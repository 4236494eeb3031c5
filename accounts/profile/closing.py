"""Stopping one's account: freezing it at once because somebody else is in it, or closing it for good."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import actions
from accounts.models import Account
from accounts.reported import FirstChangeForm
from accounts.sign_in.fresh import require_fresh_sign_in
from core import policy


@never_cache
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze the account on POST. "This was not me" in the list of events leads here.

    The page lists what changed lately. What was added since the first change that the person picks is suspended.
    Without a pick the account is frozen too, and the question is asked again when it is given back. No fresh sign-in is
    required, because this only stops things.
    """
    account: Account = request.user  # type: ignore[assignment]
    form = FirstChangeForm(request.POST or None, account, none="I am not sure")
    if request.method != "POST":
        return render(request, "accounts/not_me.html", {"form": form})
    of_staff = account.is_staff
    actions.freeze(account, by=account, since=form.since() if form.is_valid() else None)
    logout(request)
    return render(request, "accounts/frozen.html", {"of_staff": of_staff})


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def close(request: HttpRequest) -> HttpResponse:
    """Explain on GET. POST closes the account, ends its sessions and notifies every address of record."""
    account: Account = request.user  # type: ignore[assignment]
    if request.method == "POST":
        outcome = actions.close(account, by=account)
        logout(request)
        if isinstance(outcome, actions.Done):
            return render(request, "accounts/closed.html")
    return render(request, "accounts/close.html", {"here": "profile"})
