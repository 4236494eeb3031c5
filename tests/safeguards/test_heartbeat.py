"""People who watch the site ask when a worker was heard from last, and for how long the oldest job waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection

from core import policy
from safeguards.heartbeat import calendar_age, oldest_job_age, worker_age
from safeguards.management.commands.procrastinate import require_heartbeat

# Within one transaction the database's now() stands still, so ages are exact.
pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture(autouse=True)
def no_jobs(db: None) -> None:
    sql("DELETE FROM procrastinate_workers")
    sql("DELETE FROM procrastinate_jobs")


def heard_from(ago: timedelta) -> None:
    sql("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s)", ago)


def queued(ago: timedelta, *, due: timedelta | None = None, status: str = "todo") -> None:
    """A job that was queued some time ago, for a time that is past (or to come, if `due` is less than nothing)."""
    sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) "
        "VALUES ('mail', 'tests.job', 'todo', now() - %s::interval)",
        due,
    )
    latest = "(SELECT max(id) FROM procrastinate_jobs)"
    sql(f"UPDATE procrastinate_events SET at = now() - %s WHERE job_id = {latest} AND type = 'deferred'", ago)  # noqa: S608
    sql(f"UPDATE procrastinate_jobs SET status = %s WHERE id = {latest}", status)  # noqa: S608


def test_without_workers_and_jobs_nothing_has_an_age():
    assert (worker_age(), oldest_job_age()) == (None, None)


def test_the_liveliest_worker_counts():
    for ago in (9 * MINUTE, 2 * MINUTE, 5 * MINUTE):
        heard_from(ago)
    assert worker_age() == 2 * MINUTE


def test_the_calendar_is_as_old_as_the_last_job_that_was_queued_for_its_time():
    sql("DELETE FROM procrastinate_periodic_defers")
    assert calendar_age() is None
    for ago in (1, 61, 3600):
        sql(
            "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp) "
            "VALUES ('tests.job', floor(extract(epoch FROM now())) - %s)",
            ago,
        )
    age = calendar_age()
    assert age
    assert age // timedelta(seconds=1) == 1


def test_the_oldest_job_counts_that_could_run():
    queued(7 * MINUTE)
    queued(3 * MINUTE)
    assert oldest_job_age() == 7 * MINUTE


def test_a_job_that_is_tried_again_waits_since_its_time_has_come():
    queued(60 * MINUTE, due=4 * MINUTE)
    assert oldest_job_age() == 4 * MINUTE
    queued(90 * MINUTE, due=-5 * MINUTE)
    assert oldest_job_age() == 4 * MINUTE


@pytest.mark.parametrize("status", ["doing", "succeeded", "failed"])
def test_a_job_that_was_begun_does_not_wait(status):
    queued(60 * MINUTE, status=status)
    assert oldest_job_age() is None


def test_the_healthcheck_fails_without_a_worker_that_lives():
    with pytest.raises(CommandError, match="No worker is at work"):
        require_heartbeat()
    heard_from(policy.WORKER_SILENT + timedelta(seconds=1))
    with pytest.raises(CommandError, match="No worker is at work"):
        require_heartbeat()
    heard_from(policy.WORKER_SILENT)
    require_heartbeat()
