"""The pages of the calls desk. They are in the admin, for who may take calls."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from core.paging import page_number, page_of
from core.words import try_again_in
from deers import names
from safeguards import audit
from safeguards.limits import CountersUnavailable
from service_center.calls import calling, calling_back, comparing
from service_center.calls.forms import AgainForm, CompareForm, EndForm, PinForm
from service_center.calls.models import Call
from service_center.conflicts import Conflicted, refuse_account, refuse_close, refuse_number
from service_center.person.keys import page_of_account, page_of_person
from service_center.read_only import has_permission
from support import call_backs, pins
from support.call_back_states import State
from support.models import CallBack, SupportPin

PERMISSION = "calls.take_call"
PAGE_SIZE = 25
WRONG_PIN = (
    "This PIN does not show who it is: it is wrong, used or over, or it is not that of the person who was named. "
    "Ask the caller to read it again, or to show a new one."
)
NOT_ENOUGH = (
    "Not enough fits. Do not say which details you entered or what may be wrong. Ask for others, or for a support PIN."
)
ENDED_BEFORE = "This call had ended already, in another tab. What was noted then stays."
NO_CALL = "Nothing was noted: this is no call of yours. Your text is still here."
OTHER_PERSON = "Your call is about another person. End it first, then begin another one."


def agent(request: HttpRequest) -> Account:
    """Return the signed-in agent. Everybody else is refused."""
    if not isinstance(request.user, Account) or not has_permission(request, PERMISSION):
        raise PermissionDenied
    return request.user


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "opts": Call._meta}
    return render(request, f"admin/calls/{name}.html", everywhere | context, status=status)


def desk(request: HttpRequest) -> HttpResponse:
    """Show the agent's open call, the calls back that wait, and the agent's own calls. POST begins or ends a call."""
    by = agent(request)
    going_on = calling.open_call(by)
    if request.POST.get("do") == "begin":
        calling.begin_call(by)
        return redirect("admin:calls_call_changelist")
    if request.POST.get("do") == "end":
        form = EndForm(request.POST, call=going_on)
        if form.is_valid() and note_end(request, by, **form.cleaned_data):
            unsaved_forms.forget(request)
            return redirect("admin:calls_call_changelist")
    else:
        form = EndForm(call=going_on, kept=unsaved_forms.take(request).dict())
    named, is_open = form["call"].value() or (going_on and going_on.pk), going_on is not None
    is_late = (form.is_bound and not is_open) or str(named) != str(going_on and going_on.pk)
    audit.record("support.list-viewed", by=by, list="call")
    due = page_of(call_backs.waiting().select_related("staff"), page_number(request.GET.get("page", "1")), PAGE_SIZE)
    lines = [(row, call_backs.show_time(row.starts_at, row.of_region.zone)) for row in due.rows]
    may_see_all = has_permission(request, "calls.view_call")
    of_all = may_see_all and request.GET.get("calls") == "all"
    shown = list(calling.calls_that_ended(None if of_all else by)[:PAGE_SIZE])
    context: dict[str, Any] = {"call": going_on, "form": form, "is_late": is_late, "forms": [form], "page": due}
    context |= {"lines": lines, "calls": shown, "of_all": of_all, "may_see_all": may_see_all}
    return page(request, "desk", title="Calls", now=timezone.now(), of_person=address_of(going_on, by), **context)


def note_end(request: HttpRequest, by: Account, *, call: UUID | None, about: str, outcome: str, note: str) -> bool:
    """End the agent's call that the form names, and say so. Return False if there is no such call.

    If it has ended already, as in another tab, the note is added to what was noted then.
    """
    row = calling.calls_by(by).filter(pk=call).first() if call else calling.open_call(by)
    is_noted = row is not None and (
        calling.end_call(row, about=about, outcome=outcome, note=note)
        or calling.is_noted(row, about=about, outcome=outcome, note=note)
    )
    if row is None:
        messages.error(request, NO_CALL)
    elif is_noted:
        messages.success(request, "The call is noted.")
    elif calling.add_note(row, note):
        messages.warning(request, f"{ENDED_BEFORE} Your note was added to it.")
    else:
        messages.warning(request, ENDED_BEFORE)
    return row is not None


def address_of(call: Call | None, by: Account) -> str:
    """Return where the desk shows the person of an agent's call, or "" as long as nobody has shown who it is."""
    return person_page(call.account, call.dod_id, by) if call and call.identity != Call.Identity.NONE else ""


def person_page(account: Account | None, dod_id: str, by: Account) -> str:
    """Return where the desk shows the holder of an account, or a person who has none yet."""
    return page_of_account(account.pk) if account else page_of_person(dod_id, by)


def pin(request: HttpRequest) -> HttpResponse:
    """Take the PIN that a caller reads. Nothing of anybody is shown until it is right."""
    by = agent(request)
    form = PinForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            found = pins.find_pin(form.cleaned_data["pin"], fits=lambda one: claims(form, one), by=by)
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            status = 503
        else:
            if isinstance(found, SupportPin):
                return identified(request, by, Call.Identity.PIN, found.account, found.account.dod_id or "", found)
            status = 429 if found else 200
            form.add_error("pin", f"There were too many wrong PINs. {try_again_in(found.wait)}" if found else WRONG_PIN)
    return page(request, "pin", status, title="Support PIN", form=form, forms=[form], call=calling.open_call(by))


def claims(form: PinForm, account: Account) -> bool:
    """Return whether a caller claims to be the holder of an account, by last name or username."""
    said = form.cleaned_data["claim"]
    name = names.words(account.last_name or account.first_name)
    return (bool(name) and names.words(said) == name) or said.strip().lower() == account.username.lower()


def compare(request: HttpRequest) -> HttpResponse:
    """Take what a caller says, and tell the agent whether enough fits, and not what."""
    by = agent(request)
    form = CompareForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            match comparing.compare(form.said, by=by):
                case comparing.Fits(account, dod_id):
                    return identified(request, by, Call.Identity.COMPARED, account, dod_id)
                case pins.TryLater(wait):
                    status = 429
                    form.add_error(None, f"Too many comparisons did not fit. {try_again_in(wait)}")
                case comparing.Silent():
                    status = 503
                    form.add_error(None, "DEERS does not answer right now, so nothing was compared. Try again later.")
                case _:
                    form.add_error(None, NOT_ENOUGH)
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            status = 503
    return page(
        request, "compare", status, title="Compare details", form=form, forms=[form], call=calling.open_call(by)
    )


def identified(
    request: HttpRequest,
    by: Account,
    identity: Call.Identity,
    account: Account | None,
    dod_id: str,
    pin: SupportPin | None = None,
) -> HttpResponse:
    """Note in the agent's call who is calling, and lead to the person. Nobody does so for somebody close.

    A PIN is used up only if it is noted: a colleague can still take the one that this agent may not.
    """
    if conflict := refuse_account(by, account) if account else refuse_close(by, dod_id):
        messages.error(request, conflict.sentence)
        return redirect("admin:calls_call_changelist")
    match calling.note_caller(by, identity, account=account, dod_id=dod_id, pin=pin):
        case calling.OtherPerson():
            messages.error(request, OTHER_PERSON)
            return redirect("admin:calls_call_changelist")
        case calling.PinOver():
            messages.error(request, WRONG_PIN)
            return redirect("admin:calls_pin")
    messages.success(request, "Noted in your call. It counts for this call only.")
    return redirect(person_page(account, dod_id, by))


def call_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a call back, its name and number only to who has taken it, and do with it what the agent's button says.

    Of somebody close to the agent nothing is shown. If the agent has it already, it goes back to the colleagues.
    """
    by, now = agent(request), timezone.now()
    row = get_object_or_404(CallBack.objects.select_related("staff", "account"), pk=pk)
    own = row.state == State.TAKEN and row.staff_id == by.pk
    if conflict := find_conflict(row, by):
        if own:
            calling_back.put_back(row, by=by)
        messages.error(request, conflict.sentence)
        return redirect("admin:calls_call_changelist")
    zone = row.of_region.zone
    slots = call_backs.free_slots(row.of_region, by, now) if own and calling_back.may_try_again(row) else []
    form = AgainForm(request.POST if request.POST.get("do") == "again" else None, slots=slots, zone=zone)
    if request.method == "POST" and not (request.POST.get("do") == "again" and not form.is_valid()):
        return do(request, by, row, form)
    theirs = call_backs.show_time(row.starts_at, row.zone)
    context: dict[str, Any] = {
        "row": row,
        "own": own,
        "can_take": calling_back.can_take(row, by, now),
        "slots": slots,
        "form": form,
    }
    when = call_backs.show_time(row.starts_at, zone)
    title = f"Call back {row.reference}"
    return page(request, "call_back", title=title, forms=[form], when=when, theirs=theirs, **context)


def find_conflict(row: CallBack, by: Account) -> Conflicted | None:
    """Return why this agent may not call back: who asked is the agent, or somebody close, by account or by number."""
    by_account = refuse_account(by, row.account) if row.account else None
    return by_account or (refuse_number(by, row.number) if row.number else None)


def do(request: HttpRequest, by: Account, row: CallBack, form: AgainForm) -> HttpResponse:
    """Do what a button says, and lead to where the agent goes on."""
    what, there = request.POST.get("do", ""), redirect("admin:calls_call_back", row.pk)
    if what == "reached" and calling.open_call(by):
        messages.error(request, "You have an open call. End it first.")
        return redirect("admin:calls_call_changelist")
    acts = {
        "take": (calling_back.take, "The call back is yours. Call the person now."),
        "put-back": (calling_back.put_back, "A colleague can take it now."),
        "reached": (calling_back.note_reached, "Your call has begun. First find out who it is."),
        "not-reached": (calling_back.note_not_reached, "Noted. We do not try again."),
    }
    if what == "again":
        done = calling_back.try_again(row, form.cleaned_data["slot"], by=by)
        said = "Noted. It is on the list for that time."
    elif what in acts:
        act, said = acts[what]
        done = act(row, by=by)
    else:
        return there
    if not done:
        messages.error(request, "Nothing was changed: a colleague or the person was faster, or the time is taken.")
        return there
    messages.success(request, said)
    if what == "reached":
        calling.begin_call(by, call_back=row)
    return there if what == "take" else redirect("admin:calls_call_changelist")
