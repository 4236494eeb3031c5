"""What goes into a copy: the resources that were chosen, by section, newest first.

Which resources are meant is settled once, by id and version. Each file of the ZIP is then written by a walk of its own
over just these, so that a long record needs little memory. If an import changes the record between two walks, the copy
would not be of one moment, and ChangedError says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from portal.papers import Line, entered_in_error, lines_of, with_masked_numbers
from portal.record import moments, words
from portal.record.models import PROJECTIONS, Attachment, Resource
from portal.record.sealing import SEALED

AT_ONCE = 500
OTHER, OWN = "other", "readings"
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
# What each section has: FHIR's resource types. All others are in the last one, so that nothing is left out. Own
# readings are no resources of the record (own_readings.py).
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("about", "About you", ("Patient",)),
    ("allergies", "Allergies", ("AllergyIntolerance",)),
    ("conditions", "Conditions", ("Condition",)),
    (
        "medications",
        "Medications",
        ("MedicationRequest", "MedicationDispense", "MedicationStatement", "MedicationAdministration", "Medication"),
    ),
    ("immunizations", "Immunizations", ("Immunization",)),
    ("results", "Lab results and measurements", ("Observation", "DiagnosticReport", "Specimen")),
    ("procedures", "Procedures", ("Procedure",)),
    ("notes", "Notes and documents", ("DocumentReference", "Composition", "Media", "ImagingStudy")),
    ("visits", "Visits and appointments", ("Appointment", "Encounter")),
    ("plans", "Goals and care plans", ("Goal", "CarePlan", "CareTeam")),
    (OWN, "Your own readings", ()),
    (OTHER, "Other papers, people and places", ()),
)
ORDER = [slug for slug, _, _ in SECTIONS]
TITLES = {slug: title for slug, title, _ in SECTIONS}
SECTION_OF = {type_: slug for slug, _, types in SECTIONS for type_ in types}


class ChangedError(Exception):
    """The record was changed while it was copied. Nothing is wrong: the copy has to begin again."""


class File(NamedTuple):
    """A file within a resource: where it stands there, and of which kind it is said to be."""

    resource: UUID
    path: str
    content_type: str


@dataclass(frozen=True)
class Entry:
    """One resource in words. `when` is "" if it has no date. `files` are the names of its files in the ZIP."""

    resource: UUID
    title: str
    when: str
    lines: list[Line]
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One section. `entries` reads it from the store, newest first; `size` is how many entries it has."""

    slug: str
    title: str
    size: int
    entries: Callable[[], Iterator[Entry]]


class Chosen(NamedTuple):
    """One resource that is meant. `is_error` tells that it says of itself that it was entered in error."""

    id: UUID
    version: int
    section: str
    is_error: bool


class Dated(NamedTuple):
    """When something of a resource was: `at` for sorting, and what was said, with the zone of its place."""

    at: datetime | None
    said: str
    zone: str
    display: str


def choose(patient: str, sections: list[str], since: date | None, until: date | None) -> list[Chosen]:
    """Return the resources of these sections and days, in the order of the copy.

    A resource without a date is always meant. One of which only a year or a month is known is meant if that year or
    month has any of the days.
    """
    dates = dates_of(patient)
    rows = Resource.objects.filter(patient=patient).values_list(
        "id", "version", "type", "raw__status", "raw__verificationStatus"
    )
    found = []
    for id_, version, type_, status, verification in rows.iterator(AT_ONCE):
        section = SECTION_OF.get(type_, OTHER)
        said = dates.get(id_, [])
        if section in sections and is_within(said, since, until):
            is_error = entered_in_error({"status": status, "verificationStatus": verification})
            newest = max((one.at for one in said if one.at), default=EARLIEST)
            found.append((ORDER.index(section), newest, Chosen(id_, version, section, is_error)))
    found.sort(key=lambda one: (one[0], -one[1].timestamp(), one[2].id))
    return [chosen for *_, chosen in found]


def dates_of(patient: str) -> dict[UUID, list[Dated]]:
    """Return what the projections know of when each resource was."""
    found: dict[UUID, list[Dated]] = {}
    for id_, *dated in projected(patient):
        found.setdefault(id_, []).append(Dated(*dated))
    return found


def projected(patient: str, ids: list[UUID] | None = None) -> QuerySet[Any, Any]:
    """Return (resource, at, said, zone, display) of the rows of a patient in all projections, or those of `ids`."""
    first, *others = (
        model._default_manager.filter(patient=patient, **({} if ids is None else {"resource_id__in": ids}))
        .order_by()
        .values_list("resource_id", "at", "said", "zone", "display")
        for model in PROJECTIONS
    )
    return first.union(*others, all=True)


def is_within(said: list[Dated], since: date | None, until: date | None) -> bool:
    """Return whether any of these dates is between the two days, or there is none."""
    days = [day for one in said if one.said and (day := as_said(one))]
    if not days or (since is None and until is None):
        return True
    return any(
        (since is None or day >= since.isoformat()[: len(day)])
        and (until is None or day <= until.isoformat()[: len(day)])
        for day in days
    )


def as_said(one: Dated) -> str:
    """Return the day as ISO 8601 where it happened, or the month or year if no more was said."""
    if len(one.said) <= len("2019-03-04"):
        return one.said
    day = moments.day_of(one.said, one.zone)
    return day.isoformat() if day else ""


def sections_of(patient: str, chosen: list[Chosen], names: dict[UUID, list[str]]) -> list[Section]:
    """Return the sections that have anything, without what was entered in error: no page shows that either."""
    found = []
    for slug, title, _ in SECTIONS:
        mine = [one for one in chosen if one.section == slug and not one.is_error]
        if mine:
            found.append(Section(slug, title, len(mine), partial(read_entries, patient, mine, names)))
    return found


def read_entries(patient: str, chosen: list[Chosen], names: dict[UUID, list[str]]) -> Iterator[Entry]:
    """Yield the entries of these resources in their order. Raise ChangedError if one is another version by now."""
    for start in range(0, len(chosen), AT_ONCE):
        some = chosen[start : start + AT_ONCE]
        ids = [one.id for one in some]
        rows = Resource.objects.annotate(numbers=SEALED).in_bulk(ids)
        dates = dict[UUID, Dated]()
        for id_, *dated in projected(patient, ids):
            dates.setdefault(id_, Dated(*dated))
        for one in some:
            row = rows.get(one.id)
            if row is None or row.version != one.version:
                raise ChangedError
            yield entry_of(row, dates.get(one.id), tuple(names.get(one.id, ())))


def entry_of(row: Resource, dated: Dated | None, files: tuple[str, ...]) -> Entry:
    """Return a resource in words: what it is, when it was, and all that it says."""
    kind = words.type_of(row.type)
    display = dated.display if dated else ""
    title = (display or kind) if display.startswith(kind) or not display else f"{kind}: {display}"
    when = moments.show(dated.said, dated.zone) if dated and dated.said else ""
    return Entry(row.pk, title, when, list(lines_of(with_masked_numbers(row), whole=True)), files)


def files_of(patient: str, chosen: list[Chosen]) -> list[File]:
    """Return the files within the chosen resources whose content is here, in the order of the store."""
    meant = {one.id for one in chosen if not one.is_error}
    rows = Attachment.objects.filter(patient=patient, size__isnull=False).order_by("resource_id", "place")
    files = rows.values_list("resource_id", "path", "content_type").iterator(AT_ONCE)
    return [File(*file) for file in files if file[0] in meant]
