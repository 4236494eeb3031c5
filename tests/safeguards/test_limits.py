"""Limits: so many tries in so much time, counted exactly, with nothing personal in the counters."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache, caches
from django.db import OperationalError, connection
from django.test import override_settings
from redis.exceptions import ConnectionError as Unreachable

from core.policy import Limit
from safeguards import limits
from safeguards.cache import PostgresCache
from safeguards.models import AuditEvent
from tests.parallel import in_parallel

THREE = Limit("three-an-hour", 3, timedelta(hours=1))
ONE = Limit("one-a-day", 1, timedelta(days=1))


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of Valkey, or of Redis, that this module has for itself."""
    server = next(filter(None, map(shutil.which, ("valkey-server", "redis-server"))), None)
    if server is None:
        pytest.skip("There is no Valkey on this machine: install redis-server to count in it")
    folder = tmp_path_factory.mktemp("valkey")
    socket = folder / "s"
    command = [server, "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "ready to accept connections" in line.lower())
        yield f"unix://{socket}"
        process.terminate()


@pytest.fixture(params=["PostgreSQL", "Valkey"])
def counters(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each of the two caches that may hold the counters."""
    if request.param == "PostgreSQL":
        yield request.param
        return
    caches = {"default": {"BACKEND": "safeguards.cache.ValkeyCache", "LOCATION": request.getfixturevalue("valkey")}}
    with override_settings(CACHES=caches):
        cache.clear()
        yield request.param


@pytest.mark.django_db
def test_three_tries_are_let_through_and_the_fourth_is_told_how_long_to_wait():
    assert [limits.hit(THREE, "198.51.100.7") for _ in range(3)] == [None, None, None]
    wait = limits.hit(THREE, "198.51.100.7")
    assert wait is not None
    assert timedelta(0) < wait <= timedelta(hours=1)


@pytest.mark.django_db
def test_one_persons_tries_are_not_held_against_another_nor_against_another_limit():
    for _ in range(4):
        limits.hit(THREE, "198.51.100.7")
    assert limits.hit(THREE, "198.51.100.8") is None
    assert limits.hit(ONE, "198.51.100.7") is None


@pytest.mark.django_db
def test_looking_counts_nothing_and_says_what_the_next_try_would_hear(django_assert_num_queries):
    with django_assert_num_queries(5):
        assert [limits.waiting(THREE, "rosa") for _ in range(5)] == [None] * 5
    for _ in range(3):
        assert limits.waiting(THREE, "rosa") is None
        limits.hit(THREE, "rosa")
    assert limits.waiting(THREE, "rosa") is not None


@pytest.mark.django_db
def test_all_limits_before_one_action_are_looked_at_with_one_query(django_assert_num_queries):
    limits.hit(ONE, "rosa")
    with django_assert_num_queries(1):
        assert limits.longest_wait([(THREE, "rosa"), (ONE, "june")]) is None
    wait = limits.longest_wait([(THREE, "rosa"), (ONE, "rosa")])
    assert wait == limits.waiting(ONE, "rosa")


@pytest.mark.django_db
def test_after_a_success_the_count_begins_again():
    for _ in range(4):
        limits.hit(THREE, "rosa")
    limits.clear(THREE, "rosa")
    assert limits.hit(THREE, "rosa") is None


@pytest.mark.django_db
def test_when_the_period_has_passed_one_may_try_again(monkeypatch):
    waits = [limits.hit(THREE, "rosa") for _ in range(4)]
    later = time.time() + (waits[-1] or THREE.period).total_seconds() + 1
    monkeypatch.setattr("time.time", lambda: later)
    assert limits.waiting(THREE, "rosa") is None
    assert limits.hit(THREE, "rosa") is None


@pytest.mark.django_db(transaction=True)
def test_of_thirty_tries_at_once_exactly_three_go_on_and_one_event_is_written():
    waits = in_parallel(lambda number: limits.hit(THREE, "198.51.100.7"))
    assert waits.count(None) == 3
    assert AuditEvent.objects.get().details == {"limit": "three-an-hour"}


@pytest.mark.django_db(transaction=True)
def test_of_thirty_tries_at_once_each_cache_lets_exactly_three_go_on(counters):
    assert in_parallel(lambda number: limits.hit(THREE, "198.51.100.7")).count(None) == 3


@pytest.mark.django_db
def test_a_try_whose_counter_is_cleared_meanwhile_is_the_first_of_a_new_count(counters, monkeypatch):
    limits.hit(ONE, "rosa")
    backend = type(caches["default"])
    begin, moments = backend.add, iter([limits.clear])

    def add_then_somebody_succeeds(*args, **kwargs):
        added = begin(*args, **kwargs)
        for clear in moments:
            clear(ONE, "rosa")
        return added

    monkeypatch.setattr(backend, "add", add_then_somebody_succeeds)
    assert limits.hit(ONE, "rosa") is None
    assert limits.counts([(ONE, "rosa")]) == {(ONE, "rosa"): 1}
    assert limits.hit(ONE, "rosa") is not None


@pytest.mark.django_db(transaction=True)
def test_while_fifteen_clear_a_counter_every_try_of_fifteen_others_is_counted(counters):
    many = Limit("many", 10_000, timedelta(hours=1))

    def try_or_clear(number: int) -> None:
        for _ in range(20):
            (limits.clear if number % 2 else limits.hit)(many, "rosa")

    in_parallel(try_or_clear)
    limits.clear(many, "rosa")
    assert limits.hit(many, "rosa") is None
    assert limits.left(many, "rosa") == many.times - 1


@pytest.mark.django_db
def test_a_counter_that_was_cleared_is_not_begun_again_by_what_is_taken_back(valkey, monkeypatch):
    """Django's own client would leave one behind that has no end."""
    with override_settings(CACHES={"default": {"BACKEND": "safeguards.cache.ValkeyCache", "LOCATION": valkey}}):
        cache.clear()
        monkeypatch.setattr("redis.Redis.exists", lambda *_: 1)  # it was there a moment ago
        limits.take_back(ONE, "rosa")
        assert limits.counts([(ONE, "rosa")]) == {}


@pytest.mark.django_db
def test_a_limit_that_was_reached_is_told_once_in_a_window_on_the_accounts_own_trail():
    for _ in range(6):
        limits.hit(THREE, "rosa", account_id=7)
        limits.waiting(THREE, "rosa", account_id=7)
    event = AuditEvent.objects.get()
    assert (event.event, event.account_id, event.actor_kind) == ("limit.reached", 7, "visitor")


@pytest.mark.django_db
def test_a_try_that_is_only_looked_up_before_it_fails_is_recorded_too():
    for _ in range(3):
        limits.hit(THREE, "rosa")
    assert not AuditEvent.objects.exists()
    limits.waiting(THREE, "rosa")
    assert AuditEvent.objects.get().event == "limit.reached"


@pytest.mark.django_db
def test_a_household_counts_as_one_through_all_its_ipv6_addresses():
    for number in range(3):
        limits.hit(THREE, f"2001:db8:1:2::{number}")
    assert limits.hit(THREE, "2001:db8:1:2:ffff::1") is not None
    assert limits.hit(THREE, "2001:db8:1:3::1") is None


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a:b", "\x00", "é" * 10_000, "\u202etxet", "::1/64"])
def test_any_text_may_be_a_key(key):
    assert limits.hit(THREE, key) is None
    limits.clear(THREE, key)


@pytest.mark.django_db
def test_no_key_stands_in_the_cache_in_clear():
    limits.hit(THREE, "900112222")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(entry::text, '') FROM safeguards_cache entry")
        assert "900112222" not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_use_the_same_thing_at_once_one_is_the_first():
    firsts = in_parallel(lambda number: limits.once("challenge", "abc", within=timedelta(minutes=5)))
    assert sum(firsts) == 1


@pytest.mark.django_db
def test_one_thing_used_twice_is_not_another(monkeypatch):
    minute = timedelta(minutes=1)
    assert [limits.once(*what, within=minute) for what in (("a", "x"), ("a", "y"), ("b", "x"))] == [True] * 3
    assert not limits.once("a", "x", within=minute)

    def unreachable(*args, **kwargs):
        raise Unreachable

    monkeypatch.setattr(PostgresCache, "add", unreachable)
    with pytest.raises(limits.CountersUnavailable):
        limits.once("a", "z", within=minute)


@pytest.mark.django_db
@pytest.mark.parametrize("failure", [Unreachable, OperationalError])
@pytest.mark.parametrize("operation", ["add", "get_many"])
def test_without_the_counters_nobody_guesses_and_nobody_is_told_of_too_many_tries(monkeypatch, operation, failure):
    def unreachable(*args, **kwargs):
        raise failure

    monkeypatch.setattr(PostgresCache, operation, unreachable)
    ask = limits.hit if operation == "add" else limits.waiting
    with pytest.raises(limits.CountersUnavailable, match="Something on our side does not work right now"):
        ask(THREE, "rosa")
    assert not AuditEvent.objects.exists()
