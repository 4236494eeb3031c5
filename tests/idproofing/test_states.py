"""The transitions of a proofing: complete, audited, drawn, and nothing else is allowed."""

from io import StringIO
from types import ModuleType

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from core.policy import Level
from idproofing.management.commands import draw_states
from idproofing.models import Proofing
from idproofing.states import (
    START,
    TRANSITIONS,
    State,
    TransitionRefused,
    change_state,
    exclusive_proofing,
    get_proofing,
)
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests.idproofing.people import JUNE


def june() -> Proofing:
    with exclusive_proofing(JUNE):
        return get_proofing(JUNE, Level.BASIC, by="visitor")


def test_every_state_can_be_reached_and_left() -> None:
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert {before for before, after in TRANSITIONS if before != after} == set(State)


def test_every_move_has_an_event_that_people_can_read() -> None:
    assert set(TRANSITIONS.values()) | {"proofing.started"} <= set(EVENTS)


@pytest.mark.django_db
def test_a_move_leaves_its_event_in_the_same_transaction() -> None:
    proofing = june()
    change_state(proofing, State.QUESTIONS, by="visitor", attempt=1)
    assert Proofing.objects.get().state == State.QUESTIONS
    assert AuditEvent.objects.latest("id").event == "quiz.started"
    assert AuditEvent.objects.latest("id").details == {"level": 1, "attempt": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("to", [State.PASSED, State.PROVEN, State.STARTED, State.COOLING_DOWN])
def test_a_move_that_is_not_in_the_table_is_refused_and_leaves_nothing(to: str) -> None:
    proofing = june()
    with pytest.raises(TransitionRefused), transaction.atomic():
        change_state(proofing, to, by="visitor")
    assert Proofing.objects.get().state == State.STARTED
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_of_two_who_saw_the_same_state_only_one_moves() -> None:
    one, other = june(), june()
    change_state(one, State.QUESTIONS, by="visitor")
    with pytest.raises(TransitionRefused):
        change_state(other, State.THIN_FILE, by="visitor")


def test_the_diagram_in_the_docs_is_the_table_in_the_code() -> None:
    call_command("draw_states", check=True, stdout=StringIO())


def test_a_diagram_that_is_out_of_date_is_found(tmp_path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="draw_states"):
        call_command("draw_states", "idproofing.states", check=True, stdout=StringIO())
    call_command("draw_states", "idproofing.states", stdout=StringIO())
    call_command("draw_states", "idproofing.states", check=True, stdout=StringIO())
    assert "questions --> passed: quiz.passed" in (tmp_path / "docs/states/idproofing.md").read_text()


def test_every_app_with_a_table_of_moves_is_drawn() -> None:
    assert {"accounts.states", "accounts.journeys.draft_states", "idproofing.states"} <= set(draw_states.tables())


def test_a_table_beside_the_apps_own_has_a_page_of_its_own() -> None:
    assert draw_states.page_of(ModuleType("idproofing.states")).name == "idproofing.md"
    assert draw_states.page_of(ModuleType("idproofing.case_states")).name == "idproofing-case.md"
    assert draw_states.page_of(ModuleType("accounts.journeys.draft_states")).name == "accounts-draft.md"


@pytest.mark.parametrize(
    ("events", "label"), [("quiz.passed", ": quiz.passed"), (("a.b", "c.d"), ": a.b or c.d"), ((), "")], ids=str
)
def test_an_arrow_names_the_events_that_its_transition_may_leave(events: str | tuple[str, ...], label: str) -> None:
    assert draw_states.event_on(events) == label
