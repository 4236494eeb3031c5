"""The International Patient Summary (HL7 IPS 2.0.0 on FHIR R4): a document that a doctor anywhere can read.

It is made of the resources as they came. Changed are only references: they lead to what is in the document, or say by
name what is not. Numbers by which a government or a bank knows the person are left out, because a summary is made to be
handed on. Everything is bounded (SECTIONS, MOST_BYTES), so the size does not grow with the record; the narrative says
what is left out.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Length
from django.utils.html import escape

from portal.export.writing import Person
from portal.record import moments, queries, words
from portal.record.models import (
    RECORD,
    Allergy,
    CarePlan,
    Condition,
    Prescription,
    Procedure,
    Projected,
    Resource,
    Result,
    Vaccine,
)
from portal.record.personal_numbers import kind_of
from portal.record.reading.lookups import load
from portal.record.reading.references import Lookup, keys_meant, keys_of
from portal.templatetags.record import number, unit

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"
LOINC = "http://loinc.org"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
# What comes along because something in the document refers to it. All else is only named.
FOLLOWED = {"Practitioner", "PractitionerRole", "Organization", "Location", "Medication", "Specimen", "Device"}
# The longest way from one to the next, as from a role to a clinic to the hospital that it is part of: own.
MOST_STEPS = 4
# The largest resource that is in the document. A usual one has two thousand bytes: own.
MOST_BYTES = 32_000
# An empty section of the three that have to be there says why (ips-comp-1). Nobody said "none known" if nothing is
# there, so this is never "nilknown"; what says that there is none is an entry of its own.
UNAVAILABLE = "unavailable"
WITHHELD = "withheld"
# How many rows are read at once: own.
AT_ONCE = 500
NOT_FOLLOWED = "Not in this summary"


@dataclass(frozen=True)
class Kind:
    """A section of the IPS: its LOINC code, which rows of the record are in it, and at most how many, newest first.

    `nothing` is what a required section says if the record has nothing. `instead` are rows for when there are none.
    """

    title: str
    code: str
    model: type[Projected]
    where: Q
    most: int
    nothing: str = ""
    instead: Q | None = None
    of: str = ""


KINDS = (
    Kind(
        "Allergies and Intolerances",
        "48765-2",
        Allergy,
        ~Q(verification="refuted"),
        200,
        "The record does not say whether there are allergies.",
    ),
    Kind(
        "Medication Summary",
        "10160-0",
        Prescription,
        Q(is_current=True),
        200,
        "The record does not say whether medications are taken.",
        instead=Q(is_current=False),
        of="medication",
    ),
    Kind(
        "Problem List",
        "11450-4",
        Condition,
        Q(is_current=True),
        200,
        "The record does not say whether there are health problems now.",
    ),
    Kind("History of Past Problems", "11348-0", Condition, Q(is_current=False) & ~Q(verification="refuted"), 100),
    Kind("Immunizations", "11369-6", Vaccine, Q(was_given=True), 200, of="vaccine"),
    Kind("Results", "30954-2", Result, Q(place=0, category="laboratory"), 100),
    Kind("Vital Signs", "8716-3", Result, Q(place=0, category="vital-signs"), 50),
    Kind("Social History", "29762-2", Result, Q(place=0, category="other", category_said__icontains="social"), 20),
    Kind("History of Procedures", "47519-4", Procedure, ~Q(status="not-done"), 100),
    Kind("Plan of Care", "18776-5", CarePlan, Q(status="active"), 20),
)


@dataclass
class Document:
    """What is in the document so far: resources by id, what they are called, and what else the record knows."""

    patient: str
    lookup: Lookup
    me: UUID
    included: dict[UUID, Resource] = field(default_factory=dict)
    called: dict[tuple[str, str], UUID] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        self.included[resource.pk] = resource
        self.called |= dict.fromkeys(keys_of(resource), resource.pk)

    def target(self, reference: dict[str, Any], source: str) -> tuple[UUID | None, str, str]:
        """Return (id, type, name) of what a reference means. The id is None if the record does not have it."""
        for key in keys_meant(reference, source):
            if found := self.called.get(key):
                return found, self.included[found].type, ""
        known = self.lookup.find(reference, source)
        if known is None:
            return None, "", ""
        return (self.me if known.type == "Patient" else known.id), known.type, known.name

    def follow(self) -> None:
        """Add what the resources refer to, and what that refers to, of the types that come along."""
        new = list(self.included.values())
        for _ in range(MOST_STEPS):
            meant = {
                id_
                for resource in new
                for reference in references_in(resource.raw)
                for id_, type_, _ in [self.target(reference, resource.source)]
                if id_ and type_ in FOLLOWED and id_ not in self.included
            }
            new = list(small(self.patient).filter(pk__in=meant).order_by("pk")) if meant else []
            for resource in new:
                self.add(resource)

    def linked(self, value: Any, source: str, name: str = "") -> Any:
        """Return a copy of JSON in which each reference leads to an entry of the document or only names something.

        `name` is that of the element.
        """
        if isinstance(value, list):
            return [self.linked(one, source, name) for one in value if not (name == "identifier" and kind_of(one))]
        if not isinstance(value, dict):
            return value
        copy = {inner: kept for inner, one in value.items() if (kept := self.linked(one, source, inner)) != []}
        said = value.get("reference")
        if not isinstance(said, str) or said.startswith("#"):
            return copy
        id_, _, known = self.target(value, source)
        # An import takes no file about two people, so a patient who is not in the record is this one too.
        if id_ is None and (name in ("subject", "patient") or "Patient/" in said):
            id_ = self.me
        if id_ == self.me or id_ in self.included:
            return copy | {"reference": f"urn:uuid:{id_}"}
        del copy["reference"]
        return copy | {"display": copy.get("display") or known or NOT_FOLLOWED}


def make_summary(patient: str, person: Person, *, document_id: UUID, only: Set[UUID] | None = None) -> dict[str, Any]:
    """Return the summary of a patient's record as a Bundle, for `write_canonical`.

    `person` stands for a Patient that the record lacks or that has no name. `document_id` is the identifier of this
    document. `only` are the resources that the person chose, None for all: a section that has something and nothing
    of it was chosen says that it is withheld.
    """
    mine = Resource.objects.filter(patient=patient, type="Patient").order_by("-imported_id", "pk").first()
    me = mine.pk if mine else uuid5(RECORD, f"{patient}|summary|Patient")
    document = Document(patient, load(patient), me)
    listings = [(kind, rows_of(patient, kind, only)) for kind in KINDS]
    for resource in small(patient).filter(pk__in=[row.resource_id for _, (rows, _) in listings for row in rows]):
        document.add(resource)
    document.follow()
    sections = [section_of(document, kind, *rows, is_left_out(patient, kind, only)) for kind, rows in listings]
    about = document.linked(mine.raw if mine else {}, mine.source if mine else "")
    entries = [
        (uuid5(document_id, "Composition"), composition(document_id, me, person, [one for one in sections if one])),
        (me, patient_of(about, person, me)),
        (uuid5(document_id, "Device"), author(document_id)),
        *((one.pk, document.linked(one.raw, one.source)) for one in document.included.values()),
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{IPS}/Bundle-uv-ips"]},
        "identifier": {"system": "urn:ietf:rfc3986", "value": f"urn:uuid:{document_id}"},
        "type": "document",
        "timestamp": instant(person.made_at),
        "entry": [{"fullUrl": f"urn:uuid:{id_}", "resource": resource} for id_, resource in entries],
    }


def small(patient: str) -> QuerySet[Resource]:
    """Return the patient's resources that are small enough for the document."""
    return (
        Resource.objects.filter(patient=patient)
        .annotate(size=Length(Cast("raw", TextField())))
        .filter(size__lte=MOST_BYTES)
    )


def rows_of(patient: str, kind: Kind, only: Set[UUID] | None) -> tuple[list[Projected], bool]:
    """Return the newest rows of a section, and whether there are more."""
    found = newest(queries.of(kind.model, patient).filter(kind.where), only, kind.most + 1)
    if not found and kind.instead is not None:
        found = newest(queries.of(kind.model, patient).filter(kind.instead), only, kind.most + 1)
    return found[: kind.most], len(found) > kind.most


def newest(rows: QuerySet[Any], only: Set[UUID] | None, most: int) -> list[Projected]:
    """Return at most so many of the rows, newest first, of which all have their resource in `only`.

    These may be tens of thousands of ids. As arguments of the statements they cost 26 s for 20,000: measured.
    """
    ordered = queries.newest_first(rows)
    if only is None:
        return list(ordered[:most])
    keys = ordered.values_list("pk", "resource_id").iterator(AT_ONCE)
    found = rows.in_bulk(list(islice((key for key, id_ in keys if id_ in only), most)))
    return sorted(found.values(), key=lambda row: (row.at is None, -row.at.timestamp() if row.at else 0, -row.pk))


def is_left_out(patient: str, kind: Kind, only: Set[UUID] | None) -> bool:
    """Return whether the record has something for a section of which the person may have chosen nothing."""
    return only is not None and queries.of(kind.model, patient).filter(kind.where).exists()


def section_of(
    document: Document, kind: Kind, rows: list[Projected], has_more: bool, is_left_out: bool
) -> dict[str, Any] | None:
    """Return a section of the Composition, or None for one that is empty and need not be there."""
    section: dict[str, Any] = {"title": kind.title, "code": {"coding": [{"system": LOINC, "code": kind.code}]}}
    if not rows:
        if not kind.nothing and not is_left_out:
            return None
        return section | nothing(document.patient, kind, is_left_out)
    entries = [row for row in rows if row.resource_id in document.included]
    said = [f"The newest {len(rows)}. The record has more."] if has_more else []
    if len(entries) < len(rows):
        said.append("What is too large for a summary is only listed here.")
    section["text"] = narrative(list_of(kind, rows), said)
    if entries:
        return section | {"entry": [{"reference": f"urn:uuid:{row.resource_id}"} for row in entries]}
    return section | {"emptyReason": {"text": "What the record has is too large for a summary."}}


def nothing(patient: str, kind: Kind, is_left_out: bool) -> dict[str, Any]:
    """Return why a section has no entry."""
    if is_left_out:
        said, code = "The person chose not to have this in the summary.", WITHHELD
    elif queries.of(kind.model, patient).exists():
        # Such as conditions of which all are over: that is known, and is no missing information.
        return {"text": narrative([], ["The record has none at present."]), "emptyReason": {"text": "None at present"}}
    else:
        said, code = kind.nothing, UNAVAILABLE
    reason = {"coding": [{"system": EMPTY, "code": code}], "text": said}
    return {"text": narrative([], [said]), "emptyReason": reason}


def list_of(kind: Kind, rows: list[Projected]) -> Iterator[str]:
    """Yield a line for each row: what, its value, its status, and when."""
    values = values_of(rows) if kind.model is Result else {}
    for row in rows:
        parts = [values.get(row.resource_id, ""), words.status(row.status, kind.of), moments.show(row.said, row.zone)]
        yield ", ".join(part for part in (row.display, *parts) if part)


def values_of(rows: Iterable[Any]) -> dict[UUID, str]:
    """Return the value of each result, or of its components."""
    results = {row.resource_id: [row] for row in rows}
    inner = Result.objects.filter(resource_id__in=results, place__gt=0).order_by("resource_id", "place")
    for row in inner:
        results[row.resource_id].append(row)
    return {id_: "; ".join(filter(None, map(value_of, some))) for id_, some in results.items()}


def value_of(row: Result) -> str:
    if not (row.value_said or row.text or row.absent):
        return ""
    value = f"{number(row)} {unit(row)}".strip()
    return f"{row.display}: {value}" if row.place else value


def narrative(items: Iterable[str], said: list[str]) -> dict[str, str]:
    """Return a Narrative of sentences and a list. Every character of the record is text."""
    listed = "".join(f"<li>{escape(one)}</li>" for one in items)
    body = "".join(f"<p>{escape(one)}</p>" for one in said) + (f"<ul>{listed}</ul>" if listed else "")
    div = f'<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">{body}</div>'
    return {"status": "generated", "div": div}


def composition(document_id: UUID, me: UUID, person: Person, sections: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the Composition. Its author is a device: nobody has gone through what the summary says."""
    return {
        "resourceType": "Composition",
        "id": str(uuid5(document_id, "Composition")),
        "meta": {"profile": [f"{IPS}/Composition-uv-ips"]},
        "text": narrative([], ["This summary was made by a program from a health record. Nobody has checked it."]),
        "status": "final",
        "type": {"coding": [{"system": LOINC, "code": "60591-5"}]},
        "subject": {"reference": f"urn:uuid:{me}"},
        "date": instant(person.made_at),
        "author": [{"reference": f"urn:uuid:{uuid5(document_id, 'Device')}"}],
        "title": "International Patient Summary",
        "section": sections,
    }


def author(document_id: UUID) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "id": str(uuid5(document_id, "Device")),
        "deviceName": [{"name": "DS Logon", "type": "user-friendly-name"}],
    }


def patient_of(raw: dict[str, Any], person: Person, me: UUID) -> dict[str, Any]:
    """Return the Patient with what the IPS asks for: a name and a birth date, or that it is not known."""
    found = {"resourceType": "Patient", "id": str(me)} | raw
    if not any(name.get(part) for name in found.get("name", ()) for part in ("family", "given", "text")):
        found["name"] = [{"text": person.name}]
    if not found.get("birthDate"):
        if person.birth_date:
            found["birthDate"] = person.birth_date.isoformat()
            found.pop("_birthDate", None)
        else:
            found["_birthDate"] = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
    return found


def references_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield each Reference in JSON that leads out of its resource."""
    if isinstance(value, list):
        for one in value:
            yield from references_in(one)
    elif isinstance(value, dict):
        if isinstance(value.get("reference"), str) and not value["reference"].startswith("#"):
            yield value
        for one in value.values():
            yield from references_in(one)


def instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
