"""A DEERS outage: no one waits long, no one waits twice, and DEERS is asked again when the pause is over."""

import random
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from core import policy
from deers import faults, lookup
from deers.breaker import Breaker
from deers.registry import Match, RegistryUnavailableError, Unavailable
from safeguards.deadline import within_deadline
from tests.deers.registered import TODAY, registered, typed
from tests.parallel import in_parallel

PAUSE = policy.DEERS_PAUSE.total_seconds()


class Clock:
    """A clock that stands still until somebody moves it."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    fail(breaker, policy.DEERS_FAILURES)
    return breaker


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.may_ask()
        breaker.failed()


def test_failures_in_a_row_open_it_and_an_answer_in_between_does_not(clock: Clock) -> None:
    breaker = Breaker(clock)
    fail(breaker, policy.DEERS_FAILURES - 1)
    breaker.succeeded()
    fail(breaker, policy.DEERS_FAILURES)
    assert not breaker.may_ask()


def test_after_the_pause_one_may_probe_and_its_answer_opens_the_way_for_all(opened: Breaker, clock: Clock) -> None:
    clock.now += PAUSE - 1
    assert not opened.may_ask()
    clock.now += 1
    assert [opened.may_ask() for _ in range(3)] == [True, False, False]
    opened.succeeded()
    assert [opened.may_ask() for _ in range(3)] == [True, True, True]


def test_a_probe_that_fails_begins_another_pause(opened: Breaker, clock: Clock) -> None:
    clock.now += PAUSE
    fail(opened, 1)
    clock.now += PAUSE - 1
    assert not opened.may_ask()
    clock.now += 1
    assert opened.may_ask()


def test_a_probe_that_never_comes_back_shuts_nobody_out_for_good(opened: Breaker, clock: Clock) -> None:
    clock.now += PAUSE
    assert opened.may_ask()
    clock.now += PAUSE
    assert opened.may_ask()


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_come_after_the_pause_one_alone_probes(opened: Breaker, clock: Clock) -> None:
    clock.now += PAUSE
    assert sum(in_parallel(lambda _: opened.may_ask())) == 1


@pytest.fixture
def asked(monkeypatch: Any) -> list[str]:
    """Who asked the registry, which fails each time."""
    questions: list[str] = []

    def simulate() -> None:
        questions.append("")
        raise RegistryUnavailableError

    monkeypatch.setattr(faults, "simulate", simulate)
    return questions


@pytest.mark.django_db
def test_while_it_is_open_everybody_is_answered_without_asking(asked: list[str]) -> None:
    query = typed(registered())
    outcomes = {lookup.find_person(query) for _ in range(policy.DEERS_FAILURES + 10)}
    assert outcomes == {Unavailable()}
    assert len(asked) == policy.DEERS_FAILURES
    assert not lookup.answers()
    assert lookup.search("Winters") == []


@pytest.mark.django_db
def test_it_tells_whether_deers_answers(settings: Any) -> None:
    assert lookup.answers()
    settings.DEERS_FAULT = "unavailable"
    assert not lookup.answers()


@pytest.mark.django_db
def test_odd_questions_that_the_database_refuses_shut_nobody_out() -> None:
    ada = registered()

    def refused(*_: object) -> None:
        raise DataError

    with connection.execute_wrapper(refused):
        for _ in range(policy.DEERS_FAILURES * 2):
            assert lookup.person(ada.dod_id) is None
    assert isinstance(lookup.find_person(typed(ada), today=TODAY), Match)


def naps() -> tuple[list[float], Any]:
    taken: list[float] = []
    return taken, taken.append


def test_latency_is_added_to_each_answer_and_never_beyond_the_deadline(settings: Any) -> None:
    taken, sleep = naps()
    faults.simulate(sleep=sleep)
    settings.DEERS_LATENCY_MS = 250
    faults.simulate(sleep=sleep)
    settings.DEERS_LATENCY_MS = 60_000
    with pytest.raises(RegistryUnavailableError):
        faults.simulate(sleep=sleep)
    assert taken == [0.25, settings.DEERS_SECONDS]


def test_a_slow_registry_is_given_up_at_the_deadline(settings: Any) -> None:
    taken, sleep = naps()
    settings.DEERS_FAULT = "slow"
    with pytest.raises(RegistryUnavailableError):
        faults.simulate(sleep=sleep)
    assert taken == [settings.DEERS_SECONDS]


def test_a_flapping_registry_fails_as_often_as_it_is_told_to(settings: Any) -> None:
    settings.DEERS_FAULT, settings.DEERS_FAULT_RATE = "flapping", 0.25
    rng, failures = random.Random(1), 0
    for _ in range(1000):
        try:
            faults.simulate(rng=rng)
        except RegistryUnavailableError:
            failures += 1
    assert 200 < failures < 300


@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_is_given_up_and_the_connection_goes_on() -> None:
    with pytest.raises(OperationalError), within_deadline(0.1), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    with within_deadline(0.1), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_deadline_that_is_over_strikes_no_later_statement() -> None:
    with within_deadline(0.05):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
