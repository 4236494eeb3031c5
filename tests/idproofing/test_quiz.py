"""June's quiz: started, answered in time, graded once, and never a word about which answer was wrong."""

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from core import policy
from core.policy import Level
from idproofing import asking, attempts, quiz
from idproofing.models import Proofing, Question, Quiz
from idproofing.questions import NONE_OF_THE_ABOVE, make_fact, word_question
from safeguards.models import AuditEvent
from tests.idproofing.people import (
    BASIC,
    JUNE,
    MODEST,
    NOON,
    PREMIUM,
    answer_all,
    begin,
    facts_of_june,
    fail,
    prove_by_letter,
    remember,
    right_choice,
)

pytestmark = pytest.mark.django_db
LATE = policy.QUIZ_QUESTION_TIME + timedelta(seconds=1)


@pytest.fixture
def june() -> None:
    remember(facts_of_june())


def state_of(level: Level = Level.BASIC) -> str:
    return Proofing.objects.get(dod_id=JUNE, level=level).state


@pytest.mark.parametrize("strength", [BASIC, PREMIUM])
def test_june_answers_all_questions_right_and_passes(june: None, strength: policy.Strength) -> None:
    taken = begin(strength)
    answer_all(taken)
    assert quiz.grade(taken.pk, by="visitor", now=NOON) == quiz.Passed()
    assert taken.questions.count() == strength.questions
    assert state_of(strength.level) == Proofing.State.PASSED


@pytest.mark.parametrize("wrong", [1, 2, 3])
def test_one_wrong_answer_fails_and_the_outcome_does_not_tell_which(june: None, wrong: int) -> None:
    taken = begin()
    answer_all(taken, wrong=wrong)
    assert quiz.grade(taken.pk, by="visitor", now=NOON) == quiz.Failed(policy.QUIZ_ATTEMPTS - 1, None)


def test_a_grade_stays_the_same_however_often_it_is_asked_for(june: None) -> None:
    taken = begin()
    answer_all(taken, wrong=1)
    first = quiz.grade(taken.pk, by="visitor", now=NOON)
    assert quiz.grade(taken.pk, by="visitor", now=NOON) == first
    assert AuditEvent.objects.filter(event="quiz.failed").count() == 1


def test_a_quiz_with_questions_left_is_not_graded(june: None) -> None:
    taken = begin()
    assert quiz.grade(taken.pk, by="visitor", now=NOON) == quiz.Unfinished()
    assert Quiz.objects.get().state == Quiz.State.LIVE


def test_options_keep_their_order_and_the_clock_keeps_running_on_reload(june: None) -> None:
    taken = begin()
    first = quiz.question(taken, now=NOON)
    again = quiz.question(taken, now=NOON + timedelta(seconds=30))
    assert first
    assert again
    assert (first.prompt, first.options, first.deadline) == (again.prompt, again.options, again.deadline)
    assert first.deadline == NOON + policy.QUIZ_QUESTION_TIME
    assert first.options[-1] == NONE_OF_THE_ABOVE


def test_an_answer_counts_once(june: None) -> None:
    taken = begin()
    asked = quiz.question(taken, now=NOON)
    assert asked
    right = right_choice(asked)
    assert quiz.answer(taken.pk, 0, right, by="visitor", now=NOON) == quiz.Answered()
    assert quiz.answer(taken.pk, 0, (right + 1) % 5, by="visitor", now=NOON) == quiz.AlreadyAnswered()
    assert Question.objects.get(quiz=taken, position=0).choice == right


@pytest.mark.parametrize("choice", [-1, 5, 99, 10**12])
def test_an_option_that_was_not_offered_changes_nothing(june: None, choice: int) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    assert quiz.answer(taken.pk, 0, choice, by="visitor", now=NOON) == quiz.NotOffered()
    assert Question.objects.get(quiz=taken, position=0).choice is None


def test_a_question_that_was_never_shown_cannot_be_answered(june: None) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    assert quiz.answer(taken.pk, 1, 0, by="visitor", now=NOON) == quiz.NotOffered()
    assert quiz.answer(taken.pk, 40, 0, by="visitor", now=NOON) == quiz.NotOffered()
    assert quiz.answer(uuid4(), 0, 0, by="visitor", now=NOON) == quiz.NotOffered()


def test_an_answer_after_the_deadline_ends_the_quiz(june: None) -> None:
    taken = begin()
    asked = quiz.question(taken, now=NOON)
    assert asked
    assert quiz.answer(taken.pk, 0, right_choice(asked), by="visitor", now=NOON + LATE) == quiz.TimedOut()
    assert quiz.answer(taken.pk, 0, 0, by="visitor", now=NOON) == quiz.TimedOut()
    assert quiz.question(taken, now=NOON) is None
    assert isinstance(quiz.grade(taken.pk, by="visitor", now=NOON + LATE), quiz.Failed)
    assert Quiz.objects.get().state == Quiz.State.TIMED_OUT


def test_coming_back_after_the_deadline_finds_the_quiz_over(june: None) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    assert quiz.question(taken, now=NOON + LATE) is None
    assert isinstance(quiz.grade(taken.pk, by="visitor", now=NOON + LATE), quiz.Failed)
    assert AuditEvent.objects.get(event="quiz.failed").details["reason"] == "timed_out"


def test_who_needs_more_time_gets_it_ten_times_a_question(june: None) -> None:
    taken, now = begin(), NOON
    quiz.question(taken, now=now)
    for _ in range(policy.QUIZ_EXTENSIONS):
        now += policy.QUIZ_QUESTION_TIME
        assert quiz.more_time(taken.pk, 0, now=now)
    asked = quiz.question(taken, now=now)
    assert asked
    assert asked.deadline == now + policy.QUIZ_QUESTION_TIME
    assert asked.extensions_left == 0
    assert not quiz.more_time(taken.pk, 0, now=now)
    assert quiz.answer(taken.pk, 0, 0, by="visitor", now=now) == quiz.Answered()


def test_more_time_cannot_be_had_after_the_deadline_or_the_answer_or_for_a_question_to_come(june: None) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    assert not quiz.more_time(taken.pk, 0, now=NOON + LATE)
    assert not quiz.more_time(taken.pk, 1, now=NOON)
    quiz.answer(taken.pk, 0, 0, by="visitor", now=NOON)
    assert not quiz.more_time(taken.pk, 0, now=NOON)


def test_after_the_last_attempt_june_waits_from_the_end_of_the_last_failure(june: None) -> None:
    assert fail() == quiz.Failed(1, None)
    later = NOON + policy.QUIZ_WAIT - timedelta(minutes=1)
    until = later + policy.QUIZ_WAIT
    assert fail(now=later) == quiz.Failed(0, until)
    assert state_of() == Proofing.State.COOLING_DOWN
    moment_before = until - timedelta(seconds=1)
    assert quiz.start(JUNE, BASIC, by="visitor", now=moment_before) == quiz.CoolingDown(until)
    assert fail(now=until) == quiz.Failed(0, None, "in-a-row")


def test_a_failure_of_long_ago_no_longer_counts(june: None) -> None:
    fail()
    assert fail(now=NOON + policy.QUIZ_WAIT) == quiz.Failed(1, None)


def test_attempts_at_both_levels_are_counted_together(june: None) -> None:
    assert fail(BASIC) == quiz.Failed(1, None)
    assert fail(PREMIUM) == quiz.Failed(0, NOON + policy.QUIZ_WAIT)
    for strength in (BASIC, PREMIUM):
        assert quiz.start(JUNE, strength, by="visitor", now=NOON) == quiz.CoolingDown(NOON + policy.QUIZ_WAIT)


def test_leaving_the_quiz_uses_its_attempt_so_that_nobody_peeks_for_free(june: None) -> None:
    taken = begin()
    quiz.abandon(taken.pk, by="visitor", now=NOON)
    quiz.abandon(taken.pk, by="visitor", now=NOON)
    assert state_of() == Proofing.State.ABANDONED
    assert quiz.grade(taken.pk, by="visitor", now=NOON) == quiz.Failed(1, None)
    quiz.abandon(begin().pk, by="visitor", now=NOON)
    assert state_of() == Proofing.State.COOLING_DOWN
    assert isinstance(quiz.start(JUNE, BASIC, by="visitor", now=NOON), quiz.CoolingDown)


def test_a_quiz_in_another_tab_uses_an_attempt_and_ends_when_a_newer_one_begins(june: None) -> None:
    first = begin()
    asked = quiz.question(first, now=NOON)
    assert asked
    second = begin()
    assert quiz.answer(first.pk, 0, 0, by="visitor", now=NOON) == quiz.AlreadyAnswered()
    assert quiz.question(first, now=NOON) is None
    assert quiz.start(JUNE, BASIC, by="visitor", now=NOON) == quiz.CoolingDown(NOON + policy.QUIZ_WAIT)
    answer_all(second)
    assert quiz.grade(second.pk, by="visitor", now=NOON) == quiz.Passed()
    assert isinstance(quiz.grade(first.pk, by="visitor", now=NOON), quiz.Failed)
    assert state_of() == Proofing.State.PASSED


def test_nothing_is_asked_twice_of_one_person_over_levels_and_months(june: None) -> None:
    now = NOON
    prompts: list[str] = []
    for number, strength in enumerate((BASIC, PREMIUM, BASIC) * 2):
        if number == policy.QUIZ_IN_A_ROW:
            prove_by_letter(now=now)
        outcome = quiz.start(JUNE, strength, by="visitor", now=now)
        if isinstance(outcome, quiz.ThinFile):
            break
        assert isinstance(outcome, quiz.Started)
        prompts += outcome.quiz.questions.values_list("prompt", flat=True)
        quiz.abandon(outcome.quiz.pk, by="visitor", now=now)
        now += policy.QUIZ_WAIT
    assert len(prompts) == len(set(prompts)) > 9


def test_a_thin_file_uses_no_attempt() -> None:
    remember(facts_of_june()[:2])
    for _ in range(policy.QUIZ_ATTEMPTS + 2):
        assert quiz.start(JUNE, BASIC, by="visitor", now=NOON) == quiz.ThinFile()
    assert attempts.standing(JUNE, NOON).left == policy.QUIZ_ATTEMPTS
    assert state_of() == Proofing.State.THIN_FILE
    assert not Quiz.objects.exists()


def test_many_facts_of_one_category_are_still_a_thin_file() -> None:
    remember(make_fact(JUNE, "card_bank", "Summit Lake Bank", year, date(year, 1, 1)) for year in range(2010, 2020))
    assert quiz.start(JUNE, BASIC, by="visitor", now=NOON) == quiz.ThinFile()


def test_nobody_is_asked_what_the_session_has_shown() -> None:
    known = facts_of_june()
    remember(known)
    told = [one.value for one in known if one.category in ("card", "vehicle", "address")]
    taken = begin(shown=told)
    never = {word_question(one)[0] for one in known if one.value in told}
    assert not never & set(taken.questions.values_list("prompt", flat=True))


def test_a_stranger_to_deers_and_to_the_sources_gets_no_quiz() -> None:
    assert quiz.start("1999999999", BASIC, by="visitor", now=NOON) == quiz.ThinFile()


def test_the_words_are_wiped_when_the_quiz_ends_and_the_right_answer_is_only_a_hash(june: None) -> None:
    taken = begin()
    asked = quiz.question(taken, now=NOON)
    assert asked
    assert len(bytes(asked.right)) == 32
    assert len({bytes(one.right) for one in taken.questions.all()}) == BASIC.questions
    quiz.abandon(taken.pk, by="visitor", now=NOON)
    assert set(taken.questions.values_list("prompt", "hint")) == {("", "")}
    assert all(one.options == [] for one in taken.questions.all())


def test_a_quiz_that_nobody_comes_back_to_is_ended_with_the_drafts(june: None) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    assert quiz.end_left_alone(now=NOON + policy.DRAFT_IDLE) == 0
    assert quiz.end_left_alone(now=NOON + policy.DRAFT_IDLE + LATE) == 1
    assert Quiz.objects.get().state == Quiz.State.ABANDONED
    assert quiz.end_left_alone(now=NOON + policy.DRAFT_IDLE + LATE) == 0


def test_the_audit_trail_tells_the_story_without_a_word_of_what_was_asked(june: None) -> None:
    fail()
    fail()
    quiz.start(JUNE, BASIC, by="visitor", now=NOON)
    assert list(AuditEvent.objects.order_by("id").values_list("event", flat=True)) == [
        "proofing.started",
        "quiz.started",
        "quiz.failed",
        "quiz.started",
        "quiz.attempts-used",
        "quiz.cooling-down",
    ]
    assert all(set(one.details) <= {"level", "attempt", "reason"} for one in AuditEvent.objects.all())


@MODEST
@given(
    kinds=st.lists(st.sampled_from(["city", "card_bank", "vehicle", "phone_company"]), max_size=12),
    strength=st.sampled_from([BASIC, PREMIUM]),
    seed=st.integers(0, 2**32),
)
def test_a_choice_of_facts_has_enough_of_them_from_enough_categories_or_is_none(
    kinds: list[str], strength: policy.Strength, seed: int
) -> None:
    known = [make_fact(JUNE, kind, "any", 2000 + year, date(2000 + year, 1, 1)) for year, kind in enumerate(kinds)]
    chosen = asking.choose(known, strength, random.Random(seed))
    enough = len(known) >= strength.questions and len({one.category for one in known}) >= strength.categories
    assert (chosen is not None) == enough
    if chosen is not None:
        assert len({one.qualifier for one in chosen}) == len(chosen) == strength.questions
        assert len({one.category for one in chosen}) == min(len({one.category for one in known}), strength.questions)


def test_showing_and_answering_a_question_stay_cheap(june: None, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    taken = begin()
    with django_assert_max_num_queries(3):
        quiz.question(taken, now=NOON)
    with django_assert_max_num_queries(1):
        quiz.question(taken, now=NOON)
    with django_assert_max_num_queries(2):
        quiz.answer(taken.pk, 0, 0, by="visitor", now=NOON)


def test_a_fact_is_asked_about_once_even_when_the_database_is_asked_directly(june: None) -> None:
    first = begin()
    asked = Question.objects.filter(quiz=first).first()
    assert asked
    other = Quiz.objects.create(dod_id=JUNE, level=Level.PREMIUM)
    with pytest.raises(IntegrityError, match="question_asked_again_once"):
        Question.objects.create(
            quiz=other, position=0, dod_id=JUNE, fact_key=asked.fact_key, kind=asked.kind, right=b"x" * 32
        )
