"""The transitions of a letter: complete, audited, and nothing else is allowed."""

from io import StringIO

import pytest
from django.core.management import call_command

from idproofing.letter_states import START, TRANSITIONS, State, change_state
from idproofing.transitions import TransitionRefused
from safeguards.events import EVENTS
from tests.idproofing.letter_people import asked
from tests.idproofing.people import NOON


def test_every_state_can_be_reached():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(State) - {before for before, _ in TRANSITIONS} == {State.VOID, State.RETURNED}


def test_every_move_has_an_event_that_people_can_read():
    assert set(TRANSITIONS.values()) | {"letter.queued"} <= set(EVENTS)


def test_the_diagram_in_the_docs_is_the_table_in_the_code():
    call_command("draw_states", "idproofing.letter_states", check=True, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("to", [State.SENT, State.RETURNED, State.QUEUED])
def test_a_letter_moves_in_no_other_way(to):
    with pytest.raises(TransitionRefused):
        change_state(asked("rosa"), to, by="system", now=NOON)
