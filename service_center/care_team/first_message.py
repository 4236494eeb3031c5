"""The pages on which a care team begins a conversation: the search for one of its patients, and the message."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from deers import lookup
from portal.messages.models import PatientTeam
from safeguards import audit
from service_center.care_team import desk, writing
from service_center.care_team.forms import FirstForm, PatientForm
from service_center.care_team.views import KEPT, discard, done, free_id, give_back, keep, member, page
from service_center.care_team.writing import Written
from service_center.conflicts import refuse_close

TWICE = "A message with another text was sent from this form before, in another tab. This one was not sent yet."


def patients(request: HttpRequest) -> HttpResponse:
    """Let a member find a patient of their teams. The name is sent by POST, so that no address holds it."""
    account = member(request)
    form = PatientForm(request.POST if request.method == "POST" else None, label_suffix="")
    audit.record("message.listed", by=account, queue="patients")
    words = form.cleaned_data["words"] if form.is_valid() else ""
    found = list(writing.patients_of(account, words)[: writing.MOST_FOUND]) if words else []
    names = desk.names_of({link.patient for link in found})
    rows = [(link, names[link.patient], lookup.person(link.patient)) for link in found]
    context: dict[str, Any] = {"form": form, "forms": [form], "rows": rows, "is_cut": len(rows) == writing.MOST_FOUND}
    return page(request, "patients", title="Write to a patient", **context)


@unsaved_forms.keeps_unsaved_form
def write(request: HttpRequest, link: int) -> HttpResponse:
    """Show the form for a message to a patient of one of the member's teams, and do what it asks."""
    account = member(request)
    to = writing.patients_of(account).filter(pk=link).first()
    if to is None:
        return give_back(request)
    if conflict := refuse_close(account, to.patient, needs_deers=False):
        return page(request, "conflict", title="New message", sentence=conflict.sentence)
    if request.method != "POST":
        audit.record("message.written-to", by=account, **writing.about(to.patient))
        first = writing.initial_of(writing.drafts_to(to, account).first()) | unsaved_forms.take(request).dict()
        return show(request, account, to, FirstForm(initial=first))
    if request.POST.get("do") == "discard":
        discard(request, account, to.patient)
        return show(request, account, to, FirstForm())
    return act(request, account, to)


def show(request: HttpRequest, account: Account, to: PatientTeam, form: FirstForm) -> HttpResponse:
    """Show the form with the files of its draft, and for whom it is."""
    return page(
        request,
        "first_message",
        title="New message",
        to=to,
        patient=desk.names_of({to.patient})[to.patient],
        person=lookup.person(to.patient),
        form=form,
        forms=[form],
        files=writing.files_of(form, account),
        draft=writing.drafts_to(to, account).first(),
    )


def act(request: HttpRequest, account: Account, to: PatientTeam) -> HttpResponse:
    """Send the message, or keep it with its files. Whatever stands in the way, what was typed is shown again."""
    sends = request.POST.get("do") == "send"
    form = FirstForm(request.POST, request.FILES, sends=sends)
    if form.is_valid() or "answer" in form.cleaned_data:
        written = Written(form.cleaned_data["answer"], to.patient, to.team, None, form.text)
        keep(request, account, form, written, sends=sends)
    if not form.is_valid():
        return show(request, account, to, form)
    if not sends:
        return done(request, KEPT, request.path)
    if isinstance(desk.begin_conversation(written, by=account), desk.Done):
        where = reverse("admin:secure_messages_thread_change", args=[written.id])
        return done(request, "The message was sent.", where)
    messages.error(request, TWICE)
    return show(request, account, to, FirstForm(initial=free_id(form.cleaned_data, account)))
