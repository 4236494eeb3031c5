"""The states of a copy of a health record and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from idproofing.transitions import TransitionRefused, apply
from portal.export.models import Export
from safeguards import audit

__all__ = ["START", "TRANSITIONS", "State", "TransitionRefused", "change_state"]

State = Export.State
START = State.WAITING

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.WAITING, State.MAKING): "export.begun",
    # A worker that was killed leaves it like this, and the next one begins again.
    (State.MAKING, State.MAKING): "export.begun",
    (State.MAKING, State.READY): "export.ready",
    (State.MAKING, State.FAILED): "export.failed",
    # No worker came.
    (State.WAITING, State.FAILED): "export.failed",
    (State.WAITING, State.STOPPED): "export.stopped",
    (State.MAKING, State.STOPPED): "export.stopped",
    (State.READY, State.STOPPED): "export.stopped",
    (State.READY, State.GONE): "export.expired",
}


def change_state(export: Export, to: str, *, by: object, now: datetime | None = None, **values: object) -> None:
    """Move a copy on, with its event. Raise TransitionRefused if it cannot be moved, or somebody else was first."""
    with transaction.atomic():
        event = apply(export, to, TRANSITIONS, now=now or timezone.now(), **values)
        audit.record(event, by=by, account_id=export.account_id)
