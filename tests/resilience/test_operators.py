"""What an operator takes for a mistake of the site's, and what for a database that was away."""

import random
import threading

import pytest

from tests.resilience import operators
from tests.resilience.journal import Journal


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (
            "The database did not do this: the connection is lost. When it is well again, run the same command again.",
            False,
        ),
        ("CommandError: Another import is running.", False),
        ("Traceback (most recent call last):\npsycopg.errors.UniqueViolation: duplicate key value", True),
        ("Traceback (most recent call last):\nKeyError: 'names'", True),
    ],
)
def test_a_mistake_of_a_command_is_told_from_a_database_that_is_away(said: str, wrong: bool) -> None:
    assert operators.is_fault(said) is wrong


def test_an_operator_who_cannot_go_on_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise() -> bool:
        raise ValueError("surprise")

    monkeypatch.setattr(operators, "leave_days_to_seal", surprise)
    journal = Journal()
    with pytest.raises(ValueError, match="surprise"):
        operators.Operator(journal, threading.Event(), random.Random(1)).work(threading.Event())
    assert journal.faults == ["An operator could not go on: ValueError('surprise')."]
