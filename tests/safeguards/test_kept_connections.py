"""A kept connection is checked before it is used again, and the check costs no query. One that is lost says so."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from deers.models import Person
from safeguards.postgres.base import CursorWrapper
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)


def ended_by_the_server(pid: int) -> None:
    """As in a restart, or by an administrator's hand."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def pid() -> int:
    """The server's process that serves this test."""
    connection.ensure_connection()
    return connection.connection.info.backend_pid


def test_a_kept_connection_is_used_again(pid: int) -> None:
    assert connection.is_usable()
    connection.close_if_unusable_or_obsolete()
    assert connection.connection.info.backend_pid == pid


def test_a_connection_that_the_server_has_ended_is_replaced(pid: int) -> None:
    ended_by_the_server(pid)
    assert not connection.is_usable()
    connection.close_if_unusable_or_obsolete()  # as Django does at the beginning of a request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (pid,)


def test_without_a_connection_there_is_nothing_to_use() -> None:
    connection.close()
    assert not connection.is_usable()


@pytest.mark.parametrize("counted", [False, True])
def test_a_copy_that_the_server_ends_midway_fails_as_any_other_statement(pid: int, counted: bool) -> None:
    with CaptureQueriesContext(connection) if counted else nullcontext(), pytest.raises(OperationalError):
        lose_the_server_in_a_copy(pid)
    assert not connection.is_usable()


def lose_the_server_in_a_copy(pid: int) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY deers_person FROM STDIN") as copying:
        copying.write("1")
        ended_by_the_server(pid)


class CutOff:
    """A cursor that ends as psycopg's does where the pool adds a word of its own to the server's last one."""

    @contextmanager
    def copy(self, statement: str, params: object) -> Iterator[None]:
        yield
        raise ValueError("too many values to unpack (expected 1)")

    def close(self) -> None:
        raise psycopg.InternalError("received 2 results from command CLOSE")


def test_two_answers_to_a_copy_that_was_cut_off_are_a_lost_connection_too(pid: int) -> None:
    ended_by_the_server(pid)
    with pytest.raises(psycopg.OperationalError):
        connection.connection.execute("SELECT")
    with pytest.raises(OperationalError), CursorWrapper(CutOff(), connection).copy("COPY deers_person FROM STDIN"):
        pass


def test_rows_that_the_server_cannot_finish_fail_as_any_other_statement(pid: int) -> None:
    rows = people_one_by_one()
    next(rows)
    ended_by_the_server(pid)
    with pytest.raises(OperationalError):
        list(rows)


def test_a_cursor_of_a_lost_connection_is_closed_without_a_word(pid: int) -> None:
    ended_by_the_server(pid)
    with pytest.raises(psycopg.OperationalError):
        connection.connection.execute("SELECT")
    CursorWrapper(CutOff(), connection).close()
    with pytest.raises(OperationalError):
        Person.objects.count()


def test_a_cursor_of_a_living_connection_that_cannot_be_closed_says_so(pid: int) -> None:
    with pytest.raises(psycopg.InternalError):
        CursorWrapper(CutOff(), connection).close()


def people_one_by_one() -> Generator[Any, None, None]:
    """As somebody reads them who cannot hold all of them."""
    for key in ("walter", "rosa", "priya"):
        people.load(key)
    return cast("Generator[Any, None, None]", iter(Person.objects.iterator(chunk_size=1)))


def test_a_mistake_of_our_own_in_a_copy_stays_what_it_is(pid: int) -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(ValueError, match="mistake"),
        cursor.copy("COPY deers_person FROM STDIN"),
    ):
        raise ValueError("mistake")
    assert connection.is_usable()


def test_a_copy_counts_as_one_statement() -> None:
    with (
        CaptureQueriesContext(connection) as queries,
        connection.cursor() as cursor,
        cursor.copy("COPY (SELECT %s) TO STDOUT", ["Ruth"]) as copying,
    ):
        assert list(copying.rows()) == [("Ruth",)]
    assert len(queries) == 1
