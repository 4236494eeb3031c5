"""The account's own pages: profile, security, activity; and recovery for those who cannot get there."""

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts import actions, enrolment, factors, notices, recovery
from accounts.models import Account, AuthenticatorApp
from accounts.proofing import minutes
from accounts.registration.forms import CredentialsForm, DetailsForm
from accounts.sign_in import session
from accounts.sign_in.views import ENROL_KEY
from deers import lookup
from dslogon import policy
from safeguards import audit, client, limits
from safeguards.events import EVENTS


class AccountForm(forms.Form):
    """A form that is judged for one account."""

    def __init__(self, data: object, account: Account) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.account = account


class PasswordPairForm(AccountForm):
    """A new password, twice, judged for the account it is for."""

    password = CredentialsForm.base_fields["password"]
    password_again = CredentialsForm.base_fields["password_again"]

    def clean(self) -> dict:
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", "The two passwords are not the same.")
        elif password:
            try:
                validate_password(password, self.account)
            except ValidationError as refused:
                self.add_error("password", refused)
        return self.cleaned_data


class CurrentPasswordForm(AccountForm):
    """The password of today, asked before anything about credentials changes."""

    current_password = forms.CharField(
        label="Your password now",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Enter the password you use now.", "max_length": "That is not your password."},
    )

    def clean_current_password(self) -> str:
        """Wrong guesses count with those at sign-in, before they are judged, so that parallel ones count too."""
        key = self.account.username.lower()
        wait = limits.hit(policy.SIGN_IN_PER_ACCOUNT, key, account_id=self.account.pk)
        if wait:
            raise ValidationError(f"There were too many tries. Wait {minutes(wait)}, then try again.")
        if not check_password(self.cleaned_data["current_password"], self.account.password):
            raise ValidationError("That is not your password.")
        limits.clear(policy.SIGN_IN_PER_ACCOUNT, key)
        return self.cleaned_data["current_password"]


class ChangePasswordForm(PasswordPairForm, CurrentPasswordForm):
    field_order = ["current_password", "password", "password_again"]


class EnrolForm(enrolment.TokenForm, CurrentPasswordForm):
    field_order = ["otp_token", "current_password"]


class EmailForm(forms.Form):
    email = DetailsForm.base_fields["email"]


class UsernameForm(forms.Form):
    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Enter your username.", "max_length": "That is longer than any username."},
    )


@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Who the account is for, its level, and how DS Logon reaches the person."""
    person = lookup.person(request.user.dod_id) if request.user.dod_id else None  # type: ignore[union-attr]
    return render(request, "accounts/profile.html", {"person": person, "here": "profile"})


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
def activity(request: HttpRequest) -> HttpResponse:
    """Every event about the account, in plain words, newest first."""
    page = Paginator(audit.for_account(request.user.pk or 0), 25).get_page(request.GET.get("page"))
    events = [(event, EVENTS.get(event.event, event.event)) for event in page]
    return render(request, "accounts/activity.html", {"page": page, "events": events, "here": "activity"})


@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; the other sessions of the account end, this one goes on under a new key."""
    account: Account = request.user  # type: ignore[assignment]
    form = ChangePasswordForm(request.POST or None, account)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            actions.set_password(account, form.cleaned_data["password"], by=account)
            notices.send("password-changed", to=account.email, account_id=account.pk, first_name=account.first_name)
        update_session_auth_hash(request, account)
        return redirect("account-security")
    return render(request, "accounts/change_password.html", {"form": form})


@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app from the account's own pages; at Basic it is offered, not asked for."""
    account: Account = request.user  # type: ignore[assignment]
    if factors.has_factor(account):
        return redirect("account-security")
    key = request.session.setdefault(ENROL_KEY, factors.new_key())
    form = EnrolForm(request.POST or None, account)
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
        notices.send("second-factor-added", to=account.email, account_id=account.pk, first_name=account.first_name)
        request.session.pop(ENROL_KEY)
        session.begin(request, account, device)
    return render(request, "accounts/backup_codes.html", {"codes": codes, "enrolled": True})


@never_cache
def backup_codes(request: HttpRequest) -> HttpResponse:
    """Fresh backup codes in place of the old ones; the password is asked again."""
    account: Account = request.user  # type: ignore[assignment]
    if not request.user.is_verified():  # type: ignore[union-attr]
        return redirect("account-security")
    form = CurrentPasswordForm(request.POST or None, account)
    if request.method == "POST" and form.is_valid():
        with factors.turn(account):
            codes = factors.make_backup_codes(account, by=account)
            notices.send("backup-codes-made", to=account.email, account_id=account.pk, first_name=account.first_name)
        return render(request, "accounts/backup_codes.html", {"codes": codes})
    return render(request, "accounts/new_backup_codes.html", {"form": form})


@login_not_required
@never_cache
def recover_username(request: HttpRequest) -> HttpResponse:
    """The username by mail, if anybody has an account with that address; the page never says."""
    return ask(request, EmailForm(request.POST or None), "username", "email")


@login_not_required
@never_cache
def recover_password(request: HttpRequest) -> HttpResponse:
    """A link for a new password by mail, if there is such a username; the page never says."""
    return ask(request, UsernameForm(request.POST or None), "password", "username")


def ask(request: HttpRequest, form: forms.Form, wanted: str, field: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        outcome = recovery.ask(wanted, form.cleaned_data[field], client.address(request))
        if isinstance(outcome, recovery.Asked):
            return render(request, "accounts/recovery_asked.html", {"wanted": wanted})
        form.add_error(None, f"There were too many requests. Wait {minutes(outcome.wait)}, then try again.")
    return render(request, f"accounts/recover_{wanted}.html", {"form": form})


@login_not_required
@never_cache
def recover_password_link(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password with a link from the mail. It signs nobody in, so the second factor is still asked for."""
    account = recovery.account_of(token)
    if account is None:
        return render(request, "accounts/link_used.html", status=410)
    form = PasswordPairForm(request.POST or None, account)
    if request.method == "POST" and form.is_valid():
        if not recovery.set_password(token, form.cleaned_data["password"]):
            return render(request, "accounts/link_used.html", status=410)
        return render(request, "accounts/password_set.html")
    return render(request, "accounts/new_password.html", {"form": form})
