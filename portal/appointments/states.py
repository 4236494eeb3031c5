"""The states of a request for an appointment and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from idproofing.transitions import TransitionRefused, apply
from portal.appointments.models import Request, Step
from portal.family.access import page_about
from portal.family.patients import Who, access_of, helper_of, reader_of
from portal.notices.models import Kind
from portal.notices.telling import tell
from safeguards import audit

__all__ = ["START", "TRANSITIONS", "State", "TransitionRefused", "change_state"]

State = Request.State
START = State.SUBMITTED

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.SUBMITTED, State.RECEIVED): "appointment.received",
    (State.SUBMITTED, State.BOOKED): "appointment.booked",
    (State.RECEIVED, State.BOOKED): "appointment.booked",
    (State.SUBMITTED, State.REFUSED): "appointment.refused",
    (State.RECEIVED, State.REFUSED): "appointment.refused",
    (State.SUBMITTED, State.WITHDRAWN): "appointment.withdrawn",
    (State.RECEIVED, State.WITHDRAWN): "appointment.withdrawn",
    # A cancellation takes effect at once. The clinic has to hear of it.
    (State.SUBMITTED, State.CANCELLED): "appointment.canceled",
    (State.CANCELLED, State.CLOSED): "appointment.clinic-told",
}
# What only cancellations come to.
ONLY_CANCELLATIONS = {State.CANCELLED, State.CLOSED}


def can_move(row: Request, to: str) -> bool:
    """Return whether a request of this kind can come to a state from the one that it is in."""
    is_cancellation = row.kind == Request.Kind.CANCEL
    return (row.state, to) in TRANSITIONS and is_cancellation == (to in ONLY_CANCELLATIONS)


def change_state(row: Request, to: str, *, by: Who, now: datetime | None = None, **values: object) -> None:
    """Move a request on, with its step, its event and, if staff answered it, an email without content.

    Raise TransitionRefused if it cannot be moved so, or somebody else was first.
    """
    now = now or timezone.now()
    if not can_move(row, to):
        raise TransitionRefused(f"a {row.kind} does not come to {to} from {row.state}")
    reader = reader_of(by)
    staff = reader if reader.is_staff else None
    with transaction.atomic():
        event = apply(row, to, TRANSITIONS, now=now, **values)
        Step.objects.create(request=row, state=to, at=now, staff=staff, helper=helper_of(by))
        audit.record(event, by=reader, account_id=row.account_id, **access_of(by))
        if staff and to != State.CLOSED:
            page = page_about(row.account, row.patient, "appointments-requests")
            tell(row.account, Kind.REQUESTS, "appointment-changed", page=page)
