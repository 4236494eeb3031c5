"""The audit trail: who did what, to whom, from where. It is never changed and holds no personal data."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from safeguards.audit import for_account, record
from safeguards.cipher import blind_index
from safeguards.events import AT_THE_DESK, EVENTS
from safeguards.middleware import RequestContextMiddleware, current_request
from safeguards.models import AuditEvent

pytestmark = pytest.mark.django_db

ROSA = SimpleNamespace(pk=7, is_staff=False)
AGENT = SimpleNamespace(pk=8, is_staff=True)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def test_what_somebody_does_stands_on_their_own_trail_newest_first():
    record("sign-in.succeeded", by=ROSA)
    record("sign-out.done", by=ROSA, account_id=7)
    record("sign-in.succeeded", by=SimpleNamespace(pk=9))
    assert [event.event for event in for_account(7)] == ["sign-out.done", "sign-in.succeeded"]
    assert {event.actor_kind for event in for_account(7)} == {"self"}


def test_one_persons_trail_is_read_with_one_query(django_assert_num_queries):
    record("sign-in.succeeded", by=ROSA)
    with django_assert_num_queries(1):
        assert [event.sentence for event in for_account(7)] == ["You signed in."]


@pytest.mark.parametrize(
    ("by", "kind", "actor_id"),
    [
        (ROSA, "self", 7),
        (AGENT, "staff", 8),
        (SimpleNamespace(pk=9, is_staff=False), "person", 9),
        (AnonymousUser(), "visitor", None),
        ("visitor", "visitor", None),
        ("system", "system", None),
        ("mock", "mock", None),
    ],
)
def test_the_trail_tells_who_it_was(by, kind, actor_id):
    event = record("account.locked", by=by, account_id=7)
    assert (event.actor_kind, event.actor_id, event.account_id) == (kind, actor_id, 7)


def test_staff_are_themselves_on_their_own_account():
    assert record("sign-in.succeeded", by=AGENT, account_id=8).actor_kind == "self"


@pytest.mark.parametrize("event", [event for event in EVENTS if event.startswith(AT_THE_DESK)])
def test_what_staff_do_at_the_desk_they_do_as_staff_and_never_as_the_person(event):
    """Be it about a beneficiary, about nobody, or about the account of the staff member who does it."""
    for account_id in (7, None, 8):
        recorded = record(event, by=AGENT, account_id=account_id)
        told = (recorded.get_actor_kind_display(), recorded.actor_id, recorded.account_id)
        assert told == ("a member of our staff", 8, account_id)


def test_a_holder_who_writes_to_the_service_center_is_the_person():
    assert record("support.contacted", by=ROSA, account_id=7).get_actor_kind_display() == "the person"


def test_an_event_that_is_not_in_the_table_is_a_mistake():
    with pytest.raises(ValueError, match=r"safeguards/events\.py"):
        record("made.up", by="system")


@pytest.mark.parametrize("by", ["self", "staff", "rosa"])
def test_a_name_is_not_an_actor(by):
    with pytest.raises(ValueError, match="takes an account"):
        record("account.locked", by=by)


def test_the_database_keeps_the_time_and_a_blind_index_of_the_person():
    event = record("registration.matched", by="visitor", dod_id="1234567890")
    event.refresh_from_db()
    assert event.at is not None
    assert event.person_index == blind_index("1234567890", purpose="audit-person")


@pytest.mark.parametrize(
    "detail", [3, 0, -1, True, "on-screen", "level.2", "a" * 40, str(uuid.UUID(int=2**127)), "c0de0000-0000"]
)
def test_small_numbers_and_slugs_are_details(detail):
    assert record("code.issued", by="system", detail=detail).details == {"detail": detail}


@pytest.mark.parametrize(
    "detail",
    [
        "Rosa", "rosa@example.org", "two words", "", "a" * 41, "900-11-2222", "900112222", "1234567890", "1948-02-29",
        "02.29.1948", 900112222, 1234567890, 19480229, 1.5, None, ["a"], "ü", "a\n", "١٢٣",
    ],
)  # fmt: skip
def test_what_could_be_personal_is_refused_and_not_repeated(detail):
    with pytest.raises(ValueError, match="no personal data") as raised:
        record("code.issued", by="system", what=detail)
    assert not detail or str(detail) not in str(raised.value)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE safeguards_auditevent SET event = 'x'",
        "DELETE FROM safeguards_auditevent",
        "DELETE FROM safeguards_auditevent WHERE false",
        "INSERT INTO safeguards_auditevent SELECT * FROM safeguards_auditevent "
        "ON CONFLICT (id, at) DO UPDATE SET event = 'x'",
    ],
)
def test_the_trail_can_be_neither_changed_nor_cut(statement):
    record("sign-in.succeeded", by=ROSA)
    with pytest.raises(DatabaseError, match="changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.get().event == "sign-in.succeeded"


def test_neither_does_the_model_change_it():
    event = record("sign-in.succeeded", by=ROSA)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        event.save()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        event.delete()


def test_an_event_goes_with_the_transaction_that_it_tells_of():
    with transaction.atomic():
        record("account.opened", by="system", account_id=7)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def visit(view: Callable[[HttpRequest], HttpResponse], agent: str = "") -> None:
    """One request through the middlewares that the trail depends on."""
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.7", headers={"User-Agent": agent})
    with_session = cast(Callable[[HttpRequest], HttpResponse], SessionMiddleware(view))
    RequestContextMiddleware(with_session)(request)


def test_an_event_knows_the_address_the_device_and_the_session_it_came_from():
    keys: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        request.session.create()
        keys.append(request.session.session_key or "")
        record("sign-in.succeeded", by=ROSA)
        return HttpResponse()

    visit(view, CHROME)
    event = AuditEvent.objects.get()
    assert (event.address, event.device) == ("198.51.100.7", "Chrome on Windows")
    assert event.session == blind_index(keys[0], purpose="audit-session").hex()[:16]
    assert keys[0] not in event.session


def test_a_visitor_without_a_session_gets_none_by_being_recorded():
    def view(request: HttpRequest) -> HttpResponse:
        record("registration.started", by="visitor")
        assert not request.session.modified
        return HttpResponse()

    visit(view)
    event = AuditEvent.objects.get()
    assert (event.session, event.device) == ("", "")


def test_outside_of_a_request_an_event_comes_from_nowhere():
    event = record("registration.draft-purged", by="system")
    assert (event.address, event.device, event.session) == (None, "", "")


def test_a_request_is_forgotten_when_it_ends_also_by_an_error():
    def broken(request: HttpRequest) -> HttpResponse:
        assert current_request.get() is request
        raise RuntimeError

    with pytest.raises(RuntimeError):
        RequestContextMiddleware(broken)(RequestFactory().get("/"))
    assert current_request.get() is None


def test_knowing_the_request_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        visit(lambda request: HttpResponse())


def test_recording_costs_one_query(django_assert_num_queries):
    def view(request: HttpRequest) -> HttpResponse:
        with django_assert_num_queries(1):
            record("sign-in.failed", by="visitor", account_id=7, dod_id="1234567890", tries=2)
        return HttpResponse()

    visit(view, CHROME)
