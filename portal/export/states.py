"""The states of a copy of a health record and the transitions between them, each with its audit event."""

from portal.export.models import Export

__all__ = ["START", "TRANSITIONS", "State"]

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
