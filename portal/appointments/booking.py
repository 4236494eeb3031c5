"""Appointments that are booked, moved and cancelled here, written into the record as FHIR.

What was booked here has the source "portal". An appointment that a clinic sent keeps its source and name, so that
calendars find it again by its UID, and a later file of the clinic is a newer version of it.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from accounts.models import Account
from deers import lookup
from portal.appointments.models import Request
from portal.appointments.states import State, change_state
from portal.record.exporting import whole_text
from portal.record.importing import store_resources
from portal.record.models import Appointment, Resource, Who, resource_id
from portal.record.moments import zone_of
from portal.record.reading.references import zone_said
from portal.record.sealing import SEALED, open_numbers
from safeguards.locks import exclusive

SOURCE = "portal"
# Distinct places that a person can choose from: more than anybody goes to.
MOST_PLACES = 50
BY_PATIENT = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason",
            "code": "pat",
            "display": "Patient",
        }
    ],
    "text": "Canceled in the health portal.",
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Slot:
    """When and where a visit is. `place` is a Location of the record; without one, `where` names the place."""

    start: datetime
    minutes: int
    title: str = ""
    place: UUID | None = None
    where: str = ""
    clinician: str = ""
    prepare: str = ""


def places_of(patient: str | None) -> list[tuple[UUID, str]]:
    """Return the places in a person's record, each name once, in the order of the alphabet."""
    rows = Who.objects.filter(patient=patient or "", type="Location").exclude(display="").order_by("display", "id")
    named = {name: place for place, name in reversed(list(rows.values_list("resource_id", "display")))}
    return sorted(((place, name) for name, place in named.items()), key=lambda one: one[1])[:MOST_PLACES]


def zone_at(place: UUID) -> ZoneInfo:
    """Return the time zone of a place, or the site's if the place does not say one."""
    raw = Resource.objects.filter(pk=place).values_list("raw", flat=True).first()
    return zone_of(zone_said(raw) if raw else "") or ZoneInfo(settings.TIME_ZONE)


def zone_of_visit(request: Request) -> ZoneInfo:
    """Return the time zone in which the asked appointment is now, or the site's if it is not known."""
    visits = Appointment.objects.filter(patient=request.patient, resource=request.appointment)
    return zone_of(visits.values_list("zone", flat=True).first()) or ZoneInfo(settings.TIME_ZONE)


def book(request: Request, slot: Slot, *, by: Account) -> None:
    """Answer a request with a time: a new appointment, or the asked one at another time.

    Raise TransitionRefused if the request is not open any more. Then nothing is changed.
    """
    patient = request.patient
    with transaction.atomic(), exclusive("record-import", patient):
        if request.kind != Request.Kind.NEW:
            change_state(request, State.BOOKED, by=by)
            change_resource(request, lambda raw: move_to(raw, slot, patient), slot.place)
            return
        which = resource_id(patient, SOURCE, "Appointment", str(request.pk))
        change_state(request, State.BOOKED, by=by, appointment_id=which)
        store_resources(patient, SOURCE, [*copied_place(slot.place), ("", new_appointment(request, slot))])


def cancel_appointment(request: Request) -> None:
    """Set the appointment of a cancellation to cancelled, in the caller's transaction."""
    change_resource(request, lambda raw: raw | {"status": "cancelled", "cancelationReason": BY_PATIENT})


def change_resource(request: Request, change: Any, place: UUID | None = None) -> None:
    """Store a new version of the appointment of a request under the name that it has."""
    assert request.appointment_id
    rows = Resource.objects.filter(patient=request.patient, pk=request.appointment_id)
    found = rows.annotate(text=Cast("raw", TextField()), numbers=SEALED).get()
    numbers = open_numbers(found.pk, found.version, found.numbers)
    raw = change(json.loads(whole_text(found.written, found.text, numbers), parse_float=Decimal))
    raw["meta"] = {**raw.get("meta", {}), "source": settings.SITE_ADDRESS}
    if not raw.get("id") and not found.full_url:
        raw["id"] = found.reference  # it was called by its content, which is another one now
    store_resources(request.patient, found.source, [*copied_place(place, found.source), (found.full_url, raw)])


def new_appointment(request: Request, slot: Slot) -> Json:
    """Return an Appointment as FHIR."""
    patient = {"type": "Patient", **named(request)}
    actors = [patient, *([{"type": "Practitioner", "display": slot.clinician}] if slot.clinician else [])]
    raw = {
        "resourceType": "Appointment",
        "id": str(request.pk),
        "status": "booked",
        "appointmentType": {"text": request.get_way_display()},
        "serviceType": [{"text": slot.title}],
        "participant": [{"actor": actor, "status": "accepted"} for actor in actors],
        **time_of(slot),
    }
    if slot.prepare:
        raw["patientInstruction"] = slot.prepare
    if request.way == Request.Way.PHONE:
        raw["comment"] = "By phone: the clinic calls you."
    raw["participant"] += where_of(slot)
    return raw


def named(request: Request) -> Json:
    """Return the name of the patient for FHIR: that of the account or, if a parent asked, as DEERS has it now."""
    if request.account.dod_id == request.patient:
        return {"display": request.account.get_full_name()}
    person = lookup.person(request.patient)
    return {"display": person.full_name} if person else {}


def time_of(slot: Slot) -> Json:
    """Return the elements of an Appointment that say when it is, in whole seconds with the offset of its place."""
    end = slot.start + timedelta(minutes=slot.minutes)
    ends = end.astimezone(slot.start.tzinfo).isoformat(timespec="seconds")
    return {"start": slot.start.isoformat(timespec="seconds"), "end": ends, "minutesDuration": slot.minutes}


def where_of(slot: Slot) -> list[Json]:
    """Return the participant that says where it is, if that is said."""
    if slot.place:
        return [{"actor": reference_to(slot.place), "status": "accepted"}]
    return [{"actor": {"type": "Location", "display": slot.where}, "status": "accepted"}] if slot.where else []


def move_to(raw: Json, slot: Slot, patient: str) -> Json:
    """Return an Appointment at another time and, if the slot names one, another place."""
    moved = raw | time_of(slot) | {"status": "booked"}
    if where := where_of(slot):
        places = Resource.objects.filter(patient=patient, type="Location").values_list("reference", "full_url")
        known = {name for reference, url in places for name in (f"Location/{reference}", url) if name}
        moved["participant"] = [one for one in raw.get("participant", []) if not is_place(one, known)] + where
    return moved


def is_place(participant: Json, known: set[str]) -> bool:
    actor = participant.get("actor", {})
    return actor.get("type") == "Location" or actor.get("reference") in known


def reference_to(place: UUID) -> Json:
    """Return a Reference to a place of the record, by a name that counts in every source or that of its copy."""
    found = Resource.objects.get(pk=place)
    return {"reference": found.full_url or f"Location/{found.pk}", "type": "Location"}


def copied_place(place: UUID | None, source: str = SOURCE) -> list[tuple[str, Json]]:
    """Return a copy of a place for this source, if no name of the place is known outside its own."""
    found = Resource.objects.filter(pk=place).first() if place else None
    return [("", {**found.raw, "id": str(found.pk)})] if found and not found.full_url else []
