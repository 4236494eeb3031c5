"""The inbox and the conversations of the care teams' desk. They are in the admin."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

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
from portal.messages.drafts import drafts_of
from portal.messages.message_states import State
from portal.messages.models import Attachment, Message, Thread
from portal.messages.pages import Line, line_of
from portal.messages.teams import teams_of_member
from portal.messages.writing import change_files
from safeguards import audit
from service_center.care_team import desk, writing
from service_center.care_team.forms import AnswerForm, NoteForm, TeamForm, WritingForm, template_chosen
from service_center.care_team.writing import Written
from service_center.conflicts import refuse_close

PAGE_SIZE = 25
PERMISSION = "secure_messages.answer_thread"
QUEUES = (
    ("", "Waiting"),
    ("mine", "Taken by me"),
    ("late", "Overdue"),
    ("all", "All that came"),
    ("ours", "Begun by us"),
)
KEPT = "Your draft is kept. Only you see it."
SAID = {
    "take": "The conversation is yours.",
    "put-back": "A colleague can take it up now.",
    "close": "Closed without an answer.",
}
# What the buttons beside the answer ask for. What stands in the answer is kept as a draft first.
BESIDE = ("take", "put-back", "close", "note", "hand-over")
NOT_SENT = "You have typed an answer or a note. Send or keep it first: after handing over, you do not see it any more."
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


def give_back(request: HttpRequest) -> HttpResponse:
    """Show what was typed for a patient who is no longer the member's, or who never was. Raise Http404 without a text.

    It is the same for what is not there, so nobody learns what is.
    """
    typed = request.POST.get("body", "")
    if not typed.strip():
        raise Http404
    return page(request, "no_longer", 404, title="Not sent", typed=typed)


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "opts": Thread._meta}
    return render(request, f"admin/secure_messages/thread/{name}.html", everywhere | context, status=status)


def inbox(request: HttpRequest) -> HttpResponse:
    """Show the messages of the patients of the member's teams, the one that is due first in front."""
    account, which = member(request), request.GET.get("queue", "")
    which = which if which in dict(QUEUES) else ""
    shown = page_of(desk.messages_for(account, which), page_number(request.GET.get("page", "1")), PAGE_SIZE)
    begun, now = list(writing.begun_by(account)[:PAGE_SIZE]), timezone.now()
    names = desk.names_of({row.patient for row in (*shown.rows, *begun)})
    audit.record("message.listed", by=account, queue=which or "waiting")
    rows = [(line_of(row, now), names[row.patient]) for row in shown.rows]
    teams = list(teams_of_member(account).order_by("name"))
    drafts = [(draft, names[draft.patient]) for draft in begun]
    context: dict[str, Any] = {"rows": rows, "queues": QUEUES, "queue": which, "teams": teams, "drafts": drafts}
    return page(request, "inbox", title="Messages", page=shown, **context)


@unsaved_forms.keeps_unsaved_form
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a conversation to a member of its team, and do what the member's form asks."""
    account = member(request)
    try:
        thread = found(account, pk)
    except Http404:
        return give_back(request)
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
    draft = writing.drafts_in(thread, account).first()
    first = {"seen": lines[-1].message.pk} | writing.initial_of(draft) | unsaved_forms.take(request).dict()
    shown = {
        "answer": AnswerForm(initial=first),
        "note_form": NoteForm(initial=first | {"note": request.POST.get("note", first.get("note"))}, label_suffix=""),
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
        files=writing.files_of(shown["answer"], account),
        draft=draft,
        link=writing.patients_of(account).filter(patient=thread.patient).first(),
        forms=list(shown.values()),
        **buttons(lines, account),
        **shown,
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
    """Do what a button of the conversation asks, and keep what else was typed: an answer as a draft, or a note."""
    wanted = request.POST.get("do", "")
    if wanted in BESIDE and (refused := keep_beside(request, account, thread)):
        return show(request, account, thread, answer=refused)
    response = do(request, account, thread, wanted)
    if response.status_code == 302 and wanted != "note" and request.POST.get("note", "").strip():
        unsaved_forms.keep_typed(request, request.path, only="note")
    return response


def keep_beside(request: HttpRequest, account: Account, thread: Thread) -> AnswerForm | None:
    """Keep the answer that stands on the page while another button is pressed. Return its form if it cannot be kept."""
    form = AnswerForm(request.POST, request.FILES, sends=False)
    if not (request.POST.get("body", "").strip() or request.FILES):
        return None
    if form.is_valid():
        written = Written(form.cleaned_data["answer"], thread.patient, thread.team, thread, form.text)
        keep(request, account, form, written, sends=False)
    return None if form.is_valid() else form


def do(request: HttpRequest, account: Account, thread: Thread, wanted: str) -> HttpResponse:
    """Do what a button asks, and lead back to the conversation."""
    match wanted:
        case "take" | "put-back" | "close":
            move = {"take": desk.take, "put-back": desk.put_back, "close": desk.close}[wanted]
            say(request, move(thread, by=account), SAID[wanted])
        case "answer" | "attach" | "keep":
            return write_answer(request, account, thread, sends=wanted == "answer")
        case _ if wanted.startswith("remove:"):
            return write_answer(request, account, thread, sends=False)
        case "discard":
            discard(request, account, thread.patient)
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


def discard(request: HttpRequest, account: Account, patient: str) -> None:
    """Delete the draft that a form shows, with its files."""
    form = WritingForm(request.POST, sends=False)
    form.is_valid()
    if (draft := form.cleaned_data.get("answer")) and writing.discard_draft(draft, by=account, patient=patient):
        messages.success(request, "The draft was deleted.")
    unsaved_forms.forget(request)


def say(request: HttpRequest, outcome: desk.Done | desk.Overtaken, done: str) -> None:
    if isinstance(outcome, desk.Done):
        messages.success(request, done)
    else:
        messages.error(request, FASTER)


def address(thread: Thread) -> str:
    return reverse("admin:secure_messages_thread_change", args=[thread.pk])


def write_answer(request: HttpRequest, account: Account, thread: Thread, *, sends: bool) -> HttpResponse:
    """Send the answer, or keep it with its files. Whatever stands in the way, what was typed is shown again."""
    form = AnswerForm(request.POST, request.FILES, sends=sends)
    if form.is_valid() or "answer" in form.cleaned_data:
        written = Written(form.cleaned_data["answer"], thread.patient, thread.team, thread, form.text)
        keep(request, account, form, written, sends=sends)
    if not form.is_valid():
        return show(request, account, thread, answer=form)
    if not sends:
        return done(request, KEPT, address(thread))
    said = form.cleaned_data
    outcome = desk.answer(thread, said["answer"], said["body"], seen=said["seen"], by=account)
    if isinstance(outcome, desk.Done):
        return done(request, "The answer was sent.", address(thread))
    messages.error(request, FASTER)
    desk.open_thread(thread, by=account)
    newest = queries.lines_of(thread, for_staff=True)[-1].pk
    return show(request, account, thread, answer=AnswerForm(initial=free_id(said, account) | {"seen": newest}))


def keep(request: HttpRequest, account: Account, form: WritingForm, written: Written, *, sends: bool) -> None:
    """Keep the draft of a form with its files. What is sent without new files needs no draft first."""
    if sends and not request.FILES:
        return
    draft = writing.keep_draft(written, by=account)
    if draft is None:
        form.add_error("upload", "Not kept: a message was sent from this form before, in another tab.")
    else:
        change_files(account, request, form, draft)


def done(request: HttpRequest, said: str, where: str) -> HttpResponse:
    """Say that what was typed is kept or sent, and lead on."""
    unsaved_forms.forget(request)
    messages.success(request, said)
    return redirect(where)


def free_id(said: dict[str, Any], by: Account) -> dict[str, Any]:
    """Return what a form says, with a new id if a message has its own, so that it can be sent as another one."""
    taken = Message.objects.filter(pk=said["answer"]).exclude(pk__in=drafts_of(by)).exists()
    return said | {"answer": uuid4()} if taken else said


def insert_template(request: HttpRequest, account: Account, thread: Thread) -> HttpResponse:
    """Show the answer again, with a template below what was typed, and keep the files that were chosen."""
    form = AnswerForm(request.POST, request.FILES, sends=False)
    if form.is_valid():
        written = Written(form.cleaned_data["answer"], thread.patient, thread.team, thread, form.text)
        keep(request, account, form, written, sends=True)
    chosen = template_chosen(request.POST.get("template", ""), thread.team.templates.all())
    typed = {name: request.POST.get(name, "") for name in ("answer", "seen", "body")}
    if chosen:
        typed["body"] = "\n\n".join(filter(None, [typed["body"].rstrip(), chosen.body]))
    return show(request, account, thread, answer=AnswerForm(initial=typed))


def hand_over(request: HttpRequest, account: Account, thread: Thread) -> HttpResponse:
    """Give the conversation to another team, and lead back to the inbox, because it is no longer the member's."""
    form = TeamForm(request.POST, teams=desk.teams_to_hand_to(thread))
    if form.is_valid() and any(request.POST.get(name, "").strip() for name in ("body", "note")):
        form.add_error("team", NOT_SENT)
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
