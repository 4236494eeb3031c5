"""The texts with which staff often answer. Supervisors and editors write them, everybody at the desk uses them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from safeguards import audit
from service_center.contact.forms import TextForm, text_chosen
from service_center.read_only import has_permission
from support.models import AnswerText, ContactMessage

CHANGE = "support.change_answertext"


@unsaved_forms.keeps_unsaved_form
def page(request: HttpRequest) -> HttpResponse:
    """Show the texts, and add, replace or delete one."""
    if not has_permission(request, CHANGE):
        raise PermissionDenied
    chosen = text_chosen(request.GET.get("text", ""))
    kept = unsaved_forms.take(request).dict()
    form = TextForm(initial=kept or ({"title": chosen.title, "body": chosen.body} if chosen else None))
    if request.method == "POST" and request.POST.get("do") == "delete":
        if found := text_chosen(request.POST.get("text", "")):
            delete_text(found, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "The text is deleted.")
        return redirect(request.path)
    if request.method == "POST":
        form = TextForm(request.POST)
        if form.is_valid():
            unsaved_forms.forget(request)
            save_text(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "The text is kept.")
            return redirect(request.path)
    context = {"title": "Texts for answers to messages", "opts": ContactMessage._meta, "form": form, "forms": [form]}
    context |= {"texts": list(AnswerText.objects.all())}
    everywhere = admin.site.each_context(request)
    return render(request, "admin/support/contactmessage/texts.html", {**everywhere, **context})


def save_text(title: str, body: str, *, by: Account) -> None:
    """Keep a text. One with the same title takes the place of the older one."""
    with transaction.atomic():
        values = {"body": body, "changed_at": timezone.now()}
        text, _ = AnswerText.objects.update_or_create(title=title, defaults=values)
        audit.record("support.text-changed", by=by, text=text.pk)


def delete_text(text: AnswerText, *, by: Account) -> None:
    """Delete a text."""
    with transaction.atomic():
        audit.record("support.text-changed", by=by, text=text.pk, deleted=True)
        text.delete()
