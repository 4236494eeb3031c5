"""The process of those who use the site, with the site's own settings: `python -m tests.resilience.at_work FILE`.

FILE says which deployment it is. Until there is a line on standard input, more and more people come. Then those who are
there finish. The process waits until everything has come to rest, reads the database, and prints what it found as JSON.
"""

import json
import random
import sys
import threading
import time
from pathlib import Path

import django

APPLICANTS = 4
LAST_CALL = 180
"""Seconds that those who are there at the end may take."""
REST = 240
"""Seconds that jobs may take to come to rest. A worker that was killed counts as dead after half a minute."""


def main(file: Path) -> None:
    """Let everybody work, and say how it ended."""
    django.setup()
    from django.db import connection
    from procrastinate.contrib.django.models import ProcrastinateJob

    from accounts.models import Notice
    from dslogon.up.cluster import Cluster
    from tests.resilience.applicants import Applicant, OverError, invent_people, until
    from tests.resilience.checker import find_faults
    from tests.resilience.journal import Journal
    from tests.resilience.operators import Operator

    given = json.loads(file.read_text())
    cluster = Cluster(Path(given["folder"]), given["values"], Path(given["code"]))
    journal, over, lock, people = Journal(), threading.Event(), threading.Lock(), invent_people()
    luck = random.Random(given["seed"])
    applicants = [Applicant(cluster, journal, over, random.Random(luck.random())) for _ in range(APPLICANTS)]
    closing = threading.Event()
    workers = [threading.Thread(target=one.work, args=(people, lock, closing)) for one in applicants]
    operator = Operator(journal, over, random.Random(luck.random()))
    workers.append(threading.Thread(target=operator.work, args=(closing,)))
    for worker in workers:
        worker.start()
    sys.stdin.readline()
    closing.set()
    ends = time.monotonic() + LAST_CALL
    for worker in workers:
        worker.join(max(0, ends - time.monotonic()))
    over.set()
    for worker in workers:
        worker.join()

    def is_at_rest() -> bool:
        """Whether nothing is left to do, and every email is out."""
        busy = ProcrastinateJob.objects.filter(status__in=("doing", "failed"))
        waiting = ProcrastinateJob.objects.filter(status="todo", queue_name__in=("mail", "exports"))
        return not (busy.exists() or waiting.exists() or Notice.objects.filter(sent_at=None, given_up_at=None).exists())

    try:
        until(is_at_rest, threading.Event(), REST)
    except (TimeoutError, OverError):
        pass  # the checker says what has not come to rest
    time.sleep(1)
    connection.close()
    said = {
        "told": {kind: len(who) for kind, who in journal.told.items()},
        "gave_up": journal.gave_up,
        "asked_again": journal.asked_again,
        "faults": find_faults(journal, cluster.mailbox),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
