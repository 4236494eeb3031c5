"""One transition of a row, if its table allows it: what proofings, cases, letters and visits have in common."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Transitions = Mapping[tuple[str, str], str]


class TransitionRefused(Exception):
    """Asked for a move that is not in the table, or that another one overtook."""


def apply(row: Any, to: str, transitions: Transitions, *, now: datetime, **values: object) -> str:
    """Change the row's `state` to `to`, with its `changed_at` and other `values`, and give the event to record.

    One conditional UPDATE, so of two who saw the same state one wins. TransitionRefused when the table has no such
    transition, or when the row is no longer in the state we saw. Call it in the transaction that records the event.
    """
    event = transitions.get((row.state, to))
    if event is None:
        raise TransitionRefused(f"no move from {row.state} to {to}")
    values |= {"state": to, "changed_at": now}
    if not type(row).objects.filter(pk=row.pk, state=row.state).update(**values):
        raise TransitionRefused(f"no longer in {row.state}")
    for name, value in values.items():
        setattr(row, name, value)
    return event
