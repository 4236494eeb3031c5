"""Import files, read batch by batch (docs/deers-import.md): prepared on all cores, entered in their order."""

import csv
import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.db import connection, transaction

from deers.loading import store
from deers.loading.columns import Bad
from deers.loading.record import LINE_MAX, Header, Problem, read
from deers.loading.rows import Rows
from deers.loading.workers import in_order
from deers.models import Import

BATCH_BYTES = 1024 * 1024
BOM = b"\xef\xbb\xbf"
CSV, NDJSON = "csv", "ndjson"
KINDS = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}
LOCK = 0x0DEE25


class Piece(NamedTuple):
    """Some whole lines of a file: `line` is the first one's number, `end` the position behind the last."""

    text: bytes
    line: int
    end: int
    lines: int


class Prepared(NamedTuple):
    """What became of a piece."""

    rows: list[Rows]
    problems: list[Problem]
    line: int
    end: int


class Busy(Exception):
    """Another import is running."""


def import_file(
    path: Path,
    kind: str,
    report: Path,
    *,
    processes: int = 0,
    batch_bytes: int = BATCH_BYTES,
    advance: Callable[[Import], object] = lambda run: None,
) -> Import:
    """Enter a file, from where an interrupted run of it stopped; what is bad goes to `report`. How far it came.

    Bad: the header. Busy: another import runs.
    """
    with path.open("rb") as file:
        head = file.readline(LINE_MAX) if kind == CSV else b""
        header = Header(header_of(head)) if kind == CSV else None
        run, _ = Import.objects.get_or_create(
            key=key_of(path), defaults={"position": len(head), "line": int(bool(head))}
        )
        file.seek(run.position)
        work = partial(prepare, header=header)
        advance(run)
        with opened_report(report, run) as told:
            for prepared in in_order(work, pieces(file, run.position, run.line + 1, batch_bytes), processes):
                with transaction.atomic():
                    claim()
                    store.make_staging_tables()
                    tell(run, told, [*prepared.problems, *store.enter(prepared.rows)])
                    run.position, run.line = prepared.end, prepared.line
                    run.people += len(prepared.rows)
                    run.save(force_update=True)
                advance(run)
            with transaction.atomic():
                claim()
                tell(run, told, store.tie_awaited())
                run.delete()
    return run


def claim() -> None:
    """One import at a time, for as long as the transaction lasts and whatever becomes of this process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if cursor.fetchone() != (True,):
            raise Busy


def header_of(head: bytes) -> list[str]:
    try:
        return next(csv.reader([head.removeprefix(BOM).decode().rstrip("\r\n")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        raise Bad("The header is not CSV in UTF-8.") from None


def key_of(path: Path) -> str:
    """Tells a file apart from others and from itself after a change, without reading all of it."""
    known = path.stat()
    with path.open("rb") as file:
        start = file.read(BATCH_BYTES)
    return hashlib.sha256(b"%d %d " % (known.st_size, known.st_mtime_ns) + start).hexdigest()


def pieces(file: BinaryIO, position: int, line: int, size: int) -> Iterator[Piece]:
    """The rest of the file in pieces of about `size` bytes; lines end with a line feed and nowhere else."""
    while text := file.read(size):
        text += file.readline(LINE_MAX)
        position += len(text)
        lines = text.count(b"\n") + (not text.endswith(b"\n"))
        yield Piece(text, line, position, lines)
        line += lines


def prepare(piece: Piece, header: Header | None) -> Prepared:
    """Validate, normalise and encrypt each line. Of two with one DoD ID number the later one counts."""
    people: dict[str, Rows] = {}
    problems: list[Problem] = []
    for line, raw in enumerate(BytesIO(piece.text), piece.line):
        if line == 1:
            raw = raw.removeprefix(BOM)
        if not raw.strip():
            continue
        found = read(raw, line, header)
        if isinstance(found, Rows):
            people.pop(found.dod_id, None)
            people[found.dod_id] = found
        else:
            problems += found
    return Prepared(list(people.values()), problems, piece.line + piece.lines - 1, piece.end)


def opened_report(path: Path, run: Import) -> BinaryIO:
    """The report, cut back to what was committed: what a killed run wrote after that comes once more."""
    path.touch(mode=0o600)
    file = path.open("r+b")
    file.truncate(run.report_bytes)
    file.seek(0, 2)
    return file


def tell(run: Import, report: BinaryIO, problems: list[Problem]) -> None:
    """Write problems down, sorted by line, before they are counted in the database."""
    if not run.report_bytes:
        report.write(b"line,column,reason\n")
    for problem in sorted(problems):
        report.write(f"{problem.line},{problem.column},{quoted(problem.reason)}\n".encode())
    report.flush()
    run.problems += len(problems)
    run.report_bytes = report.tell()


def quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text
