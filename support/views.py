"""Public help: the guides and the contact form. Open to everyone, signed in or not."""

import hashlib
import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import condition, require_http_methods, require_safe

from accounts.sign_in import unsaved_forms
from core import center, policy
from core.words import duration, try_again_in
from safeguards import client, limits
from safeguards.limits import CountersUnavailable
from support import calling, contact, guides, reading
from support.forms import AnswerCodeForm, ContactForm, ReplyForm
from support.guide_pictures import read_picture
from support.models import ContactMessage


def found(slug: str) -> guides.Guide:
    """Return the guide of that name. Raise Http404 if there is none."""
    if slug not in guides.GUIDES:
        raise Http404("No such guide")
    return guides.GUIDES[slug]


@login_not_required
@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a guide as a page."""
    chosen = found(slug)
    html, sections = guides.html(chosen)
    context = {
        "guide": chosen,
        "html": mark_safe(html),  # noqa: S308 - our own Markdown, rendered with HTML switched off
        "sections": sections,
        "others": [other for other in guides.GUIDES.values() if other != chosen],
    }
    return render(request, "support/guide.html", context)


def picture_etag(request: HttpRequest, slug: str, name: str) -> str | None:
    """Return a tag that changes whenever the picture is taken again, or None without a picture."""
    png = read_picture(found(slug).slug, name)
    return f'"{hashlib.sha256(png).hexdigest()[:32]}"' if png else None


@login_not_required
@require_safe
@condition(etag_func=picture_etag)
def guide_picture(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Return a picture of a guide. Raise Http404 if nobody has taken it."""
    png = read_picture(found(slug).slug, name)
    if png is None:
        raise Http404("No such picture")
    return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "no-cache"})


def pdf_etag(request: HttpRequest, slug: str) -> str:
    """Return a tag that changes whenever the guide's text, a number of the policy or the layout does.

    It is the same in every process.
    """
    made_of = guides.typst_source(found(slug)) + guides.layout()
    return f'"{hashlib.sha256(made_of.encode()).hexdigest()[:32]}"'


@login_not_required
@require_safe
@condition(etag_func=pdf_etag)
def guide_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a guide as a PDF, which the browser opens under a name worth saving."""
    headers = {
        "Content-Disposition": f'inline; filename="ds-logon-{slug}-guide.pdf"',
        "Cache-Control": "no-cache",
    }
    pdf = guides.typeset(guides.typst_source(found(slug)))
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@unsaved_forms.keeps_unsaved_form
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact_form(request: HttpRequest) -> HttpResponse:
    """Show the contact form, and receive messages.

    A message leads to a page of its own. Reloading that page only shows it again.
    """
    if request.method != "POST":
        form = ContactForm(initial=known(request) | unsaved_forms.take(request).dict())
        return contact_page(request, form)
    form = ContactForm(request.POST)
    if not form.is_valid():
        return contact_page(request, form)
    typed = form.cleaned_data
    form_id, typed["body"] = typed.pop("form_id") or uuid.uuid4(), typed.pop("message")
    message = contact.kept(form_id, **typed)
    if not message:
        try:
            wait = contact.too_many(client.address(request))
            confirm = not wait and contact.may_confirm(typed["email"])
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            return contact_page(request, form, status=503)
        if wait:
            return contact_page(request, form, status=429, try_again=try_again_in(wait))
        by = request.user if request.user.is_authenticated else None
        message = contact.receive(form_id, **typed, by=by, confirm=confirm)
    unsaved_forms.forget(request)
    return redirect("contact-received", message.pk)


def contact_page(request: HttpRequest, form: ContactForm, *, status: int = 200, **more: str) -> HttpResponse:
    """Show the form beside the phones of all regions, with whether somebody answers there now."""
    context = {"form": form, "center": center, "lines": calling.lines_for(request), **more}
    return render(request, "support/contact.html", context, status=status)


def known(request: HttpRequest) -> dict[str, str]:
    """Return what the form does not have to ask a person who is signed in."""
    if not request.user.is_authenticated:
        return {}
    return {"name": request.user.get_full_name(), "email": request.user.email}


@unsaved_forms.keeps_unsaved_form
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact_received(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Show where a message stands, and nothing of its text. Its writer reads the answer, and replies to it.

    The address of this page may be in a browser's history, so it takes more than that to read an answer.
    """
    message = get_object_or_404(ContactMessage, pk=message_id)
    if not reading.may_read(request, message):
        # The code was entered too long ago, or the session has ended, while a reply was written.
        return show_message(request, message, not_sent=ReplyForm(request.POST)["message"].value() or "")
    if request.method != "POST":
        return show_message(request, message, ReplyForm(initial=unsaved_forms.take(request)))
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return show_message(request, message, form)
    try:
        wait = limits.hit(policy.CONTACT_REPLIES, str(message.pk))
    except CountersUnavailable as failure:
        form.add_error(None, str(failure))
        return show_message(request, message, form, status=503)
    if wait:
        form.add_error(None, f"You sent several replies. {try_again_in(wait)}")
        return show_message(request, message, form, status=429)
    by = request.user if request.user.is_authenticated else "visitor"
    if not contact.reply(message, form.cleaned_data["reply_id"], form.cleaned_data["message"], by=by):
        form.add_error(None, TOO_LATE)
        return show_message(request, get_object_or_404(ContactMessage, pk=message_id), form, status=409)
    unsaved_forms.forget(request)
    return redirect("contact-received", message.pk)


def show_message(
    request: HttpRequest,
    message: ContactMessage,
    form: ReplyForm | None = None,
    *,
    status: int = 200,
    not_sent: str = "",
) -> HttpResponse:
    """Show the page of a message. With a form, this browser may read the answers. `not_sent` is a reply to copy."""
    context = {
        "message": message,
        "center": center,
        "may_read": form is not None,
        "not_sent": not_sent,
        "entries": contact.entries_for_writer(message) if form else [],
        "form": form,
        "may_reply": contact.may_reply(message) or bool(form and form.errors),
        "was_answered": message.answered_at is not None,
        "due": message.waits_since + policy.CONTACT_ANSWERED_WITHIN,
    }
    return render(request, "support/contact_received.html", context, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def read_answer(request: HttpRequest) -> HttpResponse:
    """Ask for reference and code. An unknown reference and a wrong or old code get the same answer."""
    form = AnswerCodeForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "support/read_answer.html", {"form": form, "center": center})
    typed = form.cleaned_data
    by = request.user if request.user.is_authenticated else "visitor"
    try:
        found = reading.find(typed["reference"], typed["code"], address=client.address(request), by=by)
    except CountersUnavailable as failure:
        form.add_error(None, str(failure))
        return render(request, "support/read_answer.html", {"form": form, "center": center}, status=503)
    if isinstance(found, ContactMessage):
        response = redirect("contact-received", found.pk)
        reading.remember(response, found)
        return response
    if isinstance(found, reading.Wait):
        form.add_error(None, f"There were too many tries. {try_again_in(found.time)}")
        return render(request, "support/read_answer.html", {"form": form, "center": center}, status=429)
    form.add_error("reference", ANSWER_NOT_FOUND)
    return render(request, "support/read_answer.html", {"form": form, "center": center})


ANSWER_NOT_FOUND = (
    "We could not find an answer with this reference and code. Check both. Only the code in our newest email works, "
    f"for {duration(policy.CONTACT_ANSWER_LIFE)}."
)
TOO_LATE = "Your reply was not sent, because this message can no longer be replied to. Write a new message."
