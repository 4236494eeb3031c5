"""Invented health records. Each is consistent for an age, a sex and a run of chance, and the same for the same seed.

`record_for` makes one person's rows, and `store` writes the rows of any number of people. Nothing here is about a real
person: the names of clinicians and places are made up, and so are all values.
"""

from collections.abc import Iterable
from datetime import date
from itertools import chain
from random import Random

from django.db import models, transaction
from django.utils import timezone

from demo.invent.records import care, course, life, measures
from portal.models import (
    Allergy,
    Appointment,
    Condition,
    Document,
    Goal,
    Immunization,
    Medication,
    Message,
    Observation,
    Procedure,
    Report,
    Thread,
)

# Parents before children, so that one pass can store them.
MODELS: tuple[type[models.Model], ...] = (
    Report,
    Thread,
    Appointment,
    Immunization,
    Allergy,
    Condition,
    Medication,
    Observation,
    Document,
    Procedure,
    Goal,
    Message,
)
THEMES = ("", "empty", *life.THEMES)


def record_for(
    dod_id: str, born: date, sex: str, rng: Random, today: date | None = None, *, theme: str = ""
) -> list[models.Model]:
    """Return the unsaved rows of one person's record.

    `sex` is "F" or "M" (anything else counts as neither). `today` is the day on which the record ends. `theme` is one
    of THEMES: "" draws conditions by age, a name of `life.THEMES` makes sure of some conditions, and "empty" gives no
    rows. The same arguments and the same state of `rng` give the same rows, including their ids.
    """
    if theme == "empty":
        return []
    person = life.lead(dod_id, born, sex, rng, today or timezone.localdate(), theme)
    parts = (
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
        care.conversations,
    )
    return list(chain.from_iterable(part(person) for part in parts))


def store(rows: Iterable[models.Model]) -> None:
    """Write the rows of any number of records. Rows that are already there stay as they are."""
    by_model: dict[type[models.Model], list[models.Model]] = {model: [] for model in MODELS}
    for row in rows:
        by_model[type(row)].append(row)
    with transaction.atomic():
        for model, some in by_model.items():
            model._default_manager.bulk_create(some, batch_size=2_000, ignore_conflicts=True)
