"""What protects the own account, on one page; and the password."""

from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts import actions, factors, notices
from accounts.models import Account
from accounts.own.forms import PasswordPairForm
from accounts.sign_in.fresh import fresh
from dslogon import policy


@never_cache
def security(request: HttpRequest) -> HttpResponse:
    """Password, second factors and backup codes."""
    account: Account = request.user  # type: ignore[assignment]
    kept = [(factor, factors.kind_of(factor)) for factor in factors.all_of(account)]
    kinds = [kind for _, kind in kept]
    context = {
        "here": "security",
        "factors": kept,
        "more_apps": kinds.count("app") < policy.AUTHENTICATOR_APPS,
        "more_passkeys": kinds.count("passkey") < policy.PASSKEYS,
        "codes_left": account.backup_codes.filter(used_at=None).count(),
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
