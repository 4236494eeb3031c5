"""Own readings in a copy: a section for people, and a FHIR bundle apart from the record of the clinics.

They are no resources of the record, so they are never among what came from a clinic, and the record's bundle can still
be compared with the store by its digests.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from portal.export.contents import AT_ONCE, OWN, TITLES, ChangedError, Entry, Section
from portal.export.writing import Person
from portal.papers import Line
from portal.record import moments
from portal.record.canonical import write_canonical
from portal.tools.fhir import observations_of, patient_id
from portal.tools.models import Reading

FILE = "fhir/own-readings.json"


class Own(NamedTuple):
    """One reading that is meant, as of its last change."""

    id: int
    changed_at: datetime


def choose(patient: str, sections: list[str], since: date | None, until: date | None) -> list[Own]:
    """Return the readings of these days, newest first, if their section is meant."""
    if OWN not in sections:
        return []
    rows = Reading.objects.filter(patient=patient).order_by("-at", "-id")
    if since:
        rows = rows.filter(said__gte=since.isoformat())
    if until:
        rows = rows.filter(said__lt=(until + timedelta(days=1)).isoformat())
    return [Own(*row) for row in rows.values_list("id", "changed_at").iterator(AT_ONCE)]


def sections_of(patient: str, own: list[Own]) -> list[Section]:
    """Return the section of these readings, if there are any."""
    return [Section(OWN, TITLES[OWN], len(own), partial(read_entries, patient, own))] if own else []


def read_entries(patient: str, own: list[Own]) -> Iterator[Entry]:
    """Yield the readings in words. Raise ChangedError if one was changed or deleted meanwhile."""
    for start in range(0, len(own), AT_ONCE):
        some = own[start : start + AT_ONCE]
        ids = [one.id for one in some]
        rows = Reading.objects.filter(patient=patient).select_related("tracker").in_bulk(ids)
        for one in some:
            row = rows.get(one.id)
            if row is None or row.changed_at != one.changed_at:
                raise ChangedError
            yield entry_of(row)


def entry_of(row: Reading) -> Entry:
    """Return a reading in words, which say first that the person measured it."""
    values = [("Measured by", "the person, not by a clinic"), ("Reading", row.with_unit), ("Note", row.note)]
    lines = [Line(label, value, 0) for label, value in values if value]
    title = f"Own reading: {row.tracker.about.title}"
    return Entry(row.resource_id, title, moments.show(row.said, row.zone), lines)


def bundle_of(patient: str, own: list[Own], person: Person) -> Iterator[str]:
    """Yield a bundle of the person and their readings as Observations, each entry on a line of its own."""
    whose = {"resourceType": "Patient", "id": str(patient_id(patient)), "name": [{"text": person.name}]}
    yield '{"resourceType":"Bundle","type":"collection"\n'
    yield f',"entry":[{{"fullUrl":"urn:uuid:{whose["id"]}","resource":{write_canonical(whose)}}}\n'
    for start in range(0, len(own), AT_ONCE):
        for one in observations_of(patient, [one.id for one in own[start : start + AT_ONCE]]):
            yield f',{{"fullUrl":"urn:uuid:{one["id"]}","resource":{write_canonical(one)}}}\n'
    yield "]}\n"
