"""The states of a delegation and the transitions between them, each with its audit event."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from idproofing.transitions import TransitionRefused, apply
from portal.family.models import Delegation
from safeguards import audit

__all__ = ["START", "TRANSITIONS", "State", "TransitionRefused", "change_state"]

State = Delegation.State
START = State.OFFERED

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.OFFERED, State.ACCEPTED): "family.accepted",
    (State.OFFERED, State.DECLINED): "family.declined",
    # The owner takes the code back.
    (State.OFFERED, State.REVOKED): "family.revoked",
    # Nobody used the code in time.
    (State.OFFERED, State.ENDED): "family.ended",
    # Either side stops it at any time.
    (State.ACCEPTED, State.REVOKED): "family.revoked",
    (State.ACCEPTED, State.ENDED): "family.ended",
}


def change_state(row: Delegation, to: str, *, by: Account | str, now: datetime | None = None, **values: object) -> None:
    """Move a delegation on, with its event and an email without content to both sides.

    Raise TransitionRefused if it cannot be moved so, or somebody else was first.
    """
    with transaction.atomic():
        event = apply(row, to, TRANSITIONS, now=now or timezone.now(), **values)
        audit.record(event, by=by, account_id=row.owner_id, delegation=str(row.pk))
        for account in filter(None, (row.owner, row.delegate)):
            notices.send("family-changed", to=account.email, account_id=account.pk, first_name=account.first_name)
