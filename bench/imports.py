"""The speed of an import compared with PostgreSQL's bare COPY of the finished rows, and the memory that it takes.

"Bare COPY" can mean two things, and both are measured. The first is COPY into tables with the same columns and nothing
else (no key, index or constraint), which is as fast as PostgreSQL can store rows. The second is COPY into tables like
the registry's own, whose keys, indexes and constraints have to be kept. In both cases the finished rows are in files,
and one COPY after another runs on one connection, while the import has all cores.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil
import psycopg
from django.db import connection
from django.utils import timezone

from bench.goals import at_least, at_most
from bench.site import cpu_of
from deers.loading import files
from deers.loading.rows import COLUMNS
from deers.loading.steps import Piece
from deers.loading.workers import count_cores, share_work
from demo.invent import registry

SEED = 1
COPIED = 1_000_000
"""The most people whose finished rows are copied. Beyond that, COPY takes the same time for each person."""
REFERENCES = {"person_id", "dependent_id", "sponsor_id"}
"""The columns that name a person in another row."""
BLOCK = 64 * 1024
MIB = 2**20


class Speed(NamedTuple):
    """The speed, the cost and the memory of an import or a COPY."""

    rate: float
    """People per second."""
    cpu: float
    """Seconds of processor time per person, of all processes and PostgreSQL's."""
    memory: float = 0
    """MiB."""


def grown(folder: Path, people: int, size: int) -> Speed:
    """Import invented people from `people` up to `size`, from a file that is written first.

    An interrupted import continues. An import whose speed is in the folder is not repeated.
    """
    known, path = folder / f"import-{size}.json", folder / f"people-{size}.ndjson"
    if not known.exists():
        if not path.exists():
            write(path, people, size)
        known.write_text(json.dumps(timed(path, size - people)))
        path.unlink()
    return Speed(*json.loads(known.read_text()))


def timed(path: Path, people: int) -> Speed:
    """Import the file of `people` people, and return its speed.

    What was done before an interruption does not count.
    """
    advanced: list[float] = []
    report = path.with_suffix(".csv")
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    with watched() as seen:
        found = files.import_file(
            path, files.NDJSON, report, processes=count_cores(), advance=lambda done, of: advanced.append(done)
        )
    took = time.perf_counter() - began
    assert found == (people, 0), "The import did not take everybody."
    done = people - advanced[0]
    return Speed(done / took, seen.cpu / done, seen.memory / MIB)


def write(path: Path, first: int, count: int) -> None:
    """Write the invented people from the `first`-th to the `count`-th as NDJSON.

    The file is there only when it is complete.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with share_work(count_cores()) as share, part.open("w") as file:
        file.writelines(share(lines, registry.pieces(count, first)))
    part.rename(path)


def lines(piece: Piece) -> str:
    return "".join(json.dumps(record) + "\n" for record in registry.records(piece, SEED, timezone.localdate()))


def verdicts(row: str, imported: Speed, before: Speed | None, folder: Path) -> Iterator[str]:
    """Yield what the import reached, with its goals. `before` is the import of a smaller file."""
    yield f"an import: {imported.rate:,.0f} people/s; {imported.cpu * 1e6:.0f} us of processor time each"
    for what, indexes in (("bare tables", False), ("tables with indexes and constraints", True)):
        bare = bare_copy(folder, indexes=indexes)
        shown = f"beside {bare.rate:,.0f} people/s by bare COPY into {what}"
        yield at_least(row, f"beside bare COPY into {what}", imported.rate / bare.rate, 0.15, shown=shown)
        by_cpu, shown = f"CPU beside COPY into {what}", f"the same by processor time, all {count_cores()} cores ours"
        yield at_least(row, by_cpu, count_cores() * bare.cpu / imported.cpu, 0.15, shown=shown)
    if before:
        shown = f"its memory beside the smaller import's ({imported.memory:.0f} MiB)"
        yield at_most(row, "memory beside the smaller import's", imported.memory / before.memory, 1.1, shown=shown)


def bare_copy(folder: Path, *, indexes: bool) -> Speed:
    """Return how fast PostgreSQL takes people's finished rows."""
    people, seconds, cpu = finished_rows(folder), 0.0, 0.0
    bare = ", ".join(f"bare_{table}" for table in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {bare}")  # left by an interrupted run
        for table in COLUMNS:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING {'ALL' if indexes else 'IDENTITY'})")
            if indexes:
                for column in REFERENCES & set(COLUMNS[table]):
                    cursor.execute(
                        f"ALTER TABLE bare_{table} ADD FOREIGN KEY ({column}) REFERENCES bare_deers_person"
                        " DEFERRABLE INITIALLY DEFERRED"
                    )
        cursor.execute("CHECKPOINT")
        for table, columns in COLUMNS.items():
            with (folder / table).open("rb") as file:
                began, cpu = time.perf_counter(), cpu - cpu_used()
                with cursor.copy(f"COPY bare_{table} ({', '.join(columns)}) FROM STDIN") as copying:
                    for block in blocks(file):
                        copying.write(block)
                seconds, cpu = seconds + time.perf_counter() - began, cpu + cpu_used()
        cursor.execute(f"DROP TABLE {bare}")
    return Speed(people / seconds, cpu / people)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, BLOCK), b"")


def finished_rows(folder: Path) -> int:
    """Write the rows of up to COPIED people into one file for each table. Return how many people that is.

    A dependent whose sponsor is not among them loses that row. COPY then has less to do, so the import looks worse in
    comparison, not better.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT dod_id FROM deers_person ORDER BY dod_id OFFSET %s LIMIT 1", [COPIED])
        ((last,),) = cursor.fetchall() or [(":",)]
        for table, columns in COLUMNS.items():
            among = " AND ".join(f"{column} < '{last}'" for column in columns if column in REFERENCES | {"dod_id"})
            rows = f"SELECT {', '.join(columns)} FROM {table} WHERE {among}"
            with (folder / table).open("wb") as file, cursor.copy(f"COPY ({rows}) TO STDOUT") as copying:
                file.writelines(copying)
        cursor.execute("SELECT count(*) FROM deers_person WHERE dod_id < %s", [last])
        return cursor.fetchone()[0]


def cpu_used() -> float:
    """Return seconds of processor time of this thread, and of the process that serves it if it is on this machine."""
    with suppress(OSError):
        return time.thread_time() + cpu_of(connection.connection.info.backend_pid)
    return time.thread_time()


class Seen:
    """The memory and the processor time of all our processes, and of PostgreSQL's processes that serve them.

    It leaves out shared memory, and what was used before.
    """

    def __init__(self) -> None:
        self.memory, self.before = 0, own_memory(os.getpid())
        self.cpu_of: dict[int, float] = {}
        self.cpu_before = cpu_of(os.getpid())

    @property
    def cpu(self) -> float:
        return sum(self.cpu_of.values()) - self.cpu_before

    def look(self, theirs: list[int]) -> None:
        pids = [os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True)), *theirs]
        self.memory = max(self.memory, sum(map(own_memory, pids)) - self.before)
        for pid in pids:
            with suppress(OSError):
                self.cpu_of[pid] = cpu_of(pid)


@contextmanager
def watched() -> Iterator[Seen]:
    """Look at the processes ten times a second for the length of the block."""
    seen, over = Seen(), threading.Event()
    watching = threading.Thread(target=watch, args=[seen, over])
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


def watch(seen: Seen, over: threading.Event) -> None:
    asked = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type IN ('client backend', 'parallel worker')"  # none of those that clean up for everyone
    )
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
        while not over.wait(0.1):
            seen.look([pid for (pid,) in line.execute(asked)])


def own_memory(pid: int) -> int:
    """Return the bytes of memory that only this process uses, or 0 if it is gone or on another machine."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0
