"""What an operator takes for a mistake of the site's, and what for a database that was away."""

import random
import threading

import pytest

from tests.resilience import operators
from tests.resilience.journal import Journal

TRACEBACK = "Traceback (most recent call last):\n"
CHAINED = "\nThe above exception was the direct cause of the following exception:\n\n"
WENT_AWAY = "OperationalError: the connection is lost\n"
HAD_THAT_ROW = 'duplicate key value violates unique constraint "deers_person_pkey"\nDETAIL:  Key already exists.\n'


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (f"{TRACEBACK}psycopg.{WENT_AWAY}{CHAINED}django.db.utils.{WENT_AWAY}", False),
        ("CommandError: The database does not answer.", False),
        (f"{TRACEBACK}psycopg.errors.UniqueViolation: {HAD_THAT_ROW}", True),
        (f"{TRACEBACK}psycopg.errors.X: {CHAINED}django.db.utils.IntegrityError: {HAD_THAT_ROW}", True),
        (f"{TRACEBACK}KeyError: 'names'", True),
    ],
)
def test_a_command_that_cannot_be_repeated_is_told_from_a_database_that_is_away(said: str, wrong: bool) -> None:
    assert operators.is_fault(said) is wrong


def test_an_operator_who_cannot_go_on_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise() -> bool:
        raise ValueError("surprise")

    monkeypatch.setattr(operators, "leave_days_to_seal", surprise)
    journal = Journal()
    with pytest.raises(ValueError, match="surprise"):
        operators.Operator(journal, threading.Event(), random.Random(1)).work(threading.Event())
    assert journal.faults == ["An operator could not go on: ValueError('surprise')."]
