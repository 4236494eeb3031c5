"""The audit trail: who did what, on whose account, when, from where and in which session.

No state changes without an event. The event is written in the transaction of the change, so that either both are kept
or neither is. What an event may hold is so narrow that no personal data can slip in.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from safeguards import client, metrics
from safeguards.cipher import blind_index
from safeguards.events import AT_THE_DESK, EVENTS
from safeguards.middleware import current_request
from safeguards.models import ActorKind, AuditEvent

SLUG = re.compile(r"[a-z0-9._-]{1,40}")
# A text with as many digits as an SSN, a DoD ID number, a date of birth or a card has is not a slug. (A UUID has 32.)
NUMBER = re.compile(r"(?:[._-]*\d){8,16}[._-]*")
BIGGEST_NUMBER = 9_999_999
reason_given: ContextVar[str] = ContextVar("reason_given", default="")


def record(
    event: str,
    *,
    by: object,
    account_id: int | None = None,
    dod_id: str | bytes | None = None,
    **details: int | bool | str,
) -> AuditEvent:
    """Write one event in the caller's transaction, and return it.

    `by` is an account, or "visitor", "system" or "mock". An account that is not signed in (anonymous) counts as a
    visitor. `dod_id` is kept as a blind index only. It is that index where only an older event names the person.
    Details are small numbers, booleans and slugs such as "on-screen".

    Raise ValueError for an unknown event, actor or detail. That is a mistake in our code, not in anybody's input.
    """
    if event not in EVENTS:
        raise ValueError(f"{event!r} is not an event of safeguards/events.py: add it there with its sentence.")
    if (reason := reason_given.get()) and getattr(by, "is_staff", False):
        details.setdefault("reason", reason)
    for name, value in details.items():
        _refuse_personal_data(name, value)
    kind, actor_id = _actor(event, by, account_id)
    if kind == ActorKind.SELF:
        account_id = actor_id
    request = current_request.get()
    if request is not None:
        request.left_event = True  # type: ignore[attr-defined]
    transaction.on_commit(metrics.EVENTS.labels(event, str(details.get("route", ""))).inc)
    index = index_of(dod_id) if isinstance(dod_id, str) and dod_id else dod_id
    return AuditEvent.objects.create(
        event=event,
        actor_kind=kind,
        actor_id=actor_id,
        account_id=account_id,
        person_index=index or None,
        details=details,
        **_where(),
    )


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Add the reason that a member of staff gave, a slug, to what they leave meanwhile, unless an event has its own."""
    token = reason_given.set(reason)
    try:
        yield
    finally:
        reason_given.reset(token)


def index_of(dod_id: str) -> bytes:
    """Return the blind index that stands for a person in the trail."""
    return blind_index(dod_id, purpose="audit-person")


def for_account(account_id: int) -> QuerySet[AuditEvent]:
    """Return all events about one account, newest first."""
    return AuditEvent.objects.filter(account_id=account_id).order_by("-id")


def looks_before_account(dod_id: str) -> QuerySet[AuditEvent]:
    """Return when staff looked at hidden details of a person who had no account then, newest first."""
    looks = AuditEvent.objects.filter(person_index=index_of(dod_id), account_id=None, event="support.detail-revealed")
    return looks.order_by("-id")


def _actor(event: str, by: object, account_id: int | None) -> tuple[ActorKind, int | None]:
    if isinstance(by, str):
        if by not in (ActorKind.VISITOR, ActorKind.SYSTEM, ActorKind.MOCK):
            raise ValueError('by= takes an account, "visitor", "system" or "mock".')
        return ActorKind(by), None
    actor_id = getattr(by, "pk")  # noqa: B009 - anything with a key may act; a thing without one is a mistake
    if actor_id is None:
        return ActorKind.VISITOR, None
    is_staff = getattr(by, "is_staff", False)
    is_own = account_id in (None, actor_id) and not (is_staff and event.startswith(AT_THE_DESK))
    if is_own:
        return ActorKind.SELF, actor_id
    return (ActorKind.STAFF if is_staff else ActorKind.PERSON), actor_id


def _refuse_personal_data(name: str, value: object) -> None:
    """Raise ValueError unless the detail is a boolean, a small number or a slug. The message leaves the value out."""
    if isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) <= BIGGEST_NUMBER:
        return
    if isinstance(value, str) and SLUG.fullmatch(value) and not NUMBER.fullmatch(value):
        return
    raise ValueError(f"The audit detail {name!r} must be a boolean, a small number or a slug: no personal data here.")


def _where() -> dict[str, Any]:
    """Return address, device and session of the request being served, or nothing in commands and jobs."""
    request = current_request.get()
    if request is None:
        return {}
    session = getattr(request, "session", None)
    key = session.session_key if session is not None else None
    return {
        "address": client.address(request) or None,
        "device": client.device(request),
        "session": blind_index(key, purpose="audit-session").hex()[:16] if key else "",
    }
