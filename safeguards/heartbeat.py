"""Whether workers live and keep up, by the clock of the database. Probes of the site and of the worker ask this."""

from datetime import timedelta

from django.db import connection

# A worker that ends well takes its row along.
SEEN = "SELECT now() - max(last_heartbeat) FROM procrastinate_workers"
# Some jobs of the calendar are queued each minute.
QUEUED = "SELECT now() - to_timestamp(max(defer_timestamp)) FROM procrastinate_periodic_defers"
# A job that is tried again at a time waits since then. The others are taken in the order of their ids, and the first of
# them waits since it was queued last.
WAITS = """
    SELECT now() - least(
        (SELECT min(scheduled_at) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at <= now()),
        (
            SELECT max(at) FROM procrastinate_events WHERE type IN ('deferred', 'deferred_for_retry', 'retried')
            AND job_id = (SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL)
        )
    )
"""


def worker_age() -> timedelta | None:
    """Return how long ago the liveliest worker was heard from, or None if there is no worker."""
    return age(SEEN)


def calendar_age() -> timedelta | None:
    """Return how long ago a job of the calendar was due that was queued, or None if none ever was.

    It is hardly more than a minute while the worker of housekeeping is at work.
    """
    return age(QUEUED)


def oldest_job_age() -> timedelta | None:
    """Return for how long the oldest job waits that could run now, or None if no job waits."""
    return age(WAITS)


def age(statement: str) -> timedelta | None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
