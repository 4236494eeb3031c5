"""Thirty people at once, on as many connections: attempts, answers and codes are counted as if they came one by one."""

from collections import Counter
from collections.abc import Sequence

import pytest

from core import policy
from core.policy import Level
from idproofing import codes, quiz
from idproofing.models import ActivationCode, Proofing, Question, Quiz
from tests.idproofing.people import BASIC, JUNE, NOON, PREMIUM, answer_all, begin, facts_of_june, remember
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(outcomes: Sequence[object]) -> Counter[type]:
    return Counter(map(type, outcomes))


@pytest.fixture
def june() -> None:
    remember(facts_of_june())


def test_of_thirty_who_start_her_quiz_only_as_many_get_one_as_there_are_attempts(june: None) -> None:
    outcomes = in_parallel(lambda number: quiz.start(JUNE, BASIC, by="visitor", now=NOON))
    assert kinds(outcomes) == {quiz.Started: policy.QUIZ_ATTEMPTS, quiz.CoolingDown: 30 - policy.QUIZ_ATTEMPTS}
    assert Quiz.objects.filter(state=Quiz.State.LIVE).count() == 1
    assert Proofing.objects.get().attempts == policy.QUIZ_ATTEMPTS


def test_quizzes_of_both_levels_started_at_once_share_no_question(june: None) -> None:
    in_parallel(lambda number: quiz.start(JUNE, (BASIC, PREMIUM)[number % 2], by="visitor", now=NOON))
    keys = [bytes(key) for key in Question.objects.values_list("fact_key", flat=True)]
    quizzes = list(Quiz.objects.values_list("level", flat=True))
    assert len(quizzes) == policy.QUIZ_ATTEMPTS, "attempts are of the person, and not of a level"
    assert len(keys) == len(set(keys)) == sum(policy.STRENGTH[Level(level)].questions for level in quizzes)


def test_of_thirty_answers_to_one_question_one_is_kept(june: None) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    outcomes = in_parallel(lambda number: quiz.answer(taken.pk, 0, number % 5, by="visitor", now=NOON))
    assert kinds(outcomes) == {quiz.Answered: 1, quiz.AlreadyAnswered: 29}
    kept = next(number % 5 for number, outcome in enumerate(outcomes) if outcome == quiz.Answered())
    assert Question.objects.get(quiz=taken, position=0).choice == kept


def test_thirty_who_grade_a_failed_quiz_use_up_one_attempt(june: None) -> None:
    taken = begin()
    answer_all(taken, wrong=1)
    outcomes = in_parallel(lambda number: quiz.grade(taken.pk, by="visitor", now=NOON))
    assert set(outcomes) == {quiz.Failed(policy.QUIZ_ATTEMPTS - 1, None)}


def test_a_question_is_extended_no_more_often_than_policy_says(june: None) -> None:
    taken = begin()
    quiz.question(taken, now=NOON)
    granted = in_parallel(lambda number: quiz.more_time(taken.pk, 0, now=NOON))
    assert sum(granted) == policy.QUIZ_EXTENSIONS


def test_of_thirty_who_redeem_one_code_exactly_one_wins() -> None:
    text = codes.issue(JUNE, Level.BASIC, "screen", "", by="visitor", now=NOON).text
    outcomes = in_parallel(lambda number: codes.redeem(JUNE, Level.BASIC, text, by="visitor", now=NOON))
    assert kinds(outcomes) == {codes.Redeemed: 1, codes.Used: 29}


def test_thirty_guesses_at_once_are_counted_one_by_one() -> None:
    codes.issue(JUNE, Level.BASIC, "screen", "", by="visitor", now=NOON)
    ActivationCode.objects.update(tries=policy.CODE_FAILURES - 10)
    outcomes = in_parallel(lambda number: codes.redeem(JUNE, Level.BASIC, f"{number:010}", by="visitor", now=NOON))
    assert kinds(outcomes) == {codes.Wrong: 9, codes.Void: 21}


def test_of_thirty_codes_issued_at_once_one_lives() -> None:
    issued = in_parallel(lambda number: codes.issue(JUNE, Level.BASIC, "screen", "", by="visitor", now=NOON))
    won = [codes.redeem(JUNE, Level.BASIC, one.text, by="visitor", now=NOON) for one in issued[:4]]
    assert codes.unspent(JUNE, Level.BASIC).count() <= 1
    assert len({one.text for one in issued}) == 30
    assert kinds(won)[codes.Redeemed] <= 1
