"""The quiz of knowledge-based verification: begun, asked, answered within time, graded, abandoned.

One quiz of a person and level lives at a time; a newer one, in whichever tab, takes the place of the older,
whose attempt stays used. Every way out but passing counts as a failure, so that nobody can look at the
questions for free. Which option is right is known only through a keyed hash.
"""

import hmac
import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import F
from django.utils import timezone

from deers import lookup
from dslogon import policy
from dslogon.policy import Level
from idproofing import questions
from idproofing.facts import facts_about, unknown_from
from idproofing.models import Fact, Proofing, Question, Quiz
from idproofing.states import move, proofing_of, turn
from safeguards import audit
from safeguards.cipher import blind_index


@dataclass(frozen=True)
class Started:
    quiz: Quiz


@dataclass(frozen=True)
class ThinFile:
    """Too little to ask about; no attempt was used."""


@dataclass(frozen=True)
class CoolingDown:
    """All attempts are used; the next may begin at `until`."""

    until: datetime


@dataclass(frozen=True)
class Answered:
    pass


@dataclass(frozen=True)
class AlreadyAnswered:
    """Nothing changed: the question has its answer, or the quiz is over. Look where the quiz stands."""


@dataclass(frozen=True)
class NotOffered:
    """Nothing changed: there is no such option, or that question was never shown."""


@dataclass(frozen=True)
class TimedOut:
    """The answer came after the deadline; the quiz has ended."""


@dataclass(frozen=True)
class Passed:
    pass


@dataclass(frozen=True)
class Failed:
    """`until` is set when no attempt is left, and says when the next may begin."""

    attempts_left: int
    until: datetime | None


@dataclass(frozen=True)
class Unfinished:
    """There are questions left and time to answer them."""


def start(
    dod_id: str,
    strength: policy.Strength,
    *,
    shown: Collection[str] = (),
    by: object,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Started | ThinFile | CoolingDown:
    """Begin a quiz for the person with this DoD ID number, using up one attempt.

    `shown` are values that the session has shown or taken, such as the typed address: nothing is asked whose
    answer they or the DEERS details tell.
    """
    raise NotImplementedError


def question(quiz: Quiz, *, now: datetime | None = None) -> Question | None:
    """The question now due, whose clock starts when it is first shown; None when all are answered or time is up."""
    raise NotImplementedError


def answer(
    quiz_id: UUID, position: int, choice: int, *, by: object, now: datetime | None = None
) -> Answered | AlreadyAnswered | NotOffered | TimedOut:
    """Keep the person's choice (an index of `options`) for the question at this position, once and for ever."""
    raise NotImplementedError


def more_time(quiz_id: UUID, position: int, *, now: datetime | None = None) -> bool:
    """Start the question's clock again; False when it has run out or was started again often enough."""
    raise NotImplementedError


def grade(quiz_id: UUID, *, by: object, now: datetime | None = None) -> Passed | Failed | Unfinished:
    """The result, the same however often it is asked for. Never tells which answer was wrong."""
    raise NotImplementedError


def abandon(quiz_id: UUID, *, by: object, now: datetime | None = None) -> None:
    """Leave a live quiz; its attempt stays used. Does nothing to one that has ended."""
    raise NotImplementedError
