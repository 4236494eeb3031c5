"""FHIR R4's data types as JSON, with the code systems that invented records use. Numbers are Decimal or int."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from portal.codes import UNITS, Concept

Json = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem"
UCUM = "http://unitsofmeasure.org"
ACT = f"{HL7}/v3-ActCode"


@cache
def coded(system: str, code: str, display: str) -> Json:
    """Return a CodeableConcept of one coding. It is shared by all who ask for it, and nobody may change it."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


@cache
def concept(one: Concept) -> Json:
    """Return the CodeableConcept of one of our concepts, which may have no code."""
    if not one.code:
        return {"text": one.display}
    return coded(one.code_system, one.code, one.display)


@cache
def status(system: str, code: str) -> Json:
    """Return the CodeableConcept of a status in one of HL7's code systems."""
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


@cache
def category(system: str, code: str, display: str) -> list[Json]:
    return [coded(f"{HL7}/{system}", code, display)]


def quantity(value: Decimal | int, unit: str) -> Json:
    """Return a Quantity with a UCUM unit."""
    return {"value": value, "unit": UNITS.get(unit, unit), "system": UCUM, "code": unit}


def number(text: str | None, unit: str) -> Json | None:
    """Return a Quantity of the digits in a text, or None if there is no text."""
    return None if text is None else quantity(Decimal(text), unit)


def instant(at: datetime) -> str:
    """Return a time with its offset."""
    return at.isoformat()


def period(start: datetime, end: datetime) -> Json:
    return {"start": instant(start), "end": instant(end)}


def words(text: str) -> Json:
    """Return a CodeableConcept that nobody coded."""
    return {"text": text}


def without_empty(elements: Json) -> Json:
    """Return elements without those that hold nothing, which FHIR does not allow."""
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}
