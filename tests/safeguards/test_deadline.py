"""A person who waits for a database that hangs gets an answer in time."""

import socket
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from safeguards import deadline
from safeguards.deadline import end_statement, within_deadline
from safeguards.postgres import limit_statements

pytestmark = pytest.mark.django_db(transaction=True)


class Hanging:
    """A connection whose server takes no cancellation, as one that was stopped in mid-air."""

    closed = False

    def __init__(self, line: socket.socket) -> None:
        self.line, self.tried = line, 0

    def fileno(self) -> int:
        return self.line.fileno()

    def cancel_safe(self, *, timeout: float) -> None:
        self.tried += 1
        raise psycopg.errors.CancellationTimeout("no answer")


def test_a_server_that_takes_no_cancellation_is_hung_up_on() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        assert end_statement(SimpleNamespace(connection=Hanging(ours)), hangs=False)  # type: ignore[arg-type]
        assert ours.recv(1) == b""
        assert theirs.recv(1) == b""


def test_only_the_first_of_many_waits_to_see_that_the_server_hangs() -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    waiting = [Hanging(ours) for ours, _ in pairs]
    hangs = False
    for one in waiting:
        hangs = end_statement(SimpleNamespace(connection=one), hangs=hangs)  # type: ignore[arg-type]
    assert [one.tried for one in waiting] == [1, 0, 0]
    for pair in pairs:
        for line in pair:
            line.close()


def test_the_shorter_of_two_deadlines_ends_a_statement_within_both() -> None:
    with within_deadline(30), pytest.raises(OperationalError), within_deadline(0.1), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    assert not deadline._asking


def test_a_statement_of_the_web_server_has_a_limit_and_so_has_a_lock(settings: Any) -> None:
    before = dict(connection.settings_dict["TIME_LIMITS"])
    connection.close()
    try:
        settings.DB_STATEMENT_SECONDS = 7.5
        limit_statements()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, setting::int FROM pg_settings WHERE name IN "
                "('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')"
            )
            kept = dict(cursor.fetchall())
    finally:
        connection.settings_dict["TIME_LIMITS"] = before
        settings.DATABASES["default"]["TIME_LIMITS"] = before
        connection.close()
    assert kept == {"statement_timeout": 7500, "lock_timeout": 5000, "idle_in_transaction_session_timeout": 30000}
