"""The registry at size: `python -m bench.registry [--people 1000000]` on the server that DATABASE_URL names.

Prints for each size what one lookup costs, found and not found, beside one `get` by primary key in the same run; what
it costs over HTTP; and what an import reaches beside PostgreSQL's bare COPY of the rows that came of it.
"""

import json
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import site
from deers import invent, lookup
from deers.loading import files, invented, rows
from deers.loading.workers import cores
from deers.models import Import, Person
from deers.registry import Match, NoMatch, PersonQuery

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
SMALL, USUAL = SIZES[:2]
ASKED = 500
"""Different people asked for, at every size the same ones."""
ROUNDS = 12
SEED = 1
IMPORTED = 20_000

Questions = Sequence[Callable[[], object]]


def table(most: int) -> Iterator[str]:
    """Lines of the table, for every size up to `most`; the database has to be empty of people."""
    yield from imports()
    first: dict[str, float] = {}
    for size in (size for size in SIZES if size <= most):
        fill(size)
        hits, misses, by_key = questions()
        hit, miss, key = in_turns(hits, misses, by_key)
        us = [f"{seconds * 1e6:.0f} us" for seconds in (hit, miss, key)]
        yield f"{size:>11,} people: find_person {us[0]}, a miss {us[1]}, get by primary key {us[2]}"
        yield goal("a miss beside a hit", miss / hit, 1.05, least=1 / 1.05)
        yield goal("find_person beside one get by primary key", hit / key, 1.3)
        yield goal("queries of a lookup", queries(hits[0]), 2)
        first.setdefault("hit", hit)
        if size != SMALL:
            yield goal(f"below HTTP beside {SMALL:,} people", hit / first["hit"], 1.15)
        seconds = over_http()
        first.setdefault("http", seconds)
        yield f"{'':>13}a look-up over HTTP: {seconds * 1e3:.2f} ms"
        if size != SMALL:
            yield goal(f"over HTTP beside {SMALL:,} people", seconds / first["http"], 1.05)


def goal(what: str, got: float, most: float, *, least: float = 0) -> str:
    wanted = f"at most {most:g}" if not least else f"{least:.2f} to {most:g}"
    return f"{'':>13}{what}: {got:.3f} (goal: {wanted}): {'met' if least <= got <= most else 'MISSED'}"


def fill(size: int) -> None:
    """See to it that there are so many people, and that the tables are as they are in the long run."""
    invented.enter(size, SEED, processes=cores())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) deers_person, deers_legalname, deers_eligibility, deers_sponsorship")
        cursor.execute("CHECKPOINT")


def questions() -> tuple[Questions, Questions, Questions]:
    """Each a list of things to ask: people who are there, numbers that are nobody's, and rows by primary key."""
    there = [
        PersonQuery(name.first, name.middle, name.last, name.suffix, person.date_of_birth, person.ssn)
        for person in Person.objects.filter(pk__in=[invent.dod_id(n) for n in range(0, SMALL, SMALL // ASKED)])
        for name in person.names.filter(until=None)
    ]
    hits = [query for query in there if isinstance(lookup.find_person(query), Match)]
    misses = [replace(query, ssn=f"900{query.ssn[3:]}") for query in hits]
    keys = [invent.dod_id(n) for n in range(0, SMALL, SMALL // len(hits))][: len(hits)]
    assert all(lookup.find_person(query) == NoMatch() for query in misses)
    return (
        [lambda q=query: lookup.find_person(q) for query in hits],
        [lambda q=query: lookup.find_person(q) for query in misses],
        [lambda k=key: Person.objects.get(pk=k) for key in keys],
    )


def in_turns(*kinds: Questions) -> tuple[float, ...]:
    """The median seconds of one question of each kind, asked in turn so that all share what disturbs the machine."""
    connection.close()
    took: list[list[float]] = [[] for _ in kinds]
    for turn in range(ROUNDS):
        for place, together in enumerate(zip(*kinds, strict=True)):
            pairs = list(zip(took, together, strict=True))
            first = (turn + place) % len(
                pairs
            )  # nobody always comes after the same other one, whose code is still warm
            for times, question in pairs[first:] + pairs[:first]:
                began = time.perf_counter()
                question()
                if turn > 1:  # the first two warm the tables and the prepared statements
                    times.append(time.perf_counter() - began)
    return tuple(map(median, took))


def queries(question: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        question()
    return len(captured)


def imports() -> Iterator[str]:
    """Import a file of invented people, and beside it a bare COPY of the rows that came of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.ndjson"
        path.write_text("".join(lines(IMPORTED)))
        began, memory = time.perf_counter(), peak()
        run = files.import_file(path, files.NDJSON, Path(folder) / "report.csv", processes=cores())
        took = time.perf_counter() - began
        grown = peak() - memory
    assert (run.people, run.problems) == (IMPORTED, 0), "The import did not take everybody."
    with_indexes, bare = (bare_copy(indexes) for indexes in (True, False))
    empty()
    yield f"{IMPORTED:>11,} people imported in {took:.1f} s: {IMPORTED / took:,.0f}/s; memory grew by {grown} MiB"
    yield goal_at_least("beside a bare COPY into bare tables", bare / took, 0.15)
    yield goal_at_least("beside a bare COPY into tables with indexes and constraints", with_indexes / took, 0.15)


def goal_at_least(what: str, got: float, wanted: float) -> str:
    return f"{'':>13}{what}: {got:.3f} (goal: at least {wanted:g}): {'met' if got >= wanted else 'MISSED'}"


def peak() -> int:
    """MiB that this process and its children took at most."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024


def lines(count: int) -> Iterator[str]:
    """Invented people as NDJSON."""
    for family in invent.families(count, SEED):
        for person in family.persons:
            yield json.dumps(as_record(family, person), default=str) + "\n"


def as_record(family: invent.Family, person: Person) -> dict[str, Any]:
    mine = {"person_id": person.dod_id, "dependent_id": person.dod_id}
    return {
        **{column: getattr(person, column) for column in invented.PLAIN},
        "names": [invented.picked(each, "names") for each in family.names if each.person_id == mine["person_id"]],
        "eligibilities": [
            invented.picked(each, "eligibilities")
            for each in family.eligibilities
            if each.person_id == mine["person_id"]
        ],
        "sponsors": [
            {"sponsor": each.sponsor_id, "relationship": each.relationship, "begin": each.begin, "end": each.end}
            for each in family.sponsorships
            if each.dependent_id == mine["dependent_id"]
        ],
    }


TABLES = {
    "deers_person": rows.PERSON,
    "deers_legalname": rows.NAME,
    "deers_eligibility": rows.ELIGIBILITY,
    "deers_sponsorship": 'sponsor_id, dependent_id, relationship, begin, "end"',
}


def bare_copy(indexes: bool) -> float:
    """Seconds that PostgreSQL takes for the finished rows of all four tables, from memory, one after the other."""
    finished, seconds = {}, 0.0
    with connection.cursor() as cursor:
        for table_name, columns in TABLES.items():
            with cursor.copy(f"COPY {table_name} ({columns}) TO STDOUT") as copying:
                finished[table_name] = b"".join(bytes(block) for block in copying)
        for table_name, columns in TABLES.items():
            kept = "INCLUDING ALL" if indexes else "INCLUDING IDENTITY"
            cursor.execute(f"CREATE TABLE bare (LIKE {table_name} {kept})")
            began = time.perf_counter()
            with cursor.copy(f"COPY bare ({columns}) FROM STDIN") as copying:
                copying.write(finished[table_name])
            seconds += time.perf_counter() - began
            cursor.execute("DROP TABLE bare")
    return seconds


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    Import.objects.all().delete()


def over_http() -> float:
    """The median seconds of a request that looks somebody up, on one kept connection; the site on the first core."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    try:
        with site.serving("deers", {}) as served:
            os.sched_setaffinity(0, {max(mine)})
            line = HTTPConnection("127.0.0.1", served.port, timeout=60)
            took = [request(line, n) for n in range(ROUNDS * ASKED)]
            line.close()
    finally:
        os.sched_setaffinity(0, mine)
    return median(took[len(took) // 4 :])


def request(line: HTTPConnection, number: int) -> float:
    began = time.perf_counter()
    line.request("GET", f"/bench/lookup/{number}/")
    response = line.getresponse()
    response.read()
    assert response.status == 200, f"The look-up answered {response.status}."
    return time.perf_counter() - began


def main(most: int) -> None:
    """Print the table for all sizes up to `most`."""
    call_command("migrate", verbosity=0)
    for line in table(most):
        print(line, flush=True)
    print(f"{'':>13}load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
