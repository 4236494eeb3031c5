"""Operators who import people, import records and seal the audit trail, by commands that are killed again and again.

A command that was killed is repeated as it stands, which is what the documentation says to do.
"""

import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from dslogon.up.assets import ROOT
from safeguards.models import ActorKind, AuditEvent, AuditSeal
from tests.resilience.applicants import OverError, until
from tests.resilience.journal import Journal

PEOPLE_IN_A_FILE = 2_000
RESOURCES_IN_A_FILE = 300
DAYS_TO_SEAL = 40
EVENTS_A_DAY = 250
KILLED = 0.6
"""How many of the commands are killed before they end, as a fraction."""


class Operator:
    """Somebody at a terminal. `luck` says which command is killed and when."""

    def __init__(self, journal: Journal, over: threading.Event, luck: random.Random) -> None:
        self.journal, self.over, self.luck = journal, over, luck
        self.usual = 5.0

    def work(self, closing: threading.Event) -> None:
        """Import and seal, in turns, until it is closing time. What was begun is finished."""
        with tempfile.TemporaryDirectory(prefix="dslogon-operator-") as folder:
            try:
                until(leave_days_to_seal, self.over)
                for number in itertools.count():
                    if closing.is_set():
                        break
                    self.import_people(Path(folder), number)
                    self.seal()
                    self.import_record(Path(folder), number)
            except OverError:
                pass
            except TimeoutError:
                self.journal.give_up("the days to seal could not be written")
            except Exception as surprise:
                self.journal.fault(f"An operator could not go on: {surprise!r}.")
                raise
        connection.close()

    def import_people(self, folder: Path, number: int) -> None:
        """Import a file of people whom the registry does not know yet."""
        file = folder / f"people-{number}.ndjson"
        file.write_text("".join(json.dumps(one) + "\n" for one in new_people(number)))
        self.insist(["import_deers", str(file), "--processes", "1"])
        self.journal.tell("imports of people", first_of(number))

    def import_record(self, folder: Path, number: int) -> None:
        """Import a record for the first person of the last file."""
        file = folder / f"record-{number}.json"
        file.write_text(json.dumps(new_record(number)))
        command = ["import_fhir", str(file), "--person", first_of(number), "--source", "resilience", "--other-name"]
        self.insist(command)
        self.journal.tell("imports of records", first_of(number))

    def seal(self) -> None:
        """Seal the days that are over, as the job of each hour does."""
        self.insist(["shell", "-v", "0", "-c", "from safeguards import seal; seal.seal_due()"])
        self.journal.tell("sealings", "")

    def insist(self, words: Sequence[str]) -> None:
        """Repeat a command until it succeeds. Some of its runs are killed."""
        command = [sys.executable, "manage.py", *words]
        for tries in itertools.count():
            if self.over.is_set():
                raise OverError
            began = time.monotonic()
            run = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0
            )
            try:
                killed_after = (
                    self.luck.uniform(0.3, 1.0) * self.usual if self.luck.random() < KILLED and tries < 4 else 120
                )
                _, said = run.communicate(timeout=killed_after)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, 9)
                run.communicate()
                self.journal.again()
                continue
            if run.returncode == 0:
                self.usual = time.monotonic() - began
                return
            if is_fault(said):
                self.journal.fault(f"{words[0]} ended with {said.strip().splitlines()[-1][:200]}")
            self.journal.again()
            time.sleep(0.5)


def is_fault(said: str) -> bool:
    """Return whether a command ended by a mistake of ours.

    A database that was away is told in a sentence. A command that was killed half-way and cannot be repeated is not: it
    meets its own rows.
    """
    return "Traceback" in said


def first_of(number: int) -> str:
    """Return the DoD ID number of the first person in a file."""
    return f"18{number * PEOPLE_IN_A_FILE:08}"


def new_people(number: int) -> list[dict[str, object]]:
    """Return the lines of a file of people."""
    return [
        {
            "dod_id": f"18{number * PEOPLE_IN_A_FILE + place:08}",
            "date_of_birth": "1970-01-31",
            "names": [{"first": "Ada", "last": "Winters"}],
            "eligibilities": [{"plan": "select", "region": "east", "begin": "2000-01-01"}],
        }
        for place in range(PEOPLE_IN_A_FILE)
    ]


def new_record(number: int) -> dict[str, object]:
    """Return a record of weights."""
    resources = [
        {
            "resourceType": "Observation",
            "id": f"weight-{number}-{place}",
            "status": "final",
            "code": {"text": "Body weight"},
            "subject": {"reference": "Patient/ada"},
            "effectiveDateTime": f"{2000 + place % 20}-01-{place % 28 + 1:02}",
            "valueQuantity": {"value": 70 + place % 10, "unit": "kg"},
        }
        for place in range(RESOURCES_IN_A_FILE)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def leave_days_to_seal() -> bool:
    """Write events of days that are over, all or none, unless that was done."""
    if not AuditSeal.objects.exists() and AuditEvent.objects.count() < DAYS_TO_SEAL * EVENTS_A_DAY:
        now = timezone.now()
        events = (
            AuditEvent(event="sign-in.failed", actor_kind=ActorKind.SYSTEM, at=now - timedelta(day, second))
            for day in range(DAYS_TO_SEAL, 1, -1)
            for second in range(EVENTS_A_DAY)
        )
        AuditEvent.objects.bulk_create(events, batch_size=1_000)  # a statement has at most 65,535 values
    return True
