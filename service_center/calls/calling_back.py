"""What the desk does with a call back: an agent takes it, calls, and notes whether the person was reached."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from core import policy
from safeguards.locks import exclusive
from support import call_backs
from support.call_back_states import LIVE, State, TransitionRefused, change_state
from support.models import CallBack


def can_take(row: CallBack, by: Account, now: datetime) -> bool:
    """Return whether an agent may take a call back: it waits, or a colleague has kept it for too long."""
    left = row.state == State.TAKEN and row.staff_id != by.pk and row.changed_at <= now - policy.CALL_BACK_TAKEN_FOR
    return row.state == State.WAITING or left


def take(row: CallBack, *, by: Account, now: datetime | None = None) -> bool:
    """Give a call back to an agent. Return False if a colleague was faster, or it is over."""
    now = now or timezone.now()
    with transaction.atomic():
        row = CallBack.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if not can_take(row, by, now):
            return False
        change_state(row, State.TAKEN, by=by, now=now, staff=by)
    return True


def put_back(row: CallBack, *, by: Account) -> bool:
    """Give a call back to the colleagues. Return False if it is no longer the agent's."""
    return move(row, State.WAITING, by, staff=None)


def note_reached(row: CallBack, *, by: Account) -> bool:
    """Note that the person was reached. Return False if the call back is no longer the agent's."""
    return move(row, State.REACHED, by, tries=row.tries + 1)


def note_not_reached(row: CallBack, *, by: Account) -> bool:
    """Note that the person was not reached, and that we do not try again."""
    return move(row, State.NOT_REACHED, by, tries=row.tries + 1)


def may_try_again(row: CallBack) -> bool:
    """Return whether there is another try after this one."""
    return row.tries + 1 < policy.CALL_BACK_TRIES


def try_again(row: CallBack, starts_at: datetime, *, by: Account, now: datetime | None = None) -> bool:
    """Move a call back to another time, for any agent. Return False if that is not free, or the row not the agent's."""
    now = now or timezone.now()
    with exclusive("call-back", f"{row.region}:{starts_at.isoformat()}"):
        live = CallBack.objects.filter(region=row.region, starts_at=starts_at, state__in=LIVE)
        taken = set(live.values_list("place", flat=True))
        place = next((place for place in call_backs.places_for(by) if place not in taken), None)
        if place is None or not may_try_again(row):
            return False
        return move(row, State.WAITING, by, staff=None, starts_at=starts_at, place=place, tries=row.tries + 1)


def move(row: CallBack, to: str, by: Account, **values: Any) -> bool:
    """Move an agent's own call back on. Return False if it is not theirs any more."""
    with transaction.atomic():
        now = CallBack.objects.select_for_update(of=("self",)).filter(pk=row.pk, staff=by, state=State.TAKEN).first()
        if now is None:
            return False
        try:
            change_state(now, to, by=by, **values)
        except TransitionRefused:
            return False
    return True
