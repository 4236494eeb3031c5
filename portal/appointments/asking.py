"""Asking for appointments and other times, and canceling what is booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.mail import notices
from core import policy
from portal.appointments import booking
from portal.appointments.clinics import find_clinic
from portal.appointments.gates import No, Why, judge
from portal.appointments.models import ENDED, Request, Step
from portal.appointments.states import START, State, change_state
from portal.family.access import page_about
from portal.family.patients import Who, account_of, helper_of, record_event
from portal.notices.models import Kind
from portal.notices.telling import tell
from portal.record import queries
from portal.record.models import Appointment
from safeguards import audit, clock
from safeguards.locks import exclusive

Wishes = Sequence[tuple[date, str]]


@dataclass(frozen=True)
class Asked:
    """The request is made."""

    request: Request


def ask_new(account: Who, wishes: Wishes, *, place: UUID | None, way: str, why: str) -> Asked | No:
    """Ask for a new appointment. One request for each place is open at a time, however many ask at once."""
    try:
        return Asked(create_request(account, Request.Kind.NEW, wishes, place_id=place, way=way, why=why))
    except IntegrityError:
        new = of(account.dod_id).exclude(state__in=ENDED).filter(kind=Request.Kind.NEW, place=place)
        return No(Why.ASKED, new.first())


def ask_move(account: Who, item: UUID, wishes: Wishes, why: str = "", now: datetime | None = None) -> Asked | No:
    """Ask for another time of an appointment, judged as it is now. No(GONE) stands for what is not the person's."""
    visit = queries.of(Appointment, account.dod_id).filter(resource_id=item).first()
    if visit is None:
        return No(Why.GONE)
    judged = judge(visit, Request.Kind.MOVE, now or timezone.now(), open_request(account.dod_id, item))
    if isinstance(judged, No):
        return judged
    try:
        return Asked(create_request(account, Request.Kind.MOVE, wishes, appointment_id=item, why=why))
    except IntegrityError:
        return No(Why.ASKED, open_request(account.dod_id, item))


def cancel(account: Who, item: UUID, now: datetime | None = None) -> Asked | No:
    """Cancel an appointment at once, and put a cancellation on the desk, so that the clinic hears of it.

    A wish for another time of it is withdrawn. However many cancel at once, one cancellation comes of it.
    """
    now, patient = now or timezone.now(), account.dod_id or ""
    with transaction.atomic(), exclusive("record-import", patient):
        visit = queries.of(Appointment, patient).filter(resource_id=item).first()
        if visit is None:
            return No(Why.GONE)
        waiting = open_request(patient, item)
        judged = judge(visit, Request.Kind.CANCEL, now, waiting)
        if isinstance(judged, No):
            return judged
        if waiting:
            change_state(waiting, State.WITHDRAWN, by=account, now=now)
        request = create_request(account, Request.Kind.CANCEL, [], appointment_id=item)
        change_state(request, State.CANCELLED, by=account, now=now)
        booking.cancel_appointment(request)
    return Asked(request)


def create_request(account: Who, kind: str, wishes: Wishes, why: str = "", **values: object) -> Request:
    """Write the request down with its first step and its event. Raise IntegrityError if another one is open."""
    now = timezone.now()
    with transaction.atomic():
        request = Request.objects.create(
            patient=account.dod_id or "",
            account=account_of(account),
            kind=kind,
            wishes=[(day.isoformat(), part) for day, part in wishes],
            why=why or None,
            made_at=now,
            changed_at=now,
            clinic=find_clinic(account.dod_id or "", place=values.get("place_id"), visit=values.get("appointment_id")),
            **values,
        )
        Step.objects.create(request=request, state=START, at=now, helper=helper_of(account))
        record_event("appointment.submitted", by=account, kind=str(kind))
    return request


def of(patient: str | None) -> QuerySet[Request]:
    """Return a patient's requests, each with `is_overdue`."""
    return Request.objects.filter(patient=patient or "").annotate(is_overdue=late(timezone.now()))


def open_requests(patient: str | None) -> QuerySet[Request]:
    """Return a patient's requests that are open."""
    return of(patient).exclude(state__in=ENDED)


def open_request(patient: str | None, item: UUID) -> Request | None:
    """Return the open request about an appointment, if there is one."""
    return open_requests(patient).filter(appointment=item).first()


# What nobody may let lie: for how long, and the email if somebody does.
WAITS = {
    State.SUBMITTED: (policy.VISIT_ANSWERED_WITHIN, "appointment-waits"),
    State.CANCELLED: (policy.CANCELLATION_KNOWN_WITHIN, "cancellation-waits"),
}


def late(now: datetime) -> Q:
    """Return the condition of requests that nobody has answered in time, and cancellations that nobody has passed on.

    A clinic that still expects the person tomorrow has to hear of a cancellation now.
    """
    soon = Appointment.objects.filter(resource=OuterRef("appointment"), at__lte=now + policy.CANCELLATION_KNOWN_BEFORE)
    waited = [Q(state=state, made_at__lte=now - within) for state, (within, _) in WAITS.items()]
    return reduce(or_, waited, Q(Exists(soon), state=State.CANCELLED))


def overdue(now: datetime) -> QuerySet[Request]:
    """Return the requests that are late."""
    return Request.objects.filter(late(now))


def tell_of_waiting(now: datetime | None = None) -> int:
    """Tell the staff, and the person as they chose, of each request that is overdue, once. Return how many."""
    now = now or clock.now()
    return sum(tell_of(request, now) for request in overdue(now).filter(told_at=None).select_related("account"))


def tell_of(request: Request, now: datetime) -> bool:
    """Tell both sides of one request, unless another worker was first or somebody has moved it."""
    account, (_, mail) = request.account, WAITS[State(request.state)]
    event = "appointment.clinic-untold" if request.state == State.CANCELLED else "appointment.unanswered"
    with transaction.atomic():
        if not Request.objects.filter(pk=request.pk, told_at=None, state=request.state).update(told_at=now):
            return False
        audit.record(event, by="system", account_id=account.pk)
        page = page_about(account, request.patient, "appointments-request", request.pk)
        tell(account, Kind.REQUESTS, mail, page=page, waits=False)
        notices.send(f"{mail}-for-staff", to=settings.SERVICE_CENTER_EMAIL, reference=str(request.pk))
    return True


@app.task(name="portal.appointments.tell_of_waiting_requests", queue="housekeeping")
def tell_of_waiting_requests(timestamp: int) -> None:
    """Tell both sides of requests that wait for too long."""
    tell_of_waiting()
