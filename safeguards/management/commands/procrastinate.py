"""Procrastinate's own command, with workers that outlive trouble and healthchecks that notice when no worker lives."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import connection
from procrastinate.contrib.django.management.commands import procrastinate

from core import policy
from safeguards import workers
from safeguards.heartbeat import worker_age
from safeguards.probe import require_fitting_keys

# Of procrastinate's options of a worker, those that are passed on. The rest is ours.
PASSED_ON = (
    "name",
    "fetch_job_polling_interval",
    "abort_job_polling_interval",
    "shutdown_graceful_timeout",
    "listen_notify",
    "delete_jobs",
)


class Command(procrastinate.Command):
    help = "Run procrastinate's commands. `worker` starts a process for each queue, or for those of --queues."

    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] == "worker":
            self.work(options)
            return
        super().handle(*args, **options)
        if options["command"] == "healthchecks":
            require_heartbeat()

    def work(self, options: dict[str, Any]) -> None:
        """Start the workers. None is started if the keys do not fit the database."""
        if "concurrency" in options:
            raise CommandError("How many jobs run at once differs by queue: set JOBS_AT_ONCE (docs/jobs.md).")
        queues = options.get("queues")
        if unknown := set(queues or ()) - policy.QUEUES.keys():
            raise CommandError(f"There is no queue {min(unknown)}. The queues are {', '.join(policy.QUEUES)}.")
        given = {name: options[name] for name in PASSED_ON if name in options}
        try:
            if options.get("wait", True):
                workers.keep_working(queues or list(policy.QUEUES), given)
                return
            require_fitting_keys()
            connection.close()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        if not workers.work_once(queues, given):
            os._exit(1)  # a job that does not end holds its thread


def require_heartbeat() -> None:
    """Raise CommandError if no worker was heard from for too long."""
    age = worker_age()
    if age is None or age > policy.WORKER_SILENT:
        raise CommandError("No worker is at work.")
