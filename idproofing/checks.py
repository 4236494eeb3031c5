"""Start-up checks: the numbers of the quiz must make it as hard to guess as policy promises."""

from collections.abc import Iterable
from math import comb
from typing import Any

from django.core.checks import CheckMessage, Error, register

from core import policy


def guess_chance(strength: policy.Strength, none_rate: float = policy.QUIZ_NONE_OF_THE_ABOVE_RATE) -> float:
    """Return the best that a blind guesser can do in one quiz, as a fraction of 1.

    The guesser knows the rate of "none of the above", and that it is right for half of the questions at most. So the
    guesser takes it for some number of questions, whichever number is likeliest, and any of the others for the rest.
    """
    most = strength.questions // 2
    named = (1 - none_rate) / (strength.options - 1)
    best = max(none_rate**nones * named ** (strength.questions - nones) for nones in range(most + 1))
    allowed = sum(
        comb(strength.questions, nones) * none_rate**nones * (1 - none_rate) ** (strength.questions - nones)
        for nones in range(most + 1)
    )
    return best / allowed


@register()
def quizzes_resist_guessing(app_configs: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """Return an error for each level whose quiz can be guessed more often than `policy.STRENGTH` allows."""
    return [
        Error(
            f"A quiz at {level.label} can be passed by guessing with a chance of {guess_chance(strength):.2%}; "
            f"at most {strength.guess_chance:.2%} is allowed.",
            hint="Ask more questions or offer more options in core.policy.STRENGTH.",
            id="idproofing.E001",
        )
        for level, strength in policy.STRENGTH.items()
        if guess_chance(strength) > strength.guess_chance
    ]
