"""The states of a slip for a visit and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction

from idproofing.models import Visit
from idproofing.transitions import apply
from safeguards import audit

State = Visit.State
START = State.OPEN
LIVE = (State.OPEN, State.CHECKED, State.HELD)

TRANSITIONS: dict[tuple[str, str], str] = {
    # An agent has looked at the documents.
    (State.OPEN, State.VERIFIED): "visit.verified",
    (State.OPEN, State.REFUSED): "visit.refused",
    # At Premium a second person looks at the documents too, unless a reader has read one.
    (State.OPEN, State.CHECKED): "visit.checked",
    (State.CHECKED, State.VERIFIED): "visit.verified",
    (State.CHECKED, State.REFUSED): "visit.refused",
    (State.CHECKED, State.EXPIRED): "visit.expired",
    (State.CHECKED, State.WITHDRAWN): "visit.withdrawn",
    # A document belongs to somebody else, so a supervisor decides.
    (State.OPEN, State.HELD): "visit.held",
    (State.HELD, State.OPEN): "visit.reopened",
    (State.HELD, State.REFUSED): "visit.refused",
    # Nobody came, or the documents were looked at with another slip.
    (State.OPEN, State.EXPIRED): "visit.expired",
    (State.OPEN, State.WITHDRAWN): "visit.withdrawn",
}


def change_state(
    visit: Visit, to: str, *, by: object, now: datetime, details: dict[str, str] | None = None, **values: object
) -> None:
    """Move the visit to the state `to`, with other `values` of the row, and record the event of that transition.

    The row is wiped if the visit is over then. Raise TransitionRefused if the table has no such transition, or if the
    row is no longer in the state that we saw.
    """
    if to not in LIVE:
        values |= {"reference": None, "email": None}
    with transaction.atomic():
        event = apply(visit, to, TRANSITIONS, now=now, **values)
        audit.record(event, by=by, dod_id=visit.dod_id, level=visit.level, route=visit.route, **(details or {}))  # type: ignore[arg-type]
