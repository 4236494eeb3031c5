"""The page of everything that protects one's account, and the password."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts import actions
from accounts.mail import notices
from accounts.models import Account
from accounts.passwords.forms import PasswordPairForm
from accounts.passwords.hints import judge_typed_password, password_hint_view
from accounts.second_factors import factors
from accounts.sign_in.fresh import require_fresh_sign_in
from accounts.sign_in.repeated_forms import may_begin_session
from core import policy


@never_cache
def security(request: HttpRequest) -> HttpResponse:
    """Show the password, the second factors and the backup codes."""
    account: Account = request.user  # type: ignore[assignment]
    kept = [(factor, factors.kind_of(factor)) for factor in factors.all_of(account)]
    kinds = [kind for _, kind in kept]
    context = {
        "here": "security",
        "factors": kept,
        "kinds": [(kind, kinds.count(kind) < kind.most) for kind in factors.KINDS],
        "codes_left": account.backup_codes.filter(used_at=None).count(),
    }
    return render(request, "accounts/security.html", context)


@may_begin_session()
@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def change_password(request: HttpRequest) -> HttpResponse:
    """Set a new password. The account's other sessions end, and this one continues under a new key."""
    account: Account = request.user  # type: ignore[assignment]
    form = PasswordPairForm(request.POST or None, account)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            change = actions.set_password(account, form.cleaned_data["password"], by=account)
            notices.tell(account, "password-changed", since=change.at)
        update_session_auth_hash(request, account)
        return redirect("account-security")
    return render(request, "accounts/change_password.html", {"form": form})


@password_hint_view
def judge_password(request: HttpRequest) -> HttpResponse:
    """Judge a typed password for a signed-in person who is changing it."""
    return judge_typed_password(request, request.user, str(request.user.pk), request.user.pk)


@login_not_required
@never_cache
def where_to_change(request: HttpRequest) -> HttpResponse:
    """Redirect password managers, which look here, to the page that changes the password (W3C "change-password")."""
    return redirect("change-password")
