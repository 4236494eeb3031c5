"""Loads what the resources of a patient refer to: one statement, and only the parts of the JSON that are needed."""

import json
from collections.abc import Iterator
from uuid import UUID

from django.db import connection

from portal.record.canonical import DecimalDecoder
from portal.record.models import Resource
from portal.record.reading.elements import Json, every, get, identifiers
from portal.record.reading.reading import Reading, is_error
from portal.record.reading.references import (
    NAMED_TYPES,
    WHO_TYPES,
    Known,
    Lookup,
    fill_of,
    identifiers_meant,
    keys_meant,
    known_of,
    role_name,
)

LINKED_TYPES = frozenset(["DiagnosticReport", "MedicationRequest", "MedicationDispense", "Encounter"])
LOAD = """
SELECT id, source, type, reference, full_url, CASE
    WHEN type = ANY(%(who)s) THEN raw - 'text' - 'contained' - 'photo'
    WHEN type = 'DiagnosticReport' THEN jsonb_build_object('status', raw->'status', 'result', raw->'result')
    WHEN type = 'MedicationRequest' THEN jsonb_build_object('status', raw->'status', 'identifier', raw->'identifier')
    WHEN type = 'MedicationDispense' THEN jsonb_build_object(
        'status', raw->'status', 'whenHandedOver', raw->'whenHandedOver', 'whenPrepared', raw->'whenPrepared',
        'daysSupply', raw->'daysSupply', 'authorizingPrescription', raw->'authorizingPrescription',
        'location', raw->'location', 'performer', raw->'performer', 'context', raw->'context')
    WHEN type = 'Encounter' THEN jsonb_build_object('status', raw->'status', 'location', raw->'location')
    ELSE jsonb_build_object(
        'status', raw->'status', 'verificationStatus', raw->'verificationStatus', 'code', raw->'code',
        'name', raw->'name', 'type', raw->'type', 'deviceName', raw->'deviceName', 'identifier', raw->'identifier',
        'distinctIdentifier', raw->'distinctIdentifier', 'description', raw->'description')
    END
FROM record_resource WHERE patient = %(patient)s AND type = ANY(%(types)s) ORDER BY id
"""


def load(patient: str) -> Lookup:
    """Return what the resources of a patient refer to. What was entered in error is nobody's name."""
    lookup = Lookup()
    found = [(resource, raw) for resource, raw in referred(patient) if not is_error(raw)]
    for resource, raw in found:
        if resource.type in WHO_TYPES | NAMED_TYPES | {"MedicationRequest"}:
            lookup.add(known_of(resource, raw, resource.type), resource, identifiers(get(raw, "identifier")))
    of_type: dict[str, list[tuple[Resource, Json]]] = {}
    for resource, raw in found:
        of_type.setdefault(resource.type, []).append((resource, raw))
    for resource, raw in of_type.get("PractitionerRole", ()):
        own = known_of(resource, raw, resource.type)
        name, number = role_name(raw, lookup, resource.source)
        lookup.add(
            Known(own.id, own.type, name, "", number, own.address), resource, identifiers(get(raw, "identifier"))
        )
    if lookup.zoned:
        for resource, raw in of_type.get("Encounter", ()):
            if zone := Reading(raw, resource, lookup).zone:
                lookup.add(Known(resource.id, "Encounter", "", zone), resource, [])
    link_fills(lookup, of_type.get("MedicationDispense", []))
    link_panels(lookup, of_type.get("DiagnosticReport", []))
    return lookup


def referred(patient: str) -> Iterator[tuple[Resource, Json]]:
    """Yield the resources that others may refer to, with the parts of their JSON that matter for that."""
    types = sorted(WHO_TYPES | NAMED_TYPES | LINKED_TYPES)
    with connection.cursor() as cursor:
        cursor.execute(LOAD, {"patient": patient, "types": types, "who": sorted(WHO_TYPES)})
        for id_, source, type_, reference, full_url, raw in cursor.fetchall():
            resource = Resource(
                id=id_, patient=patient, source=source, type=type_, reference=reference, full_url=full_url
            )
            yield resource, json.loads(raw, cls=DecimalDecoder)


def link_fills(lookup: Lookup, dispenses: list[tuple[Resource, Json]]) -> None:
    for resource, raw in dispenses:
        reading = Reading(raw, resource, lookup)
        if fill := fill_of(resource.id, raw, reading.zone):
            meant = {reading.target(one, "MedicationRequest") for one in every(raw, "authorizingPrescription")}
            for prescription in meant - {None}:
                lookup.fills[prescription].append(fill)  # type: ignore[index]


def link_panels(lookup: Lookup, reports: list[tuple[Resource, Json]]) -> None:
    """Say in which reports each observation stands, the one that names the most first."""
    ordered: list[tuple[int, UUID, str, list[Json]]] = sorted(
        (-len(results := every(raw, "result")), resource.id, resource.source, results) for resource, raw in reports
    )
    for _, panel, source, results in ordered:
        for reference in results:
            for key in keys_meant(reference, source):
                lookup.panels.setdefault(key, []).append(panel)
            for _, identifier in identifiers_meant(reference):
                lookup.panels.setdefault(("?", identifier), []).append(panel)
