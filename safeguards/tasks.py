"""Jobs for the worker: sealing the audit trail, and taking up what a killed worker left."""

from procrastinate.contrib.django import app

from safeguards import seal


@app.periodic(cron="20 * * * *")
@app.task
def seal_audit(timestamp: int) -> None:
    """Seal the day before soon after midnight UTC. Comes every hour, so that a worker that was away catches up."""
    seal.seal_due()


@app.periodic(cron="* * * * *")
@app.task
async def take_up_stalled(timestamp: int) -> None:
    """Give the jobs of workers that were killed back to those that live: nobody else would ever take them up.

    A worker that only seems dead may do its job a second time, so every job of ours must bear that.
    """
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
