"""Password, second factors and backup codes of the own account."""

from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts import actions, enrolment, factors, notices
from accounts.models import Account, AuthenticatorApp
from accounts.own.forms import PasswordPairForm
from accounts.sign_in import session
from accounts.sign_in.fresh import fresh
from accounts.sign_in.views import ENROL_KEY
from dslogon import policy


@never_cache
def security(request: HttpRequest) -> HttpResponse:
    """Password, second factors and backup codes."""
    context = {
        "here": "security",
        "apps": AuthenticatorApp.objects.filter(user=request.user, confirmed=True),
        "codes_left": request.user.backup_codes.filter(used_at=None).count(),  # type: ignore[union-attr]
    }
    return render(request, "accounts/security.html", context)


@never_cache
@fresh(policy.FRESH_FOR_CREDENTIALS)
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; the other sessions of the account end, this one goes on under a new key."""
    account: Account = request.user  # type: ignore[assignment]
    form = PasswordPairForm(request.POST or None, account)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            actions.set_password(account, form.cleaned_data["password"], by=account)
            notices.tell(account, "password-changed")
        update_session_auth_hash(request, account)
        return redirect("account-security")
    return render(request, "accounts/change_password.html", {"form": form})


@never_cache
@fresh(policy.FRESH_FOR_CREDENTIALS)
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app from the account's own pages; at Basic it is offered, not asked for."""
    account: Account = request.user  # type: ignore[assignment]
    if factors.has_factor(account):
        return redirect("account-security")
    key = request.session.setdefault(ENROL_KEY, factors.new_key())
    form = enrolment.TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        step = factors.step_of(key, form.cleaned_data["otp_token"])
        if step is not None:
            return enrolled(request, account, key, step)
        form.add_error("otp_token", enrolment.TRY_THE_NEXT)
    return render(request, "accounts/enrol_app.html", {"form": form, **enrolment.picture(key, account.username)})


def enrolled(request: HttpRequest, account: Account, key: str, step: int) -> HttpResponse:
    """Keep the app, sign in anew with it, and show the backup codes for the only time."""
    with factors.turn(account):
        if factors.has_factor(account):
            return redirect("account-security")
        device, codes = enrolment.enrol(account, key, step, by=account)
        notices.tell(account, "second-factor-added")
        request.session.pop(ENROL_KEY)
        session.begin(request, account, device)
    return render(request, "accounts/backup_codes.html", {"codes": codes, "enrolled": True})


@never_cache
@fresh(policy.FRESH_FOR_CREDENTIALS)
def backup_codes(request: HttpRequest) -> HttpResponse:
    """New backup codes in place of the old ones."""
    account: Account = request.user  # type: ignore[assignment]
    if not request.user.is_verified():  # type: ignore[union-attr]
        return redirect("account-security")
    if request.method == "POST":
        with factors.turn(account):
            codes = factors.make_backup_codes(account, by=account)
            notices.tell(account, "backup-codes-made")
        return render(request, "accounts/backup_codes.html", {"codes": codes})
    return render(request, "accounts/new_backup_codes.html")
