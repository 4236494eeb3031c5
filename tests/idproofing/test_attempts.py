"""How often somebody may try to answer as June: in a row, in a lifetime, and not at all once she has stopped it."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from core import policy
from core.policy import Level
from idproofing import asking, attempts, codes, quiz, stopping
from idproofing.models import ActivationCode, Fact, FailureNotice, Proofing, Question, Quiz
from idproofing.questions import make_fact, same_paper
from idproofing.routes import Route
from safeguards.models import AuditEvent
from tests.idproofing.people import (
    BASIC,
    JUNE,
    NOON,
    PREMIUM,
    answer_all,
    begin,
    facts_of_june,
    fail,
    prove_by_letter,
    remember,
)
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
YEAR = policy.QUIZ_ASKED_AGAIN
HOUR = timedelta(hours=1)


@pytest.fixture
def june() -> None:
    remember(facts_of_june())


def start(now: datetime, strength: policy.Strength = BASIC) -> object:
    return quiz.start(JUNE, strength, by="visitor", now=now)


def fail_whole_row(now: datetime = NOON) -> datetime:
    """Fail as often as may be in a row, at both levels in turn; the time after the last wait comes back."""
    for number in range(policy.QUIZ_IN_A_ROW):
        fail((BASIC, PREMIUM)[number % 2], now=now)
        now += policy.QUIZ_WAIT
    return now


def prove_by_visit(now: datetime) -> None:
    text = codes.issue(
        JUNE, Level.BASIC, "email", "june@example.org", by="visitor", route=Route.IN_PERSON, now=now
    ).text
    assert codes.redeem(JUNE, Level.BASIC, text, by="visitor", now=now) == codes.Redeemed()


def fact_keys(of: object) -> set[bytes]:
    assert isinstance(of, quiz.Started)
    return {bytes(key) for key in of.quiz.questions.values_list("fact_key", flat=True)}


def test_a_stranger_who_fails_three_times_in_a_row_gets_no_fourth_attempt_at_any_level(june: None) -> None:
    later = fail_whole_row() + timedelta(days=90)
    for strength in (BASIC, PREMIUM):
        assert start(later, strength) == quiz.Closed("in-a-row")
    assert Quiz.objects.count() == policy.QUIZ_IN_A_ROW
    assert Proofing.objects.get(level=Level.BASIC).state == Proofing.State.CLOSED
    assert AuditEvent.objects.filter(event="quiz.closed").count() == 1
    assert AuditEvent.objects.filter(event="quiz.refused").count() == 2


def test_a_stranger_who_waits_between_attempts_gets_no_more_of_them_in_a_row(june: None) -> None:
    now = NOON
    for _ in range(policy.QUIZ_IN_A_ROW):
        fail(now=now)
        now += timedelta(days=30)
    assert start(now) == quiz.Closed("in-a-row")


@pytest.mark.parametrize("prove", [lambda now: prove_by_letter(now=now), prove_by_visit], ids=["letter", "visit"])
def test_june_who_came_by_another_route_may_answer_questions_again(june: None, prove) -> None:  # type: ignore[no-untyped-def]
    later = fail_whole_row()
    prove(later)
    assert attempts.standing(JUNE, later) == attempts.Standing(policy.QUIZ_ATTEMPTS, None, "", 0)
    assert not isinstance(start(later), quiz.Closed | quiz.CoolingDown)


def test_a_code_that_questions_led_to_does_not_begin_a_new_row(june: None) -> None:
    """Only another route shows that it is June. Otherwise a code that waits would open what was closed."""
    text = codes.issue(JUNE, Level.BASIC, "screen", "", by="visitor", now=NOON - HOUR).text
    later = fail_whole_row()
    codes.redeem(JUNE, Level.BASIC, text, by="visitor", now=NOON)
    assert start(later) == quiz.Closed("in-a-row")


def test_june_who_passes_begins_a_new_row(june: None) -> None:
    fail()
    passed = begin(now=NOON + HOUR)
    answer_all(passed, now=NOON + HOUR)
    assert quiz.grade(passed.pk, by="visitor", now=NOON + HOUR) == quiz.Passed()
    assert attempts.standing(JUNE, NOON + HOUR) == attempts.Standing(policy.QUIZ_ATTEMPTS, None, "", 0)


def test_after_eight_failures_in_a_lifetime_only_the_other_routes_are_left(june: None) -> None:
    for number in range(policy.QUIZ_FAILURES):
        when = NOON + number * YEAR
        Quiz.objects.create(dod_id=JUNE, level=Level.BASIC, state=Quiz.State.FAILED, started_at=when, ended_at=when)
        if number:
            prove_by_letter(now=when + HOUR)
    later = NOON + 20 * YEAR
    assert start(later) == quiz.Closed("lifetime")
    prove_by_letter(now=later)
    assert start(later) == quiz.Closed("lifetime")


def test_questions_of_a_failed_attempt_come_back_after_a_year_once_and_those_of_a_passed_one_never() -> None:
    remember(three_papers())
    first = start(NOON)
    keys = fact_keys(first)
    assert isinstance(first, quiz.Started)
    quiz.abandon(first.quiz.pk, by="visitor", now=NOON)
    assert start(NOON + YEAR - HOUR) == quiz.ThinFile()
    second = start(NOON + YEAR)
    assert fact_keys(second) == keys
    assert isinstance(second, quiz.Started)
    quiz.abandon(second.quiz.pk, by="visitor", now=NOON + YEAR)
    assert start(NOON + 3 * YEAR) == quiz.ThinFile()


def test_what_june_answered_right_is_never_asked_again() -> None:
    remember(three_papers())
    passed = begin()
    answer_all(passed)
    assert quiz.grade(passed.pk, by="visitor", now=NOON) == quiz.Passed()
    assert start(NOON + 2 * YEAR) == quiz.ThinFile()


def three_papers() -> list[Fact]:
    """Facts on three papers, of kinds that are remembered for years."""
    return [
        make_fact(JUNE, kind, value, year, date(year, 3, 1))
        for kind, value, year in (
            ("card_bank", "North Ridge Bank", 2019),
            ("benefit", "Retired pay", 2020),
            ("student_lender", "Ivy Hill Education Loans", 2021),
        )
    ]


def test_of_a_question_that_comes_back_most_options_are_those_of_the_first_time_and_one_is_new() -> None:
    """With all of them new, a person who kept the first ones would see which one is in both."""
    remember(three_papers())
    common: Counter[int] = Counter()
    for number in range(25):
        Question.objects.all().delete()
        Quiz.objects.all().delete()
        first = begin()
        before = {bytes(asked.fact_key): set(asked.options) for asked in first.questions.all()}
        quiz.abandon(first.pk, by="visitor", now=NOON)
        Proofing.objects.update(attempts=0, attempts_forgotten_at=None)
        FailureNotice.objects.all().delete()
        again = begin(now=NOON + YEAR + number * HOUR)
        common.update(len(before[bytes(asked.fact_key)] & set(asked.options)) for asked in again.questions.all())
        quiz.abandon(again.pk, by="visitor", now=NOON + YEAR + number * HOUR)
    assert set(common) == {4}, "three answers and “none of the above”, whichever of them is right"


def test_a_second_attempt_is_never_about_a_paper_of_the_first(june: None) -> None:
    facts = {asking.fact_key(fact): fact for fact in facts_of_june()}
    first, second = start(NOON), start(NOON)
    assert not any(same_paper(facts[one], facts[other]) for one in fact_keys(first) for other in fact_keys(second))


def test_june_is_told_once_that_a_pair_of_attempts_failed_in_her_name(june: None) -> None:
    fail()
    assert not stopping.due().exists()
    fail(PREMIUM)
    assert stopping.due().get().dod_id == JUNE
    fail(now=NOON + policy.QUIZ_WAIT)
    assert FailureNotice.objects.count() == 1
    prove_by_letter(now=NOON + 2 * policy.QUIZ_WAIT)
    assert FailureNotice.objects.get().lifted_at


def test_a_stop_ends_what_is_under_way_at_both_levels_until_june_comes_by_visit(june: None) -> None:
    fail()
    fail(PREMIUM)
    notice = stopping.due().get()
    later = NOON + policy.QUIZ_WAIT
    under_way = begin(now=later)
    waiting = codes.issue(JUNE, Level.PREMIUM, "screen", "", by="visitor", now=later)
    assert stopping.stop(notice.pk, by="visitor", now=later)
    assert not stopping.stop(notice.pk, by="visitor", now=later)
    under_way.refresh_from_db()
    assert under_way.state == Quiz.State.ABANDONED
    assert codes.redeem(JUNE, Level.PREMIUM, waiting.text, by="visitor", now=later) == codes.Void()
    for strength in (BASIC, PREMIUM):
        assert start(later + timedelta(days=900), strength) == quiz.Closed("stopped")
    prove_by_visit(later)
    assert not isinstance(start(later), quiz.Closed)
    events = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"proofing.stopped", "proofing.reopened", "code.voided"} <= events


def test_the_link_still_stops_a_stranger_who_has_passed_since(june: None) -> None:
    fail()
    fail()
    notice = stopping.due().get()
    later = NOON + policy.QUIZ_WAIT
    passed = begin(now=later)
    answer_all(passed, now=later)
    assert quiz.grade(passed.pk, by="visitor", now=later) == quiz.Passed()
    code = codes.issue(JUNE, Level.BASIC, "screen", "", by="visitor", now=later)
    assert stopping.stop(notice.pk, by="visitor", now=later)
    assert codes.redeem(JUNE, Level.BASIC, code.text, by="visitor", now=later) == codes.Void()
    assert ActivationCode.objects.get().voided_at


def test_after_june_came_by_another_route_the_old_link_stops_nothing(june: None) -> None:
    fail()
    fail()
    notice = stopping.due().get()
    prove_by_letter(now=NOON + HOUR)
    assert not stopping.stop(notice.pk, by="visitor", now=NOON + 2 * HOUR)


@pytest.mark.django_db(transaction=True)
def test_thirty_quizzes_that_fail_at_once_at_both_levels_make_one_notice() -> None:
    remember(facts_of_june())
    live = [begin(BASIC), begin(PREMIUM)]
    in_parallel(lambda number: quiz.abandon(live[number % 2].pk, by="visitor", now=NOON))
    assert FailureNotice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_stops_at_once_one_is_done() -> None:
    remember(facts_of_june())
    fail()
    fail()
    notice = stopping.due().get()
    assert sum(in_parallel(lambda number: stopping.stop(notice.pk, by="visitor", now=NOON))) == 1
    assert AuditEvent.objects.filter(event="proofing.stopped").count() == 1
