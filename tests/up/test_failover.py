"""A primary and a standby: a process follows them without a restart, and pages are read from what follows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, Error, InternalError, close_old_connections, connection, connections
from django.test import RequestFactory
from pytest_django.plugin import DjangoDbBlocker

from core import policy
from dslogon.settings import environment
from safeguards import standby
from safeguards.postgres.base import DatabaseWrapper
from tests.up import pair as pairs
from tests.up.pair import Pair, on

PATIENCE = 30


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with pairs.running(tmp_path) as both:
        on(both.primary, "CREATE TABLE readings AS SELECT 120 AS number")
        yield both


@pytest.fixture
def site(pair: Pair, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """This process with the addresses of both servers in its settings."""
    usual = connections[DEFAULT_DB_ALIAS]
    monkeypatch.setenv("DATABASE_URL", pair.url("read-write"))
    monkeypatch.setenv("STANDBY_DATABASE_URL", pair.url("standby"))
    shared = usual.settings_dict | {"HOST": "", "PORT": "", "OPTIONS": {}}
    wanted = {
        DEFAULT_DB_ALIAS: shared | environment.database("DATABASE_URL"),
        standby.ALIAS: shared | environment.database("STANDBY_DATABASE_URL") | {"READ_ONLY": True},
    }
    monkeypatch.setitem(connections.settings, standby.ALIAS, wanted[standby.ALIAS])
    with django_db_blocker.unblock():
        for alias, settings in wanted.items():
            connections[alias] = DatabaseWrapper(settings, alias)
        standby._primary_was_at.clear()
        yield
        connections.close_all()
    connections[DEFAULT_DB_ALIAS] = usual
    del connections[standby.ALIAS]
    standby.reached = standby.NOWHERE


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def write(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO readings VALUES (%s)", [number])


@standby.may_be_read_from_standby
def newest() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM readings")
        return cursor.fetchone()[0]


def shown(request: Any = None) -> tuple[int, str]:
    """What a page shows, and where it was read."""
    before = {place: standby.PAGES.labels(place)._value.get() for place in PLACES}
    number = standby.read(request or RequestFactory().get("/"), newest)
    (where,) = [place for place in PLACES if standby.PAGES.labels(place)._value.get() > before[place]]
    return number, where


PLACES = (standby.READ, standby.OWN, standby.BEHIND, standby.AWAY, standby.FAILED)


def written_by_this_browser() -> Any:
    """A request of a browser that has written what was written last."""
    request = RequestFactory().get("/")
    request.COOKIES[standby.COOKIE] = standby.sealed_position(standby.position_now())
    return request


def serves() -> bool:
    """Whether the next request can write. It begins as each does."""
    close_old_connections()
    try:
        write(200)
    except Error:
        return False
    return True


@pytest.mark.usefixtures("site")
def test_a_process_follows_to_the_server_that_took_the_place_of_the_dead_one(pair: Pair) -> None:
    write(121)
    caught_up(pair)
    pair.promote()
    until(serves)
    assert newest() == 200
    assert on(pair.standby, "SELECT max(number) FROM readings") == (200,)


def caught_up(pair: Pair) -> None:
    position = on(pair.primary, "SELECT pg_current_wal_insert_lsn()")
    assert position
    until(lambda: on(pair.standby, f"SELECT pg_last_wal_replay_lsn() >= '{position[0]}'") == (True,))


@pytest.mark.usefixtures("site")
def test_a_connection_to_a_server_that_may_only_be_read_is_left_after_one_refusal(pair: Pair) -> None:
    """As where a pool led to the standby, or the old primary came back as one."""
    caught_up(pair)
    connection.close()
    usual = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = usual | {"target_session_attrs": "standby"}
    with pytest.raises(InternalError, match="read-only"):
        write(122)
    connection.settings_dict["OPTIONS"] = usual
    assert serves()
    assert on(pair.primary, "SELECT max(number) FROM readings") == (200,)


@pytest.mark.usefixtures("site")
def test_pages_are_read_from_a_standby_that_follows_and_from_the_primary_if_it_stops(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown() == (120, standby.AWAY)  # nobody has looked yet
    caught_up(pair)
    standby.look()
    assert shown() == (120, standby.READ)

    on(pair.standby, "SELECT pg_wal_replay_pause()")
    write(123)
    assert shown(written_by_this_browser()) == (123, standby.OWN)
    assert shown() == (120, standby.READ)
    standby.look()
    assert shown() == (120, standby.READ)  # by somebody else, and for a short time only
    with monkeypatch.context() as patch:
        patch.setattr(policy, "STANDBY_BEHIND", -policy.STANDBY_BEHIND)  # as if all that time had passed
        assert shown() == (123, standby.BEHIND)

    on(pair.standby, "SELECT pg_wal_replay_resume()")
    caught_up(pair)
    assert shown(written_by_this_browser()) == (123, standby.READ)


@pytest.mark.usefixtures("site")
def test_a_standby_that_was_promoted_is_read_no_more_and_holds_no_connection(pair: Pair) -> None:
    caught_up(pair)
    standby.look()
    assert shown() == (120, standby.READ)
    pair.promote()
    until(serves)
    standby.look()
    assert shown() == (200, standby.AWAY)


@pytest.mark.usefixtures("site")
def test_the_standby_of_another_database_is_never_read(pair: Pair, tmp_path: Path) -> None:
    with pairs.running(tmp_path / "other") as other:
        theirs = environment.database("STANDBY_DATABASE_URL") | {"HOST": str(pairs.socket_of(other.standby))}
        connections[standby.ALIAS].settings_dict.update(theirs)
        standby.look()
        assert standby.reached is standby.NOWHERE
        assert shown() == (120, standby.AWAY)
