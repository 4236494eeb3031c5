"""Invented people by the million, in the registry only: on all cores and with COPY, for measuring."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any

from django.db import models
from django.utils import timezone

from deers.loading import rows, staging
from deers.loading.batch import check_records
from deers.loading.columns import LISTS
from deers.loading.lines import person as person_columns
from deers.loading.steps import Advance, Piece, claim_staging, load
from demo.invent import families

FAMILIES = 2_000
"""The number of people whose families are invented together."""


def enter(
    count: int,
    seed: int,
    *,
    processes: int = 0,
    today: date | None = None,
    advance: Advance = lambda people, of: None,
) -> int:
    """Make sure that there are `count` generated people in the registry, and return how many of them are new.

    People who are already there stay as they are, so it is safe to repeat and to interrupt. The new people have no
    facts and no health records.
    """
    day = today or timezone.localdate()
    with claim_staging(f"{count} invented people by seed {seed} as of {day}", processes) as share:
        invents = partial(stage, seed=seed, today=day)
        return load(share, pieces(count), count, invents, replace=False, advance=advance)


def pieces(count: int, first: int = 0) -> Iterator[Piece]:
    """Yield the pieces of work that together make `count` people, starting with the `first`-th."""
    return (Piece(n, min(FAMILIES, count - n), n) for n in range(first, count, FAMILIES))


def stage(piece: Piece, seed: int, today: date) -> tuple[int, int]:
    """Put the people of one piece into the staging table. Return how many were invented, and how many were staged."""
    people = dict(enumerate(records(piece, seed, today), piece.line))
    batch, problems = check_records(people)
    staging.stage(piece.place, piece.size, len(batch.lines), rows.written(batch), problems)
    return piece.size, len(batch.lines)


def records(piece: Piece, seed: int, today: date) -> Iterator[dict[str, Any]]:
    """Yield whole families as import files have them. The same arguments give the same families."""
    for family in families.families(piece.size, seed=seed + piece.place, first=piece.place, today=today):
        names, periods = by_person(family.names, "person_id"), by_person(family.eligibilities, "person_id")
        ties = by_person(family.sponsorships, "dependent_id")
        for person in family.persons:
            yield {
                **{column: plain(getattr(person, column)) for column in person_columns()},
                "names": [entry(name, "names") for name in names.get(person.dod_id, [])],
                "eligibilities": [entry(period, "eligibilities") for period in periods.get(person.dod_id, [])],
                "sponsors": [
                    {"sponsor": tie.sponsor_id} | entry(tie, "sponsors") for tie in ties.get(person.dod_id, [])
                ],
            }


def by_person(some: list, column: str) -> dict[str, list]:
    def key(row: models.Model) -> str:
        return getattr(row, column)

    return {dod_id: list(group) for dod_id, group in groupby(sorted(some, key=key), key=key)}


def entry(row: models.Model, kind: str) -> dict[str, Any]:
    return {column: plain(getattr(row, column)) for column in LISTS[kind] if column != "sponsor"}


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value
