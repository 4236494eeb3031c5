"""The pages for a forgotten username or password. They answer the same for everyone."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import recovery
from accounts.own.forms import PasswordPairForm
from accounts.proofing import minutes
from accounts.registration.forms import DetailsForm
from safeguards import client


class EmailForm(forms.Form):
    email = DetailsForm.base_fields["email"]


class UsernameForm(forms.Form):
    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Enter your username.", "max_length": "That is longer than any username."},
    )


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
