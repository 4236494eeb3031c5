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
from core import center
from core.words import try_again_in
from safeguards import client
from safeguards.limits import CountersUnavailable
from support import calling, contact, guides
from support.forms import ContactForm
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
        form = ContactForm(initial=known(request) | unsaved_forms.take(request))
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


@login_not_required
@never_cache
@require_safe
def contact_received(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Show the reference of a message, and nothing of its text.

    The address of this page may be in a browser's history.
    """
    message = get_object_or_404(ContactMessage.objects.only("reference", "created_at"), pk=message_id)
    return render(request, "support/contact_received.html", {"message": message, "center": center})
