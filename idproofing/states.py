"""The states of a proofing and the transitions between them, each with its audit event."""

from contextlib import AbstractContextManager
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.policy import Level
from idproofing.models import Proofing
from idproofing.transitions import TransitionRefused, apply
from safeguards import audit, locks

__all__ = ["START", "TRANSITIONS", "State", "TransitionRefused", "change_state", "exclusive_proofing", "get_proofing"]

State = Proofing.State
START = State.STARTED

TRANSITIONS: dict[tuple[str, str], str] = {
    # A quiz begins. It may be requested in any state. An earlier one that is still live is abandoned first.
    (State.STARTED, State.QUESTIONS): "quiz.started",
    (State.PASSED, State.QUESTIONS): "quiz.started",
    (State.FAILED, State.QUESTIONS): "quiz.started",
    (State.ABANDONED, State.QUESTIONS): "quiz.started",
    (State.COOLING_DOWN, State.QUESTIONS): "quiz.started",
    (State.CLOSED, State.QUESTIONS): "quiz.started",
    (State.THIN_FILE, State.QUESTIONS): "quiz.started",
    (State.CODE_SENT, State.QUESTIONS): "quiz.started",
    (State.PROVEN, State.QUESTIONS): "quiz.started",
    # A quiz ends.
    (State.QUESTIONS, State.PASSED): "quiz.passed",
    (State.QUESTIONS, State.FAILED): "quiz.failed",
    (State.QUESTIONS, State.ABANDONED): "quiz.abandoned",
    (State.QUESTIONS, State.COOLING_DOWN): "quiz.attempts-used",
    (State.QUESTIONS, State.CLOSED): "quiz.closed",
    # There is not enough to ask about.
    (State.STARTED, State.THIN_FILE): "quiz.thin-file",
    (State.FAILED, State.THIN_FILE): "quiz.thin-file",
    (State.ABANDONED, State.THIN_FILE): "quiz.thin-file",
    (State.COOLING_DOWN, State.THIN_FILE): "quiz.thin-file",
    (State.CLOSED, State.THIN_FILE): "quiz.thin-file",
    # A code is made: after the questions, again, or by letter where questions are not possible.
    (State.STARTED, State.CODE_SENT): "code.issued",
    (State.PASSED, State.CODE_SENT): "code.issued",
    (State.FAILED, State.CODE_SENT): "code.issued",
    (State.ABANDONED, State.CODE_SENT): "code.issued",
    (State.COOLING_DOWN, State.CODE_SENT): "code.issued",
    (State.CLOSED, State.CODE_SENT): "code.issued",
    (State.THIN_FILE, State.CODE_SENT): "code.issued",
    (State.CODE_SENT, State.CODE_SENT): "code.issued",
    (State.PROVEN, State.CODE_SENT): "code.issued",
    # A code is redeemed. A letter stays valid while the person tries the questions once more.
    (State.CODE_SENT, State.PROVEN): "code.redeemed",
    (State.PASSED, State.PROVEN): "code.redeemed",
    (State.FAILED, State.PROVEN): "code.redeemed",
    (State.ABANDONED, State.PROVEN): "code.redeemed",
    (State.COOLING_DOWN, State.PROVEN): "code.redeemed",
    (State.CLOSED, State.PROVEN): "code.redeemed",
    (State.THIN_FILE, State.PROVEN): "code.redeemed",
}


def exclusive_proofing(dod_id: str) -> AbstractContextManager[None]:
    """Open a transaction that holds the exclusive lock of this person's proofing, at every level."""
    return locks.exclusive("idproofing", dod_id)


def get_proofing(dod_id: str, level: Level, *, by: object, now: datetime | None = None) -> Proofing:
    """Return the person's proofing at this level, and begin one if there is none yet.

    Call it while holding `exclusive_proofing`.
    """
    proofing, is_new = Proofing.objects.get_or_create(
        dod_id=dod_id, level=level, defaults={"changed_at": now or timezone.now()}
    )
    if is_new:
        audit.record("proofing.started", by=by, dod_id=dod_id, level=int(level))
    return proofing


def change_state(
    proofing: Proofing, to: str, *, by: object, now: datetime | None = None, **details: int | bool | str
) -> None:
    """Move the proofing to the state `to`, and record the event of that transition with `details`.

    Raise TransitionRefused if the table has no such transition, or if the row is no longer in the state that we saw.
    """
    with transaction.atomic():
        event = apply(proofing, to, TRANSITIONS, now=now or timezone.now())
        audit.record(event, by=by, dod_id=proofing.dod_id, level=proofing.level, **details)  # type: ignore[arg-type]
