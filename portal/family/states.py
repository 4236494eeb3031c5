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
    """Move a delegation on, with its event and an email without content to all addresses of both sides.

    Who did it can say that it was somebody else. So can the owner when the access begins, because the code for it
    was made in the owner's account. Raise TransitionRefused if it cannot be moved so, or somebody else was first.
    """
    now = now or timezone.now()
    with transaction.atomic():
        event = apply(row, to, TRANSITIONS, now=now, **values)
        audit.record(event, by=by, account_id=row.owner_id, delegation=str(row.pk))
        for account in filter(None, (row.owner, row.delegate)):
            if account == by:
                notices.tell(account, "family-changed", since=now)
            elif account == row.owner and to == State.ACCEPTED:
                notices.tell(account, "family-changed", since=row.offered_at)
            else:
                notices.inform(account, "family-changed")
