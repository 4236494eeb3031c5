"""The resources in a file: of a Bundle of any type, of NDJSON line by line, or the one that it is."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from portal.record import checks
from portal.record.checks import BadError

SOURCE = "urn:dslogon:record-source"
"""The extension of an entry by which our own export says where a resource came from."""
BLANK = b" \t\r\n"


class Entry(NamedTuple):
    """A resource in a file. `number` counts entries of a Bundle or lines of NDJSON from 1; it is None for a lone one.

    `source` is what our own export says. `done` is how many of the file's bytes are read by now.
    """

    number: int | None
    full_url: str
    source: str
    raw: dict[str, Any]
    done: int


def digest_of_file(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def read_entries(path: Path, digest: bytes) -> Iterator[Entry]:
    """Yield the resources of a file in their order. Of NDJSON, only one line is in memory at a time.

    Raise BadError if the file cannot be read as FHIR, or has not the given digest any more when its end is reached.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        read = hashlib.sha256()
        yield from read_lines(file, read) if is_ndjson(file) else read_document(file, size, read)
    if read.digest() != digest:
        raise BadError("The file was changed while it was read.")


def is_ndjson(file: BinaryIO) -> bool:
    """Return whether the first line is an object by itself, and another one follows. The file is wound back."""
    line = b""
    while not line.strip(BLANK) and (line := file.readline(checks.BIGGEST_RESOURCE)):
        line = line.removeprefix(checks.BOM)
    line = line.strip(BLANK)
    found = line.startswith(b"{") and line.endswith(b"}") and next_letter(file) == b"{"
    file.seek(0)
    return found


def next_letter(file: BinaryIO) -> bytes:
    """Return the next byte that is not blank."""
    for line in iter(lambda: file.readline(1024), b""):
        if begins := line.strip(BLANK)[:1]:
            return begins
    return b""


def read_lines(file: BinaryIO, read: Any) -> Iterator[Entry]:
    number = done = 0
    while line := file.readline(checks.BIGGEST_RESOURCE + 1):
        number, done = number + 1, done + len(line)
        read.update(line)
        if len(line) > checks.BIGGEST_RESOURCE:
            raise BadError(too_big(), entry=number)
        if line.strip(BLANK):
            try:
                entries = list(entries_of(line, done))
            except BadError as bad:
                bad.entry = number
                raise
            yield from (entry._replace(number=number, done=done) for entry in entries)


def read_document(file: BinaryIO, size: int, read: Any) -> Iterator[Entry]:
    if size > checks.BIGGEST_DOCUMENT:
        most = checks.BIGGEST_DOCUMENT // checks.MEBIBYTE
        raise BadError(f"The file is larger than {most} MiB. Larger ones can be read as NDJSON, a resource a line.")
    data = file.read()
    read.update(data)
    yield from entries_of(data, len(data))


def entries_of(data: bytes, size: int) -> Iterator[Entry]:
    """Yield the resources of one JSON document of `size` bytes."""
    text = checks.decode(data)
    document = checks.parse_json(text)
    suspicious = checks.is_suspicious(text)
    del text
    if type(document) is not dict:
        raise BadError(checks.why_unfit(document) or "It is JSON, but no FHIR: there is no resource in it.")
    if document.get("resourceType") != "Bundle":
        if "resourceType" not in document:
            raise BadError("It is JSON, but no FHIR: it has no resourceType.")
        yield checked(Entry(None, "", "", document, size), suspicious)
        return
    entries = document.get("entry", [])
    if type(entries) is not list:
        raise BadError("The entries of a Bundle have to be a list.", "Bundle", "entry")
    for index, entry in enumerate(entries):
        number = index + 1
        resource, full_url = resource_in(entry, number)
        if resource is not None:
            done = size * number // len(entries)
            yield checked(Entry(number, full_url, source_of(entry), resource, done), suspicious)
        entries[index] = None  # read, so its memory can go


def resource_in(entry: Any, number: int) -> tuple[dict[str, Any] | None, str]:
    """Return the resource of a Bundle's entry, and what the entry calls it. A search or a response may have none."""
    if type(entry) is not dict:
        raise BadError(checks.why_unfit(entry) or "An entry has to be an object.", "Bundle", entry=number)
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") in ("DELETE", "PATCH"):
        raise BadError("It asks to delete or to patch. A record keeps everything as it was said.", entry=number)
    full_url, resource = entry.get("fullUrl", ""), entry.get("resource")
    if type(full_url) is not str:
        raise BadError("There has to be text.", "Bundle", "entry", "fullUrl", entry=number)
    if resource is not None and type(resource) is not dict:
        raise BadError(checks.why_unfit(resource) or "There has to be an object.", "Bundle", "entry", entry=number)
    return resource, full_url


def source_of(entry: dict[str, Any]) -> str:
    """Return where our own export says that a resource came from, or "" in anybody else's file."""
    for extension in entry["extension"] if isinstance(entry.get("extension"), list) else ():
        if isinstance(extension, dict) and extension.get("url") == SOURCE:
            named = extension.get("valueString")
            return named if isinstance(named, str) and len(named) <= 60 and not checks.UNFIT.search(named) else ""
    return ""


def checked(entry: Entry, suspicious: bool) -> Entry:
    """Return an entry whose text PostgreSQL and FHIR take."""
    if suspicious:
        try:
            checks.check_letters([entry.full_url, entry.raw])
        except BadError as bad:
            # Keys of the file are its own words until they are known to be FHIR's.
            raise BadError(bad.reason, entry=entry.number) from None
    return entry


def too_big() -> str:
    return f"A resource is larger than {checks.BIGGEST_RESOURCE // checks.MEBIBYTE} MiB."
