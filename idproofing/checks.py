"""Start-up checks: the numbers of the quiz must make it as hard to guess as policy promises."""

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error, register

from core import policy


def guess_chance(strength: policy.Strength, none_rate: float = policy.QUIZ_NONE_OF_THE_ABOVE_RATE) -> float:
    """Return the best that a blind guesser can do in one quiz, as a fraction of 1.

    The guesser knows the rate of "none of the above". At every question, the guesser takes the likelier of that option
    and any one of the others.
    """
    one_question = max(none_rate, (1 - none_rate) / (strength.options - 1))
    return one_question**strength.questions


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
