"""Comparing a finished copy with the store. The ZIP is read again from where it is kept, and each file is counted.

What is counted is what the files say, not what was meant to be written: articles in the HTML, marked lines in the text,
headings in the tags of the PDFs, and resources in the bundle, whose digests have to be those of the store.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from portal.export import own_readings, pdf
from portal.export.archive import Archive, reading
from portal.export.contents import Chosen
from portal.export.models import Export
from portal.export.own_readings import Own
from portal.export.writing import ENTRY_MARK
from portal.record.canonical import write_canonical
from portal.record.checks import read_integer
from portal.record.models import Resource
from portal.record.sealing import digest_with
from portal.tools.fhir import observations_of


class DifferenceError(Exception):
    """The copy is not what the store holds. The message has numbers and names of files only."""


def compare(export: Export, archive: Archive, chosen: list[Chosen], own: list[Own]) -> dict[str, object]:
    """Read the stored ZIP and return its counts. Raise DifferenceError if anything is not as it has to be."""
    errors = sum(one.is_error for one in chosen)
    shown = len(chosen) - errors + len(own)
    with reading(export, archive.file.size) as stored:
        check_members(stored, archive)
        counts = {"record.html": count_articles(stored), "record.txt": count_marks(stored), "pdf": count_tags(stored)}
        for name, number in counts.items():
            if number != shown:
                raise DifferenceError(f"{name} has {number} entries and the store {shown}.")
        check_bundle(stored, export, chosen)
        check_own_readings(stored, export, own)
    stored_counts = {"store": len(chosen), "own_readings": len(own), "entered_in_error": errors}
    return {**stored_counts, "fhir/bundle.json": len(chosen), **counts}


def check_members(stored: ZipFile, archive: Archive) -> None:
    """Raise DifferenceError unless the ZIP has the files that were written, each with its digest, and no other."""
    if stored.namelist() != [member.name for member in archive.members]:
        raise DifferenceError("The ZIP has other files than were written.")
    for member in archive.members:
        try:
            with stored.open(member.name) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        except BadZipFile:
            found = ""
        if found != member.sha256:
            raise DifferenceError(f"{member.name} cannot be read again as it was written.")


def check_bundle(stored: ZipFile, export: Export, chosen: list[Chosen]) -> None:
    """Raise DifferenceError unless the bundle has the resources of the store, each once, with equal digests."""
    rows = Resource.objects.filter(pk__in=[one.id for one in chosen]).values_list("digest", flat=True)
    expected = Counter(bytes(digest) for digest in rows.iterator())
    found = Counter[bytes]()
    with stored.open("fhir/bundle.json") as file:
        for text in map(write_canonical, resources_in(file)):
            digests = (digest_with(text, numbers) for numbers in (False, True))
            found[next((digest for digest in digests if digest in expected), b"")] += 1
    if found != expected:
        number = found.total()
        raise DifferenceError(f"fhir/bundle.json has {number} resources, and not the {expected.total()} of the store.")


def check_own_readings(stored: ZipFile, export: Export, own: list[Own]) -> None:
    """Raise DifferenceError unless the bundle of own readings has those of the store, each once and as they are."""
    if not own:
        return
    expected = sorted(write_canonical(one) for one in observations_of(export.patient, [one.id for one in own]))
    with stored.open(own_readings.FILE) as file:
        found = sorted(write_canonical(one) for one in resources_in(file) if one["resourceType"] == "Observation")
    if found != expected or len(found) != len(own):
        raise DifferenceError(f"{own_readings.FILE} has {len(found)} readings, and not the {len(own)} of the store.")


def resources_in(bundle: IO[bytes]) -> Iterator[Any]:
    """Yield the resources of a bundle that has each entry on a line of its own, one at a time."""
    for line in bundle:
        _, brace, entry = line.decode().partition("{")
        if brace and not entry.startswith('"resourceType":"Bundle"'):
            yield json.loads(brace + entry, parse_float=Decimal, parse_int=read_integer)["resource"]


class Articles(HTMLParser):
    """Count the articles of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.count += tag == "article"


def count_articles(stored: ZipFile) -> int:
    parser = Articles()
    with stored.open("record.html") as file:
        for line in file:
            parser.feed(line.decode())
    return parser.count


def count_marks(stored: ZipFile) -> int:
    with stored.open("record.txt") as file:
        return sum(line.startswith(ENTRY_MARK.encode()) for line in file)


def count_tags(stored: ZipFile) -> int:
    return sum(pdf.count_entries(stored.read(name)) for name in stored.namelist() if name.startswith("pdf/"))
