"""June, who has a full file, and what a test needs to take her through a quiz."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from hypothesis import settings
from hypothesis import strategies as st

from core import policy
from core.policy import Level
from demo.invent.facts import facts_for
from idproofing import codes, quiz
from idproofing.asking import answer_hash
from idproofing.models import Fact, Quiz

JUNE = "1000000021"
BORN = date(1948, 3, 2)
# The same examples each time: a suite that fails only now and then helps nobody.
MODEST = settings(max_examples=60, deadline=None, derandomize=True)
TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BASIC = policy.STRENGTH[Level.BASIC]
PREMIUM = policy.STRENGTH[Level.PREMIUM]

# The file of anybody of age, and what makes chance repeatable.
anybody = st.builds(
    lambda number, born, served: facts_for(str(number), born, served=served, today=TODAY),
    st.integers(1_000_000_000, 1_999_999_999),
    st.dates(date(1930, 1, 1), date(2008, 11, 20)),
    st.booleans(),
)
seeds = st.integers(0, 2**32)


def facts_of_june() -> list[Fact]:
    return facts_for(JUNE, BORN, today=NOON.date())


def remember(facts: Iterable[Fact]) -> None:
    """Put the facts where the mock sources look."""
    Fact.objects.bulk_create(facts)


def begin(strength: policy.Strength = BASIC, **more: object) -> Quiz:
    """June's quiz, live."""
    outcome = quiz.start(JUNE, strength, by="visitor", **{"now": NOON, **more})  # type: ignore[arg-type]
    assert isinstance(outcome, quiz.Started), outcome
    return outcome.quiz


def right_choice(asked: quiz.Question) -> int:
    """Only a test can know it: by trying the keyed hash on every option."""
    return next(
        place
        for place in range(len(asked.options))
        if answer_hash(asked.quiz_id, asked.position, place) == bytes(asked.right)
    )


def answer_all(of: Quiz, *, wrong: int = 0, now: datetime = NOON) -> None:
    """Answer every question, the first `wrong` of them wrongly."""
    while asked := quiz.question(of, now=now):
        right = right_choice(asked)
        choice = right if asked.position >= wrong else (right + 1) % len(asked.options)
        assert quiz.answer(of.pk, asked.position, choice, by="visitor", now=now) == quiz.Answered()


def fail(strength: policy.Strength = BASIC, *, now: datetime = NOON) -> quiz.Failed:
    """Begin a quiz and fail it."""
    failed = begin(strength, now=now)
    answer_all(failed, wrong=1, now=now)
    outcome = quiz.grade(failed.pk, by="visitor", now=now)
    assert isinstance(outcome, quiz.Failed)
    return outcome


def prove_by_letter(level: Level = Level.BASIC, *, now: datetime = NOON) -> None:
    """Let June redeem the code of a letter."""
    text = codes.issue(JUNE, level, "letter", "", by="visitor", now=now).text
    assert codes.redeem(JUNE, level, text, by="visitor", now=now) == codes.Redeemed()
