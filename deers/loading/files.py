"""Import files (docs/deers-import.md), read in pieces by many processes at once."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from deers.loading import rows, staging
from deers.loading.batch import check_records
from deers.loading.columns import ParseError
from deers.loading.difference import Loss, agreed_losses, count_difference, count_losses, note_agreement
from deers.loading.lines import LINE_MAX, Header, read_header, read_records
from deers.loading.steps import Advance, Piece, claim_staging, count_entered, enter, read
from deers.loading.workers import Share
from safeguards import audit

PIECE_BYTES = 1024 * 1024
CSV, NDJSON = "csv", "ndjson"
KINDS = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}


class Imported(NamedTuple):
    """What became of a file: how many people it brought, and how many problems it had."""

    people: int
    problems: int


class StoppedError(Exception):
    """Nobody agreed to what would be lost. Nothing was changed, and the same command goes on from there."""


Agree = Callable[[Sequence[Loss]], bool]
"""Whether to go on although so much would be lost."""


@contextmanager
def settled(
    path: Path, kind: str, *, whole: bool, processes: int, piece_bytes: int, advance: Advance
) -> Iterator[tuple[Share, int]]:
    """Stage the file and resolve its conflicts. Yield the processes and how many people were read.

    Drop the staging tables at the end. Raise columns.ParseError if the header is wrong or the file is empty, and
    staging.Busy if another import is running.
    """
    header, begins = None, 0
    with path.open("rb") as file:
        head = file.readline(LINE_MAX)
        if kind == CSV and head.strip():
            header, begins = read_header(head), file.tell()
        if not any(map(bytes.strip, (head, *file) if kind == NDJSON else file)):
            raise ParseError("The file is empty." if header is None else "The file has a header, and nobody below it.")
    read_piece = partial(stage, path=path, header=header, whole=whole)
    with claim_staging(key_of(path, piece_bytes, whole), processes) as share:
        size = path.stat().st_size - begins
        yield share, read(share, pieces(path, begins, piece_bytes), size, read_piece, advance=advance)


def import_file(
    path: Path,
    kind: str,
    report: Path,
    *,
    whole: bool = False,
    agree: Agree = lambda losses: False,
    processes: int = 0,
    piece_bytes: int = PIECE_BYTES,
    advance: Advance = lambda people, of: None,
) -> Imported:
    """Import a file, and go on where an interrupted run of it stopped. In the end, write its problems to `report`.

    With `whole`, columns that are absent are empty. Otherwise they stay as the registry has them. If more would be lost
    than policy.IMPORT_LOSSES_SHARE, ask `agree`. Raise StoppedError if it does not agree, columns.ParseError if the
    header is wrong or the file is empty, and staging.Busy if another import is running.
    """
    options: dict[str, Any] = {"processes": processes, "piece_bytes": piece_bytes, "advance": advance}
    with settled(path, kind, whole=whole, **options) as (share, read_people):
        if not staging.finished_places("agreed"):
            losses = count_losses()
            if any(loss.too_many for loss in losses) and not agree(losses):
                raise StoppedError
            note_agreement(losses)
        people = enter(share, read_people, finish=partial(record_import, whole), advance=advance)
        return Imported(people, staging.report(report))


def preview_file(
    path: Path,
    kind: str,
    *,
    whole: bool = False,
    processes: int = 0,
    piece_bytes: int = PIECE_BYTES,
    advance: Advance = lambda people, of: None,
) -> list[tuple[str, int]]:
    """Return what importing the file would change, as counts by kind. Nothing is inserted, and no report is written."""
    options: dict[str, Any] = {"processes": processes, "piece_bytes": piece_bytes, "advance": advance}
    with settled(path, kind, whole=whole, **options):
        return count_difference()


def record_import(whole: bool) -> None:
    """Record the event of an import: counts, and nothing about anybody. They end at the trail's greatest number."""
    counts = {"people": count_entered(), "problems": staging.count_problems(), **agreed_losses()}
    details: dict[str, Any] = {name: min(count, audit.BIGGEST_NUMBER) for name, count in counts.items()}
    audit.record("deers.imported", by="system", whole=whole, **details)


def key_of(path: Path, piece_bytes: int, whole: bool) -> str:
    """Return a key that tells a file from others, and from itself after a change, without reading all of it."""
    known = path.stat()
    with path.open("rb") as file:
        start = file.read(PIECE_BYTES)
    return hashlib.sha256(b"%d %d %d %d " % (known.st_size, known.st_mtime_ns, piece_bytes, whole) + start).hexdigest()


def pieces(path: Path, begins: int, size: int) -> Iterator[Piece]:
    """Yield the file from `begins` on, in whole lines of about `size` bytes.

    If `begins` is not 0, one line is above it.
    """
    place, line = begins, 1 + bool(begins)
    with path.open("rb") as file:
        file.seek(begins)
        while text := file.read(size):
            text += file.readline(LINE_MAX)
            yield Piece(place, len(text), line)
            place += len(text)
            line += text.count(b"\n") + (not text.endswith(b"\n"))


def stage(piece: Piece, path: Path, header: Header | None, whole: bool) -> tuple[int, int]:
    """Validate, normalize, encrypt and stage each line of a piece.

    Return the size of the piece, and how many people it has.
    """
    with path.open("rb") as file:
        file.seek(piece.place)
        found, problems = read_records(file.read(piece.size), piece.line, header)
    batch, more = check_records(found, whole=whole)
    absent = batch.absent if batch.lines else ()
    staging.stage(piece.place, piece.size, len(batch.lines), rows.written(batch), [*problems, *more], absent)
    return piece.size, len(batch.lines)
