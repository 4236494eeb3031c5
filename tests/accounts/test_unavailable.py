"""When the database does not answer, nobody meets "500", and what a person typed goes back to them."""

import re
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.test import Client, RequestFactory
from psycopg.errors import InFailedSqlTransaction
from redis.exceptions import ConnectionError as CacheGone

from accounts.mail.shared_mailboxes import look_at_mailbox
from accounts.sign_in import unavailable
from tests.walk import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = {"name": "Rosa <Lopez>", "topic": "other", "message": "My code\ndoes not come."}


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def failing(failure: Exception) -> Any:
    """A site whose next question to the help center's search fails."""
    return mock.patch("support.search.words_of", side_effect=failure)


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("the connection is lost while looking for Lopez"),
        InterfaceError("the connection is closed"),
        CacheGone("gone"),
    ],
)
def test_a_page_that_meets_a_silent_database_asks_to_come_again(visitor: Client, failure: Exception) -> None:
    with failing(failure):
        answer = visitor.get("/support/", {"q": "code"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert answer["Cache-Control"] == "no-store"
    assert "Please try again in a moment" in page
    assert "Lopez" not in page


def test_a_page_whose_statement_never_ends_is_answered_at_the_deadline(visitor: Client, settings: Any) -> None:
    def sleeping(text: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(600)")
        return []

    settings.REQUEST_SECONDS = 0.2
    with mock.patch("support.search.words_of", side_effect=sleeping):
        assert visitor.get("/support/", {"q": "code"}).status_code == 503
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_job_that_could_not_be_queued_is_a_database_that_does_not_answer(visitor: Client) -> None:
    def queue(text: str) -> list[str]:
        with mock.patch("psycopg.Cursor.execute", side_effect=psycopg.OperationalError("gone")):
            look_at_mailbox.defer(account_id=1)
        return []

    with mock.patch("support.search.words_of", side_effect=queue):
        assert visitor.get("/support/", {"q": "code"}).status_code == 503


def test_a_fault_of_our_own_is_no_silent_database(visitor: Client) -> None:
    with failing(ZeroDivisionError()):
        assert visitor.get("/support/", {"q": "code"}).status_code == 500


def test_a_database_that_another_has_replaced_counts_as_one_that_does_not_answer(visitor: Client) -> None:
    stale = InternalError("cannot execute INSERT in a read-only transaction")
    stale.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    with failing(stale):
        assert visitor.get("/support/", {"q": "code"}).status_code == 503


def test_what_was_typed_goes_back_to_its_sender_and_to_nobody_else(visitor: Client) -> None:
    with mock.patch("accounts.sign_in.consent.given", side_effect=OperationalError("gone")):
        answer = visitor.post("/sign-in/", MESSAGE | {"username": "rosa.lopez", "password": PASSWORD})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert 'name="username" value="rosa.lopez"' in page
    assert 'value="Rosa &lt;Lopez&gt;"' in page
    assert re.search(r'<input type="hidden" name="message" value="My code\s+does not come."', page)
    assert PASSWORD not in page
    assert '<label class="usa-label" for="again-1">Password</label>' in page


def silent() -> Any:
    """A database of which no statement comes back."""
    return mock.patch("django.db.backends.utils.CursorWrapper.execute", side_effect=OperationalError("gone"))


def test_even_the_first_look_for_a_session_may_fail(visitor: Client) -> None:
    visitor.cookies["session"] = "x" * 32
    visitor.cookies["sessionid"] = "x" * 32
    with silent():
        for path in ("/", "/sign-in/", "/portal/", "/admin/", "/support/", "/register/"):
            assert visitor.get(path).status_code in (200, 302, 503), path


def test_a_script_is_told_in_its_own_language(visitor: Client) -> None:
    with failing(OperationalError()):
        answer = visitor.get("/support/", {"q": "code"}, headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert "does not answer right now" in answer.json()["problem"]


def test_a_form_that_cannot_be_read_is_not_shown_again() -> None:
    flood = {f"field-{number}": "x" for number in range(300)}
    assert unavailable.typed_in(RequestFactory().post("/sign-in/", flood)) == ([], [], False)


@pytest.mark.parametrize(
    ("cause", "away"),
    [
        (psycopg.InternalError("received 2 results from command 'COMMIT'"), True),  # the end cut an answer off
        (psycopg.errors.InternalError_("could not extend file"), True),
        (psycopg.errors.DataCorrupted("invalid page"), True),
        (InFailedSqlTransaction("ended"), False),
    ],
)
def test_a_failure_of_the_database_itself_is_no_fault_of_ours(cause: Exception, away: bool) -> None:
    failure = InternalError()
    failure.__cause__ = cause
    assert unavailable.does_not_answer(failure) is away
