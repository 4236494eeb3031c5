"""Invented health records. Each is consistent for an age, a sex and a run of chance, and the same for the same seed.

`record_for` makes one person's record as FHIR R4 resources, with the secure messages beside them, and `store` puts the
records of any number of people into the portal. Nothing here is about a real person: the names of clinicians and places
are made up, and so are all values.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from random import Random

from django.db import transaction
from django.utils import timezone

from demo.invent.records import care, course, life, measures, oddities, talks, who
from demo.invent.records.births import pregnancies
from demo.invent.records.fhir import Json
from demo.invent.records.life import Named
from portal.messages.models import CareTeam, Message, PatientTeam, Thread
from portal.record import importing

SOURCE = "demo"
THEMES = ("", "empty", *life.THEMES)


@dataclass(frozen=True, slots=True)
class Record:
    """One person's record: FHIR R4 resources (numbers are Decimal or int), and unsaved rows of secure messages."""

    patient: str
    resources: list[Json] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    teams: list[PatientTeam] = field(default_factory=list)

    @property
    def entries(self) -> Iterator[tuple[str, Json]]:
        """Yield each resource with its full URL, by which the others refer to it."""
        return ((f"urn:uuid:{raw['id']}", raw) for raw in self.resources)


def record_for(
    dod_id: str,
    born: date,
    sex: str,
    rng: Random,
    today: date | None = None,
    *,
    theme: str = "",
    name: Named | None = None,
    died: date | None = None,
    births: tuple[date, ...] = (),
    state: str = "",
) -> Record:
    """Return one person's record.

    `sex` is "F" or "M" (anything else counts as neither). The record ends on the day `today`, or with the death.
    `theme` is one of THEMES: "" draws conditions by age, a name of `life.THEMES` makes sure of some conditions and
    oddities, and "empty" gives nothing. `births` are the days on which she gave birth. With the `state` of the
    home the clinic is the nearest. The same arguments and the same
    state of `rng` give the same record, including its ids.
    """
    if theme == "empty":
        return Record(dod_id)
    ends = died or today or timezone.localdate()
    person = life.lead(dod_id, born, sex, rng, ends, theme, name=name, died=died, births=births, state=state)
    parts = (
        who.patient,
        care.encounters,
        course.immunizations,
        course.allergies,
        course.conditions,
        course.medications,
        course.procedures,
        measures.vital_signs,
        measures.laboratory,
        care.appointments,
        care.documents,
        care.goals,
        care.plans,
        pregnancies,
        oddities.unusual,
        who.known,
    )
    resources = list(chain.from_iterable(part(person) for part in parts))
    rows = list(talks.conversations(person))
    threads = [row for row in rows if isinstance(row, Thread)]
    teams = [row for row in rows if isinstance(row, PatientTeam)]
    return Record(dod_id, resources, threads, [row for row in rows if isinstance(row, Message)], teams)


def store(records: Iterable[Record]) -> None:
    """Write the records of any number of people. What is already there stays as it is."""
    records = list(records)
    with transaction.atomic():
        for record in records:
            if record.resources:
                importing.store_resources(record.patient, SOURCE, record.entries)
        CareTeam.objects.bulk_create(talks.care_teams(), ignore_conflicts=True)
        teams = chain.from_iterable(record.teams for record in records)
        PatientTeam.objects.bulk_create(teams, batch_size=2_000, ignore_conflicts=True)
        threads = chain.from_iterable(record.threads for record in records)
        Thread.objects.bulk_create(threads, batch_size=2_000, ignore_conflicts=True)
        messages = chain.from_iterable(record.messages for record in records)
        Message.objects.bulk_create(messages, batch_size=2_000, ignore_conflicts=True)
