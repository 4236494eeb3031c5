"""How many quizzes a person may still begin: counted over both levels, in a wait, in a row, and in a lifetime.

Call what changes something while holding `exclusive_proofing`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import DateTimeField, QuerySet, Value

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
    """Return how the person stands, whatever the level. It takes one query."""
    facts = past_of(dod_id)
    used, until = in_wait([(fact.times, fact.at) for fact in facts if fact.what == "attempts"], now)
    succeeded_at = latest_success(facts)
    failed = [fact for fact in facts if fact.what == "failed"]
    row = [fact.ended_at for fact in failed if fact.at > succeeded_at]
    left = min(policy.QUIZ_ATTEMPTS - used, policy.QUIZ_IN_A_ROW - len(row), policy.QUIZ_FAILURES - len(failed))
    closed = ""
    if any(fact.what == "stopped" for fact in facts):
        closed = Closure.STOPPED.value
    elif len(failed) >= policy.QUIZ_FAILURES:
        closed = Closure.LIFETIME.value
    elif len(row) >= policy.QUIZ_IN_A_ROW:
        closed = Closure.IN_A_ROW.value
    left = 0 if closed else max(0, left)
    return Standing(left, None if left or closed else until, closed, sum(ended_at is not None for ended_at in row))


class Fact(NamedTuple):
    """One thing that counts: "attempts" of a level, a quiz that "failed" or is under way, a "success", or "stopped"."""

    what: str
    times: int
    at: Any
    ended_at: datetime | None


def past_of(dod_id: str) -> list[Fact]:
    """Return everything that counts for how the person stands, in one query."""
    no_time = Value(None, DateTimeField())
    attempts, quizzes = Proofing.objects.filter(dod_id=dod_id), Quiz.objects.filter(dod_id=dod_id)
    failed, passed = quizzes.exclude(state=Quiz.State.PASSED), quizzes.filter(state=Quiz.State.PASSED)
    used = ActivationCode.objects.filter(dod_id=dod_id, used_at__isnull=False).exclude(route=Route.QUESTIONS)
    stopped = open_notices(dod_id).filter(stopped_at__isnull=False)
    return [
        Fact(*row)
        for row in attempts.values_list(Value("attempts"), "attempts", "attempts_forgotten_at", no_time).union(
            failed.values_list(Value("failed"), Value(0), "started_at", "ended_at"),
            passed.values_list(Value("success"), Value(0), no_time, "ended_at"),
            used.values_list(Value("success"), Value(0), no_time, "used_at"),
            stopped.values_list(Value("stopped"), Value(0), no_time, no_time),
            all=True,
        )
    ]


def in_this_wait(dod_id: str, now: datetime) -> tuple[int, datetime | None]:
    """Return the attempts that count until the wait is over, and when that is."""
    rows = Proofing.objects.filter(dod_id=dod_id).values_list("attempts", "attempts_forgotten_at")
    return in_wait(list(rows), now)


def in_wait(rows: list[tuple[int, datetime | None]], now: datetime) -> tuple[int, datetime | None]:
    """Do that for the attempts of each level and when they are forgotten."""
    until = max((forgotten_at for _, forgotten_at in rows if forgotten_at), default=None)
    if until is None or until <= now:
        return 0, None
    return sum(attempts for attempts, _ in rows), until


def last_success(dod_id: str) -> datetime:
    """Return when the person last passed a quiz, or used a code that came by another route."""
    return latest_success(past_of(dod_id))


def latest_success(facts: list[Fact]) -> datetime:
    return max((fact.ended_at for fact in facts if fact.what == "success" and fact.ended_at), default=LONG_AGO)


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
