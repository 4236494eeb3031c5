"""One transition of a row, if its table allows it. Proofings, cases, letters and visits share this."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Transitions = Mapping[tuple[str, str], str]


class TransitionRefused(Exception):
    """A transition was asked for that is not in the table, or that another one overtook."""


def apply(row: Any, to: str, transitions: Transitions, *, now: datetime, **values: object) -> str:
    """Change the row's `state` to `to`, with its `changed_at` and other `values`, and return the event to record.

    It is one conditional UPDATE, so of two callers who saw the same state, one wins. Raise TransitionRefused if the
    table has no such transition, or if the row is no longer in the state that we saw. Call this in the transaction that
    records the event.
    """
    event = transitions.get((row.state, to))
    if event is None:
        raise TransitionRefused(f"no transition from {row.state} to {to}")
    values |= {"state": to, "changed_at": now}
    if not type(row).objects.filter(pk=row.pk, state=row.state).update(**values):
        raise TransitionRefused(f"no longer in {row.state}")
    for name, value in values.items():
        setattr(row, name, value)
    return event
