"""The visitor's pages of a chat. They are open to everyone. What they show belongs to the browser that began it."""

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from core import center, policy
from core.words import try_again_in
from safeguards import client, limits
from safeguards.limits import CountersUnavailable
from support.chat import hours, live, talking, transcript
from support.chat.forms import StartForm, WordsForm
from support.chat.models import Chat
from support.chat.states import State


def signed_in_as(request: HttpRequest) -> Account | None:
    """Return the beneficiary who is signed in, if one is. Staff are nobody here."""
    user = request.user
    return user if isinstance(user, Account) and not user.is_staff else None


def found(request: HttpRequest, chat_id: UUID, now: datetime) -> Chat:
    """Return a chat of this browser that can still be read. Raise Http404 for every other.

    Where nobody is signed in any more, an open one names no account from then on: somebody else may sit there.
    """
    browser = talking.browser_of(request)
    chat = live.find(chat_id, browser)
    over = chat is None or (chat.ended_at is not None and chat.ended_at <= now - policy.CHAT_AGAIN_WITHIN)
    if chat is None or over or not talking.is_for(chat, reader_of(chat, request)):
        raise Http404("No such chat here")
    if chat.is_open and chat.account_id and reader_of(chat, request) is None:
        talking.hide_account(chat, by="visitor", now=now)
        return live.find(chat_id, browser) or chat
    return chat


def reader_of(chat: Chat, request: HttpRequest) -> Account | None:
    """Return who is signed in, if that makes a difference to what is shown of a chat. Finding it out costs a query."""
    return signed_in_as(request) if chat.account_id or chat.account_before_id else None


def still_bound(request: HttpRequest, response: HttpResponse, chat: Chat) -> HttpResponse:
    """Keep the browser bound to a chat that it has just seen open."""
    if chat.is_open:
        talking.remember(response, request.COOKIES[talking.COOKIE])
    return response


@unsaved_forms.keeps_unsaved_form
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Show the hours and the form that begins a chat, or begin one."""
    now, account = timezone.now(), signed_in_as(request)
    chats = [chat for chat in talking.chats_of(talking.browser_of(request), now)[:5] if talking.is_for(chat, account)]
    if request.method != "POST":
        open_one = next((chat for chat in chats if chat.is_open), None)
        if open_one:
            return redirect("chat", open_one.pk)
        form = StartForm(initial=unsaved_forms.take(request), signed_in=account is not None)
        return show_start(request, form, now, chats=chats)
    form = StartForm(request.POST, signed_in=account is not None)
    if not form.is_valid():
        return show_start(request, form, now, chats=chats)
    return begin(request, form, now, account)


def show_start(request: HttpRequest, form: StartForm, now: datetime, status: int = 200, **more: Any) -> HttpResponse:
    opens = hours.opens_in_words(now)
    context = {"form": form, "opens": opens, "always_open": settings.CHAT_ALWAYS_OPEN, "chats": [], **more}
    return render(request, "support/chat/start.html", context, status=status)


def begin(request: HttpRequest, form: StartForm, now: datetime, account: Account | None) -> HttpResponse:
    """Begin a chat. Whatever stands in the way, what was typed is shown again."""
    typed, token = form.cleaned_data, talking.token_for(request, account)
    if hours.opens_at(now):
        form.add_error(None, "Chat is closed now, so your question was not sent. Your text is still here.")
        return show_start(request, form, now)
    if not live.find(typed["line"], talking.hash_of(token)):  # the same form again is not counted
        try:
            wait = limits.hit(policy.CHATS_PER_ADDRESS, client.address(request))
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            return show_start(request, form, now, 503)
        if wait:
            form.add_error(None, f"Too many chats were begun from your network. {try_again_in(wait)}")
            return show_start(request, form, now, 429)
    shown = account if typed.get("shows") else None
    opened = talking.open_chat(typed["line"], token, topic=typed["topic"], words=typed["words"], now=now, shown=shown)
    if isinstance(opened, talking.Refused):
        form.add_error(None, opened.why)
        return show_start(request, form, now, chats=talking.chats_of(talking.hash_of(token), now)[:1])
    unsaved_forms.forget(request)
    response = redirect("chat", opened.pk)
    talking.remember(response, token)
    return response


@unsaved_forms.keeps_unsaved_form
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: HttpRequest, chat_id: UUID) -> HttpResponse:
    """Show a chat to its visitor, and do what a form of the page asks."""
    now = timezone.now()
    row = found(request, chat_id, now)
    return still_bound(request, act(request, row, now) if request.method == "POST" else show(request, row, now), row)


def show(request: HttpRequest, row: Chat, now: datetime, status: int = 200, **more: Any) -> HttpResponse:
    """Show a chat with all its lines. Without script, `?reload=on` is the page that loads itself again."""
    live.note_seen(row, live.VISITOR, row.last_line, now)
    person = signed_in_as(request)
    withheld = talking.withheld_from(row, person)
    context = {
        "now": live.look(row, live.VISITOR, now),
        "chat": row,
        "lines": live.lines_after(row, withheld, live.VISITOR),
        "withheld": withheld,
        "form": more.pop("form", None) or WordsForm(initial=kept_words(request)),
        "person": person,
        "opens": hours.opens_in_words(now),
        "reloads": row.is_open and request.method == "GET" and request.GET.get("reload") == "on",
        "center": center,
        **transcript.forms_of(row, person, now),
        **more,
    }
    response = render(request, "support/chat/chat.html", context, status=status)
    if context["reloads"]:
        response["Refresh"] = str(int(policy.CHAT_RELOADS_EVERY.total_seconds()))
    return response


def kept_words(request: HttpRequest) -> dict[str, str]:
    """Return what was typed when the session ended, without the id of its form, which may have been sent since."""
    kept = unsaved_forms.take(request)
    return {"words": str(kept["words"])} if "words" in kept else {}


def act(request: HttpRequest, row: Chat, now: datetime) -> HttpResponse:
    """Do what a button of the chat asks, and lead back to it."""
    account = signed_in_as(request)
    match request.POST.get("do", ""):
        case "say":
            return say(request, row, now)
        case "end":
            talking.end(row, now=now)
        case "again":
            take_up_again(request, row, now)
        case "show" if account:
            if not talking.show_account(row, account, now=now):
                messages.error(request, "The agent was not shown who you are: the chat has ended, or it is full.")
        case "hide" if account:
            talking.hide_account(row, by=account, now=now)
        case "forget" if not row.is_open:
            response = redirect("chat-start")
            talking.forget(response)
            return response
        case "mail" | "code" | "other-address" as wanted:
            return transcript_asked(request, row, account, wanted, now)
    return redirect("chat", row.pk)


def take_up_again(request: HttpRequest, row: Chat, now: datetime) -> None:
    if hours.opens_at(now):
        messages.error(request, "Chat is closed now, so this chat was not taken up again.")
    elif not talking.take_up_again(row, now=now, by=signed_in_as(request)):
        why = talking.FULL_AGAIN if talking.is_full(row) else talking.OTHER_OPEN
        messages.error(request, f"This chat could not be taken up again. {why}")


def say(request: HttpRequest, row: Chat, now: datetime) -> HttpResponse:
    """Store what was written. A script gets the id of the next form, or none if only the page can say what is wrong."""
    form, status = WordsForm(request.POST), 200
    if form.is_valid():
        refused = write(form, row, now)
        if refused is None:
            unsaved_forms.forget(request)
            return JsonResponse({"line": str(uuid.uuid4())}) if wants_json(request) else redirect("chat", row.pk)
        why, status = refused
        form.add_error(None, why)
    if wants_json(request):
        return JsonResponse({"line": ""})
    return show(request, live.find(row.pk, bytes(row.browser)) or row, now, status, form=form)


def wants_json(request: HttpRequest) -> bool:
    return "text/html" not in request.headers.get("Accept", "text/html")


def write(form: WordsForm, row: Chat, now: datetime) -> tuple[str, int] | None:
    """Store a line. Return the sentence and the status of the answer if that was refused."""
    try:
        wait = limits.hit(policy.CHAT_LINES, str(row.pk))
    except CountersUnavailable as failure:
        return str(failure), 503
    if wait:
        return f"Not sent: that was a lot in a short time. {try_again_in(wait)}", 429
    outcome = talking.say(row, form.cleaned_data["line"], form.cleaned_data["words"], now=now)
    return (outcome.why, 200) if isinstance(outcome, talking.Refused) else None


def transcript_asked(
    request: HttpRequest, row: Chat, account: Account | None, wanted: str, now: datetime
) -> HttpResponse:
    """Mail a copy, or the code that shows whose mailbox it is. What was typed is shown again if that is refused."""
    asked = transcript.ask(row, account, wanted, request.POST, address=client.address(request), now=now)
    if asked.said:
        messages.success(request, asked.said)
        return redirect("chat", row.pk)
    return show(request, row, now, asked.status, **asked.forms)


@login_not_required
@never_cache
@require_GET
def poll(request: HttpRequest, chat_id: UUID) -> HttpResponse:
    """Return what is new since the line `?since=`, for the page's script: nothing (304), or a part of the page."""
    now = timezone.now()
    row = found(request, chat_id, now)
    withheld = talking.withheld_from(row, reader_of(row, request))
    answer = answer_poll(request, row, live.VISITOR, "support/chat/live.html", now, withheld)
    return still_bound(request, answer, row)


def answer_poll(
    request: HttpRequest, row: Chat, side: str, template: str, now: datetime, withheld: int = 0
) -> HttpResponse:
    """Return what is new in a chat for one side.

    The lines up to `?since=` are those that its page has. Those up to `withheld` are not for who reads it.
    """
    since, seen = live.number_in(request.GET.get("since", "")), live.look(row, side, now)
    live.note_seen(row, side, since, now)
    if request.headers.get("If-None-Match") == seen.tag and since >= row.last_line:
        return HttpResponse(status=304, headers={"ETag": seen.tag})
    context = {"now": seen, "chat": row, "lines": live.lines_after(row, max(since, withheld), side), "policy": policy}
    context |= {"opens": hours.opens_in_words(now) if seen.state == State.WAITING else "", "center": center}
    return HttpResponse(render_to_string(template, context), headers={"ETag": seen.tag})


@login_not_required
@never_cache
@require_POST
def typing(request: HttpRequest, chat_id: UUID) -> HttpResponse:
    """Note that the visitor writes something."""
    now = timezone.now()
    live.note_typing(found(request, chat_id, now), live.VISITOR, now)
    return HttpResponse(status=204)


@login_not_required
@never_cache
@require_GET
def as_text(request: HttpRequest, chat_id: UUID) -> HttpResponse:
    """Return the chat as a text file to keep."""
    row, account = found(request, chat_id, timezone.now()), signed_in_as(request)
    headers = {"Content-Disposition": f'attachment; filename="chat-{timezone.localdate(row.opened_at)}.txt"'}
    text = "\n".join(transcript.text_lines(row, account))
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", headers=headers)
