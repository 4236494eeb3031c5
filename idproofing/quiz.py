"""The quiz of knowledge-based verification: begin it, ask, take answers in time, grade, abandon.

One quiz of a person and level is live at a time. A newer one, in any tab, takes the place of the older one, whose
attempt stays used. Every way out except passing counts as a failure, so that nobody can look at the questions for free.
Attempts are counted for a person over both levels (idproofing/attempts.py). Only a keyed hash tells which option is
right.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from core import policy
from core.policy import Level
from idproofing import answer_statistics, asking, attempts
from idproofing.models import Proofing, Question, Quiz
from idproofing.states import TRANSITIONS, State, change_state, exclusive_proofing, get_proofing
from safeguards import audit, clock


@dataclass(frozen=True)
class Started:
    quiz: Quiz


@dataclass(frozen=True)
class ThinFile:
    """There is too little to ask about. No attempt was used."""


@dataclass(frozen=True)
class Unavailable:
    """DEERS does not answer, so nobody knows what may be asked. No attempt was used. Try again in a while."""


@dataclass(frozen=True)
class CoolingDown:
    """All attempts are used. The next one may begin at `until`."""

    until: datetime


@dataclass(frozen=True)
class Closed:
    """No attempt was used. No wait helps either: `reason` is one of `attempts.Closure`."""

    reason: str


@dataclass(frozen=True)
class Answered:
    pass


@dataclass(frozen=True)
class AlreadyAnswered:
    """Nothing changed. The question has its answer, or the quiz is over. Look where the quiz stands."""


@dataclass(frozen=True)
class NotOffered:
    """Nothing changed. There is no such option, or that question was never shown."""


@dataclass(frozen=True)
class TimedOut:
    """The answer came after the deadline. The quiz has ended."""


@dataclass(frozen=True)
class Passed:
    pass


@dataclass(frozen=True)
class Failed:
    """The quiz was not passed.

    If no attempt is left, `until` says when the next one may begin, or `closed` why no wait helps (`attempts.Closure`).
    """

    attempts_left: int
    until: datetime | None
    closed: str = ""


@dataclass(frozen=True)
class Unfinished:
    """There are questions left and time to answer them."""


def start(
    dod_id: str,
    strength: policy.Strength,
    *,
    shown: Collection[str] = (),
    known: asking.Known | None = None,
    by: object,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Started | ThinFile | CoolingDown | Closed | Unavailable:
    """Begin a quiz for the person with this DoD ID number. It uses one attempt.

    `shown` are values that the session has shown or taken, such as the typed address. No question is asked whose answer
    is told by them or by the DEERS details, or is shared by the family. `known` is what `asking.known_of` returned for
    this person a moment ago. Without it, DEERS and the sources are asked here, which must not happen in a transaction.
    An earlier quiz of this person and level that is still live ends.
    """
    now, rng = now or timezone.now(), rng or random.SystemRandom()
    if known is None or known.dod_id != dod_id:
        known = asking.known_of(dod_id, timezone.localdate(now))
    if known is None:
        return Unavailable()
    with exclusive_proofing(dod_id):
        proofing = get_proofing(dod_id, strength.level, by=by, now=now)
        stands = attempts.standing(dod_id, now)
        if not stands.left:
            return refuse(dod_id, strength.level, stands, by=by)
        asked = asking.asked_before(dod_id)
        chosen = asking.choose(asking.askable(known, shown, strength.options, asked, now), strength, rng)
        if chosen is None:
            if (proofing.state, State.THIN_FILE) in TRANSITIONS:
                change_state(proofing, State.THIN_FILE, by=by, now=now)
            return ThinFile()
        supersede(proofing, by=by, now=now)
        attempts.use_attempt(proofing, now)
        change_state(proofing, State.QUESTIONS, by=by, now=now, attempt=proofing.attempts)
        return Started(asking.write(known, shown, strength, chosen, asked, now, rng))


def refuse(dod_id: str, level: Level, stands: attempts.Standing, *, by: object) -> CoolingDown | Closed:
    """Note that a quiz was requested while none may begin, and return why."""
    if stands.closed:
        audit.record("quiz.refused", by=by, dod_id=dod_id, level=int(level), reason=stands.closed)
        return Closed(stands.closed)
    assert stands.until is not None
    audit.record("quiz.cooling-down", by=by, dod_id=dod_id, level=int(level))
    return CoolingDown(stands.until)


def question(quiz: Quiz, *, now: datetime | None = None) -> Question | None:
    """Return the question that is due. Its clock starts when it is first shown.

    Return None if the quiz is over or everything is answered: `grade` it then. A question past its deadline ends the
    quiz.
    """
    now = now or timezone.now()
    due = unanswered(quiz, now)
    if due is not None and due.deadline is None:
        Question.objects.filter(pk=due.pk, shown_at__isnull=True).update(
            shown_at=now, deadline=now + policy.QUIZ_QUESTION_TIME
        )
        due.refresh_from_db()
    return due


def answer(
    quiz_id: UUID, position: int, choice: int, *, by: object, now: datetime | None = None
) -> Answered | AlreadyAnswered | NotOffered | TimedOut:
    """Keep the person's choice (an index of `options`) for the question at this position. It can never be changed."""
    now = now or timezone.now()
    asked = Question.objects.filter(quiz=quiz_id, position=position).select_related("quiz").first()
    if asked is None:
        return NotOffered()
    if asked.choice is not None:
        return AlreadyAnswered()
    if asked.quiz.state != Quiz.State.LIVE:
        return TimedOut() if asked.quiz.state == Quiz.State.TIMED_OUT else AlreadyAnswered()
    if asked.deadline is None or not 0 <= choice < len(asked.options):
        return NotOffered()
    if asked.deadline < now:
        end(quiz_id, Quiz.State.TIMED_OUT, by=by, now=now)
        return TimedOut()
    return (
        Answered() if still_open(quiz_id, position, now).update(choice=choice, answered_at=now) else AlreadyAnswered()
    )


def more_time(quiz_id: UUID, position: int, *, now: datetime | None = None) -> bool:
    """Start the question's clock again. Return False if it has run out, or was started again often enough."""
    now = now or timezone.now()
    extendable = still_open(quiz_id, position, now).filter(extensions__lt=policy.QUIZ_EXTENSIONS)
    return bool(extendable.update(deadline=now + policy.QUIZ_QUESTION_TIME, extensions=F("extensions") + 1))


def grade(quiz_id: UUID, *, by: object, now: datetime | None = None) -> Passed | Failed | Unfinished:
    """Return the result, which is the same however often it is asked for. It never tells which answer was wrong."""
    now = now or timezone.now()
    quiz = Quiz.objects.get(pk=quiz_id)
    if unanswered(quiz, now) is not None:
        return Unfinished()
    quiz = end(quiz_id, Quiz.State.PASSED if all_right(quiz) else Quiz.State.FAILED, by=by, now=now)
    return Passed() if quiz.state == Quiz.State.PASSED else failure(quiz, now)


def abandon(quiz_id: UUID, *, by: object, now: datetime | None = None) -> None:
    """Leave a live quiz. Its attempt stays used. Nothing happens to a quiz that has ended."""
    end(quiz_id, Quiz.State.ABANDONED, by=by, now=now or timezone.now())


def end_left_alone(now: datetime | None = None) -> int:
    """Abandon the live quizzes that nobody came back to for as long as a draft may idle. Return how many.

    That wipes their words. The job worker calls this, next to the purge of drafts.
    """
    now = now or clock.now()
    idle_since = now - policy.DRAFT_IDLE
    left = Quiz.objects.filter(state=Quiz.State.LIVE, started_at__lt=idle_since)
    left = left.exclude(questions__deadline__gte=idle_since)
    for quiz in left:
        abandon(quiz.pk, by="system", now=now)
    return len(left)


def supersede(proofing: Proofing, *, by: object, now: datetime) -> None:
    """End the live quiz of this proofing, if there is one, because something newer takes its place.

    Call it while holding `exclusive_proofing`.
    """
    quiz = Quiz.objects.filter(dod_id=proofing.dod_id, level=proofing.level, state=Quiz.State.LIVE).first()
    if quiz is not None:
        end(quiz.pk, Quiz.State.ABANDONED, by=by, now=now)
        proofing.refresh_from_db()


def unanswered(quiz: Quiz, now: datetime) -> Question | None:
    """Return the first question of a live quiz that has no answer.

    If that question is past its deadline, end the quiz and return None.
    """
    due = Question.objects.filter(quiz=quiz, quiz__state=Quiz.State.LIVE, choice__isnull=True).first()
    if due is not None and due.deadline is not None and due.deadline < now:
        end(quiz.pk, Quiz.State.TIMED_OUT, by="system", now=now)
        return None
    return due


def still_open(quiz_id: UUID, position: int, now: datetime) -> QuerySet[Question]:
    """Return the question, while it may be answered.

    Every condition is on the row itself and not on a join. PostgreSQL judges such conditions again if the row was
    changed while we waited for it. So an answer is kept once.
    """
    lives = Quiz.objects.filter(pk=quiz_id, state=Quiz.State.LIVE)
    return Question.objects.filter(quiz__in=lives, position=position, choice__isnull=True, deadline__gte=now)


def all_right(quiz: Quiz) -> bool:
    """Return whether as many questions as the level asks for are answered, and all of them right."""
    answers = [asking.is_right(asked) for asked in quiz.questions.filter(choice__isnull=False)]
    return len(answers) == policy.STRENGTH[Level(quiz.level)].questions and all(answers)


def end(quiz_id: UUID, state: Quiz.State, *, by: object, now: datetime) -> Quiz:
    """End a live quiz in this state, wipe its words and move the proofing. Return the quiz as it is now.

    A quiz that has ended stays as it is.
    """
    quiz = Quiz.objects.get(pk=quiz_id)
    if quiz.state != Quiz.State.LIVE:
        return quiz
    with exclusive_proofing(quiz.dod_id):
        if Quiz.objects.filter(pk=quiz_id, state=Quiz.State.LIVE).update(state=state, ended_at=now):
            answer_statistics.count_answer(quiz, now)
            quiz.questions.update(prompt="", hint="", options=[])
            settle(get_proofing(quiz.dod_id, Level(quiz.level), by=by), state, by=by, now=now)
    quiz.refresh_from_db()
    return quiz


def settle(proofing: Proofing, state: Quiz.State, *, by: object, now: datetime) -> None:
    """Move the proofing as the end of a quiz requires. The wait runs from the end of the last failure."""
    if state == Quiz.State.PASSED:
        attempts.forget(proofing.dod_id)
        change_state(proofing, State.PASSED, by=by, now=now)
        return
    stands = attempts.count_failure(proofing, now)
    if stands.closed:
        change_state(proofing, State.CLOSED, by=by, now=now, reason=stands.closed)
    elif not stands.left:
        change_state(proofing, State.COOLING_DOWN, by=by, now=now, reason=state.value)
    elif state == Quiz.State.ABANDONED:
        change_state(proofing, State.ABANDONED, by=by, now=now)
    else:
        change_state(proofing, State.FAILED, by=by, now=now, reason=state.value)


def failure(quiz: Quiz, now: datetime) -> Failed:
    """Return how the person stands after a quiz that was not passed."""
    stands = attempts.standing(quiz.dod_id, now)
    return Failed(stands.left, stands.until, stands.closed)
