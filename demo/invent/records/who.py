"""Whom and what an invented record names: the patient, practitioners, organizations and places, each made once."""

from collections.abc import Iterator
from typing import Any

from demo.invent.records.fhir import Json, without_empty
from demo.invent.records.life import NURSE, Clinic, Life, refer

TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
# The Department of Defense's own name space for DoD ID numbers.
DOD_ID = "urn:oid:2.16.840.1.113883.3.42.10001.100001.12"
GENDERS = {"F": "female", "M": "male"}


def patient(person: Life) -> Iterator[Json]:
    """Yield the person's Patient: no address and no telephone, which only the registry knows."""
    names = []
    if person.name:
        given = [part for part in (person.name.first, person.name.middle) if part]
        suffix = [person.name.suffix] if person.name.suffix else []
        names = [without_empty({"use": "official", "family": person.name.last, "given": given, "suffix": suffix})]
    yield without_empty(
        {
            "resourceType": "Patient",
            "id": str(person.id_of("Patient", 1)),
            "identifier": [{"system": DOD_ID, "value": person.dod_id}],
            "name": names,
            "gender": GENDERS.get(person.sex, "unknown"),
            "birthDate": person.born.isoformat(),
            "deceasedDateTime": person.died.isoformat() if person.died else None,
        }
    )


def known(person: Life) -> Iterator[Json]:
    """Yield everyone and every place that the record has named. This part comes last."""
    yield from person.known.values()


def once(person: Life, type_: str, called: str, /, **elements: Any) -> Json:
    """Return the reference to whom or what has this name. The first time, the resource is made."""
    if (type_, called) not in person.known:
        person.known[type_, called] = person.make(type_, **elements)
    return refer(person.known[type_, called], called)


def practitioner(person: Life, name: str) -> Json:
    """Return the reference to a practitioner: "Dr. Ruth Adeyemi" or "Carol Nguyen, RN"."""
    plain, _, degree = name.removeprefix("Dr. ").partition(", ")
    given, _, family = plain.partition(" ")
    human = {"text": name, "family": family, "given": [given], "suffix": [degree] if degree else []}
    human["prefix"] = ["Dr."] if name.startswith("Dr. ") else []
    return once(person, "Practitioner", name, active=True, name=[without_empty(human)])


def doctor(person: Life) -> Json:
    return practitioner(person, person.doctor)


def nurse(person: Life) -> Json:
    return practitioner(person, NURSE)


def organization(person: Life, clinic: Clinic, name: str = "") -> Json:
    """Return the reference to the clinic's organization, or to one that is in its house and has its telephone."""
    return once(
        person,
        "Organization",
        name or clinic.name,
        active=True,
        name=name or clinic.name,
        telecom=[{"system": "phone", "value": clinic.phone, "use": "work"}],
        address=[address(clinic)],
    )


def location(person: Life, clinic: Clinic) -> Json:
    """Return the reference to the clinic's place, which says its time zone."""
    return once(
        person,
        "Location",
        clinic.name,
        extension=[{"url": TIME_ZONE, "valueCode": clinic.zone}],
        status="active",
        name=clinic.name,
        telecom=[{"system": "phone", "value": clinic.phone, "use": "work"}],
        address=address(clinic),
        managingOrganization=organization(person, clinic),
    )


def address(clinic: Clinic) -> Json:
    return {
        "text": f"{clinic.street}, {clinic.city}, {clinic.state}",
        "line": [clinic.street],
        "city": clinic.city,
        "state": clinic.state,
        "country": "US",
    }
