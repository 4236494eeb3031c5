"""How DS Logon reaches the person: email address and phone number."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts import actions
from accounts.mail import links, notices
from accounts.models import Account
from accounts.models.mail import Purpose
from accounts.profile import email_change
from accounts.profile.forms import EmailForm, PhoneForm
from accounts.sign_in import unsaved_forms
from accounts.sign_in.fresh import require_fresh_sign_in
from core import policy
from core.words import try_again_in


@unsaved_forms.keeps_unsaved_form
@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def change_email(request: HttpRequest) -> HttpResponse:
    """Ask for another email address. Nothing changes until the link that is emailed there is used.

    Until then the page also sends that link again, or cancels it.
    """
    account: Account = request.user  # type: ignore[assignment]
    action, waiting = request.POST.get("action"), email_change.waiting(account)
    if action == "cancel" or (action and not waiting):
        if email_change.cancel(account):
            messages.success(request, "The change is canceled. The link that we sent no longer works.")
        return redirect("account")
    form = EmailForm({"email": waiting.data} if action and waiting else request.POST or None, account)
    form.initial = ({} if account.email_confirmed_at else {"email": account.email}) | unsaved_forms.take(request).dict()
    if request.method == "POST" and form.is_valid():
        unsaved_forms.forget(request)
        wait = email_change.ask(account, form.cleaned_data["email"])
        if wait is None:
            context = {"here": "profile", "email": form.cleaned_data["email"]}
            return render(request, "accounts/email_asked.html", context)
        form.add_error(None, f"There were too many requests. {try_again_in(wait)}")
    return render(request, "accounts/change_email.html", {"form": form, "here": "profile", "waiting": waiting})


@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a new address with the link that was emailed there.

    Only the signed-in holder can use the link. A person who got it by mistake cannot.
    """
    account: Account = request.user  # type: ignore[assignment]
    link = email_change.awaited(account, token)
    if request.method == "POST" and email_change.confirm(account, token):
        return redirect("account")
    if link is None:
        return render(request, "accounts/link_over.html", status=410)
    return render(request, "accounts/confirm_email.html", {"email": link.data, "here": "profile"})


@login_not_required
@never_cache
def undo_email(request: HttpRequest, token: str) -> HttpResponse:
    """Restore the old address on POST, and freeze the account. The link emailed to the old address leads here.

    If that mailbox was given up in the meantime, the link only freezes.
    """
    undone = email_change.undo(token) if request.method == "POST" else None
    if undone:
        context = {"email_restored": undone.restored, "of_staff": undone.account.is_staff}
        return render(request, "accounts/frozen.html", context)
    link = links.peek(token, Purpose.UNDO_EMAIL)
    if link is None:
        return render(request, "accounts/link_over.html", status=410)
    return render(request, "accounts/undo_email.html" if email_change.can_restore(link) else "accounts/not_me.html")


@unsaved_forms.keeps_unsaved_form
@never_cache
@require_fresh_sign_in(policy.FRESH_FOR_CREDENTIALS)
def change_phone(request: HttpRequest) -> HttpResponse:
    """Set another phone number, or none."""
    account: Account = request.user  # type: ignore[assignment]
    form = PhoneForm(request.POST or None, initial={"phone": account.phone, **unsaved_forms.take(request).dict()})
    if request.method == "POST" and form.is_valid():
        unsaved_forms.forget(request)
        with transaction.atomic():
            change = actions.set_phone(account, form.cleaned_data["phone"], by=account)
            if change:
                notices.tell(account, "phone-changed", since=change.at)
        return redirect("account")
    return render(request, "accounts/change_phone.html", {"form": form, "here": "profile"})
