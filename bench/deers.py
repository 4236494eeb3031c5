"""The registry at size: 10,000 people, 100,000, a million and ten million (bench/registry.py makes the databases).

At each size, this measures the speed and the memory of an import (bench/imports.py), and the cost of a lookup. A lookup
is compared with one `get` by primary key, with a number that no one has, with every other outcome, and with a registry
of the smallest size, both in this process and over HTTP. Whatever is compared is asked for in turns, in a new random
order each time. This process runs on the last core, and the database and the site on the first.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from bench import imports, measure, site
from bench.goals import alike, at_most
from bench.imports import Speed
from bench.lookups import ASKED, SMALL, Questions, hits, keys, misses, outcomes, queries
from bench.pages import Page
from deers.models import Person

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
ROUNDS, OF_OUTCOMES = 12, 8
WARM = 2
"""Rounds that only warm the tables and the prepared statements."""
HTTP_SECONDS = 12


class Cost(NamedTuple):
    """The cost of one question: median seconds, and mean seconds of processor time, including PostgreSQL's."""

    time: float
    cpu: float


def table(most: int, folder: Path) -> Iterator[str]:
    """Yield the lines of the table, for every size up to `most`.

    What the folder has from an earlier run is not measured again. Without an earlier run, both registries must have no
    people.
    """
    with asking("small"):
        imports.grown(folder / "small", 0, SMALL)
        settle()
        protect()
    people, imported = 0, None
    for size in (size for size in SIZES if size <= most):
        before, imported = imported, imports.grown(folder, people, size)
        people = size
        yield from once(folder / f"{size}.txt", partial(figures, size, imported, before, folder))


def once(kept: Path, measuring: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield the kept lines, or measure and yield new lines, which are kept when all of them are there."""
    if kept.exists():
        yield from kept.read_text().splitlines()
        return
    lines = []
    for line in measuring():
        lines.append(line)
        yield line
    kept.write_text("\n".join(lines))


def figures(size: int, imported: Speed, before: Speed | None, folder: Path) -> Iterator[str]:
    """Yield the lines for one size."""
    yield f"{size:,} people"
    yield from imports.verdicts(row_of(size), imported, before, folder)
    settle()
    if size == SMALL:
        protect()
    yield from lookups(size)


def settle() -> None:
    """Bring the tables to the state that they have in the long run."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) deers_person, deers_legalname, deers_eligibility, deers_sponsorship")
        cursor.execute("CHECKPOINT")


def protect() -> None:
    """Mark some of the people who are looked up as protected. None of the invented people are."""
    numbers = [query.dod_id for query in queries()]
    Person.objects.filter(pk__in=numbers[::10]).update(protected=True)


def row_of(size: int) -> str:
    return f"registry of {size:,}"


def lookups(size: int) -> Iterator[str]:
    """Yield the lines about lookups at this size."""
    row = row_of(size)
    kinds = {"hit": hits(), "miss": misses(), "key": keys(), "small": hits()}
    cost = in_turns(kinds, ROUNDS)
    us = {kind: f"{each.time * 1e6:.0f} us" for kind, each in cost.items()}
    yield f"find_person: {us['hit']}; a miss: {us['miss']}; get by primary key: {us['key']}"
    yield at_most(row, "find_person beside one get by primary key", cost["hit"].time / cost["key"].time, 1.3)
    yield at_most(row, "queries of a lookup", asked_of_database(hits()[0]), 2)
    yield alike(row, "a miss beside a hit, median time", cost["miss"].time / cost["hit"].time, 0.05)
    yield alike(row, "a miss beside a hit, CPU", cost["miss"].cpu / cost["hit"].cpu, 0.05)
    yield from other_outcomes(row)
    if size > SMALL:
        yield at_most(row, f"below HTTP, beside {SMALL:,} people", cost["hit"].time / cost["small"].time, 1.15)
        yield at_most(row, f"over HTTP, beside {SMALL:,} people", over_http(), 1.05)


def other_outcomes(row: str) -> Iterator[str]:
    """Yield what a stopwatch tells about an outcome: each kind compared with a match, and their query counts."""
    kinds = outcomes()
    cost = in_turns(kinds, OF_OUTCOMES)
    for kind in kinds:
        if kind != "Match":
            yield alike(row, f"{kind} beside Match, median time", cost[kind].time / cost["Match"].time, 0.05)
    counted = {asked_of_database(questions[0]) for questions in kinds.values()}
    yield at_most(row, "queries of the outcomes, most less least", max(counted) - min(counted), 0)


def in_turns(kinds: dict[str, Questions], rounds: int) -> dict[str, Cost]:
    """Return what one question of each kind costs.

    The kinds are asked in turns, so that all of them share what disturbs the machine.
    """
    rng = random.Random(1)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    used: dict[str, list[float]] = {kind: [] for kind in kinds}
    with pinned():
        clocks = {kind: clock_of_database("small" if kind == "small" else "default") for kind in kinds}
        for turn in range(rounds):
            for place in range(min(ASKED, max(map(len, kinds.values())))):
                order = list(kinds)
                rng.shuffle(order)
                for kind in order:
                    question = kinds[kind][place % len(kinds[kind])]
                    with asking("small" if kind == "small" else "default"):
                        cpu, began = cpu_used(clocks[kind]), time.perf_counter()
                        question()
                        took = time.perf_counter() - began
                        cpu = cpu_used(clocks[kind]) - cpu
                    if turn >= WARM:
                        times[kind].append(took)
                        used[kind].append(cpu)
    return {kind: Cost(median(times[kind]), sum(used[kind]) / len(used[kind])) for kind in kinds}


def cpu_used(clock: int | None) -> float:
    """Return seconds of processor time of this thread, and of the process with that clock."""
    return time.thread_time() + (time.clock_gettime(clock) if clock else 0)


def clock_of_database(alias: str) -> int | None:
    """Return the clock of the process that serves us, or None if it is on another machine."""
    with suppress(OSError):
        return site.cpu_clock(backend(alias))
    return None


def backend(alias: str) -> int:
    connections[alias].ensure_connection()
    return connections[alias].connection.info.backend_pid


@contextmanager
def asking(alias: str) -> Iterator[None]:
    """Let all code query that database for the length of the block, although it queries "default"."""
    usual = connections["default"]
    connections["default"] = connections[alias]
    try:
        yield
    finally:
        connections["default"] = usual


@contextmanager
def pinned() -> Iterator[None]:
    """Keep us on the last core for the length of the block, and the processes that serve us on the first.

    This leaves out processes on another machine.
    """
    mine = os.sched_getaffinity(0)
    theirs = [backend("default"), backend("small")]
    os.sched_setaffinity(0, {max(mine)})
    pin(theirs, {min(mine)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)
        pin(theirs, mine)


def pin(pids: Sequence[int], cores: set[int]) -> None:
    for pid in pids:
        with suppress(OSError):
            os.sched_setaffinity(pid, cores)


def asked_of_database(question: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        question()
    return len(captured)


LOOKUP = Page("a lookup", "/bench/lookup/")


def over_http() -> float:
    """Return the median time of a request with a lookup, divided by that of the small registry."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    try:
        small = {"DATABASE_URL": os.environ["SMALL_DATABASE_URL"]}
        with site.serving("deers", {}) as large, site.serving("deers-small", small) as little:
            os.sched_setaffinity(0, {max(mine)})
            return measure.compare((large, LOOKUP), (little, LOOKUP), HTTP_SECONDS, alone=True).time_ratio
    finally:
        os.sched_setaffinity(0, mine)


def main(most: int, folder: Path) -> None:
    """Print the table for all sizes up to `most`. The folder gets files of several gigabytes."""
    for each in table(most, folder):
        print(each, flush=True)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
