"""Jobs for the worker: sealing the audit trail."""

from procrastinate.contrib.django import app

from safeguards import seal


@app.periodic(cron="20 * * * *")
@app.task
def seal_audit(timestamp: int) -> None:
    """Seal the day before soon after midnight UTC. Comes every hour, so that a worker that was away catches up."""
    seal.seal_due()
