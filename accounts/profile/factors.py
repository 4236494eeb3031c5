"""The second factors of one's account: apps, passkeys and backup codes can be added, renamed and removed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.mail import notices
from accounts.models import Account, AuthenticatorApp, Passkey
from accounts.second_factors import authenticator_apps, enrollment, factors, locks, passkeys
from accounts.second_factors.backup_codes import make_backup_codes
from accounts.second_factors.forms import OrPasskeyForm, TokenForm
from accounts.second_factors.kinds import Kind
from accounts.sessions.store import FACTOR, factor_label
from accounts.sign_in import session
from accounts.sign_in.fresh import require_fresh_sign_in
from accounts.sign_in.views import ENROL_KEY
from core import policy


class NameForm(forms.Form):
    """The person's name for one of their factors. No two names are alike, or the list would be of no use."""

    name = forms.CharField(
        label="Name",
        max_length=policy.FACTOR_NAME_MAX,
        help_text="A name that you will recognize, such as “My phone”.",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "required": "Enter a name.",
            "max_length": f"Name: use at most {policy.FACTOR_NAME_MAX} characters.",
        },
    )

    def __init__(self, data: Any, account: Account, name: str, of: AuthenticatorApp | Passkey | None = None) -> None:
        super().__init__(data, initial={"name": name})
        self.account, self.of = account, of
        self.fields["name"].required = of is not None

    def clean_name(self) -> str:
        """Return the name, with a number if a new factor's name is taken.

        The browser has already created the passkey, and refusing the name would lose it.
        """
        name = self.cleaned_data["name"] or self.initial["name"]
        if self.of is None:
            return factors.free_name(self.account, name)
        if factors.name_taken(self.account, name, self.of):
            raise ValidationError("You already have one with this name. Choose another name.")
        return name


class NewAppForm(TokenForm, NameForm):
    """The first code of a new authenticator app, and a name for the app."""

    field_order = ["otp_token", "name"]


class NewPasskeyForm(NameForm):
    """The browser's answer for a new passkey, and a name for the passkey."""

    passkey = OrPasskeyForm.base_fields["passkey"]


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def add_app(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app. Its key waits in the session for the first code."""
    account: Account = request.user  # type: ignore[assignment]
    sent = request.method == "POST"
    with locks.lock_factors(account):
        if is_full(account, authenticator_apps.KIND) or (
            sent and ENROL_KEY not in request.session
        ):  # full, or sent twice
            return redirect("account-security")
        key = request.session.setdefault(ENROL_KEY, authenticator_apps.new_key())
        form = NewAppForm(
            request.POST if sent else None, account, factors.free_name(account, authenticator_apps.APP_NAME)
        )
        if form.is_valid():
            step = authenticator_apps.step_of(key, form.cleaned_data["otp_token"])
            if any(app.key == key for app in AuthenticatorApp.objects.filter(user=account)):
                return redirect("account-security")
            if step is not None:
                request.session.pop(ENROL_KEY)
                app = authenticator_apps.enroll(account, key, step, name=form.cleaned_data["name"], by=account)
                return added(request, account, app)
            form.add_error("otp_token", enrollment.TRY_THE_NEXT)
    return render(request, "accounts/enrol_app.html", {"form": form, **enrollment.key_context(key, account.username)})


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Set up a passkey, which the browser creates at the request of the page's script."""
    account: Account = request.user  # type: ignore[assignment]
    sent = request.method == "POST"
    with locks.lock_factors(account):
        if is_full(account, passkeys.KIND):
            return redirect("account-security")
        name = factors.free_name(account, passkeys.NAME)
        form = NewPasskeyForm(request.POST if sent else None, account, name)
        if form.is_valid():
            made = passkeys.made(request, account, form.cleaned_data["passkey"])
            if isinstance(made, passkeys.New):
                passkey = passkeys.add(account, made, name=form.cleaned_data["name"], by=account)
                return added(request, account, passkey)
            form.add_error(None, enrollment.NOT_ACCEPTED)
    return render(request, "accounts/add_passkey.html", {"form": form})


@require_POST
@never_cache
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Return what the browser needs to create a passkey for this account. The page's script asks for it."""
    account: Account = request.user  # type: ignore[assignment]
    return JsonResponse(passkeys.options_to_make(request, account, account.username))


def is_full(account: Account, kind: Kind) -> bool:
    return sum(factors.kind_of(factor) == kind for factor in factors.all_of(account)) >= kind.most


def added(request: HttpRequest, account: Account, factor: AuthenticatorApp | Passkey) -> HttpResponse:
    """Redirect to the list after a factor was added.

    After the first factor, begin a new session with it and show the backup codes for the only time.
    """
    notices.tell(account, "second-factor-added", since=factor.created_at)
    if isinstance(factor, Passkey) and session.owes_passkey(request, account):
        session.begin(request, account, factor)
        messages.success(request, "Your passkey is set up. From now on you sign in with it.")
        return redirect("admin:index")
    if len(factors.all_of(account)) > 1:
        messages.success(request, f"“{factor.name}” is set up.")
        return redirect("account-security")
    session.begin(request, account, factor)
    codes = make_backup_codes(account, by=account)
    return render(request, "accounts/backup_codes.html", {"codes": codes, "factor": factor})


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def factor(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """Show one app or passkey. It can be renamed and removed here."""
    account: Account = request.user  # type: ignore[assignment]
    if request.POST.get("action") == "remove":
        return remove(request, account, kind, pk)
    kept = factors.find(account, kind, pk)
    if kept is None:
        raise Http404
    with locks.lock_factors(account):
        form = NameForm(request.POST or None, account, kept.name, kept)
        if form.is_valid():
            factors.rename(account, kept, form.cleaned_data["name"], by=account)
            return redirect("account-security")
    is_last = len(factors.all_of(account)) == 1
    context = {
        "form": form,
        "factor": kept,
        "kind": kind,
        "is_last": is_last,
        "must_stay": is_last and (account.is_premium or account.is_staff),
        "of_this_session": request.session.get(FACTOR) == factor_label(kept),
    }
    return render(request, "accounts/factor.html", context)


def remove(request: HttpRequest, account: Account, kind: str, pk: str) -> HttpResponse:
    """Remove the factor, email the holder, and sign out if this session began with it."""
    with transaction.atomic():
        kept = factors.find(account, kind, pk)
        outcome = factors.remove(account, kind, pk, by=account)
        if kept is None or isinstance(outcome, factors.Gone):  # a double click, or another tab
            return redirect("account-security")
        if isinstance(outcome, factors.LastOne):
            return redirect("factor", kind, pk)  # the page says why
        notices.tell(account, "second-factor-removed", since=outcome.at)
    if request.session.get(FACTOR) == factor_label(kept):
        logout(request)
        messages.success(request, f"“{kept.name}” is removed. You had signed in with it, so please sign in again.")
        return redirect("sign-in")
    messages.success(request, f"“{kept.name}” is removed.")
    return redirect("account-security")


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def backup_codes(request: HttpRequest) -> HttpResponse:
    """Replace the backup codes with new ones."""
    account: Account = request.user  # type: ignore[assignment]
    if not request.user.is_verified():  # type: ignore[union-attr]
        return redirect("account-security")
    if request.method == "POST":
        with locks.lock_factors(account):
            since = timezone.now()
            codes = make_backup_codes(account, by=account)
            notices.tell(account, "backup-codes-made", since=since)
        return render(request, "accounts/backup_codes.html", {"codes": codes})
    return render(request, "accounts/new_backup_codes.html")
