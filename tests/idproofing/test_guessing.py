"""The start-up check: no quiz may be easier to guess than policy promises."""

from dataclasses import replace

import pytest

from core import policy
from core.policy import Level
from idproofing.checks import guess_chance, quizzes_resist_guessing
from tests.idproofing.people import BASIC, PREMIUM


@pytest.mark.parametrize("strength", [BASIC, PREMIUM])
def test_the_quizzes_of_policy_are_hard_enough_to_guess(strength: policy.Strength) -> None:
    assert guess_chance(strength) <= strength.guess_chance
    assert list(quizzes_resist_guessing()) == []


def test_a_guesser_who_knows_the_rate_of_none_of_the_above_is_reckoned_with() -> None:
    """It is right once at most of three times. Where chance would have it twice, the draw is repeated."""
    assert guess_chance(BASIC, none_rate=0.2) == pytest.approx(0.2**3 / (0.8**3 + 3 * 0.2 * 0.8**2))
    assert guess_chance(BASIC, none_rate=0.5) == pytest.approx(0.5 * 0.125**2 / 0.5)
    assert guess_chance(BASIC, none_rate=0) == pytest.approx(0.25**3)
    assert guess_chance(PREMIUM, none_rate=0.2) == pytest.approx(0.2**4 / (1 - 4 * 0.2**3 * 0.8 - 0.2**4))


def test_a_policy_that_can_be_guessed_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policy.STRENGTH, Level.BASIC, replace(BASIC, questions=2))
    (error,) = quizzes_resist_guessing()
    assert error.id == "idproofing.E001"
    assert "4.17%" in error.msg
