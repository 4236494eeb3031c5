"""The pages on which a patient writes: a new message, a draft, and an answer.

All of them show one form, and what it does is the same: save, attach, remove a file, discard, send.
"""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from core import policy
from portal.family.patients import Who, address_of
from portal.messages import attachments, queries
from portal.messages.drafts import Gone, Saved, Stale, discard_draft, save_draft
from portal.messages.forms import MessageForm, initial_of
from portal.messages.models import Attachment, CareTeam, Message, Thread
from portal.messages.pages import away
from portal.messages.sending import Held, NoTeam, is_old, send_message
from portal.messages.teams import teams_of
from portal.zones import show_clock
from safeguards.limits import CountersUnavailable

Context = dict[str, Any]
FILE_HINT = (
    f"Up to {policy.ATTACHMENTS} files of the kinds {attachments.KINDS}, {filesizeformat(policy.ATTACHMENT_MAX)} each "
    f"and {filesizeformat(policy.ATTACHMENTS_MAX)} in all. They stay with the draft."
)
GONE = "This draft is not there any more. What you typed is still below. Send it or save it as a new draft."

NOT_ATTACHED = "Your files are not attached yet. Mend what is marked first. Then choose them once more."


def compose(account: Who, query: QueryDict) -> Context:
    """Return an empty form for a new message."""
    choices = teams_of(account.dod_id)
    first = {"team": str(choices[0].pk)} if len(choices) == 1 else {}
    return context_of(MessageForm(teams=choices, initial=first), None, choices)


def draft(account: Who, query: QueryDict, item: UUID) -> Context | HttpResponse:
    """Return the form with a draft. A draft that was sent leads to its message."""
    found = queries.one_message(account, item)
    if found.held_at is not None or not found.is_own:
        return redirect(address_of(account, "messages-message", item))
    thread = queries.one_thread(account, found.thread_id) if found.thread_id else None
    choices = choices_for(account, thread)
    form = MessageForm(teams=choices, initial=initial_of(found))
    return context_of(form, thread, choices, found)


def reply(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return an empty form for an answer in a conversation."""
    thread = queries.one_thread(account, item)
    choices = choices_for(account, thread)
    initial = {"topic": thread.topic, "subject": thread.subject}
    return context_of(MessageForm(teams=choices, initial=initial), thread, choices)


def choices_for(account: Who, thread: Thread | None) -> list[CareTeam] | None:
    """Return the teams to choose from, or None in a conversation whose team the patient may still write to."""
    return None if thread is not None and thread.may_write else teams_of(account.dod_id)  # type: ignore[attr-defined]


def context_of(
    form: MessageForm, thread: Thread | None, choices: list[CareTeam] | None, kept: Message | None = None, **more: Any
) -> Context:
    """Return what the page with the form shows."""
    files = list(Attachment.objects.filter(message=kept).order_by("added_at", "pk")) if kept else []
    return {
        "form": form,
        "thread": thread,
        "is_old": thread is not None and is_old(thread, timezone.now()),
        "no_team": choices == [],
        "away": away(choices if choices is not None else [thread.team] if thread else []),
        "draft": kept,
        "files": files,
        "item_title": "New message" if thread is None else f"Answer: {thread.subject}",
        "file_hint": FILE_HINT,
        **more,
    }


def write_new(account: Who, request: HttpRequest) -> Context | HttpResponse:
    """Do what the form for a new message asks."""
    return write(account, request, None, None)


def write_reply(account: Who, request: HttpRequest, item: UUID) -> Context | HttpResponse:
    """Do what the form for an answer asks."""
    return write(account, request, queries.one_thread(account, item), None)


def write_draft(account: Who, request: HttpRequest, item: UUID) -> Context | HttpResponse:
    """Do what the form with a draft asks. The form says in which conversation the draft is."""
    try:
        thread = UUID(request.POST.get("thread", ""))
    except ValueError:
        return write(account, request, None, item)
    return write(account, request, queries.one_thread(account, thread), item)


def write(account: Who, request: HttpRequest, thread: Thread | None, item: UUID | None) -> Context | HttpResponse:
    """Save, discard, attach or send, as the button says. Whatever comes of it, what was typed is kept."""
    wanted, choices = request.POST.get("do", "save"), choices_for(account, thread)
    form = MessageForm(request.POST, request.FILES, teams=choices, sends=wanted == "send")
    if wanted == "discard":
        return discard(account, request, item)
    chosen = form.is_valid() and form.cleaned_data["upload"]
    if form.is_valid() and wanted == "send" and not chosen:
        return answer_to_send(account, request, form, thread, choices, item)
    saves = MessageForm(request.POST, request.FILES, teams=choices)
    outcome = save(account, saves, thread, item)
    if wanted == "autosave":
        return said_of_autosave(request, saves, outcome)
    if outcome is None:
        if request.FILES:
            saves.add_error("upload", NOT_ATTACHED)
        return context_of(saves, thread, choices, kept_draft(account, form, item))
    if not isinstance(outcome, Saved):
        return overtaken(request, form, outcome, thread, choices)
    kept = queries.one_message(account, saves.typed(thread, item).id)
    form = with_values(form, version=kept.version)
    change_files(account, request, form, kept)
    if not form.is_valid():
        return context_of(form, thread, choices, kept)
    if wanted == "send":
        return answer_to_send(account, request, form, thread, choices, item)
    messages.success(request, "Your draft is saved.")
    return redirect(address_of(account, "messages-draft", kept.pk))


def save(account: Who, form: MessageForm, thread: Thread | None, item: UUID | None) -> Saved | Stale | Gone | None:
    """Save the draft of a form. Return None if what was typed cannot be kept, because it is too long."""
    return save_draft(account, form.typed(thread, item), thread=thread) if form.is_valid() else None


def change_files(account: Who, request: HttpRequest, form: Form, kept: Message) -> None:
    """Attach the chosen files, or remove the one whose button was pressed. What is wrong stands beside the field."""
    _, _, which = request.POST.get("do", "").partition("remove:")
    try:
        if which:
            attachments.remove(account, kept, UUID(which))
        for refused in attachments.attach(account, kept, request.FILES.getlist("upload")):
            form.add_error("upload", refused.sentence)
    except ValueError:
        form.add_error("upload", "This file is not there any more.")
    except CountersUnavailable as failure:
        form.add_error("upload", str(failure))


def answer_to_send(
    account: Who, request: HttpRequest, form: MessageForm, thread: Thread | None,
    choices: list[CareTeam] | None, item: UUID | None,
) -> Context | HttpResponse:  # fmt: skip
    """Send, and lead to the conversation, or show the form again with what stands in the way."""
    typed = form.typed(thread, item)
    match outcome := send_message(account, typed, thread=thread):
        case Held(where, at):
            clock = show_clock(request, at)
            messages.success(request, f"Your message goes out at {clock}. Until then you can take it back.")
            return redirect(address_of(account, "messages-thread", where))
        case NoTeam():
            form.add_error("team" if "team" in form.fields else None, "Choose a care team.")
            return context_of(form, thread, choices, kept_draft(account, form, item))
        case _:
            return overtaken(request, form, outcome, thread, choices)


def kept_draft(account: Who, form: MessageForm, item: UUID | None) -> Message | None:
    """Return the draft behind a form, if it was ever saved, so that its files are shown."""
    pk = item or form.cleaned_data.get("draft")
    return queries.messages_of(account).filter(pk=pk, held_at=None).first() if pk else None


def overtaken(
    request: HttpRequest, form: MessageForm, outcome: Stale | Gone, thread: Thread | None,
    choices: list[CareTeam] | None,
) -> Context:  # fmt: skip
    """Show both texts if the draft was changed or sent in another tab. The form now saves over what it shows."""
    if isinstance(outcome, Stale) and not outcome.was_sent:
        other = outcome.message
        form = with_values(form, version=other.version)
        return context_of(form, thread, choices, other, other=other)
    form = with_values(form, version=0, draft=uuid4())
    if isinstance(outcome, Stale):
        return context_of(form, thread, choices, sent_before=outcome.message)
    messages.warning(request, GONE)
    return context_of(form, thread, choices)


def with_values(form: MessageForm, **values: Any) -> MessageForm:
    """Return the form as it was sent, with other hidden values, so that the next attempt starts from what is kept."""
    data = {**form.data.dict(), **{name: str(value) for name, value in values.items()}}  # type: ignore[attr-defined]
    sends = form.fields["body"].required
    teams = list(form.teams.values()) if "team" in form.fields else None
    return MessageForm(data, form.files, teams=teams, sends=sends)


def discard(account: Who, request: HttpRequest, item: UUID | None) -> HttpResponse:
    """Delete the draft, if it was ever saved."""
    try:
        found = item or UUID(request.POST.get("draft", ""))
    except ValueError:
        found = None
    if found and discard_draft(account, found):
        messages.success(request, "The draft was deleted.")
    return redirect(address_of(account, "messages-drafts"))


def said_of_autosave(request: HttpRequest, form: MessageForm, outcome: Saved | Stale | Gone | None) -> JsonResponse:
    """Return what the page's script says beside the buttons, and the version of the next save."""
    match outcome:
        case Saved(version):
            said = f"Draft saved at {show_clock(request, timezone.now())}."
            return JsonResponse({"version": version, "said": said})
        case Stale():
            said = "This draft was changed or sent in another tab. Choose “Save draft” to see both texts."
            return JsonResponse({"said": said}, status=409)
        case Gone():
            return JsonResponse({"said": "This draft was deleted in another tab. Save it to keep it."}, status=409)
    wrong = [sentence for sentences in form.errors.values() for sentence in sentences]
    return JsonResponse({"said": f"Not saved. {' '.join(map(str, wrong))}"}, status=422)
