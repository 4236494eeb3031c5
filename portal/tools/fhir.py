"""Own readings as FHIR R4 Observations that say that the patient reported them."""

from collections.abc import Iterable, Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from portal.codes import LOINC
from portal.record.models import RECORD
from portal.tools.measures import Measure
from portal.tools.models import Reading

UCUM = "http://unitsofmeasure.org"
CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
# HL7's code for what a patient said, and not a clinic.
REPORTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "PATRPT",
    "display": "patient reported",
}


def patient_id(patient: str) -> UUID:
    """Return what a patient is called in own readings: always the same, and no number of DEERS."""
    return uuid5(RECORD, f"{patient}|own readings")


def observations_of(patient: str, ids: Iterable[int] | None = None) -> Iterator[dict[str, Any]]:
    """Yield a patient's own readings as Observations, oldest first, or those of these ids. Numbers keep their digits.

    Numbers are Decimal: record.canonical.write_canonical writes them with their digits.
    """
    rows = Reading.objects.filter(patient=patient).select_related("tracker", "account").order_by("at", "id")
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    for row in rows.iterator(500):
        yield observation_of(row)


def observation_of(row: Reading) -> dict[str, Any]:
    """Return one reading. Its id is that of the reading, so that another export says the same."""
    about = row.tracker.about
    subject = {"reference": f"urn:uuid:{patient_id(row.patient)}", "type": "Patient"}
    performer = {"type": "RelatedPerson", "display": row.entered_by} if row.entered_by else subject
    observation: dict[str, Any] = {
        "resourceType": "Observation",
        "id": str(row.resource_id),
        "meta": {"lastUpdated": row.changed_at.astimezone(UTC).isoformat(timespec="seconds"), "tag": [REPORTED]},
        "status": "final",
        "category": [{"coding": [{"system": CATEGORIES, "code": about.category}]}],
        "code": code_of(about.code or about.unit(row.unit).code, about.title),
        "subject": subject,
        "effectiveDateTime": row.said,
        "performer": [performer],
        **value_of(row, about),
    }
    if row.note:
        observation["note"] = [{"text": row.note}]
    return observation


def value_of(row: Reading, about: Measure) -> dict[str, Any]:
    """Return the value, or the two components of a pair."""
    if not about.is_pair:
        return {"valueQuantity": quantity(row.number, row, about)}
    parts = zip(about.numbers, row.numbers, strict=True)
    return {
        "component": [
            {"code": code_of(number.code, number.label), "valueQuantity": quantity(value, row, about)}
            for number, value in parts
        ]
    }


def code_of(code: str, text: str) -> dict[str, Any]:
    """Return a code with its name. What LOINC has no code for, such as a tracker of one's own, has only its name."""
    return {"coding": [{"system": LOINC, "code": code}], "text": text} if code else {"text": text}


def quantity(value: Decimal, row: Reading, about: Measure) -> dict[str, Any]:
    unit = about.unit(row.unit)
    said: dict[str, Any] = {"value": value}
    if unit.words:
        said["unit"] = unit.words
    return said | {"system": UCUM, "code": unit.ucum} if unit.ucum else said
