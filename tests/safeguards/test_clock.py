"""A machine whose clock is wrong seals nothing, deletes nothing and keeps no calendar. The database's clock decides."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import app

from core import policy
from safeguards import clock, seal, tasks, verification, workers
from safeguards.models import AuditEvent, AuditSeal

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)
# They ask the database for its own now(), and nothing else.
ABOUT_JOBS = {"safeguards.tasks.take_up_stalled", "safeguards.tasks.remove_finished"}
OF_THE_DATABASE = {*ABOUT_JOBS, "safeguards.tasks.make_partitions"}
CALENDAR = sorted({name for name, _ in app.periodic_registry.periodic_tasks})


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The clock of this machine is two days ahead."""
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(days=2))
    return monkeypatch


@pytest.mark.parametrize("differs", [timedelta(0), policy.CLOCKS_APART, -policy.CLOCKS_APART])
def test_the_time_is_the_databases_while_the_clocks_agree(monkeypatch, differs):
    monkeypatch.setattr(timezone, "now", lambda: NOON + differs)
    assert clock.agreed(NOON) == NOON


@pytest.mark.parametrize(
    ("differs", "how"),
    [(policy.CLOCKS_APART + A_SECOND, "ahead of the database's by 61"), (timedelta(days=-2), "behind .* by 172,800")],
)
def test_no_time_is_right_while_the_clocks_differ(monkeypatch, differs, how):
    monkeypatch.setattr(timezone, "now", lambda: NOON + differs)
    with pytest.raises(clock.ClocksDifferError, match=how):
        clock.agreed(NOON)


def test_the_database_is_asked_each_time(db):
    first, second = clock.now(), clock.now()
    assert first < second, "within a transaction too"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [name for name in CALENDAR if name not in OF_THE_DATABASE])
def test_a_job_of_the_calendar_does_nothing_on_a_machine_that_is_two_days_ahead(ahead, name):
    with CaptureQueriesContext(connection) as asked, pytest.raises(clock.ClocksDifferError):
        app.tasks[name].func(0)
    writes = ("INSERT", "UPDATE", "DELETE", "COPY", "WITH")
    assert [query["sql"] for query in asked if query["sql"].lstrip().upper().startswith(writes)] == []


def test_the_calendar_is_known(db):
    assert set(CALENDAR) > OF_THE_DATABASE
    assert len(CALENDAR) > 25


@pytest.mark.django_db(transaction=True)
def test_jobs_are_deleted_and_given_back_by_the_time_of_the_database(ahead):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        worker = cursor.fetchone()[0]
        for status in ("succeeded", "doing"):
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id) "
                "VALUES ('mail', 'tests.ahead', %s, %s)",
                [status, worker],
            )
        for task in ABOUT_JOBS:
            async_to_sync(app.tasks[task].func)(0)
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE task_name = 'tests.ahead' ORDER BY id")
        assert cursor.fetchall() == [("succeeded",), ("doing",)]


def happened(at: datetime) -> None:
    AuditEvent.objects.create(event="sign-in.succeeded", at=at, actor_kind="self", account_id=7, details={})


@pytest.mark.django_db(transaction=True)
def test_after_one_run_two_days_ahead_the_audit_trail_can_still_be_proven(ahead):
    real = datetime.now(UTC)
    yesterday = real - timedelta(days=1)
    happened(yesterday)
    happened(real)
    with pytest.raises(clock.ClocksDifferError):
        tasks.seal_audit(timestamp=0)
    assert not AuditSeal.objects.exists()
    ahead.undo()
    seal.seal_days(datetime(real.year, real.month, real.day, 1, tzinfo=UTC))
    assert [one.day for one in AuditSeal.objects.all()] == [yesterday.date()]
    happened(real)
    assert list(verification.findings(real)) == []


def test_nobody_says_that_seals_are_missing_because_a_machine_is_ahead(db, ahead):
    with pytest.raises(CommandError, match="The clock of this machine is ahead"):
        call_command("verify_audit")


class Looked(Exception):
    """The calendar has looked once."""


@pytest.mark.django_db(transaction=True)
def test_the_calendar_goes_by_the_database_and_not_by_the_time_of_the_system(monkeypatch):
    deferred: list[int] = []

    async def defer_jobs(calendar: workers.Calendar, jobs_to_defer: Iterable[tuple[Any, int]]) -> None:
        deferred.extend(timestamp for _, timestamp in jobs_to_defer)

    async def wait(calendar: workers.Calendar, next_tick: float) -> None:
        assert 0 < next_tick <= 60
        raise Looked

    system = time.time
    monkeypatch.setattr(time, "time", lambda: system() + 172_800)
    monkeypatch.setattr(workers.Calendar, "defer_jobs", defer_jobs)
    monkeypatch.setattr(workers.Calendar, "wait", wait)
    with pytest.raises(Looked):
        async_to_sync(workers.Calendar(registry=app.periodic_registry).worker)()
    assert deferred
    assert max(deferred) <= clock_of_the_database().timestamp()


def clock_of_the_database() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(clock.READ)
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_the_calendar_ends_when_the_clocks_differ(ahead):
    with pytest.raises(clock.ClocksDifferError):
        async_to_sync(workers.Calendar(registry=app.periodic_registry).worker)()


@pytest.mark.django_db(transaction=True)
def test_workers_say_why_they_wait(ahead):
    assert workers.find_trouble().startswith("The clock of this machine is ahead")
    ahead.undo()
    assert workers.find_trouble() == ""
