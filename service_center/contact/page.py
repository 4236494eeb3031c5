"""The page of one message at the desk: what was written, who wrote it, and all that staff do with it."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from core import policy
from safeguards import audit
from service_center.conflicts import Conflicted, refuse_close
from service_center.contact import desk
from service_center.contact.forms import AnswerForm, CloseForm, ColleagueForm, NoteForm, new_answer, text_chosen
from service_center.person.keys import page_of_account
from service_center.read_only import has_permission
from support import contact
from support.models import AnswerText, ContactEntry, ContactMessage

FASTER = "Nothing was changed: a colleague or the writer was faster. Read what is new here first."
BUTTONS = {
    "take": (desk.take, "The message is yours."),
    "put-back": (desk.put_back, "A colleague can take it up now."),
}


def is_overdue(message: ContactMessage, now: datetime) -> bool:
    """Return whether nobody has answered a message in time."""
    return message.state in ContactMessage.WAITING and message.waits_since <= now - policy.CONTACT_ANSWERED_WITHIN


def find_conflict(message: ContactMessage, by: Account) -> Conflicted | None:
    """Return why this member of staff may not work on the message: it is their own, or of somebody close."""
    writer = desk.find_writer(message)
    return refuse_close(by, writer.account.dod_id if writer else None, mailbox=message.email, needs_deers=False)


def show(request: HttpRequest, message: ContactMessage, *, typed: str = "", **forms: Any) -> HttpResponse:
    """Show a message with its forms. Those that are given hold what was typed; `typed` is an answer not sent."""
    audit.record(
        "support.message-read", by=request.user, account_id=message.account_id, reference=message.reference.lower()
    )
    first = unsaved_forms.take(request)
    entries = list(message.entries.select_related("author").order_by("at", "pk"))
    may_work = has_permission(request, desk.CHANGE) and message.state in ContactMessage.WAITING
    other = message.taken_by if message.taken_by_id not in (None, request.user.pk) else None
    shown = {
        "answer": new_answer(message, **{name: first[name] for name in ("answer", "body") if name in first}),
        "note_form": NoteForm(initial=first),
        "close_form": CloseForm(),
        "others": ColleagueForm(colleagues=desk.staff_who_answer().exclude(pk__in=[request.user.pk])),
        **forms,
    }
    writer = desk.find_writer(message) if has_permission(request, "accounts.view_account") else None
    return page(
        request,
        "message",
        title=f"Message {message.reference}",
        message=message,
        writer=writer,
        writer_page=page_of_account(writer.account.pk) if writer else "",
        conversation=[entry for entry in entries if entry.kind != ContactEntry.Kind.NOTE],
        notes=[entry for entry in entries if entry.kind == ContactEntry.Kind.NOTE],
        texts=list(AnswerText.objects.all()) if may_work else [],
        due=message.waits_since + policy.CONTACT_ANSWERED_WITHIN,
        is_late=is_overdue(message, timezone.now()),
        other=other,
        may_note=has_permission(request, desk.CHANGE),
        may_work=may_work,
        may_answer=may_work and not other,
        typed=typed,
        forms=list(shown.values()),
        **shown,
    )


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "opts": ContactMessage._meta}
    return render(request, f"admin/support/contactmessage/{name}.html", everywhere | context, status=status)


def act(request: HttpRequest, account: Account, message: ContactMessage) -> HttpResponse | None:
    """Do what a button of the page asks. Return None for a button that is not there."""
    match request.POST.get("do", ""):
        case "take" | "put-back" as wanted:
            button, done = BUTTONS[wanted]
            say(request, button(message, by=account), done)
        case "answer":
            return write_answer(request, account, message)
        case "insert":
            return insert_text(request, message)
        case "note":
            note = NoteForm(request.POST)
            if not note.is_valid():
                return show(request, message, note_form=note)
            typed = note.cleaned_data
            desk.write_note(message, typed["note"], by=account, key=typed["key"])
            messages.success(request, "The note is kept.")
        case "close":
            return close(request, account, message)
        case "hand-over":
            return hand_over(request, account, message)
        case _:
            return None
    return redirect(request.path)


def say(request: HttpRequest, is_done: bool, done: str) -> None:
    (messages.success if is_done else messages.error)(request, done if is_done else FASTER)


def is_others(message: ContactMessage, account: Account) -> bool:
    return message.taken_by_id not in (None, account.pk)


def write_answer(request: HttpRequest, account: Account, message: ContactMessage) -> HttpResponse:
    """Send the answer. Whatever stands in the way, what was typed is shown again."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return show(request, message, answer=form)
    said = form.cleaned_data
    kept = contact.is_kept(message, said["answer"], ContactEntry.Kind.ANSWER, said["body"])
    fits = said["round"] == message.round and not is_others(message, account)
    if kept or (fits and contact.answer(message, said["answer"], said["body"], by=account)):
        unsaved_forms.forget(request)
        messages.success(request, "The answer was sent. The writer gets an email that it is there.")
        return redirect(request.path)
    messages.error(request, FASTER)
    message.refresh_from_db()
    return show(request, message, answer=new_answer(message, body=said["body"]), typed=said["body"])


def insert_text(request: HttpRequest, message: ContactMessage) -> HttpResponse:
    """Show the answer again, with a text below what was typed."""
    chosen, typed = text_chosen(request.POST.get("text", "")), request.POST.get("body", "").replace("\x00", "")
    body = "\n\n".join(filter(None, [typed.rstrip(), chosen.body])) if chosen else typed
    return show(request, message, answer=new_answer(message, body=body))


def close(request: HttpRequest, account: Account, message: ContactMessage) -> HttpResponse:
    """Close a message without an answer, for a reason."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return show(request, message, close_form=form)
    closed = not is_others(message, account) and contact.close(message, form.cleaned_data["reason"], by=account)
    say(request, closed, "Closed without an answer.")
    return redirect(request.path)


def hand_over(request: HttpRequest, account: Account, message: ContactMessage) -> HttpResponse:
    """Give a message to a colleague."""
    form = ColleagueForm(request.POST, colleagues=desk.staff_who_answer().exclude(pk=account.pk))
    if not form.is_valid():
        return show(request, message, others=form)
    if find_conflict(message, form.chosen()):
        form.add_error("colleague", "This colleague may not answer this message. Choose another one.")
        return show(request, message, others=form)
    say(request, desk.hand_over(message, form.chosen(), by=account), f"Handed over to {form.chosen().get_full_name()}.")
    return redirect(request.path)
