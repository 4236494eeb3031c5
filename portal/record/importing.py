"""A file with FHIR resources becomes part of a person's record: all of it in one transaction, or nothing.

What is stored is the JSON as it was read (`canonical`). `validating` looks at it and gives nothing back.
"""

import gc
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import Account
from deers import lookup
from deers.registry import Beneficiary
from portal.notices.new_in_record import tell_of_import
from portal.record import files, projecting, sealing, validating
from portal.record.canonical import write_canonical
from portal.record.checks import BIGGEST_RESOURCE, BadError
from portal.record.models import Import, Paper, Resource, resource_id
from portal.record.personal_numbers import Numbers, find_numbers, without
from portal.record.whose import Whose
from safeguards import audit
from safeguards.locks import exclusive

DEFAULT_SOURCE = "import"
LONGEST_NAME = 300

# What jsonb would not give back as it came: a positive exponent, which it writes out, and the sign of a zero.
UNKEPT = re.compile(r"[:,\[]-?\d(?:\.\d+)?E\+\d|[:,\[]-0(?:\.0+)?(?:E[+-]?\d+)?[,}\]]")

MARKED = re.compile(r'"\\u0000([^"]*)"')

CREATE = """
CREATE TEMPORARY TABLE record_staged (
    place integer, number integer, id uuid, source text, type text, reference text, full_url text, raw jsonb,
    written text, digest bytea
)
"""
COPY = "COPY record_staged (place, number, id, source, type, reference, full_url, raw, written, digest) FROM STDIN"
DIFFERENT = """
SELECT max(number), max(type) FROM record_staged GROUP BY id HAVING count(DISTINCT digest) > 1 ORDER BY 1 LIMIT 1
"""
DOUBLE = "DELETE FROM record_staged s USING record_staged t WHERE t.id = s.id AND t.place < s.place"
COUNTED = "SELECT type, count(DISTINCT id), count(*) FROM record_staged GROUP BY type ORDER BY type"
STORE = """
INSERT INTO record_resource
    (id, patient, source, type, reference, full_url, version, raw, written, digest, imported_id)
SELECT id, %s, source, type, reference, full_url, 1, raw, written, digest, %s FROM record_staged
ON CONFLICT (id) DO UPDATE
    SET version = record_resource.version + 1, raw = EXCLUDED.raw, written = EXCLUDED.written,
        digest = EXCLUDED.digest, full_url = EXCLUDED.full_url, imported_id = EXCLUDED.imported_id
    WHERE record_resource.digest <> EXCLUDED.digest
RETURNING id, version
"""

Write = Callable[[Any], tuple[str, bool]]
"""Returns the canonical text of a resource, and whether jsonb keeps it."""
Progress = Callable[[int], None]
"""Is told how many bytes of the file are done."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What `store_resources` did. `types` counts all that was given, by type."""

    import_id: int
    types: dict[str, int]
    added: int
    changed: int

    @property
    def unchanged(self) -> int:
        return sum(self.types.values()) - self.added - self.changed


@dataclass(frozen=True, slots=True)
class Imported:
    """The file is stored. `types` counts its resources; `without_page` those of them without a page of their own."""

    file: Path
    types: dict[str, int]
    added: int
    changed: int
    unchanged: int
    without_page: dict[str, int]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """All that is in the file was already in the record."""

    file: Path
    types: dict[str, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of the file was stored. `entry` counts entries or lines from 1; `path` is the type and its elements."""

    file: Path
    entry: int | None
    path: str
    reason: str

    def __str__(self) -> str:
        places = [str(self.file), f"entry {self.entry}" if self.entry else "", self.path]
        return f"{', '.join(filter(None, places))}: {self.reason}"


def import_file(
    path: Path | str,
    patient: str,
    source: str = "",
    *,
    other_name: bool = False,
    progress: Progress | None = None,
) -> Imported | Unchanged | Refused:
    """Store the resources of a file in the record of the person with this DoD ID number.

    `source` is whom they came from; "" is what our own export says, and otherwise "import". `other_name` says that the
    file is meant though DEERS has another name or birth date. Two imports into one record wait for each other.
    """
    path = Path(path)
    person = lookup.person(patient)
    if person is None:
        return Refused(path, None, "", "DEERS has nobody with this DoD ID number, or does not answer now.")
    try:
        # The outer block is there so that a refusal leaves a caller's own transaction usable.
        with without_collecting(), transaction.atomic(), exclusive("record-import", patient):
            return import_alone(path, person, source, other_name=other_name, progress=progress or (lambda done: None))
    except BadError as bad:
        return Refused(path, bad.entry, ".".join(bad.path), bad.reason)
    except OSError as error:
        return Refused(path, None, "", f"It cannot be read: {error.strerror}.")


@contextmanager
def without_collecting() -> Iterator[None]:
    """Keep Python from looking for garbage in circles: there are none, and it takes a seventh of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def import_alone(
    path: Path, person: Beneficiary, source: str, *, other_name: bool, progress: Progress
) -> Imported | Unchanged:
    """Store a file while nobody else imports into the same record."""
    digest = files.digest_of_file(path)
    newest = Import.objects.filter(patient=person.dod_id).order_by("-id").first()
    known = (sealing.digest_of_import(digest), source or DEFAULT_SOURCE)
    if newest and (bytes(newest.digest), newest.source) == known:
        return Unchanged(path, newest.counts)
    whose = Whose(person, known_patients(person.dod_id, source or DEFAULT_SOURCE), other_name=other_name)
    entries = read_valid(path, digest, source, whose, progress)
    stored = store(person.dod_id, source or DEFAULT_SOURCE, entries, digest=digest, write=write_parsed)
    if not stored.added and not stored.changed:
        return Unchanged(path, stored.types)
    record_import(person.dod_id, stored)
    tell_of_import(person.dod_id, stored.import_id)
    return Imported(
        path, stored.types, stored.added, stored.changed, stored.unchanged, without_page(person.dod_id, stored)
    )


def known_patients(patient: str, source: str) -> Iterator[str]:
    """Yield what earlier files of this source called the person's Patient."""
    seen = Resource.objects.filter(patient=patient, source=source, type="Patient")
    for names in seen.values_list("reference", "full_url"):
        yield from names


def read_valid(
    path: Path, digest: bytes, source: str, whose: Whose, progress: Progress
) -> Iterator[tuple[int | None, str, str, dict[str, Any]]]:
    """Yield number, source, full URL and JSON of each resource of a file that is FHIR and the person's."""
    found = False
    for entry in files.read_entries(path, digest):
        try:
            validating.validate(entry.raw)
        except BadError as bad:
            bad.entry = entry.number
            raise
        from_ = source or entry.source or DEFAULT_SOURCE
        whose.see(entry.number, from_, entry.full_url, entry.raw)
        yield entry.number, from_, entry.full_url, entry.raw
        found = True
        progress(entry.done)
    if found:
        whose.settle()


def store_resources(patient: str, source: str, entries: Iterable[tuple[str, dict[str, Any]]]) -> Stored:
    """Store resources, each given with its full URL ("" if it has none), in the caller's transaction.

    Numbers are int or Decimal. Nothing is validated: that is for files from outside. While `entries` is read, the
    database is busy and must not be asked for anything. Raise BadError for two different resources with one name.
    """
    numbered = ((number, source, *entry) for number, entry in enumerate(entries, 1))
    return store(patient, source, numbered)


def write_any(value: Any) -> tuple[str, bool]:
    """Return the canonical text of a resource, and whether jsonb would give the same one back. In doubt it is False."""
    text = write_canonical(value)
    return text, not UNKEPT.search(text)


def write_parsed(value: Any) -> tuple[str, bool]:
    """Do the same for a resource that `checks` has parsed, twice as fast: there are no floats to look for.

    Decimals are marked with a NUL, which no text has, and then put in without quotation marks.
    """
    marked: list[bool] = []

    def mark(number: Decimal) -> str:
        text = str(number)
        marked.append("E+" not in text and not (number.is_signed() and number.is_zero()))
        return f"\0{text}"

    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, check_circular=False, separators=(",", ":"), default=mark
    )
    return (MARKED.sub(r"\1", text), all(marked)) if marked else (text, True)


def store(
    patient: str,
    source: str,
    entries: Iterable[tuple[int | None, str, str, dict[str, Any]]],
    *,
    digest: bytes | None = None,
    write: Write = write_any,
) -> Stored:
    """Store resources, given with number, source, full URL and JSON. `digest` is that of their file, if there is one.

    PostgreSQL reads the rows on its own core while we validate the next ones.
    """
    read = hashlib.sha256()
    numbers: dict[UUID, Numbers] = {}
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        with cursor.copy(COPY) as copying:
            for place, (number, from_, full_url, raw) in enumerate(entries):
                row = row_of(patient, from_, full_url, raw, number, write, numbers)
                read.update(row[-1])
                copying.write_row((place, number, *row))
        counted = count_staged(cursor)
        kept_digest = sealing.digest_of_import(digest or read.digest())
        imported = Import.objects.create(
            patient=patient, source=source, digest=kept_digest, counts=counted, ended_at=timezone.now()
        )
        cursor.execute(STORE, [patient, imported.pk])
        stored: list[tuple[UUID, int]] = cursor.fetchall()
        cursor.execute("DROP TABLE record_staged")  # there may be a next file in the caller's transaction
    sealing.keep_numbers((id_, version, numbers[id_]) for id_, version in stored if id_ in numbers)
    if stored:
        projecting.project_changed(patient, [id_ for id_, _ in stored])
    added = sum(version == 1 for _, version in stored)
    return Stored(imported.pk, counted, added, len(stored) - added)


def count_staged(cursor: Any) -> dict[str, int]:
    """Return how many resources there are of each type, after those that came twice are left with one row."""
    cursor.execute(COUNTED)
    counted = cursor.fetchall()
    if any(once != rows for _, once, rows in counted):
        # A planner that knows nothing of the new table would join it to itself by loops.
        cursor.execute("ANALYZE record_staged (id)")
        cursor.execute(DIFFERENT)
        if different := cursor.fetchone():
            number, type_ = different
            raise BadError("The file has this resource twice, with different content.", type_, entry=number)
        cursor.execute(DOUBLE)
    return {type_: once for type_, once, _ in counted}


def row_of(
    patient: str,
    source: str,
    full_url: str,
    raw: dict[str, Any],
    number: int | None,
    write: Write,
    numbers: dict[UUID, Numbers],
) -> tuple[Any, ...]:
    """Return the row of a resource in `record_staged`, without its place. Put its personal numbers into `numbers`."""
    text, kept = write(raw)
    if len(text) > BIGGEST_RESOURCE // 4 and len(text.encode()) > BIGGEST_RESOURCE:
        raise BadError(files.too_big(), raw["resourceType"], entry=number)
    found = find_numbers(raw, text)
    digest = sealing.digest_with(text, found)
    type_ = raw["resourceType"]
    reference = raw.get("id") or full_url or digest.hex()
    if len(reference) > LONGEST_NAME or len(full_url) > LONGEST_NAME:
        raise BadError(f"Its name has more than {LONGEST_NAME} characters.", type_, entry=number)
    id_ = resource_id(patient, source, type_, reference)
    if found:
        numbers[id_] = found
        text, kept = write(without(raw, found))
    return id_, source, type_, reference, full_url, text, None if kept else text, digest


def without_page(patient: str, stored: Stored) -> dict[str, int]:
    """Return how many of the resources that an import brought stand only under "Other papers", by type."""
    papers = Paper.objects.filter(patient=patient, resource__imported=stored.import_id)
    return dict(papers.values_list("type").annotate(Count("id")).order_by("type"))


def record_import(patient: str, stored: Stored) -> None:
    """Record the import with counts only, on the account of the person if they have one."""
    counts = {"resources": sum(stored.types.values()), "added": stored.added, "changed": stored.changed}
    audit.record(
        "portal.record-imported",
        by="system",
        account_id=Account.objects.filter(dod_id=patient).values_list("pk", flat=True).first(),
        dod_id=patient,
        **{name: min(count, audit.BIGGEST_NUMBER) for name, count in counts.items()},
    )
