"""What the pages of asking, moving, canceling and check-in show and do. Every query starts from the patient."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core.fields import save_shown
from portal.appointments import asking, booking
from portal.appointments.forms import CheckInForm, NewForm, WishesForm
from portal.appointments.gates import No, Yes, judge, judge_check_in
from portal.appointments.models import CheckIn, Request
from portal.appointments.states import State, TransitionRefused, change_state
from portal.family.patients import Who, account_of, address_of, helper_of, name_of_writer, record_event
from portal.record import queries
from portal.record.models import Appointment
from portal.record.models import Who as Place
from portal.requests import find_request, list_requests, list_steps
from safeguards.locks import exclusive

Context = dict[str, Any]
PAGE_SIZE = 10
ASK, MOVE, CANCEL, CHECK_IN = "Ask for an appointment", "Ask for another time", "Cancel this visit", "Before your visit"


def possible(account: Who, visit: Appointment, now: datetime) -> Context:
    """Return what a person can do about an appointment now, for its page."""
    waiting = asking.open_request(account.dod_id, visit.resource_id)
    return {
        "waiting": waiting,
        "can_cancel": isinstance(judge(visit, Request.Kind.CANCEL, now, waiting), Yes),
        "moving": judge(visit, Request.Kind.MOVE, now, waiting),
        "can_move": isinstance(judge(visit, Request.Kind.MOVE, now, waiting), Yes),
        "can_check_in": isinstance(judge_check_in(visit, now), Yes),
        "checked_in": said_before(visit),
    }


def said_before(visit: Appointment) -> CheckIn | None:
    """Return what was answered to the questions before a visit."""
    rows = CheckIn.objects.filter(patient=visit.patient, appointment=visit.resource_id)
    return rows.select_related("helper").first()


def new(account: Who, query: QueryDict) -> Context:
    """Return the form that asks for a new appointment."""
    return {"form": NewForm(booking.places_of(account.dod_id)), "item_title": ASK}


def ask(account: Who, http: HttpRequest) -> Context | HttpResponse:
    """Ask for a new appointment, and lead to the request. One that is open already is led to as well."""
    form = NewForm(booking.places_of(account.dod_id), http.POST)
    if not form.is_valid():
        return {"form": form, "item_title": ASK}
    given = {name: form.cleaned_data[name] for name in ("place", "way", "why")}
    outcome = asking.ask_new(account, form.wishes, **given)
    if isinstance(outcome, No):
        form.add_error(None, "You have already asked for an appointment there. Withdraw that request to change it.")
        return {"form": form, "item_title": ASK, "waiting": outcome.request}
    return redirect(address_of(account, "appointments-request", outcome.request.pk))


def moving(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return the form that asks for another time, or why there can be none."""
    return about(account, item, Request.Kind.MOVE, MOVE) | {"form": WishesForm()}


def about(account: Who, item: UUID, kind: str, title: str) -> Context:
    """Return an appointment and whether this can be done about it. Raise Http404 for anyone else's."""
    visit = queries.one(Appointment, account.dod_id, str(item))
    judged = judge(visit, kind, timezone.now(), asking.open_request(account.dod_id, item))
    return {"visit": visit, "no": judged if isinstance(judged, No) else None, "item_title": title}


def move(account: Who, http: HttpRequest, item: UUID) -> Context | HttpResponse:
    """Ask for another time, and lead to the request."""
    shown = about(account, item, Request.Kind.MOVE, MOVE)
    form = WishesForm(http.POST)
    if shown["no"]:
        return shown  # there is no form in which anything could be wrong
    if not form.is_valid():
        return shown | {"form": form}
    outcome = asking.ask_move(account, item, form.wishes, form.cleaned_data["why"])
    if isinstance(outcome, No):
        return shown | {"form": form, "no": outcome}
    return redirect(address_of(account, "appointments-request", outcome.request.pk))


def canceling(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return the page that asks whether to cancel, or says why not."""
    return about(account, item, Request.Kind.CANCEL, CANCEL)


def cancel(account: Who, http: HttpRequest, item: UUID) -> Context | HttpResponse:
    """Cancel a visit, and lead to its page."""
    shown = about(account, item, Request.Kind.CANCEL, CANCEL)
    outcome = asking.cancel(account, item)
    if isinstance(outcome, No):
        return shown | {"no": outcome}
    messages.success(http, "Your visit is canceled. We tell the clinic.")
    return redirect(address_of(account, "feature-item", "appointments", item))


def requests(account: Who, query: QueryDict) -> Context:
    """Return a page of what was asked for, newest first."""
    listing = list_requests(asking.of(account.dod_id), query.get("before", ""))
    name_requests(account, listing["rows"])
    return {"listing": listing, "item_title": "What you asked for"}


def name_requests(account: Who, rows: list[Request]) -> None:
    """Give each request the name of its appointment or place, if the record has it."""
    visits = queries.of(Appointment, account.dod_id).filter(resource_id__in=[row.appointment_id for row in rows])
    places = queries.of(Place, account.dod_id).filter(resource_id__in=[row.place_id for row in rows if row.place_id])
    names: dict[UUID | None, str] = dict(visits.values_list("resource_id", "display"))
    names |= dict(places.values_list("resource_id", "display"))
    for row in rows:
        named = names.get(row.appointment_id) or names.get(row.place_id)
        row.name = named or "the clinic that fits"  # type: ignore[attr-defined]


def request(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return one request with everything that happened to it."""
    row = find_request(asking.of(account.dod_id), item)
    name_requests(account, [row])
    visit = queries.of(Appointment, account.dod_id).filter(resource=row.appointment_id).first()
    return {
        "asked": row,
        "steps": list_steps(row),
        "visit": visit,
        "can_withdraw": row.state in (State.SUBMITTED, State.RECEIVED),
        "item_title": f"{row.get_kind_display()}: {row.name}",  # type: ignore[attr-defined]
    }


def withdraw(account: Who, http: HttpRequest, item: UUID) -> HttpResponse:
    """Take a request back, unless it is answered by now."""
    row = find_request(asking.of(account.dod_id), item)
    try:
        change_state(row, State.WITHDRAWN, by=account)
    except TransitionRefused:
        messages.error(http, "This can no longer be withdrawn, because it is answered.")
    return redirect(address_of(account, "appointments-request", row.pk))


def questions(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return the questions before a visit with what was answered so far, or why they are closed."""
    visit = queries.one(Appointment, account.dod_id, str(item))
    said = said_before(visit)
    shown = asking_before(visit, CheckInForm(initial=answers_in(said) if said else {}))
    return shown | {"said": said, "writer": name_of_writer(account, said.helper if said else None)}


def asking_before(visit: Appointment, form: CheckInForm) -> Context:
    judged = judge_check_in(visit, timezone.now())
    return {"visit": visit, "form": form, "no": judged if isinstance(judged, No) else None, "item_title": CHECK_IN}


def answers_in(said: CheckIn) -> dict[str, str]:
    """Return what was answered, as the form has it."""
    return {
        "is_phone": "no" if said.phone else "yes",
        "phone": said.phone or "",
        "is_changed": "yes" if said.medications else "no",
        "medications": said.medications or "",
        "topics": said.topics or "",
        "seen": save_shown(said.changed_at),
    }


def check_in(account: Who, http: HttpRequest, item: UUID) -> Context | HttpResponse:
    """Keep the answers, unless others were given since the page was opened. Until the visit they can be changed."""
    visit = queries.one(Appointment, account.dod_id, str(item))
    shown = asking_before(visit, CheckInForm(http.POST))
    if shown["no"]:
        return shown | {"form": None}
    if not shown["form"].is_valid():
        return shown
    form = shown["form"]
    if newer := keep_answers(account, visit, form.said, form.cleaned_data["seen"]):
        again = CheckInForm(initial=http.POST.dict() | {"seen": save_shown(newer.changed_at)})
        return shown | {"form": again, "newer": newer, "writer": name_of_writer(account, newer.helper)}
    messages.success(http, "The clinic sees your answers. You can change them until the visit begins.")
    return redirect(address_of(account, "feature-item", "appointments", item))


def keep_answers(
    account: Who, visit: Appointment, said: dict[str, str | None], seen: str | None = None
) -> CheckIn | None:
    """Write the answers down: one row for each visit. Return other answers that were given since, and change nothing.

    `seen` is which answers the form showed.
    """
    assert visit.at  # the questions are open before a time
    with exclusive("check-in", str(visit.resource_id)):
        before = said_before(visit)
        differs = before is not None and any(getattr(before, name) != text for name, text in said.items())
        if before and differs and save_shown(before.changed_at) != seen:
            return before
        values = {"account": account_of(account), "helper": helper_of(account), "starts_at": visit.at}
        CheckIn.objects.update_or_create(
            appointment_id=visit.resource_id,
            defaults=values | said | {"patient": visit.patient, "changed_at": timezone.now()},
        )
        record_event("appointment.checked-in", by=account)
    return None
