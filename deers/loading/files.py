"""Import files (docs/deers-import.md), read in pieces by many processes at once."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from deers.loading import rows, staging
from deers.loading.batch import check_records
from deers.loading.lines import LINE_MAX, Header, read_header, read_records
from deers.loading.steps import Advance, Piece, claim_staging, load

PIECE_BYTES = 1024 * 1024
CSV, NDJSON = "csv", "ndjson"
KINDS = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}


class Imported(NamedTuple):
    """What became of a file: how many people it brought, and how many problems it had."""

    people: int
    problems: int


def import_file(
    path: Path,
    kind: str,
    report: Path,
    *,
    processes: int = 0,
    piece_bytes: int = PIECE_BYTES,
    advance: Advance = lambda people, of: None,
) -> Imported:
    """Import a file, and go on where an interrupted run of it stopped. In the end, write its problems to `report`.

    Raise columns.ParseError if the header is wrong, and staging.Busy if another import is running.
    """
    header, begins = None, 0
    if kind == CSV:
        with path.open("rb") as file:
            header, begins = read_header(file.readline(LINE_MAX)), file.tell()
    read = partial(stage, path=path, header=header)
    with claim_staging(key_of(path, piece_bytes), processes) as share:
        whole = path.stat().st_size - begins
        people = load(share, pieces(path, begins, piece_bytes), whole, read, advance=advance)
        return Imported(people, staging.report(report))


def key_of(path: Path, piece_bytes: int) -> str:
    """Return a key that tells a file from others, and from itself after a change, without reading all of it."""
    known = path.stat()
    with path.open("rb") as file:
        start = file.read(PIECE_BYTES)
    return hashlib.sha256(b"%d %d %d " % (known.st_size, known.st_mtime_ns, piece_bytes) + start).hexdigest()


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


def stage(piece: Piece, path: Path, header: Header | None) -> tuple[int, int]:
    """Validate, normalize, encrypt and stage each line of a piece.

    Return the size of the piece, and how many people it has.
    """
    with path.open("rb") as file:
        file.seek(piece.place)
        found, problems = read_records(file.read(piece.size), piece.line, header)
    batch, more = check_records(found)
    staging.stage(piece.place, piece.size, len(batch.lines), rows.written(batch), [*problems, *more])
    return piece.size, len(batch.lines)
