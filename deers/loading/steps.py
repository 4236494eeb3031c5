"""The way from pieces of people to the registry: read and staged, settled, entered, tied to their sponsors."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

from deers.loading import conflicts, insertion, staging
from deers.loading.workers import Share, share_work

BEYOND = ":"
"""Comes after every digit."""
# How much of the work each step is, about.
READ, ENTER, TIE = 0.5, 0.35, 0.15

Advance = Callable[[float, float], object]
"""Hears how many people are done, and how many there will be in all; who is read but not entered is half done."""


class Piece(NamedTuple):
    """Some people who are read together: where they begin in the whole, how much of it they are, the first's line."""

    place: int
    size: int
    line: int


@contextmanager
def claim_staging(key: str, processes: int) -> Iterator[Share]:
    """The staging tables, for one import alone and kept for its next try, and processes to share the work out to.

    staging.Busy: another import is running.
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
    """All that the pieces hold into the registry; how many people. What an earlier try has done is not done again.

    `whole`: the size of all pieces together. `stage` puts one of them down and gives its size and how many people it
    has. Without `replace`, people who are on record are left as they are.
    """
    there = staging.finished_places("read")
    size, people = sum(size for size, _ in there.values()), sum(people for _, people in there.values())
    entered = sum(people for _, people in staging.finished_places("enter").values())
    advance(READ * people + ENTER * entered, people * whole / size if size else 0)
    for more, more_people in share(stage, (piece for piece in pieces if piece.place not in there)):
        size, people = size + more, people + more_people
        advance(READ * people, people * whole / size)
    begins = conflicts.resolve_conflicts(replace=replace)
    ranges = [insertion.Range(place, *bounds) for place, bounds in enumerate(pairwise([*begins, BEYOND]))]
    for name, step, before, share_of_work in (
        ("enter", insertion.insert, READ, ENTER),
        ("tie", insertion.link_sponsors, READ + ENTER, TIE),
    ):
        there = staging.finished_places(name)
        left = [each for each in ranges if each.place not in there]
        for finished, _ in enumerate(share(step, left), len(there) + 1):
            advance((before + share_of_work * finished / len(ranges)) * people, people)
    insertion.link_remaining_sponsors()
    return sum(people for _, people in staging.finished_places("enter").values())
