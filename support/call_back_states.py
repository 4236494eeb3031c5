"""The states of a call back and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from idproofing.transitions import TransitionRefused, apply
from safeguards import audit
from support.models import CallBack

__all__ = ["LIVE", "START", "TRANSITIONS", "State", "TransitionRefused", "change_state"]

State = CallBack.State
START = State.WAITING

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.WAITING, State.TAKEN): "support.call-back-taken",
    # A colleague takes it over from one who left it.
    (State.TAKEN, State.TAKEN): "support.call-back-taken-over",
    # Put back for a colleague, or for another try at another time.
    (State.TAKEN, State.WAITING): "support.call-back-put-back",
    (State.TAKEN, State.REACHED): "support.call-back-reached",
    (State.TAKEN, State.NOT_REACHED): "support.call-back-not-reached",
    (State.WAITING, State.CANCELED): "support.call-back-canceled",
    (State.TAKEN, State.CANCELED): "support.call-back-canceled",
}
LIVE = (State.WAITING, State.TAKEN)


def change_state(row: CallBack, to: str, *, by: object, now: datetime | None = None, **values: object) -> None:
    """Move a call back on, with its event. Raise TransitionRefused if it cannot be, or somebody else was first."""
    with transaction.atomic():
        event = apply(row, to, TRANSITIONS, now=now or timezone.now(), **values)
        audit.record(event, by=by, account_id=row.account_id, reference=row.reference.lower(), tries=row.tries)
