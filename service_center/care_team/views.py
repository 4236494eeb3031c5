"""The pages of the care teams' desk. They are in the admin, under the conversations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from core.paging import page_number, page_of
from portal.messages import attachments, queries
from portal.messages.message_states import State
from portal.messages.models import Attachment, Template, Thread
from portal.messages.pages import Line, line_of
from portal.messages.teams import teams_of_member
from safeguards import audit
from service_center.care_team import desk
from service_center.care_team.forms import (
    AnswerForm,
    NoteForm,
    OutOfOfficeForm,
    TeamForm,
    TemplateForm,
    template_chosen,
)
from service_center.conflicts import refuse_close

PAGE_SIZE = 25
PERMISSION = "secure_messages.answer_thread"
QUEUES = (("", "Waiting"), ("mine", "Taken by me"), ("late", "Overdue"), ("all", "All that came"))
SAID = {
    "take": "The conversation is yours.",
    "put-back": "A colleague can take it up now.",
    "close": "Closed without an answer.",
}
FASTER = "Nothing was changed: a colleague or the patient was faster. Read what is new here first."


def member(request: HttpRequest) -> Account:
    """Return the signed-in member of a care team. Everybody else is refused."""
    if not isinstance(request.user, Account) or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    return request.user


def found(account: Account, pk: UUID) -> Thread:
    """Return a conversation of one of the member's teams. Raise Http404 for every other."""
    thread = desk.threads_of(account).filter(pk=pk).first()
    if thread is None:
        raise Http404
    return thread


def page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "opts": Thread._meta}
    return render(request, f"admin/secure_messages/thread/{name}.html", everywhere | context)


def inbox(request: HttpRequest) -> HttpResponse:
    """Show the messages of the patients of the member's teams, the one that is due first in front."""
    account, which = member(request), request.GET.get("queue", "")
    which = which if which in dict(QUEUES) else ""
    shown = page_of(desk.messages_for(account, which), page_number(request.GET.get("page", "1")), PAGE_SIZE)
    names, now = desk.names_of({row.patient for row in shown.rows}), timezone.now()
    audit.record("message.listed", by=account, queue=which or "waiting")
    rows = [(line_of(row, now), names[row.patient]) for row in shown.rows]
    teams = list(teams_of_member(account).order_by("name"))
    return page(request, "inbox", title="Messages", page=shown, rows=rows, queues=QUEUES, queue=which, teams=teams)


@unsaved_forms.keeps_unsaved_form
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a conversation to a member of its team, and do what the member's form asks."""
    account = member(request)
    thread = found(account, pk)
    if conflict := refuse_close(account, thread.patient, needs_deers=False):
        return page(request, "conflict", title="Conversation", sentence=conflict.sentence)
    if request.method == "POST":
        return act(request, account, thread)
    desk.open_thread(thread, by=account)
    return show(request, account, thread)


def show(request: HttpRequest, account: Account, thread: Thread, **forms: Any) -> HttpResponse:
    """Show a conversation with its forms. Those that are given hold what was typed."""
    now = timezone.now()
    lines = [line_of(message, now) for message in queries.lines_of(thread, for_staff=True)]
    first = {"seen": lines[-1].message.pk} | unsaved_forms.take(request)
    context = {
        "answer": AnswerForm(initial=first, label_suffix=""),
        "note_form": NoteForm(initial=first, label_suffix=""),
        "others": TeamForm(teams=desk.teams_to_hand_to(thread)),
        **forms,
    }
    return page(
        request,
        "conversation",
        title=thread.subject,
        thread=thread,
        patient=desk.names_of({thread.patient})[thread.patient],
        lines=lines,
        notes=thread.notes.all(),
        templates=thread.team.templates.all(),
        **buttons(lines, account),
        **context,
    )


def buttons(lines: list[Line], account: Account) -> dict[str, Any]:
    """Return what a member may do now, and which colleague has taken the conversation, if one has."""
    states = {line.state for line in lines if line.message.is_own}
    takers = [line.message.assigned_to for line in lines if line.state == State.ASSIGNED and line.message.is_own]
    other = next((taker for taker in takers if taker and taker.pk != account.pk), None)
    return {
        "other": other,
        "can_take": State.OPENED in states and not other,
        "can_put_back": State.ASSIGNED in states,
        "is_open": bool(states & set(desk.OPEN)) and not other,
        "due": min((due for line in lines if (due := due_of(line))), default=None),
        "is_late": any(line.is_late for line in lines),
    }


def due_of(line: Line) -> datetime | None:
    """Return when an answer to a message is due, if the team still owes one."""
    return line.message.answer_due_at if line.state in (State.SENT, *desk.OPEN) else None


def act(request: HttpRequest, account: Account, thread: Thread) -> HttpResponse:
    """Do what a button of the conversation asks, and lead back to it."""
    wanted = request.POST.get("do", "")
    match wanted:
        case "take" | "put-back" | "close":
            do = {"take": desk.take, "put-back": desk.put_back, "close": desk.close}[wanted]
            say(request, do(thread, by=account), SAID[wanted])
        case "answer":
            return send_answer(request, account, thread)
        case "insert":
            return insert_template(request, account, thread)
        case "note":
            note = NoteForm(request.POST, label_suffix="")
            if not note.is_valid():
                return show(request, account, thread, note_form=note)
            desk.write_note(thread, note.cleaned_data["note"], by=account)
            messages.success(request, "The note is kept.")
        case "hand-over":
            return hand_over(request, account, thread)
    return redirect(address(thread))


def say(request: HttpRequest, outcome: desk.Done | desk.Overtaken, done: str) -> None:
    if isinstance(outcome, desk.Done):
        messages.success(request, done)
    else:
        messages.error(request, FASTER)


def address(thread: Thread) -> str:
    return reverse("admin:secure_messages_thread_change", args=[thread.pk])


def send_answer(request: HttpRequest, account: Account, thread: Thread) -> HttpResponse:
    """Send the answer, or show it again with what stands in the way."""
    form = AnswerForm(request.POST, label_suffix="")
    if not form.is_valid():
        return show(request, account, thread, answer=form)
    said = form.cleaned_data
    outcome = desk.answer(thread, said["answer"], said["body"], seen=said["seen"], by=account)
    say(request, outcome, "The answer was sent.")
    if isinstance(outcome, desk.Done):
        unsaved_forms.forget(request)
        return redirect(address(thread))
    desk.open_thread(thread, by=account)
    newest = queries.lines_of(thread, for_staff=True)[-1].pk
    return show(request, account, thread, answer=AnswerForm(initial=said | {"seen": newest}, label_suffix=""))


def insert_template(request: HttpRequest, account: Account, thread: Thread) -> HttpResponse:
    """Show the answer again, with a template below what was typed."""
    chosen = template_chosen(request.POST.get("template", ""), thread.team.templates.all())
    typed = {name: request.POST.get(name, "") for name in ("answer", "seen", "body")}
    if chosen:
        typed["body"] = "\n\n".join(filter(None, [typed["body"].rstrip(), chosen.body]))
    return show(request, account, thread, answer=AnswerForm(initial=typed, label_suffix=""))


def hand_over(request: HttpRequest, account: Account, thread: Thread) -> HttpResponse:
    """Give the conversation to another team, and lead back to the inbox, because it is no longer the member's."""
    form = TeamForm(request.POST, teams=desk.teams_to_hand_to(thread))
    if not form.is_valid():
        return show(request, account, thread, others=form)
    outcome = desk.hand_over(thread, form.chosen(), by=account)
    say(request, outcome, f"Handed over to {form.chosen()}.")
    return redirect("admin:secure_messages_thread_changelist" if isinstance(outcome, desk.Done) else address(thread))


def file(request: HttpRequest, pk: UUID, item: UUID) -> HttpResponse:
    """Return a file of a message that has gone out to the member's team."""
    account = member(request)
    thread = found(account, pk)
    now = timezone.now()
    row = Attachment.objects.filter(pk=item, message__thread=thread, message__send_due_at__lte=now).first()
    if row is None or refuse_close(account, thread.patient, needs_deers=False):
        raise Http404
    audit.record("message.file-opened", by=account, **desk.about(thread))  # type: ignore[arg-type]
    return attachments.response_of(row)


def out_of_office(request: HttpRequest) -> HttpResponse:
    """Let a member say until when one of their teams is out of office."""
    account = member(request)
    teams = list(teams_of_member(account).order_by("name"))
    form = OutOfOfficeForm(request.POST if request.method == "POST" else None, teams=teams)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        desk.set_out_of_office(form.chosen(), said["until"], said["text"], by=account)
        messages.success(request, "Patients read it from now on." if said["until"] else "The team is back.")
        return redirect("admin:secure_messages_thread_out-of-office")
    return page(request, "out_of_office", title="Out of office", form=form, teams=teams, today=timezone.localdate())


@unsaved_forms.keeps_unsaved_form
def templates(request: HttpRequest) -> HttpResponse:
    """Show the texts that the member's teams often answer with, and keep or delete one."""
    account = member(request)
    teams = list(teams_of_member(account).order_by("name"))
    some = Template.objects.filter(team__in=teams).select_related("team").order_by("team__name", "title")
    if request.method == "POST" and request.POST.get("do") == "delete":
        if chosen := template_chosen(request.POST.get("template", ""), some):
            desk.delete_template(chosen, by=account)
            messages.success(request, "The text was deleted.")
        return redirect("admin:secure_messages_thread_templates")
    form = TemplateForm(
        request.POST if request.method == "POST" else None, teams=teams, initial=unsaved_forms.take(request)
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        desk.save_template(form.chosen(), said["title"], said["body"], by=account)
        unsaved_forms.forget(request)
        messages.success(request, "The text is kept.")
        return redirect("admin:secure_messages_thread_templates")
    return page(request, "templates", title="Texts for answers", form=form, templates=some)
