"""Whom and what the resources of one patient refer to: read once for a patient, then asked for each resource.

A reference is found by `Type/id` only within its own source, since two servers may both have a Practitioner/1. A full
address or an identifier with its system means the same everywhere.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from portal.record import moments
from portal.record.models import Resource
from portal.record.reading.elements import (
    Json,
    address,
    concept,
    count,
    every,
    get,
    identifiers,
    joined,
    number,
    person_name,
    phone,
    text,
)

# Rows of Who.
WHO_TYPES = {
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
    "Medication",
    "RelatedPerson",
    "HealthcareService",
    "Person",
    "Group",
}
# Others that are referred to by name.
NAMED_TYPES = {
    "Patient",
    "Condition",
    "Procedure",
    "Specimen",
    "Device",
    "CareTeam",
    "ServiceRequest",
    "Goal",
}
TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"


@dataclass(frozen=True)
class Known:
    """What is known of a resource that others refer to."""

    id: UUID
    type: str
    name: str
    zone: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True)
class Fill:
    """A medicine that was handed over. `days` is for how long it lasts."""

    dispense: UUID
    day: date | None
    days: int | None


@dataclass
class Lookup:
    """Everything that resources of one patient refer to.

    `panels` are the reports that name an observation, the one that names the most first. `counts` are the results of
    each report as (all, unusual, unjudged), `tests` the names of those results, and `fills` the dispenses of each
    prescription.
    """

    known: dict[tuple[str, str], Known] = field(default_factory=dict)
    identified: dict[tuple[str, str], Known] = field(default_factory=dict)
    panels: dict[tuple[str, str], list[UUID]] = field(default_factory=dict)
    counts: dict[UUID, tuple[int, int, int]] = field(default_factory=dict)
    tests: dict[UUID, set[str]] = field(default_factory=dict)
    fills: dict[UUID, list[Fill]] = field(default_factory=lambda: defaultdict(list))
    zoned: bool = False

    def add(self, known: Known, resource: Resource, named: list[str]) -> None:
        self.zoned = self.zoned or bool(known.zone)
        for key in keys_of(resource):
            self.known[key] = known
        for one in named:
            if not one.startswith("|"):
                self.identified.setdefault((known.type, one), known)

    def find(self, reference: Json, source: str) -> Known | None:
        """Return what a Reference means, or None if the record does not have it. A contained one is not found here."""
        for key in keys_meant(reference, source):
            if found := self.known.get(key):
                return found
        for type_, identifier in identifiers_meant(reference):
            if found := self.identified.get((type_, identifier)):
                return found
            if not type_:
                return next((known for (_, one), known in self.identified.items() if one == identifier), None)
        return None

    def panels_of(self, resource: Resource, raw: dict[str, Json]) -> list[UUID]:
        """Return the reports that an observation stands in, each once."""
        if not self.panels:
            return []
        keys = [*keys_of(resource), *(("?", one) for one in identifiers(raw.get("identifier")))]
        return list(dict.fromkeys(panel for key in keys for panel in self.panels.get(key, ())))


def keys_of(resource: Resource) -> list[tuple[str, str]]:
    """Return what a resource is called by others."""
    keys = [(resource.source, f"{resource.type}/{resource.reference}")]
    keys.append(("", resource.full_url) if resource.full_url else (f"{resource.source} anywhere", keys[0][1]))
    return keys


def keys_meant(reference: Json, source: str) -> list[tuple[str, str]]:
    """Return the keys under which the target of a Reference may stand."""
    said = text(reference, "reference").partition("/_history/")[0]
    if not said or said.startswith("#") or "?" in said:
        return []
    if "://" in said:
        # On a server the address ends in Type/id. That counts for what does not say where it is from.
        return [("", said), (f"{source} anywhere", "/".join(said.split("/")[-2:]))]
    return [("", said), (source, said)]


def identifiers_meant(reference: Json) -> list[tuple[str, str]]:
    """Return (type, "system|value") of a conditional or logical Reference."""
    said = text(reference, "reference")
    found = []
    if "?identifier=" in said:
        type_, _, rest = said.partition("?identifier=")
        found.append((type_.rpartition("/")[2], rest.partition("&")[0]))
    found += [(text(reference, "type"), one) for one in identifiers(get(reference, "identifier"))]
    return [(type_, one) for type_, one in found if not one.startswith("|")]


def name_of(raw: Json, type_: str) -> str:
    """Return the name of a resource that others refer to, from itself alone."""
    match type_:
        case "Practitioner" | "RelatedPerson" | "Patient" | "Person":
            return person_name(get(raw, "name"))
        case "PractitionerRole":
            return joined([concept(get(raw, "specialty")) or concept(get(raw, "code"))])
        case "Specimen":
            return concept(get(raw, "type"))
        case "Device":
            return text(raw, "deviceName", "name") or concept(get(raw, "type")) or text(raw, "distinctIdentifier")
        case "Goal":
            return concept(get(raw, "description"))
        case "Condition" | "Procedure" | "ServiceRequest" | "Medication" | "Observation":
            return concept(get(raw, "code"))
    return text(raw, "name") or concept(get(raw, "type")) or concept(get(raw, "code"))


def role_name(raw: Json, lookup: Lookup, source: str) -> tuple[str, str]:
    """Return the name and the phone number of a PractitionerRole: who it is, or else what they do and where."""
    who = get(raw, "practitioner")
    person = lookup.find(who, source)
    where = lookup.find(get(raw, "organization"), source)
    does = name_of(raw, "PractitionerRole")
    name = (person.name if person else "") or text(who, "display")
    place = (where.name if where else "") or text(raw, "organization", "display")
    return name or joined([does, place]), phone(get(raw, "telecom")) or (where.phone if where else "")


def known_of(resource: Resource, raw: Json, type_: str) -> Known:
    """Return what is known of a resource from itself alone."""
    return Known(
        resource.id,
        type_,
        name_of(raw, type_),
        zone_said(raw),
        phone(get(raw, "telecom")),
        address(get(raw, "address")),
    )


def zone_said(raw: Json) -> str:
    """Return the time zone that a Location says it has, "" if it says none."""
    for one in every(raw, "extension") + every(raw, "address", "extension"):
        name = text(one, "valueCode") or text(one, "valueString")
        if text(one, "url") == TIME_ZONE and moments.zone_of(name):
            return name
    return ""


def fill_of(dispense: UUID, raw: Json, zone: str = "") -> Fill | None:
    """Return a MedicationDispense as a fill, or None if nothing was handed over."""
    if text(raw, "status") not in ("completed", "unknown", ""):
        return None
    said = text(raw, "whenHandedOver") or text(raw, "whenPrepared")
    return Fill(dispense, moments.day_of(said, zone), days_of(get(raw, "daysSupply")))


def days_of(value: Json) -> int | None:
    """Return a Quantity or Duration in days, or None if that is no whole number of days."""
    found, per = number(get(value, "value")), text(value, "code") or text(value, "unit").lower()
    days = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}.get(per)
    return None if found is None or days is None else count(found * days)


def last_fill(fills: list[Fill]) -> Fill | None:
    return max((fill for fill in fills if fill.day), key=lambda fill: fill.day or date.min, default=None)


def end_of_supply(fill: Fill | None, days: int | None) -> date | None:
    """Return the day on which a fill runs out, or None if that cannot be known."""
    lasts = fill.days if fill and fill.days is not None else days
    if not fill or not fill.day or not lasts:
        return None
    try:
        return fill.day + timedelta(days=lasts)
    except OverflowError:
        return None
