"""Pages for a forgotten username or password, and for "this was not me". They answer everyone alike."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.mail import links
from accounts.models.mail import Purpose
from accounts.passwords.forms import PasswordPairForm
from accounts.passwords.hints import judge_typed_password, password_hint_view
from accounts.recovery import not_me, password
from accounts.recovery import stop_questions as stopping
from accounts.sign_in import pauses, trusted_devices
from accounts.sign_in.forms import username_field
from core import policy
from core.fields import email_field
from core.words import try_again_in
from idproofing.models import FailureNotice
from safeguards import client
from safeguards.limits import CountersUnavailable


class EmailForm(forms.Form):
    email = email_field()


class UsernameForm(forms.Form):
    username = username_field()


@login_not_required
def recover(request: HttpRequest) -> HttpResponse:
    """Show the ways back into an account."""
    return render(request, "accounts/recover.html")


@login_not_required
@never_cache
def recover_username(request: HttpRequest) -> HttpResponse:
    """Email the username if an account has the address. The page never says whether one does."""
    return ask(request, EmailForm(request.POST or None), "username", "email")


@login_not_required
@never_cache
def recover_password(request: HttpRequest) -> HttpResponse:
    """Email a link for a new password if the username exists. The page never says whether it does."""
    return ask(request, UsernameForm(request.POST or None), "password", "username")


def ask(request: HttpRequest, form: forms.Form, wanted: str, field: str) -> HttpResponse:
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            device = trusted_devices.token_of(request)
            outcome = password.ask(wanted, form.cleaned_data[field], client.address(request), device)
            if isinstance(outcome, password.Asked):
                return render(request, "accounts/recovery_asked.html", {"wanted": wanted})
            form.add_error(None, f"There were too many requests. {try_again_in(outcome.wait)}")
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            status = 503
    return render(request, f"accounts/recover_{wanted}.html", {"form": form}, status=status)


@login_not_required
@never_cache
def recover_password_link(request: HttpRequest, token: str) -> HttpResponse:
    """Set a new password with a link from the email.

    This signs nobody in, so the second factor is still asked for.
    """
    account = password.account_of(token)
    if account is None:
        return render(request, "accounts/link_used.html", status=410)
    form = PasswordPairForm(request.POST or None, account)
    if request.method == "POST" and form.is_valid():
        if not password.set_password(token, form.cleaned_data["password"]):
            return render(request, "accounts/link_used.html", status=410)
        pauses.clear_sign_in(account)
        trusted_devices.trust(request, account, life=policy.TRUSTED_AFTER_RECOVERY)
        return render(request, "accounts/password_set.html")
    return render(request, "accounts/new_password.html", {"form": form})


@login_not_required
@password_hint_view
def judge_password(request: HttpRequest, token: str) -> HttpResponse:
    """Judge a typed password for a person who followed a link from the email."""
    account = password.account_of(token)
    if account is None:
        raise Http404
    return judge_typed_password(request, account, str(account.pk), account.pk)


@login_not_required
@never_cache
def this_was_not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Explain the link in every notice of a change on GET. POST freezes the account and ends its sessions."""
    frozen = not_me.freeze(token) if request.method == "POST" else None
    if frozen:
        return render(request, "accounts/frozen.html", {"of_staff": frozen.is_staff})
    if links.peek(token, Purpose.NOT_ME) is None:
        return render(request, "accounts/link_over.html", status=410)
    return render(request, "accounts/not_me.html")


@login_not_required
@never_cache
def stop_questions(request: HttpRequest, token: str) -> HttpResponse:
    """Explain the link in the notice of failed questions or of a letter on GET. POST stops that in this name."""
    link = stopping.peek(token)
    context = {"of_letter": link is not None and link.notice.kind == FailureNotice.Kind.LETTER}
    if request.method == "POST" and stopping.stop(token):
        return render(request, "accounts/questions_stopped.html", context)
    if link is None or request.method == "POST":
        return render(request, "accounts/link_over.html", status=410)
    return render(request, "accounts/stop_questions.html", context)


@login_not_required
@never_cache
def frozen(request: HttpRequest) -> HttpResponse:
    """Explain how the holder of a frozen account gets it back, and lead into the journey that does it."""
    return render(request, "accounts/recover_frozen.html", {"levels": list(policy.Level)})
