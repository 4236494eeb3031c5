"""Jobs for the worker: seal the audit trail, run again what a killed worker left, and delete what is done."""

from datetime import timedelta

from procrastinate.contrib.django import app

from core import policy
from safeguards import seal


@app.periodic(cron="20 * * * *")
@app.task
def seal_audit(timestamp: int) -> None:
    """Seal the day before soon after midnight UTC.

    The job runs every hour, so that a worker that was away catches up.
    """
    seal.seal_due()


@app.periodic(cron="* * * * *")
@app.task
async def take_up_stalled(timestamp: int) -> None:
    """Give the jobs of killed workers back to those that live. Otherwise nobody would ever take them up.

    A worker that only seems dead may do its job a second time, so every job of ours must tolerate that.
    """
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


@app.periodic(cron="25 * * * *")
@app.task
async def remove_finished(timestamp: int) -> None:
    """Delete the jobs that are done, with their arguments.

    Failed ones stay longer, so that somebody can look at them.
    """
    hour = timedelta(hours=1)
    await app.job_manager.delete_old_jobs(policy.JOBS_KEPT // hour)
    await app.job_manager.delete_old_jobs(policy.FAILED_JOBS_KEPT // hour, include_failed=True)
