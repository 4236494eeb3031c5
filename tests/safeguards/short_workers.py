"""The command that starts the workers, with short times, little of the calendar, and a few jobs of the tests.

A script, whose first argument is a folder, and the others are the command's. A job that waits goes on once the folder
has a file "let-go". While it has a file "ahead", the clock of the machine is two days ahead.
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from core import policy

policy.MAIL_TIMEOUT = timedelta(seconds=1)
policy.WORKER_SILENT = timedelta(seconds=3)
policy.WORKERS_LOOKED_AFTER_EVERY = timedelta(seconds=0.5)
policy.WORKERS_WAIT = timedelta(seconds=0.05)
policy.WORKERS_WAIT_MOST = timedelta(seconds=0.2)
LET_GO, AHEAD = (Path(sys.argv[1]) / name for name in ("let-go", "ahead"))
right = timezone.now
timezone.now = lambda: right() + timedelta(days=2) if AHEAD.exists() else right()


def main() -> None:
    django.setup()
    from procrastinate.contrib.django import app

    from safeguards import tasks, workers
    from safeguards.retry import PATIENTLY

    app.periodic_registry.periodic_tasks.clear()
    app.periodic(cron="* * * * * */2")(tasks.take_up_stalled)  # type: ignore[arg-type]  # every other second
    pause = workers.pause

    def say_that_it_is_tried_again(tries: int) -> float:
        print(f"Try {tries}.", flush=True)
        return pause(tries)

    workers.pause = say_that_it_is_tried_again

    @app.task(name="tests.note", queue="exports")
    def note(word: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO noted (word) VALUES (%s)", [word])

    @app.task(name="tests.wait", queue="letters", retry=PATIENTLY)
    def wait() -> None:
        note("begun")
        while not LET_GO.exists():
            time.sleep(0.02)
        note("ended")

    @app.task(name="tests.ask", queue="exports", retry=PATIENTLY)
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    call_command("procrastinate", "worker", *sys.argv[2:])


if __name__ == "__main__":
    main()
