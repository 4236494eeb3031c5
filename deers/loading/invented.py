"""Invented people by the million, in the registry alone: by COPY, on all cores, for measuring."""

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import groupby

from django.db import models, transaction
from django.utils import timezone

from deers import invent
from deers.loading import store
from deers.loading.columns import LISTS
from deers.loading.rows import PERSON, Rows, Tie, rows
from deers.loading.workers import in_order

BATCH = 2_000
PLAIN = [column for column in PERSON.split(", ") if not column.startswith("ssn_")]


def enter(
    count: int,
    seed: int,
    *,
    processes: int = 0,
    today: date | None = None,
    advance: Callable[[int], object] = lambda people: None,
) -> int:
    """See to it that there are `count` generated people in the registry; returns how many are new.

    Who is there stays as is, so it is safe to repeat and to interrupt. Facts and health records they have none.
    """
    new = 0
    work = partial(invented, seed=seed, count=count, today=today or timezone.localdate())
    for people in in_order(work, range(0, count, BATCH), processes):
        with transaction.atomic():
            store.make_staging_tables()
            there = store.known(each.dod_id for each in people)
            fresh = [each for each in people if each.dod_id not in there]
            store.enter(fresh)
        new += len(fresh)
        advance(len(people))
    return new


def invented(first: int, *, seed: int, count: int, today: date) -> list[Rows]:
    """The people from the `first`-th on: whole families, the same for the same arguments."""
    made = invent.families(min(BATCH, count - first), seed=seed + first, first=first, today=today)
    return [each for family in made for each in rows_of(family)]


def rows_of(family: invent.Family) -> list[Rows]:
    borne, covered = by_person(family.names, "person_id"), by_person(family.eligibilities, "person_id")
    ties = by_person(family.sponsorships, "dependent_id")
    return [
        rows(
            0,
            {column: getattr(person, column) for column in PLAIN},
            [picked(name, "names") for name in borne.get(person.dod_id, [])],
            [picked(period, "eligibilities") for period in covered.get(person.dod_id, [])],
            tuple(
                Tie(0, place, tie.sponsor_id, tie.dependent_id, str(tie.relationship), tie.begin, tie.end)
                for place, tie in enumerate(ties.get(person.dod_id, []))
            ),
        )
        for person in family.persons
    ]


def by_person(some: list, column: str) -> dict[str, list]:
    def key(row: models.Model) -> str:
        return getattr(row, column)

    return {dod_id: list(group) for dod_id, group in groupby(sorted(some, key=key), key=key)}


def picked(row: models.Model, kind: str) -> dict:
    return {column: getattr(row, column) for column in LISTS[kind]}
