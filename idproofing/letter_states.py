"""The states of a letter and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction

from idproofing.models import Batch, Letter
from idproofing.transitions import apply
from safeguards import audit

State = Letter.State
START = State.QUEUED

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.QUEUED, State.PRINTED): "letter.printed",
    (State.QUEUED, State.VOID): "letter.voided",
    # The page was torn in the printer. The letter waits for the next batch, with the same code.
    (State.PRINTED, State.QUEUED): "letter.printed-again",
    (State.PRINTED, State.SENT): "letter.sent",
    (State.PRINTED, State.VOID): "letter.voided",
    (State.SENT, State.VOID): "letter.voided",
    (State.SENT, State.RETURNED): "letter.returned",
}
# The states in which a letter still has its address and its secret. In all others they are wiped.
IN_THE_HOUSE = (State.QUEUED, State.PRINTED)
WIPED = {"addressee": None, "secret": None}


def change_state(
    letter: Letter, to: str, *, by: object, now: datetime, batch: Batch | None = None, reason: str = ""
) -> None:
    """Move the letter to the state `to`, and record the event of that transition.

    What nobody may read any more is wiped. A queued letter is in no batch, and a printed one is in `batch`. Raise
    TransitionRefused as idproofing.transitions.apply does.
    """
    values: dict[str, object] = {} if to in IN_THE_HOUSE else {**WIPED}
    if to in IN_THE_HOUSE:
        values["batch"] = batch
    with transaction.atomic():
        event = apply(letter, to, TRANSITIONS, now=now, **values)
        record_event(event, letter, by=by, **({"reason": reason} if reason else {}))


def record_event(event: str, letter: Letter, *, by: object, **details: str) -> None:
    """Record the event of something that happened to a letter."""
    about = {"letter": letter.reference.lower(), "kind": str(letter.kind)}
    audit.record(event, by=by, dod_id=letter.dod_id, level=int(letter.level), **about, **details)  # type: ignore[arg-type]
