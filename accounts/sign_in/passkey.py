"""Signing in with a passkey: alone, or as the second factor. The page's script asks for a challenge first."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Account
from accounts.second_factors import passkeys
from accounts.second_factors.forms import OrPasskeyForm
from accounts.sign_in import consent, judge, session
from accounts.sign_in.forms import PasswordForm
from accounts.sign_in.repeated_forms import may_begin_session
from accounts.sign_in.views import finish_sign_in, safe_next
from core import policy
from core.words import try_again_in
from safeguards import client, limits


class PasskeyForm(forms.Form):
    """The passkey's answer. The person types nothing here."""

    passkey = OrPasskeyForm.base_fields["passkey"]


@login_not_required
@require_POST
@never_cache
def options(request: HttpRequest) -> HttpResponse:
    """Return a challenge for signing in with a passkey alone. Anybody may ask.

    With `autofill`, the browser asks in order to offer passkeys in the box for the username.
    """
    by_itself = "autofill" in request.POST
    limit = policy.PASSKEY_AUTOFILLS_PER_ADDRESS if by_itself else policy.PASSKEY_CHALLENGES_PER_ADDRESS
    wait = limits.hit(limit, client.address(request))
    if wait:
        return refused(f"There were too many tries. {try_again_in(wait)}", status=429)
    return JsonResponse(passkeys.options_to_sign(request))


@login_not_required
@require_POST
@never_cache
def second_step_options(request: HttpRequest) -> HttpResponse:
    """Return a challenge for the passkeys of the account that is half signed in here, or signed in and asked again."""
    half = session.half(request)
    account: Account | None = half.account if half else request.user if request.user.is_authenticated else None  # type: ignore[assignment]
    if account is None:
        return refused("Your sign-in took too long. Load this page again.", status=403)
    return JsonResponse(passkeys.options_to_sign(request, account))


@login_not_required
@require_POST
@never_cache
def first_options(request: HttpRequest) -> HttpResponse:
    """Return what the browser needs to create the first passkey of a half-signed-in account that has no factor."""
    half = session.half(request)
    if half is None or half.kinds:
        return refused("Your sign-in took too long. Load this page again.", status=403)
    return JsonResponse(passkeys.options_to_make(request, half.account, half.account.username))


def refused(sentence: str, *, status: int) -> HttpResponse:
    """Return the sentence that the page's script shows instead of asking for the passkey."""
    return JsonResponse({"problem": sentence}, status=status)


@may_begin_session()
@login_not_required
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey and nothing else. It has verified its holder, so it is both factors in one."""
    if request.method != "POST" or not consent.given(request):
        return redirect("sign-in")
    next_page = safe_next(request, request.POST.get("next"))
    form = PasskeyForm(request.POST)
    sent = form.cleaned_data["passkey"] if form.is_valid() else ""
    with transaction.atomic():
        outcome = judge.judge_passkey_alone(request, sent)
        match outcome:
            case judge.RightPasskey(passkey):
                return finish_sign_in(request, passkey.user, passkey, next_page)
            case judge.NotActive(state):
                return render(request, "accounts/not_active.html", {"state": state}, status=403)
    if isinstance(outcome, judge.Wait):
        sentence = f"There were too many tries. {try_again_in(outcome.wait)}"
    else:
        sentence = "This passkey was not accepted. Try again, or sign in with your username and password."
    context = {"form": PasswordForm(), "next": next_page, "problem": sentence}
    return render(request, "accounts/sign_in.html", context)
