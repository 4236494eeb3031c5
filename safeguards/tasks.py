"""Jobs for the worker: seal the audit trail and make its partitions, run again what was left, delete what is done."""

from datetime import timedelta

from procrastinate.contrib.django import app

from core import policy
from safeguards import partitions, seal, workers
from safeguards.retry import PATIENTLY


@app.periodic(cron="20 * * * *")
@app.task(queue="housekeeping")
def seal_audit(timestamp: int) -> None:
    """Seal the day before soon after midnight UTC.

    The job runs every hour, so that a worker that was away catches up.
    """
    seal.seal_due()


@app.periodic(cron="35 * * * *")
@app.task(queue="housekeeping", retry=PATIENTLY)
def make_partitions(timestamp: int) -> None:
    """Make the next partitions of the audit trail.

    There is something to do once a year, and then there is a year for it.
    """
    partitions.make_ahead()


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", priority=1)
async def take_up_stalled(timestamp: int) -> None:
    """Let the jobs of killed workers be done by those that live."""
    await workers.give_back_stalled()


@app.periodic(cron="25 * * * *")
@app.task(queue="housekeeping")
async def remove_finished(timestamp: int) -> None:
    """Delete the jobs that are done, with their arguments.

    Failed ones stay longer, so that somebody can look at them.
    """
    hour = timedelta(hours=1)
    await app.job_manager.delete_old_jobs(policy.JOBS_KEPT // hour)
    await app.job_manager.delete_old_jobs(policy.FAILED_JOBS_KEPT // hour, include_failed=True)
