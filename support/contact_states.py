"""The states of a message to the service center and the transitions between them, each with its audit event."""

from collections.abc import Mapping

from django.db import transaction

from idproofing.transitions import TransitionRefused
from safeguards import audit
from support.models import ContactMessage

State = ContactMessage.State
START = State.NEW

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.NEW, State.TAKEN): "support.message-taken",
    (State.TAKEN, State.NEW): "support.message-put-back",
    (State.TAKEN, State.TAKEN): "support.message-handed-over",
    # Who answers need not take the message first.
    (State.NEW, State.ANSWERED): "support.message-answered",
    (State.TAKEN, State.ANSWERED): "support.message-answered",
    (State.NEW, State.CLOSED): "support.message-closed",
    (State.TAKEN, State.CLOSED): "support.message-closed",
    # Its writer replies.
    (State.ANSWERED, State.NEW): "support.message-reopened",
    (State.CLOSED, State.NEW): "support.message-reopened",
}


def change_state(
    message: ContactMessage,
    to: str,
    *,
    by: object,
    values: Mapping[str, object],
    details: Mapping[str, int] | None = None,
) -> None:
    """Move a message to the state `to`, set the other columns in `values`, and record the event with these details.

    It is one conditional UPDATE: of two callers who saw the same state, holder and round, one wins. Raise
    TransitionRefused if the table has no such transition, or another one overtook it.
    """
    event = TRANSITIONS.get((message.state, to))
    if event is None:
        raise TransitionRefused(f"no transition from {message.state} to {to}")
    seen = {"state": message.state, "round": message.round, "taken_by": message.taken_by_id}
    values = {**values, "state": to}
    with transaction.atomic():
        if not ContactMessage.objects.filter(pk=message.pk, **seen).update(**values):
            raise TransitionRefused(f"no longer in {message.state}")
        about = {"reference": message.reference.lower(), **(details or {})}
        audit.record(event, by=by, account_id=message.account_id, **about)  # type: ignore[arg-type]
    for name, value in values.items():
        setattr(message, name, value)
