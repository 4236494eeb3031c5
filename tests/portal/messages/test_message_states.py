"""The transitions of a message: complete, audited, and nothing else is allowed."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from portal.messages.message_states import START, TRANSITIONS, State, TransitionRefused, event_of, in_state, state_of
from portal.messages.models import Message
from safeguards.events import EVENTS
from tests.portal.messages.conversations import sent


def test_every_state_can_be_reached():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(State) - {before for before, _ in TRANSITIONS} == {State.ANSWERED, State.CLOSED}


def test_every_move_has_an_event_that_people_can_read():
    assert set(TRANSITIONS.values()) <= set(EVENTS)


def test_the_diagram_in_the_docs_is_the_table_in_the_code():
    call_command("draw_states", "portal.messages.message_states", check=True, stdout=StringIO())


@pytest.mark.parametrize(
    ("before", "to"),
    [
        ((State.SENT,), State.DRAFT),
        ((State.DRAFT,), State.SENT),
        ((State.ANSWERED,), State.OPENED),
        ((State.SENT,), State.ANSWERED),
    ],
)
def test_a_message_moves_in_no_other_way(before, to):
    with pytest.raises(TransitionRefused):
        event_of(before, to, TRANSITIONS)


def test_the_state_of_a_row_and_the_condition_in_sql_agree(ruth, primary):
    now = timezone.now()
    facts: dict[State, dict[str, Any]] = {
        State.DRAFT: {"held_at": None, "send_due_at": None},
        State.HELD: {"held_at": now, "send_due_at": now + timedelta(minutes=5)},
        State.SENT: {},
        State.OPENED: {"opened_at": now},
        State.ASSIGNED: {"opened_at": now, "assigned_at": now},
        State.ANSWERED: {"opened_at": now, "assigned_at": now, "answered_at": now},
        State.CLOSED: {"opened_at": now, "closed_at": now},
    }
    rows = {}
    for state, values in facts.items():
        message = sent(ruth, primary)
        Message.objects.filter(pk=message.pk).update(**values)
        rows[state] = Message.objects.get(pk=message.pk)
    for state, row in rows.items():
        assert state_of(row, now) == state
        assert list(Message.objects.filter(in_state(state, now))) == [row]
