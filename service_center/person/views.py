"""The page of a person at the desk, and the button that shows a hidden detail."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.mail import notices, shared_mailboxes
from accounts.models import Account, State
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from core.masks import mask_email
from safeguards import audit
from service_center import conflicts
from service_center.calls import calling
from service_center.person import buttons, helping, keys, reveal, who
from service_center.person.sections import sections_of
from service_center.person.stops import stops_of
from service_center.person.subject import Subject, find_subject
from service_center.person.timeline import timeline_of
from service_center.read_only import has_permission

REVEALS = "accounts.reveal_details"


@require_safe
def page(request: HttpRequest, key: str) -> HttpResponse:
    """Show a person by the key in the address. A person who has opened an account since is shown with it."""
    account_id, dod_id = keys.account_in(key), keys.dod_id_in(key, request.user)  # type: ignore[arg-type]
    if dod_id and (account := open_account_of(dod_id)):
        return redirect(keys.page_of_account(account))
    return show(request, key, subject_at(request, account_id, dod_id))


def show_account(request: HttpRequest, account_id: int, *, sent: helping.HelpForm | None = None) -> HttpResponse:
    """Show the holder of an account. `sent` is a request for help that came back with errors."""
    return show(request, f"a-{account_id}", subject_at(request, account_id, ""), sent=sent)


@require_POST
def show_detail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one hidden detail for a minute, if there is a reason. Without one, say so beside the field."""
    subject = subject_at(request, keys.account_in(key), keys.dod_id_in(key, request.user))  # type: ignore[arg-type]
    back = f"{request.path.removesuffix('reveal/')}#who"
    if not has_permission(request, REVEALS):
        raise PermissionDenied
    if proof := ask_for_second_step(request, policy.FRESH_FOR_REVEALS, back=back):
        return proof
    if conflict := refuse_close(request, subject):
        messages.error(request, conflict.sentence)
        return HttpResponseRedirect(back)
    form = reveal.RevealForm(request.POST, has_account=subject.account is not None)
    form.is_valid()
    if form.cleaned_data.get("detail") not in who.names_of(subject):
        messages.error(request, "That detail is not known. Choose one that is on the page.")
        return HttpResponseRedirect(back)
    if not form.errors:
        given = form.cleaned_data
        refusal = reveal.reveal_detail(request, subject, given["detail"], given["reason"], by=request.user)  # type: ignore[arg-type]
        if not refusal:
            return HttpResponseRedirect(back)
        form.add_error("reason", refusal)
    return show(request, key, subject, asked=form)


def identity_of_caller(request: HttpRequest, subject: Subject) -> str:
    """Return the sentence of what the caller has shown, for staff who take calls."""
    account = subject.account
    if (account and account.is_staff) or not has_permission(request, "calls.take_call"):
        return ""
    return calling.SENTENCES[calling.Identity(subject.caller)]


def open_account_of(dod_id: str) -> int | None:
    """Return the primary key of the account that a person has now."""
    mine = Account.objects.filter(dod_id=dod_id).exclude(state=State.CLOSED)
    return mine.values_list("pk", flat=True).first()


def subject_at(request: HttpRequest, account_id: int | None, dod_id: str) -> Subject:
    """Return the person whom a key means. Raise an error for nobody, and for one whom the role may not see."""
    if not has_permission(request, "accounts.view_account" if account_id else "idproofing.view_proofing"):
        raise PermissionDenied
    subject = find_subject(account_id, dod_id, request.user)  # type: ignore[arg-type]
    if subject is None:
        raise Http404
    return subject


def refuse_close(request: HttpRequest, subject: Subject) -> conflicts.Conflicted | None:
    """Return why this staff member may not look at more of the person, or None."""
    by: Account = request.user  # type: ignore[assignment]
    if subject.account:
        return conflicts.refuse_account(by, subject.account)
    return conflicts.refuse_close(by, subject.dod_id, needs_deers=False)


def show(
    request: HttpRequest,
    key: str,
    subject: Subject,
    *,
    sent: helping.HelpForm | None = None,
    asked: reveal.RevealForm | None = None,
) -> HttpResponse:
    """Show the page, and record whose it is."""
    account = subject.account
    audit.record(
        "support.account-viewed",
        by=request.user,
        account_id=account.pk if account else None,
        dod_id=None if account else subject.dod_id,
    )
    allowed = helping.allowed_with(request, subject, sent)
    opened = reveal.open_details(request, subject)
    can_reveal = has_permission(request, REVEALS) and "conflict" not in allowed
    initial = reveal.last_reason(request) if opened else None
    form = asked or reveal.RevealForm(initial=initial, has_account=account is not None)
    sections = sections_of(subject, request)
    context = {
        **admin.site.each_context(request),
        "title": f"Account {account.pk}" if account else "Person without an account",
        "key": key,
        "subject": subject,
        "account": account,
        "details": who.details_of(subject, opened if can_reveal else ()),
        "seconds": opened,
        "reveal_form": form if can_reveal else None,
        "stops": [(stop, buttons.button_for(stop, subject, request)) for stop in stops_of(subject)],
        "caller": identity_of_caller(request, subject),
        "sections": sections,
        "has_empty": any(not shown.rows for shown in sections),
        "timeline": None if "conflict" in allowed else timeline_of(subject, request.GET),
        "sharing": shared_mailboxes.accounts_of(account.email).count() if account and account.mailbox_shared_at else 0,
        "resend": buttons.address_of_resend(subject),
        **(facts_of(subject, account) if account else {}),
        **allowed,
    }
    context["forms"] = [*([form] if can_reveal else []), *allowed.get("forms", [])]
    return render(request, "admin/person/page.html", context)


def facts_of(subject: Subject, account: Account) -> dict[str, Any]:
    """Return what the page says of the account itself, without anything that is a secret."""
    held = [word for word, has in (("Passkey", account.has_passkey), ("Authenticator app", account.has_app)) if has]  # type: ignore[attr-defined]
    in_deers = subject.person.email if subject.person else ""
    return {
        "factors": held,
        "devices": sum(device.expires_at > subject.now for device in account.trusted_devices.all()),
        "notified": [mask_email(email) for email in notices.addresses_of(account, in_deers=in_deers)],
    }
