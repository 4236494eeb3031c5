"""Proving one's identity again, before anything that a stolen session must not do."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import Account
from accounts.passwords import hashing
from accounts.passwords.forms import PasswordAgainForm
from accounts.second_factors import factors
from accounts.second_factors.forms import FactorForm
from accounts.sign_in import judge, session, trusted_devices
from accounts.sign_in.repeated_forms import may_begin_session
from accounts.sign_in.views import home_of, refuse_factor, safe_next
from core.words import try_again_in
from safeguards import audit, client
from safeguards.limits import CountersUnavailable

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def require_fresh_sign_in(age: timedelta) -> Callable[[View[P]], View[P]]:
    """Require that the person proved their identity within `age`; otherwise ask again.

    A person who was sending a form returns to an empty one. The form may hold secrets, so it is not kept.
    """

    def decorator(view: View[P]) -> View[P]:
        @wraps(view)
        def asked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            return view(request, *args, **kwargs) if proved_within(request, age) else ask_to_sign_in_again(request)

        return asked

    return decorator


def ask_to_sign_in_again(
    request: HttpRequest, *, back: str = "", second_step: bool = False, kept: bool = False
) -> HttpResponse:
    """Redirect to the page that asks again, which leads to `back`, or else to the requested address.

    With `second_step`, the page takes no password. `kept` says that the form that was sent will stand there again.
    """
    query = {"next": back or request.get_full_path()}
    if request.method == "POST":
        query["sent"] = "kept" if kept else "1"
    query |= {"second_step": "1"} if second_step else {}
    return redirect(f"{reverse('sign-in-again')}?{urlencode(query)}")


def proved_within(request: HttpRequest, age: timedelta) -> bool:
    """Return whether a password or second factor was given in this session within `age`."""
    return time.time() - request.session.get(session.PROVED, 0) <= age.total_seconds()


def second_step_within(request: HttpRequest, age: timedelta) -> bool:
    """Return whether the second step itself was given in this session within `age`. A password does not count."""
    return time.time() - request.session.get(session.FACTOR_PROVED, 0) <= age.total_seconds()


def ask_for_second_step(request: HttpRequest, age: timedelta, *, back: str = "") -> HttpResponse | None:
    """Return a redirect to the page that asks for the second step, or None if it was given within `age`.

    `back` is where the person goes on, for a form that has no page of its own at its address.
    """
    return None if second_step_within(request, age) else ask_to_sign_in_again(request, back=back, second_step=True)


def proved(request: HttpRequest, how: str) -> None:
    """Note that the person has just proved their identity. `how` is a slug for the audit trail ("password")."""
    request.session[session.PROVED] = int(time.time())
    if how == "second-factor":
        request.session[session.FACTOR_PROVED] = request.session[session.PROVED]
    request.session.cycle_key()
    audit.record("sign-in.again", by=request.user, how=how)


@may_begin_session()
@never_cache
def again(request: HttpRequest) -> HttpResponse:
    """Ask for the password again, or for a passkey or a code instead, then return to where the person was going."""
    account: Account = request.user  # type: ignore[assignment]
    next_page = safe_next(request, request.POST.get("next") or request.GET.get("next"))
    kinds, status = factors.kinds(account), 200
    second_step = bool(kinds) and "second_step" in request.GET
    with_code = second_step or (bool(kinds) and ("with_code" in request.GET or "passkey" in request.POST))
    only_passkey, sent = judge.takes_passkeys_only(account), request.POST or None
    form = FactorForm(sent, only_passkey=only_passkey) if with_code else PasswordAgainForm(sent)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                if judged(request, account, form):
                    return redirect(next_page or home_of(account))
        except hashing.TooBusy:
            form.add_error(None, hashing.BUSY)
            status = 503
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            status = 503
    context: dict[str, Any] = {
        "form": form,
        "next": next_page,
        "sent": request.GET.get("sent", ""),
        "with_code": with_code,
    }
    context |= {"kinds": kinds, "second_step": second_step, "only_passkey": only_passkey}
    return render(request, "accounts/sign_in_again.html", context, status=status)


def judged(request: HttpRequest, account: Account, form: forms.Form) -> bool:
    """Judge the form like a sign-in, with the same counters. Add what is wrong to the form."""
    if isinstance(form, FactorForm):
        outcome = judge.judge_given(request, account, form.cleaned_data)
        if isinstance(outcome, judge.RightFactor):
            proved(request, "second-factor")
            return True
        refuse_factor(form, outcome)
        return False
    typed, address, device = form.cleaned_data["password"], client.address(request), trusted_devices.token_of(request)
    match judge.judge_password(account.username, typed, address, device=device, staff=account.is_staff):
        case judge.RightPassword():
            proved(request, "password")
            return True
        case judge.Wait(wait):
            form.add_error("password", f"There were too many tries. {try_again_in(wait)}")
        case _:
            form.add_error("password", "That is not your password. Check it and try again.")
    return False
