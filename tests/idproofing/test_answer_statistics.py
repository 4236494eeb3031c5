"""The statistics of answers: by kind and day, over all people, once for each quiz, no matter how it ends."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from core.policy import Level
from idproofing import answer_statistics, codes, quiz
from idproofing.models import ActivationCode, AnswerTally
from safeguards.models import AuditEvent
from tests.idproofing.people import BASIC, JUNE, NOON, answer_all, begin, facts_of_june, remember, right_choice
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture
def june() -> None:
    remember(facts_of_june())


def counted() -> tuple[int, int]:
    """Answers and right ones, of all kinds and days."""
    sums = AnswerTally.objects.aggregate(answered=Sum("answered", default=0), correct=Sum("correct", default=0))
    return sums["answered"], sums["correct"]


def test_a_quiz_is_counted_when_it_is_graded_and_not_again(june: None) -> None:
    taken = begin()
    answer_all(taken, wrong=1)
    assert counted() == (0, 0)
    for _ in range(2):
        quiz.grade(taken.pk, by="visitor", now=NOON)
    assert counted() == (BASIC.questions, BASIC.questions - 1)


def test_what_was_answered_before_somebody_left_counts_too(june: None) -> None:
    left = begin()
    first = quiz.question(left, now=NOON)
    assert first
    quiz.answer(left.pk, 0, right_choice(first), by="visitor", now=NOON)
    quiz.abandon(left.pk, by="visitor", now=NOON)
    assert counted() == (1, 1)


def test_a_quiz_without_answers_leaves_no_count(june: None) -> None:
    quiz.abandon(begin().pk, by="visitor", now=NOON)
    assert not AnswerTally.objects.exists()


def test_a_count_knows_its_kind_and_day_and_no_person(june: None) -> None:
    taken = begin()
    answer_all(taken)
    quiz.grade(taken.pk, by="visitor", now=NOON)
    assert {tally.kind for tally in AnswerTally.objects.all()} == {asked.kind for asked in taken.questions.all()}
    assert {tally.day for tally in AnswerTally.objects.all()} == {NOON.date()}
    names = {field.name for field in AnswerTally._meta.get_fields()}
    assert names == {"id", "day", "kind", "answered", "correct"}


@pytest.mark.django_db(transaction=True)
def test_a_quiz_graded_thirty_times_at_once_is_counted_once_and_thirty_quizzes_thirty_times(june: None) -> None:
    taken = begin()
    answer_all(taken)
    in_parallel(lambda _: quiz.grade(taken.pk, by="visitor", now=NOON))
    assert counted() == (BASIC.questions, BASIC.questions)
    in_parallel(lambda _: answer_statistics.count_answer(taken, NOON))
    assert counted() == (31 * BASIC.questions, 31 * BASIC.questions)


def test_a_code_remembers_the_way_to_it_and_when_the_journey_began() -> None:
    begun_at = NOON - timedelta(minutes=12)
    issued = codes.issue(JUNE, Level.BASIC, "letter", "", by="visitor", begun_at=begun_at, now=NOON)
    code = ActivationCode.objects.get()
    assert (code.route, code.begun_at) == ("letter", begun_at)
    assert codes.route_proven(JUNE, Level.BASIC) == ""
    codes.redeem(JUNE, Level.BASIC, issued.text, by="visitor", now=NOON + timedelta(days=2))
    assert codes.route_proven(JUNE, Level.BASIC) == "letter"
    assert AuditEvent.objects.get(event="code.redeemed").details["route"] == "letter"


@pytest.mark.parametrize("index", ["code_time_to_issue", "code_time_to_use", "audit_counted"])
def test_the_figures_have_their_indexes(index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [index])
        assert cursor.fetchone() == (True,)
