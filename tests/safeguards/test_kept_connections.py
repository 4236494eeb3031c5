"""A kept connection is checked before it is used again, and the check costs no query."""

import psycopg
import pytest
from django.db import connection

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
