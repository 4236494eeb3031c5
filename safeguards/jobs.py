"""Jobs of procrastinate that know which request they come from, and are counted when they end."""

from typing import Any

from django.db import connection as database
from django.db.models import Count, Q
from django.db.models.functions import Now
from procrastinate import App
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg import Error as PsycopgError

from safeguards import heartbeat, metrics
from safeguards.logs import request_id, route

ARGUMENT = "for_request"
"""No task may have an argument of this name."""


def manage_jobs(app: App) -> None:
    """Let jobs be queued, fetched and ended by ours. The setting PROCRASTINATE_ON_APP_READY names this function."""
    app.job_manager = Manager(app.connector)


class Manager(JobManager):
    """Procrastinate's manager of jobs. An argument that no task sees carries the id of the request.

    Whatever a request or a job queues, it queues by Django's connection, so in its own transaction. A worker has
    connections of its own beside that. By one of those, a job would be seen, and would find nothing to do, before what
    it is about was committed: its email was then never sent.
    """

    def __init__(self, connector: Any) -> None:
        super().__init__(connector)
        self.by_django = JobManager(connector)

    async def register_worker(self) -> int:
        """Begin the life of a worker, which tells its figures like every process of ours."""
        metrics.serve()
        return await super().register_worker()

    def batch_defer_jobs(self, jobs: list[Job], connection: Any = None) -> list[Job]:
        """Queue jobs. Raise what Django raises if the database fails, as for any other statement of a request."""
        try:
            return self.by_django.batch_defer_jobs([of_request(job) for job in jobs], connection)
        except ConnectorException as hidden:
            if isinstance(hidden.__cause__, PsycopgError):
                with database.wrap_database_errors:
                    raise hidden.__cause__ from None
            raise

    async def batch_defer_jobs_async(self, jobs: list[Job], connection: Any = None) -> list[Job]:
        return await super().batch_defer_jobs_async([of_request(job) for job in jobs], connection)

    async def fetch_job(self, queues: Any, worker_id: int) -> Job | None:
        """Fetch a job, which runs in a copy of the context that its request is noted in here.

        Jobs that were queued before there was such an argument, or by the calendar, are named by themselves.
        """
        job = await super().fetch_job(queues, worker_id)
        if job:
            request_id.set(str(job.task_kwargs.pop(ARGUMENT, "")) or f"job-{job.id}")
            route.set(job.task_name)
        return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        await super().finish_job(job, status, delete_job)
        metrics.JOBS.labels(job.task_name, status.value).inc()

    async def retry_job(self, job: Job, *given: Any, **how: Any) -> None:
        await super().retry_job(job, *given, **how)
        metrics.JOBS.labels(job.task_name, "to-be-retried").inc()


@metrics.figure("dslogon_worker_age_seconds", "How long ago a worker was heard from, by the database's clock.")
def worker_age() -> float | None:
    """Return the seconds since a worker said that it lives, or None if there is no worker."""
    age = heartbeat.worker_age()
    return None if age is None else age.total_seconds()


@metrics.figure("dslogon_calendar_age_seconds", "How long ago the last job was due that the calendar has queued.")
def calendar_age() -> float | None:
    """Return the seconds since the calendar queued a job, or None if it never did."""
    age = heartbeat.calendar_age()
    return None if age is None else age.total_seconds()


@metrics.figure("dslogon_oldest_job_seconds", "How long the oldest job has waited that could have begun.")
def oldest_job_age() -> float:
    """Return the seconds that the oldest job has waited, 0 if none waits."""
    age = heartbeat.oldest_job_age()
    return 0 if age is None else age.total_seconds()


@metrics.figure("dslogon_jobs_waiting", "Jobs that could begin now.", label="queue")
def count_waiting() -> dict[str, float]:
    """Return how many jobs wait in each queue."""
    due = Q(scheduled_at=None) | Q(scheduled_at__lte=Now())
    rows = ProcrastinateJob.objects.filter(due, status="todo").order_by().values_list("queue_name")
    return dict(rows.annotate(Count("pk")))


def of_request(job: Job) -> Job:
    """Return the job with the id of the request that is served now, if there is one."""
    named = request_id.get()
    return job.evolve(task_kwargs={**job.task_kwargs, ARGUMENT: named}) if named else job
