"""The pages for a lost second factor: asking, stopping, and setting up a new one after the wait."""

import time

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from accounts.mail import links
from accounts.models import Account
from accounts.models.mail import Purpose
from accounts.passwords.forms import PasswordAgainForm
from accounts.recovery import lost_factor
from accounts.second_factors import authenticator_apps, enrollment, factors, forms
from accounts.sign_in import judge, session, trusted_devices
from core import policy
from core.words import try_again_in
from safeguards import client

# The session key for a person who followed a link and gave the password. It holds the account, its password's hash,
# the time, and the new app's key.
SETTING_UP = "new_factor"


@login_not_required
@never_cache
def lost(request: HttpRequest) -> HttpResponse:
    """Explain the wait on GET, begin it on POST. Only for a person who has given the password.

    At the end of the wait a link goes to the account's email address. Without one there is nothing to wait for.
    """
    half = session.half(request)
    if half is None:
        return redirect("sign-in")
    if half.account.is_staff or not factors.has_factor(half.account):
        return redirect("second-factor")
    if not half.account.email:
        return render(request, "accounts/lost_factor.html", {"no_email": True})
    under_way = lost_factor.live(half.account)
    if request.method != "POST":
        return render(request, "accounts/lost_factor.html", {"ready_at": under_way and under_way.ready_at})
    outcome = lost_factor.start(half.account, by="visitor")
    if isinstance(outcome, lost_factor.TooMany):
        return render(request, "accounts/lost_factor.html", {"try_again": try_again_in(outcome.wait)})
    return render(request, "accounts/lost_factor.html", {"ready_at": outcome.ready_at})


@login_not_required
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page of the link that every address got. POST ends the wait, and freezes the account if asked to."""
    freeze = "freeze" in request.POST
    stopped = lost_factor.stop(token, freeze=freeze) if request.method == "POST" else None
    if stopped:
        context = {"of_staff": stopped.is_staff}
        return render(request, "accounts/frozen.html" if freeze else "accounts/factor_kept.html", context)
    if links.peek(token, Purpose.STOP_LOST_FACTOR) is None:
        return render(request, "accounts/link_over.html", status=410)
    return render(request, "accounts/stop_lost_factor.html")


@login_not_required
@never_cache
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the password again, then set up a new authenticator app. Nobody is signed in by this.

    The link that is sent after the wait leads here.
    """
    account = lost_factor.account_of(token)
    if account is None:
        return render(request, "accounts/link_over.html", status=410)
    key = key_for(request, account)
    return enroll(request, account, token, key) if key else ask_password(request, account)


def key_for(request: HttpRequest, account: Account) -> str:
    """Return the new app's key if this browser gave the account's password recently, otherwise ""."""
    kept = request.session.get(SETTING_UP, {})
    recent = time.time() - kept.get("at", 0) <= policy.HALF_SIGNED_IN.total_seconds()
    same = constant_time_compare(kept.get("password", ""), account.get_session_auth_hash())
    return kept["key"] if kept.get("account") == account.pk and recent and same else ""


def ask_password(request: HttpRequest, account: Account) -> HttpResponse:
    form = PasswordAgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed, address = form.cleaned_data["password"], client.address(request)
        device = trusted_devices.token_of(request)
        outcome = judge.judge_password(account.username, typed, address, device=device, staff=account.is_staff)
        if isinstance(outcome, judge.RightPassword):
            request.session.flush()
            request.session[SETTING_UP] = {
                "account": account.pk,
                "password": outcome.account.get_session_auth_hash(),
                "at": int(time.time()),
                "key": authenticator_apps.new_key(),
            }
            return redirect(request.path)
        if isinstance(outcome, judge.Wait):
            form.add_error("password", f"There were too many tries. {try_again_in(outcome.wait)}")
        else:
            form.add_error("password", "That is not your password. Check it and try again.")
    return render(request, "accounts/new_factor_password.html", {"form": form})


def enroll(request: HttpRequest, account: Account, token: str, key: str) -> HttpResponse:
    form = forms.TokenForm(request.POST if "otp_token" in request.POST else None)
    if form.is_valid():
        step = authenticator_apps.step_of(key, form.cleaned_data["otp_token"])
        codes = lost_factor.replace(token, key, step) if step is not None else None
        if codes:
            request.session.flush()
            return render(request, "accounts/factor_replaced.html", {"codes": codes})
        form.add_error("otp_token", enrollment.TRY_THE_NEXT)
    return render(request, "accounts/new_factor.html", {"form": form, **enrollment.key_context(key, account.username)})
