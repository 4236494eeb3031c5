"""The steps from pieces of people to the registry: read and stage, resolve conflicts, insert, link sponsors."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

from deers.loading import conflicts, insertion, staging
from deers.loading.workers import Share, share_work

BEYOND = ":"
"""Sorts after every digit."""
# About how much of the work each step is.
READ, ENTER, TIE = 0.5, 0.35, 0.15

Advance = Callable[[float, float], object]
"""Is told how many people are done, and how many there will be. A person who is only read counts as half done."""


class Piece(NamedTuple):
    """Some people who are read together.

    `place` is where they begin in the whole, and `size` how much of it they are. `line` is the line of the first
    person.
    """

    place: int
    size: int
    line: int


@contextmanager
def claim_staging(key: str, processes: int) -> Iterator[Share]:
    """Claim the staging tables for one import, and yield a function that shares the work out to processes.

    If the import fails, the tables are kept for its next try. Raise staging.Busy if another import is running.
    """
    with share_work(processes) as share:
        staging.claim()
        try:
            staging.prepare(key)
            yield share
            staging.drop()
        finally:
            staging.release()


def load(
    share: Share,
    pieces: Iterable[Piece],
    whole: int,
    stage: Callable[[Piece], tuple[int, int]],
    *,
    replace: bool = True,
    advance: Advance = lambda people, of: None,
) -> int:
    """Load everybody in the pieces into the registry. Return how many people there are.

    What an earlier try has done is not done again. `whole` is the size of all pieces together. `stage` stages one of
    them, and returns its size and how many people it has. Without `replace`, people on record are left as they are.
    """
    people = read(share, pieces, whole, stage, replace=replace, advance=advance)
    return enter(share, people, advance=advance)


def read(
    share: Share,
    pieces: Iterable[Piece],
    whole: int,
    stage: Callable[[Piece], tuple[int, int]],
    *,
    replace: bool = True,
    advance: Advance = lambda people, of: None,
) -> int:
    """Stage all pieces and resolve their conflicts. Return how many people were read. Arguments are as of load."""
    there = staging.finished_places("read")
    size, people = sum(size for size, _ in there.values()), sum(people for _, people in there.values())
    entered = sum(people for _, people in staging.finished_places("enter").values())
    advance(READ * people + ENTER * entered, people * whole / size if size else 0)
    for more, more_people in share(stage, (piece for piece in pieces if piece.place not in there)):
        size, people = size + more, people + more_people
        advance(READ * people, people * whole / size)
    conflicts.resolve_conflicts(replace=replace)
    return people


def enter(
    share: Share,
    people: int,
    *,
    finish: Callable[[], object] = lambda: None,
    advance: Advance = lambda people, of: None,
) -> int:
    """Insert the people who were read. Return how many there are. Call `finish` once, in the last transaction."""
    begins = conflicts.range_beginnings()
    ranges = [insertion.Range(place, *bounds) for place, bounds in enumerate(pairwise([*begins, BEYOND]))]
    insertion.exchange_numbers()
    for name, step, before, share_of_work in (
        ("enter", insertion.insert, READ, ENTER),
        ("tie", insertion.link_sponsors, READ + ENTER, TIE),
    ):
        there = staging.finished_places(name)
        left = [each for each in ranges if each.place not in there]
        for finished, _ in enumerate(share(step, left), len(there) + 1):
            advance((before + share_of_work * finished / len(ranges)) * people, people)
    insertion.link_remaining_sponsors(finish)
    return count_entered()


def count_entered() -> int:
    return sum(people for _, people in staging.finished_places("enter").values())
