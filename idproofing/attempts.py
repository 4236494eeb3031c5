"""How many quizzes a person may still begin: counted over both levels, in a wait, in a row, and in a lifetime.

Call what changes something while holding `exclusive_proofing`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import QuerySet

from core import policy
from idproofing.models import ActivationCode, FailureNotice, Proofing, Quiz
from idproofing.routes import Route
from safeguards import audit

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


class Closure(StrEnum):
    """Why no quiz may begin, for longer than a wait."""

    STOPPED = "stopped"
    """A link in our message was used. The person has to prove who they are by another route first."""
    IN_A_ROW = "in-a-row"
    """Too many attempts failed in a row. The person has to prove who they are by another route first."""
    LIFETIME = "lifetime"
    """Too many attempts failed at all. Only the other routes are left."""


@dataclass(frozen=True)
class Standing:
    """How many quizzes may begin now. If there are none, `until` says when the wait is over, or `closed` why not.

    A quiz under way counts as failed until it is passed. `failed_in_a_row` are those that have ended.
    """

    left: int
    until: datetime | None
    closed: str
    failed_in_a_row: int


def standing(dod_id: str, now: datetime) -> Standing:
    """Return how the person stands, whatever the level."""
    used, until = in_this_wait(dod_id, now)
    succeeded_at = last_success(dod_id)
    quizzes = Quiz.objects.filter(dod_id=dod_id).exclude(state=Quiz.State.PASSED)
    ends = list(quizzes.values_list("started_at", "ended_at"))
    row = [ended_at for started_at, ended_at in ends if started_at > succeeded_at]
    left = min(policy.QUIZ_ATTEMPTS - used, policy.QUIZ_IN_A_ROW - len(row), policy.QUIZ_FAILURES - len(ends))
    closed = ""
    if is_stopped(dod_id):
        closed = Closure.STOPPED.value
    elif len(ends) >= policy.QUIZ_FAILURES:
        closed = Closure.LIFETIME.value
    elif len(row) >= policy.QUIZ_IN_A_ROW:
        closed = Closure.IN_A_ROW.value
    left = 0 if closed else max(0, left)
    return Standing(left, None if left or closed else until, closed, sum(ended_at is not None for ended_at in row))


def in_this_wait(dod_id: str, now: datetime) -> tuple[int, datetime | None]:
    """Return the attempts that count until the wait is over, and when that is."""
    rows = list(Proofing.objects.filter(dod_id=dod_id).values_list("attempts", "attempts_forgotten_at"))
    until = max((forgotten_at for _, forgotten_at in rows if forgotten_at), default=None)
    if until is None or until <= now:
        return 0, None
    return sum(attempts for attempts, _ in rows), until


def last_success(dod_id: str) -> datetime:
    """Return when the person last passed a quiz, or used a code that came by another route."""
    passed = Quiz.objects.filter(dod_id=dod_id, state=Quiz.State.PASSED).order_by("-ended_at")
    codes = ActivationCode.objects.filter(dod_id=dod_id, used_at__isnull=False).exclude(route=Route.QUESTIONS)
    times = [
        passed.values_list("ended_at", flat=True).first(),
        codes.order_by("-used_at").values_list("used_at", flat=True).first(),
    ]
    return max((time for time in times if time), default=LONG_AGO)


def use_attempt(proofing: Proofing, now: datetime) -> None:
    """Count an attempt against the person, as if it had already failed."""
    used, _ = in_this_wait(proofing.dod_id, now)
    if not used:
        forget(proofing.dod_id)
        proofing.attempts = 0
    proofing.attempts += 1
    proofing.attempts_forgotten_at = now + policy.QUIZ_WAIT
    proofing.save(update_fields=["attempts", "attempts_forgotten_at"])


def forget(dod_id: str) -> None:
    """Forget the attempts that count until the wait is over."""
    Proofing.objects.filter(dod_id=dod_id).update(attempts=0, attempts_forgotten_at=None)


def count_failure(proofing: Proofing, now: datetime) -> Standing:
    """Let the wait run from the end of a failed attempt, and have the person told once in a row.

    Return how the person stands then.
    """
    proofing.attempts_forgotten_at = now + policy.QUIZ_WAIT
    proofing.save(update_fields=["attempts", "attempts_forgotten_at"])
    stands = standing(proofing.dod_id, now)
    if stands.failed_in_a_row >= policy.QUIZ_ATTEMPTS:
        ask_for_notice(proofing, now)
    return stands


def ask_for_notice(proofing: Proofing, now: datetime) -> None:
    """Have the person told that attempts failed, unless that was done in this row.

    The notice of an earlier row ends. Until then, its link can stop even a stranger who has passed since.
    """
    present = open_notices(proofing.dod_id).filter(kind=FailureNotice.Kind.QUESTIONS)
    if not present.filter(made_at__gt=last_success(proofing.dod_id)).exists():
        present.update(lifted_at=now)
        FailureNotice.objects.create(dod_id=proofing.dod_id, level=proofing.level, made_at=now)


def lift(dod_id: str, *, by: object, now: datetime) -> None:
    """Allow questions again, because the person has proven who they are by another route. This begins a new row.

    The notice of a letter stays open: a thief may have used the code, and then the link in it still stops the journey.
    """
    forget(dod_id)
    stopped = is_stopped(dod_id)
    open_notices(dod_id).exclude(kind=FailureNotice.Kind.LETTER, stopped_at=None).update(lifted_at=now)
    if stopped:
        audit.record("proofing.reopened", by=by, dod_id=dod_id)


def is_stopped(dod_id: str) -> bool:
    """Return whether a link in our message has stopped the questions in this name."""
    return open_notices(dod_id).filter(stopped_at__isnull=False).exists()


def open_notices(dod_id: str) -> QuerySet[FailureNotice]:
    """Return the last notice of failures, if the person has not come by another route since, and those of letters."""
    return FailureNotice.objects.filter(dod_id=dod_id, lifted_at=None)
