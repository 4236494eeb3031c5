"""The queue and the conversations of the agents. They are in the admin."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from safeguards import audit
from service_center.chat import desk
from service_center.chat.forms import AgentForm, AnswerForm, CloseForm, NoteForm, TextForm
from service_center.conflicts import Conflicted, refuse_account
from support.chat import live
from support.chat.models import Chat, Text
from support.chat.talking import Refused
from support.chat.views import answer_poll, kept_words, wants_json

PERMISSION, EDITS = "chat.answer_chat", "chat.edit_texts"
FASTER = "A colleague was faster, or the visitor has ended the chat."


def agent_of(request: HttpRequest, permission: str = PERMISSION) -> Account:
    """Return the signed-in member of staff who may do this. Everybody else is refused."""
    if not isinstance(request.user, Account) or not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


def found(chat_id: UUID) -> Chat:
    """Return a chat. Raise Http404 if it is not there, as after it was deleted."""
    chat = live.find_for_desk(chat_id)
    if chat is None:
        raise Http404("No such chat")
    return chat


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "opts": Chat._meta}
    return render(request, f"admin/chat/chat/{name}.html", everywhere | context, status=status)


def address(chat: Chat) -> str:
    return reverse("admin:chat_chat_change", args=[chat.pk])


def queue(request: HttpRequest) -> HttpResponse:
    """Show the chats that wait, oldest first, and those that are with agents. Take the next one by POST."""
    agent, now = agent_of(request), timezone.now()
    if request.method == "POST":
        return take_next(request, agent, now)
    audit.record("support.list-viewed", by=agent, list="chat")
    return page(request, "queue", title="Chats", edits=agent.has_perm(EDITS), **queue_now(agent, now))


def queue_now(agent: Account, now: datetime) -> dict[str, Any]:
    """Return what the queue shows an agent: the chats that wait, the agent's own, and those with colleagues."""
    waiting = list(desk.queue()[: desk.QUEUE_SHOWN + 1])
    return {
        "waiting": waiting[: desk.QUEUE_SHOWN],
        "more": len(waiting) > desk.QUEUE_SHOWN,
        "mine": desk.chats_with(agent),
        "others": desk.chats_with_colleagues(agent)[: desk.QUEUE_SHOWN],
        "ended": desk.ended_lately(agent, now),
        "supervises": desk.supervises(agent),
        "now": now,
    }


@require_GET
def queue_poll(request: HttpRequest) -> HttpResponse:
    """Return the queue as it is now, for the page's script."""
    agent = agent_of(request)
    return HttpResponse(render_to_string("admin/chat/chat/queue_rows.html", queue_now(agent, timezone.now())))


def take_next(request: HttpRequest, agent: Account, now: datetime) -> HttpResponse:
    """Take the chat that has waited longest and is about nobody close to the agent, and lead to it."""
    for chat in desk.queue().select_related("account")[: desk.QUEUE_SHOWN]:
        if not conflict_with(agent, chat) and desk.take(chat, by=agent, now=now):
            return redirect(address(chat))
    messages.info(request, "No chat waits for you now.")
    return redirect("admin:chat_chat_changelist")


def conflict_with(agent: Account, chat: Chat) -> Conflicted | None:
    """Return why this agent may not answer the chat of somebody who has shown who they are."""
    return refuse_account(agent, chat.account) if chat.account else None


def step_back(agent: Account, chat: Chat, now: datetime) -> Conflicted | None:
    """Return why this agent may not answer a chat. If the agent has it already, it goes back in line for the others."""
    conflict = conflict_with(agent, chat)
    if conflict and chat.agent_id == agent.pk:
        desk.put_back(chat, by=agent, now=now)
    return conflict


@unsaved_forms.keeps_unsaved_form
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a chat to its agent or a supervisor, and do what a form of the page asks."""
    agent, chat, now = agent_of(request), found(pk), timezone.now()
    if conflict := step_back(agent, chat, now):
        return page(request, "conflict", title="Chat", sentence=conflict.sentence)
    if request.method == "POST":
        return act(request, agent, chat, now)
    return show(request, agent, chat, now)


def show(
    request: HttpRequest, agent: Account, chat: Chat, now: datetime, status: int = 200, **forms: Any
) -> HttpResponse:
    """Show a chat with its forms. Those that are given hold what was typed. What was written is for who may read it."""
    readable, own = desk.may_read(chat, agent), chat.agent_id == agent.pk
    audit.record("chat.viewed", by=agent, account_id=chat.account_id, chat=str(chat.pk))
    if own:
        live.note_seen(chat, live.AGENT, chat.last_line, now)
    kept = {} if forms else kept_words(request)
    shown: dict[str, Any] = {
        "answer": AnswerForm(initial=kept),
        "note_form": NoteForm(),
        "close_form": CloseForm(),
        "others": AgentForm(agents=desk.agents_to_hand_to(agent, now) if own and chat.is_open else ()),
        **forms,
    }
    return page(
        request,
        "conversation",
        status,
        title="Chat",
        chat=chat,
        now=live.look(chat, live.AGENT, now),
        lines=live.lines_after(chat, 0, live.AGENT) if readable else [],
        readable=readable,
        own=own,
        supervises=desk.supervises(agent),
        texts=Text.objects.all() if own and chat.is_open else (),
        forms=list(shown.values()),
        **shown,
    )


def act(request: HttpRequest, agent: Account, chat: Chat, now: datetime) -> HttpResponse:
    """Do what a button of the page asks, and lead back to it."""
    match request.POST.get("do", ""):
        case "take":
            say(request, desk.take(chat, by=agent, now=now), "The chat is yours.")
        case "put-back":
            if desk.put_back(chat, by=agent, now=now):
                messages.success(request, "The chat is back in line, at its old place.")
                return redirect("admin:chat_chat_changelist")
            messages.error(request, desk.NOT_YOURS)
        case "say":
            return write_answer(request, agent, chat, now)
        case "insert":
            return insert_text(request, agent, chat, now)
        case "note":
            return write_note(request, agent, chat, now)
        case "hand-over":
            return hand_over(request, agent, chat, now)
        case "close":
            return close(request, agent, chat, now)
    return redirect(address(chat))


def say(request: HttpRequest, done: bool, said: str, otherwise: str = FASTER) -> None:
    if done:
        messages.success(request, said)
    else:
        messages.error(request, otherwise)


def write_answer(request: HttpRequest, agent: Account, chat: Chat, now: datetime) -> HttpResponse:
    """Store an answer. Whatever stands in the way, what was typed is shown again."""
    form = AnswerForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        outcome = desk.answer(chat, typed["line"], typed["words"], by=agent, now=now)
        if not isinstance(outcome, Refused):
            unsaved_forms.forget(request)
            return JsonResponse({"line": str(uuid4())}) if wants_json(request) else redirect(address(chat))
        form.add_error(None, outcome.why)
    if wants_json(request):
        return JsonResponse({"line": ""})
    return show(request, agent, found(chat.pk), now, answer=form)


def insert_text(request: HttpRequest, agent: Account, chat: Chat, now: datetime) -> HttpResponse:
    """Show the answer again, with a text below what was typed."""
    chosen = next((text for text in Text.objects.all() if str(text.pk) == request.POST.get("text")), None)
    typed = {name: request.POST.get(name, "") for name in ("line", "words")}
    if chosen:
        typed["words"] = "\n\n".join(filter(None, [typed["words"].rstrip(), chosen.body]))
    return show(request, agent, chat, now, answer=AnswerForm(initial=typed))


def write_note(request: HttpRequest, agent: Account, chat: Chat, now: datetime) -> HttpResponse:
    form = NoteForm(request.POST)
    if form.is_valid():
        outcome = desk.note(chat, form.cleaned_data["line"], form.cleaned_data["words"], by=agent, now=now)
        if not isinstance(outcome, Refused):
            messages.success(request, "The note is kept.")
            return redirect(address(chat))
        form.add_error(None, outcome.why)
    return show(request, agent, chat, now, note_form=form)


def hand_over(request: HttpRequest, agent: Account, chat: Chat, now: datetime) -> HttpResponse:
    """Give the chat to a colleague, and lead back to the queue."""
    form = AgentForm(request.POST, agents=desk.agents_to_hand_to(agent, now))
    if not form.is_valid():
        return show(request, agent, chat, now, others=form)
    to = form.agents[form.cleaned_data["agent"]]
    if chat.account and refuse_account(to, chat.account):
        form.add_error("agent", "This colleague may not answer this chat. Choose another one.")
        return show(request, agent, chat, now, others=form)
    say(request, desk.hand_over(chat, to, by=agent, now=now), f"Handed over to {to.get_full_name()}.", desk.NOT_YOURS)
    return redirect("admin:chat_chat_changelist")


def close(request: HttpRequest, agent: Account, chat: Chat, now: datetime) -> HttpResponse:
    """Close the chat for a reason, and stay on its page, where a note can still be written."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return show(request, agent, chat, now, close_form=form)
    done = desk.close(chat, form.cleaned_data["reason"], by=agent, now=now)
    say(request, done, "The chat is closed.", desk.NOT_YOURS)
    return redirect(address(chat))


@require_GET
def poll(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return what is new in the agent's own chat, for the page's script. News may be that somebody close is writing."""
    agent, now = request.user, timezone.now()
    chat = desk.find_own(pk, agent) if isinstance(agent, Account) else None
    if chat is None or not isinstance(agent, Account):
        raise Http404("Not with you any more")
    if chat.last_line > live.number_in(request.GET.get("since", "")) and step_back(agent, chat, now):
        raise Http404("Of somebody close")
    request.left_event = True  # type: ignore[attr-defined]  # the page itself left it
    return answer_poll(request, chat, live.AGENT, "admin/chat/chat/live.html", now)


@require_POST
def typing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note that the agent writes something."""
    agent, chat = agent_of(request), found(pk)
    if chat.agent_id == agent.pk:
        live.note_typing(chat, live.AGENT, timezone.now())
    return HttpResponse(status=204)


@unsaved_forms.keeps_unsaved_form
def texts(request: HttpRequest) -> HttpResponse:
    """Show the texts for answers, and keep or delete one."""
    editor, here = agent_of(request, EDITS), "admin:chat_chat_texts"
    if request.method == "POST" and request.POST.get("do") == "delete":
        key = live.number_in(request.POST.get("text", ""))
        say(request, desk.delete_text(key, by=editor), "The text was deleted.", "The text was gone already.")
        return redirect(here)
    form = TextForm(request.POST) if request.method == "POST" else TextForm(initial=unsaved_forms.take(request))
    if request.method == "POST" and form.is_valid():
        desk.save_text(form.cleaned_data["title"], form.cleaned_data["body"], by=editor)
        unsaved_forms.forget(request)
        messages.success(request, "The text is kept.")
        return redirect(here)
    return page(request, "texts", title="Texts for chats", form=form, forms=[form], texts=Text.objects.all())
