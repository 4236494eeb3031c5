"""The states of a case and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction

from idproofing.models import Case, CaseMove
from idproofing.transitions import apply
from safeguards import audit

State = Case.State
START = State.OPEN

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.OPEN, State.TAKEN): "case.taken",
    (State.TAKEN, State.OPEN): "case.put-back",
    (State.TAKEN, State.TAKEN): "case.handed-over",
    # At Basic one reviewer decides, unless a doubt takes two (idproofing/second_reviews.py).
    (State.TAKEN, State.APPROVED): "case.approved",
    (State.TAKEN, State.DECLINED): "case.declined",
    (State.TAKEN, State.IN_PERSON): "case.in-person",
    # At Premium, and where there is a doubt, a second one confirms the decision, or sends it back.
    (State.TAKEN, State.PROPOSED): "case.proposed",
    (State.PROPOSED, State.APPROVED): "case.approved",
    (State.PROPOSED, State.DECLINED): "case.declined",
    (State.PROPOSED, State.IN_PERSON): "case.in-person",
    (State.PROPOSED, State.OPEN): "case.sent-back",
    # The person continues the journey, once.
    (State.APPROVED, State.CONTINUED): "case.continued",
    # A second request about the same number is in this state from the start, and no reviewer sees it. It ends if the
    # case that it repeats is approved, and takes its place if not.
    (State.OPEN, State.REPEATED): "case.repeated",
    (State.REPEATED, State.IN_PERSON): "case.in-person",
    (State.REPEATED, State.OPEN): "case.opened",
    # Nobody can wait forever.
    (State.OPEN, State.EXPIRED): "case.expired",
    (State.TAKEN, State.EXPIRED): "case.expired",
    (State.PROPOSED, State.EXPIRED): "case.expired",
    (State.REPEATED, State.EXPIRED): "case.expired",
    (State.APPROVED, State.EXPIRED): "case.expired",
}
OVER = {state for state in State if not any(before == state for before, _ in TRANSITIONS)}


def change_state(case: Case, to: str, *, by: object, now: datetime, **values: object) -> None:
    """Move the case to the state `to`, set other columns with it, and record the event and an entry in its history.

    What was typed is wiped when the case is over. Raise TransitionRefused as idproofing.transitions.apply does.
    """
    if to in OVER:
        values |= {"typed": None, "subject": None}
    with transaction.atomic():
        event = apply(case, to, TRANSITIONS, now=now, **values)
        record_event(case, event, by=by, now=now)


def record_event(case: Case, event: str, *, by: object, now: datetime) -> None:
    """Record an event in the audit trail, and an entry in the case's own history."""
    CaseMove.objects.create(case=case, state=case.state, at=now, by=getattr(by, "pk", None) if is_staff(by) else None)
    about = {"account_id": case.account_id, "dod_id": case.dod_id or case.holder or None}
    audit.record(event, by=by, case=case.number, level=case.level, **about)  # type: ignore[arg-type]


def is_staff(by: object) -> bool:
    return bool(getattr(by, "is_staff", False))
