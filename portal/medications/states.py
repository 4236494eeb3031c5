"""The states of a request for a refill or renewal and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from idproofing.transitions import TransitionRefused, apply
from portal.family.access import page_about
from portal.family.patients import Who, access_of, helper_of, reader_of
from portal.medications.models import Request, Step
from portal.notices.models import Kind
from portal.notices.telling import tell
from safeguards import audit

__all__ = ["START", "TRANSITIONS", "State", "TransitionRefused", "change_state"]

State = Request.State
START = State.SUBMITTED

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.SUBMITTED, State.RECEIVED): "refill.received",
    (State.RECEIVED, State.FILLING): "refill.filling",
    (State.FILLING, State.SHIPPED): "refill.shipped",
    (State.FILLING, State.READY): "refill.ready",
    (State.SHIPPED, State.DONE): "refill.done",
    (State.READY, State.DONE): "refill.done",
    # A renewal is done with the new prescription.
    (State.RECEIVED, State.DONE): "refill.done",
    (State.SUBMITTED, State.REFUSED): "refill.refused",
    (State.RECEIVED, State.REFUSED): "refill.refused",
    (State.FILLING, State.REFUSED): "refill.refused",
    # Once it is being filled, it cannot be taken back.
    (State.SUBMITTED, State.WITHDRAWN): "refill.withdrawn",
    (State.RECEIVED, State.WITHDRAWN): "refill.withdrawn",
}
# What only one of the two kinds comes to.
ONLY_REFILLS = {State.FILLING, State.SHIPPED, State.READY}


def can_move(row: Request, to: str) -> bool:
    """Return whether a request can come to a state from the one that it has. A renewal is not filled or shipped."""
    if (row.state, to) not in TRANSITIONS:
        return False
    if row.kind == Request.Kind.RENEWAL:
        return to not in ONLY_REFILLS
    return (row.state, to) != (State.RECEIVED, State.DONE)


def change_state(row: Request, to: str, *, by: Who, now: datetime | None = None, **values: object) -> None:
    """Move a request on, with its step, its event and, if staff did it, an email without content.

    Raise TransitionRefused if it cannot be moved so, or somebody else was first.
    """
    now = now or timezone.now()
    if not can_move(row, to):
        raise TransitionRefused(f"a {row.kind} does not come to {to} from {row.state}")
    reader = reader_of(by)
    staff = reader if reader.is_staff else None
    tracking = values.pop("tracking", None)
    with transaction.atomic():
        if tracking:
            row.tracking = str(tracking)
            row.save(update_fields=["tracking"])  # a sealed value knows its row, so `update` cannot set it
        event = apply(row, to, TRANSITIONS, now=now, **values)
        Step.objects.create(request=row, state=to, at=now, staff=staff, helper=helper_of(by))
        audit.record(event, by=reader, account_id=row.account_id, **access_of(by))
        if staff:
            tell(
                row.account,
                Kind.REQUESTS,
                "refill-changed",
                page=page_about(row.account, row.patient, "medications-requests"),
            )
