"""Vaccines, procedures, appointments, visits, goals and care plans."""

import re

from portal.record import moments, words
from portal.record.models import Appointment, CarePlan, Encounter, Goal, Procedure, Projected, Vaccine
from portal.record.reading.elements import (
    Json,
    capital,
    codes_of,
    concept,
    every,
    first_code,
    get,
    joined,
    known_code,
    notes,
    quantity,
    text,
    value_of,
)
from portal.record.reading.reading import Reading

VIRTUAL = re.compile(r"\b(?:video|virtual|tele-?health|tele-?medicine|teleconsult\w*)\b", re.I)
PEOPLE = {"Practitioner", "PractitionerRole", "CareTeam"}
# What every care plan of US Core says.
NO_NAME = {"assess-plan"}


def read_vaccine(reading: Reading) -> list[Projected]:
    """Return the row of an Immunization. Only "completed" says that it was given."""
    raw = reading.raw
    status = text(raw, "status")
    given = status == "completed"
    why_not = concept(get(raw, "statusReason"))
    return [
        reading.row(
            Vaccine,
            get(raw, "vaccineCode"),
            reading.said("occurrence"),
            status,
            was_given=given,
            reason=joined([why_not, reading.reasons()]),
            dose=dose_of(raw),
            site=joined([concept(get(raw, "site")), concept(get(raw, "route"))]),
            lot_number=text(raw, "lotNumber"),
            manufacturer=reading.name(get(raw, "manufacturer")),
            performer=reading.names("performer", "actor"),
            location=reading.name(get(raw, "location")),
            note=joined([when_in_words(reading, "occurrence"), notes(get(raw, "note"))], "\n"),
        )
    ]


def when_in_words(reading: Reading, name: str) -> str:
    """Return when in words, for a time that is no moment: "About the age of five"."""
    said = "" if moments.instant_of(reading.said(name)) else value_of(reading.raw, name)
    return f"When: {said}" if said else ""


def dose_of(raw: Json) -> str:
    """Return "Dose 2 of 3" or a word such as "Booster", and how much."""
    applied = get(raw, "protocolApplied")
    which = text(applied, "doseNumberPositiveInt") or text(applied, "doseNumberString")
    of = text(applied, "seriesDosesPositiveInt") or text(applied, "seriesDosesString")
    named = f"Dose {which}" if which[:1].isdecimal() else capital(which)
    whole = f"{named} of {of}" if which and of else named
    return joined([whole if which else "", quantity(get(raw, "doseQuantity"), sentence=True)])


def read_procedure(reading: Reading) -> list[Projected]:
    raw = reading.raw
    where = joined(map(concept, every(raw, "bodySite")))
    follow_up = joined(map(concept, every(raw, "followUp")))
    complications = joined(map(concept, every(raw, "complication")))
    return [
        reading.row(
            Procedure,
            get(raw, "code"),
            reading.said("performed"),
            text(raw, "status"),
            ended=text(raw, "performedPeriod", "end")[:40],
            performer=reading.names("performer", "actor"),
            location=reading.name(get(raw, "location")),
            reason=reading.reasons(),
            outcome=concept(get(raw, "outcome")),
            note=joined(
                [
                    concept(get(raw, "statusReason")),
                    when_in_words(reading, "performed"),
                    f"Where: {where}" if where else "",
                    f"Complications: {complications}" if complications else "",
                    f"Next: {follow_up}" if follow_up else "",
                    notes(get(raw, "note")),
                ],
                "\n",
            ),
        )
    ]


def read_appointment(reading: Reading) -> list[Projected]:
    raw = reading.raw
    kinds = [get(raw, "serviceType"), get(raw, "specialty"), get(raw, "serviceCategory"), get(raw, "appointmentType")]
    main = next((one for one in kinds if concept(one)), None) or {"text": text(raw, "description")}
    actors = [one for one in every(raw, "participant", "actor") if not is_patient(one, reading)]
    places = [one for one in actors if type_meant(one, reading) in ("Location", "HealthcareService", "Organization")]
    known = [found for one in places if (found := reading.lookup.find(one, reading.resource.source))]
    people = [one for one in actors if one not in places]
    return [
        reading.row(
            Appointment,
            main,
            reading.said("start") or text(raw, "requestedPeriod", "start"),
            text(raw, "status"),
            ends_at=moments.instant_of(text(raw, "end")),
            description=joined([reading.reasons(), text(raw, "description")]),
            practitioner=joined(map(reading.name, people)),
            location=joined(map(reading.name, places)),
            address=next((one.address for one in known if one.address), ""),
            phone=next((one.phone for one in known if one.phone), ""),
            virtual=is_virtual(raw),
            patient_instruction=text(raw, "patientInstruction"),
            sequence=max(0, reading.resource.version - 1),
            note=joined([concept(get(raw, "cancelationReason")), notes(get(raw, "comment"))], "\n"),
        )
    ]


def type_meant(reference: Json, reading: Reading) -> str:
    """Return the type of what a Reference means."""
    if found := reading.lookup.find(reference, reading.resource.source):
        return found.type
    if inner := reading.contained(reference):
        return text(inner, "resourceType")
    said = text(reference, "reference").partition("?")[0]
    return text(reference, "type") or (said.split("/")[-2] if "/" in said else said)


def is_patient(reference: Json, reading: Reading) -> bool:
    return type_meant(reference, reading) == "Patient"


def is_virtual(raw: dict[str, Json]) -> bool:
    """Tell whether a visit is by video: its service or an extension says so."""
    kinds = [one for name in ("serviceType", "appointmentType", "serviceCategory") for one in every(raw, name)]
    said = [concept(one) for one in kinds] + [code for one in kinds for code in codes_of(one)]
    addresses = [text(one, "url") for one in every(raw, "extension")]
    return any(VIRTUAL.search(one) for one in said + addresses)


def read_encounter(reading: Reading) -> list[Projected]:
    raw = reading.raw
    kind = words.CLASSES.get(first_code(get(raw, "class"))) or concept(get(raw, "class"))
    main = next((one for one in (get(raw, "type"), get(raw, "serviceType")) if concept(one)), None) or {"text": kind}
    diagnoses = reading.names("diagnosis", "condition")
    gone_to = concept(get(raw, "hospitalization", "dischargeDisposition"))
    return [
        reading.row(
            Encounter,
            main,
            reading.said("period"),
            text(raw, "status"),
            kind=kind,
            ended=text(raw, "period", "end")[:40],
            reason=joined([reading.reasons(), diagnoses]),
            practitioner=reading.names("participant", "individual"),
            location=reading.names("location", "location") or reading.name(get(raw, "serviceProvider")),
            note=f"Afterwards: {gone_to}" if gone_to else "",
        )
    ]


def read_goal(reading: Reading) -> list[Projected]:
    raw = reading.raw
    targets = [said for one in every(raw, "target") if (said := target(one, reading.zone))]
    dues = [text(one, "dueDate") or quantity(get(one, "dueDuration")) for one in every(raw, "target")]
    addresses = reading.names("addresses")
    return [
        reading.row(
            Goal,
            get(raw, "description"),
            reading.said("start") or text(raw, "statusDate"),
            text(raw, "lifecycleStatus"),
            achievement=known_code(get(raw, "achievementStatus"), words.STATUSES),
            target=joined(targets, "; "),
            due=next(filter(None, dues), ""),
            expressed_by=reading.name(get(raw, "expressedBy")),
            note=joined(
                [text(raw, "statusReason"), f"For: {addresses}" if addresses else "", notes(get(raw, "note"))], "\n"
            ),
        )
    ]


def target(value: Json, zone: str) -> str:
    """Return the target of a goal in words: "Hemoglobin A1c: at most 7 %"."""
    if not isinstance(value, dict):
        return ""
    measure, detail = concept(get(value, "measure")), value_of(value, "detail", zone)
    return f"{measure}: {detail}" if measure and detail else measure or detail


def read_care_plan(reading: Reading) -> list[Projected]:
    raw = reading.raw
    categories = [one for one in every(raw, "category") if not set(codes_of(one)) & NO_NAME]
    main = categories[:1] if categories and concept(categories[:1]) else None
    code = main[0] if main else {"text": text(raw, "description")}
    if title := text(raw, "title"):
        code = {**code, "text": title}
    addresses, goals = reading.names("addresses"), reading.names("goal")
    return [
        reading.row(
            CarePlan,
            code,
            reading.said("period", "created"),
            text(raw, "status"),
            ended=text(raw, "period", "end")[:40],
            activities=[said for one in every(raw, "activity") if (said := activity(one, reading))],
            author=reading.name(get(raw, "author")) or reading.names("contributor"),
            note=joined(
                [
                    text(raw, "description"),
                    f"For: {addresses}" if addresses else "",
                    f"Goals: {goals}" if goals else "",
                    notes(get(raw, "note")),
                ],
                "\n",
            ),
        )
    ]


def activity(value: Json, reading: Reading) -> str:
    """Return an activity of a plan in words, with its status: "Exercise (in progress)"."""
    detail = get(value, "detail")
    said = joined([concept(get(detail, "code")), text(detail, "description")], ": ") or reading.name(
        get(value, "reference")
    )
    outcome = joined(map(concept, every(value, "outcomeCodeableConcept")))
    said = joined([capital(said), outcome], "; ")
    status = text(detail, "status")
    return f"{said} ({words.status(status)})" if said and status else said
