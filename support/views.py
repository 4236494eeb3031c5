"""Public help: the support page, the guides, the contact form. Open to everybody, signed in or not."""

import hashlib
import uuid
from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import condition, require_http_methods, require_safe

from accounts.sign_in import unsaved_forms
from core import center
from safeguards import client
from support import contact, guides
from support.forms import ContactForm
from support.models import ContactMessage


@login_not_required
@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """What people ask most, and how to reach the service center."""
    return render(request, "support/index.html", {"center": center, "guides": guides.GUIDES.values()})


def found(slug: str) -> guides.Guide:
    """The guide of that name, or a 404."""
    if slug not in guides.GUIDES:
        raise Http404("No such guide")
    return guides.GUIDES[slug]


@login_not_required
@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """A guide as a page."""
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
    """Changes whenever the guide's text, a number of the policy or the layout does; the same in every process."""
    made_of = guides.typst_source(found(slug)) + guides.layout()
    return f'"{hashlib.sha256(made_of.encode()).hexdigest()[:32]}"'


@login_not_required
@require_safe
@condition(etag_func=pdf_etag)
def guide_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """A guide as a PDF, opened in the browser under a name worth saving."""
    headers = {
        "Content-Disposition": f'inline; filename="ds-logon-{slug}-guide.pdf"',
        "Cache-Control": "no-cache",
    }
    pdf = guides.typeset(guides.typst_source(found(slug)))
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@unsaved_forms.keeps_unsaved_form
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_form(request: HttpRequest) -> HttpResponse:
    """The contact form; a message sent leads to a page of its own, which a reload only shows again."""
    if request.method != "POST":
        form = ContactForm(initial=known(request) | unsaved_forms.take(request))
        return render(request, "support/contact.html", {"form": form, "center": center})
    form = ContactForm(request.POST)
    if not form.is_valid():
        return render(request, "support/contact.html", {"form": form, "center": center})
    typed = form.cleaned_data
    form_id, typed["body"] = typed.pop("form_id") or uuid.uuid4(), typed.pop("message")
    message = contact.kept(form_id, **typed)
    if not message:
        if wait := contact.too_many(address=client.address(request), email=typed["email"]):
            context = {"form": form, "center": center, "wait": in_minutes(wait)}
            return render(request, "support/contact.html", context, status=429)
        by = request.user if request.user.is_authenticated else None
        message = contact.receive(form_id, **typed, by=by)
    unsaved_forms.forget(request)
    return redirect("contact-received", message.pk)


def known(request: HttpRequest) -> dict[str, str]:
    """What the form need not ask a person who is signed in."""
    if not request.user.is_authenticated:
        return {}
    return {"name": request.user.get_full_name(), "email": request.user.email}


def in_minutes(wait: timedelta) -> timedelta:
    """`wait` rounded up to whole minutes, as one tells people."""
    minute = timedelta(minutes=1)
    return -(-wait // minute) * minute


@login_not_required
@require_safe
def contact_received(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """The reference of a message sent, and nothing of what it says: the address may be in a browser's history."""
    message = get_object_or_404(ContactMessage.objects.only("reference", "created_at"), pk=message_id)
    return render(request, "support/contact_received.html", {"message": message, "center": center})
