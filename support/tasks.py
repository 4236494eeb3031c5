"""The worker's calendar of the help. Each job does what a function beside its subject does."""

from procrastinate.contrib.django import app

from support import call_backs, pins


@app.periodic(cron="35 * * * *")
@app.task(queue="housekeeping")
def forget_callers(timestamp: int) -> None:
    """Delete names and numbers of calls back that are over, and old PINs."""
    call_backs.purge_numbers()
    pins.purge_pins()
