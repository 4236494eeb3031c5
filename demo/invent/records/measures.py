"""What was measured at an invented person's visits: vital signs and laboratory panels, with their trends."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from core.dates import age_on
from demo.invent.records.fhir import HL7, Json, category, coded, concept, instant, number, quantity, without_empty
from demo.invent.records.life import Life, Visit, refer
from demo.invent.records.who import doctor, nurse, organization
from portal.codes import LABS, LOINC, SNOMED, VITALS, Concept

LABORATORY = category("observation-category", "laboratory", "Laboratory")
VITAL_SIGNS = category("observation-category", "vital-signs", "Vital Signs")
SOCIAL_HISTORY = category("observation-category", "social-history", "Social History")
LABORATORY_REPORT = category("v2-0074", "LAB", "Laboratory")
BLOOD_PRESSURE = Concept(LOINC, "85354-9", "Blood pressure")
SMOKING = Concept(LOINC, "72166-2", "Tobacco smoking status")
SMOKED = (("266919005", "Never smoked tobacco"), ("8517006", "Ex-smoker"), ("449868002", "Smokes tobacco daily"))
VERDICTS = {"N": "Normal", "L": "Low", "H": "High"}


class Range(NamedTuple):
    """How one laboratory value comes out: its unit, the adult reference range, and the usual middle and spread."""

    unit: str
    low: str | None
    high: str | None
    middle: float
    spread: float
    places: int = 0


RANGES = {
    "4548-4": Range("%", "4.0", "5.6", 5.3, 0.15, 1),
    "2345-7": Range("mg/dL", "70", "99", 88, 6),
    "3094-0": Range("mg/dL", "7", "20", 14, 2.4),
    "2160-0": Range("mg/dL", "0.6", "1.3", 0.95, 0.12, 2),
    "2951-2": Range("mmol/L", "135", "145", 140, 1.8),
    "2823-3": Range("mmol/L", "3.5", "5.1", 4.2, 0.28, 1),
    "2075-0": Range("mmol/L", "98", "107", 102, 1.7),
    "2028-9": Range("mmol/L", "22", "29", 25.5, 1.4),
    "17861-6": Range("mg/dL", "8.6", "10.2", 9.4, 0.3, 1),
    "2093-3": Range("mg/dL", None, "199", 178, 12),
    "2571-8": Range("mg/dL", None, "149", 112, 16),
    "18262-6": Range("mg/dL", None, "129", 102, 11),
    "2085-9": Range("mg/dL", "40", None, 54, 5),
    "6690-2": Range("10*3/uL", "4.0", "11.0", 6.9, 1.1, 1),
    "789-8": Range("10*6/uL", "4.0", "5.9", 4.8, 0.25, 2),
    "718-7": Range("g/dL", "12.0", "17.5", 14.3, 0.7, 1),
    "4544-3": Range("%", "36", "51", 42.5, 2),
    "777-3": Range("10*3/uL", "150", "400", 252, 34),
    "2857-1": Range("ng/mL", None, "4.0", 1.4, 0.4, 1),
    "3016-3": Range("m[IU]/L", "0.4", "4.5", 2.1, 0.6, 1),
}
METABOLIC = ("2345-7", "3094-0", "2160-0", "2951-2", "2823-3", "2075-0", "2028-9", "17861-6")
LIPIDS = ("2093-3", "18262-6", "2085-9", "2571-8")
BLOOD_COUNT = ("6690-2", "789-8", "718-7", "4544-3", "777-3")
CHILD = 18
READY = timedelta(hours=26)
"""How long a laboratory needs."""


def laboratory(person: Life) -> Iterator[Json]:
    """Yield the panels that a visit at that age and with those conditions would order, oldest visit first."""
    for count, visit in enumerate(person.visits):
        age = age_on(person.born, visit.day)
        recent = person.today - visit.day < timedelta(days=5 * 365)
        panels: list[tuple[str, tuple[str, ...]]] = []
        if "diabetes" in person.troubles and age >= CHILD:
            panels.append(("4548-4", ("4548-4",)))
        if age >= 35 and count % 2 == 0 and recent:
            panels += [("24321-2", METABOLIC), ("57698-3", LIPIDS)]
        if age >= CHILD and count % 3 == 0 and recent:
            panels.append(("58410-2", BLOOD_COUNT))
        if person.sex == "M" and age >= 55 and count % 4 == 0:
            panels.append(("2857-1", ("2857-1",)))
        if person.sex == "F" and age >= 40 and count % 4 == 0:
            panels.append(("3016-3", ("3016-3",)))
        for panel, codes in panels:
            far = how_far(person, count)
            values = [measured(person, code, far) for code in codes]
            yield from report(person, LABS[panel], visit, [ranged(code, value) for code, value in values])


def measured(person: Life, code: str, far: float) -> tuple[str, Decimal]:
    usual = RANGES[code]
    middle = usual.middle + shift(person, code, far)
    return code, rounded(person.rng.gauss(middle, usual.spread * 0.7), usual.places)


def ranged(code: str, value: Decimal) -> Json:
    """Return the elements of a laboratory value with its range and the laboratory's verdict."""
    usual = RANGES[code]
    return {
        "code": concept(LABS[code]),
        "valueQuantity": quantity(value, usual.unit),
        **judged(value, usual.low, usual.high, usual.unit),
    }


def report(
    person: Life,
    panel: Concept,
    visit: Visit,
    results: Sequence[Json],
    *,
    specimen: str = "Blood",
    kind: list[Json] = LABORATORY_REPORT,
    **elements: Any,
) -> Iterator[Json]:
    """Yield the results of a specimen taken at a visit, and then the report that holds them together.

    `results` are what each Observation has beyond what all have. `elements` are further ones of the report.
    """
    taken = visit.at + timedelta(minutes=20)
    found = [result(person, visit, taken, one, specimen) for one in results]
    yield from found
    common: Json = {"status": "final", "issued": instant(taken + READY)} | elements
    yield person.make(
        "DiagnosticReport",
        category=kind,
        code=concept(panel),
        subject=person.patient,
        encounter=visit.encounter,
        effectiveDateTime=instant(taken),
        performer=[organization(person, visit.clinic, visit.clinic.laboratory)],
        resultsInterpreter=[doctor(person)],
        specimen=[{"display": specimen}] if specimen else [],
        result=[refer(one) for one in found],
        **common,
    )


def result(person: Life, visit: Visit, taken: datetime, elements: Json, specimen: str = "Blood") -> Json:
    """Return one result of a laboratory."""
    common = {
        "status": "final",
        "category": LABORATORY,
        "subject": person.patient,
        "encounter": visit.encounter,
        "effectiveDateTime": instant(taken),
        "issued": instant(taken + READY),
        "performer": [organization(person, visit.clinic, visit.clinic.laboratory)],
        "specimen": {"display": specimen} if specimen else None,
    }
    return person.make("Observation", **(common | elements))


def how_far(person: Life, count: int) -> float:
    """Return how far treatment has come at the visit: 0 at the first, 1 at the latest."""
    return count / max(len(person.visits) - 1, 1)


def shift(person: Life, code: str, far: float) -> float:
    """Return what a condition adds to a value. Treatment takes most of it away over the visits."""
    if "diabetes" in person.troubles and code in ("4548-4", "2345-7"):
        return (2.9 - 1.4 * far) if code == "4548-4" else (62 - 34 * far)
    if "lipids" in person.troubles and code in ("2093-3", "18262-6", "2571-8"):
        return {"2093-3": 58.0, "18262-6": 52.0, "2571-8": 45.0}[code] * (1 - 0.85 * far)
    return 0


def vital_signs(person: Life) -> Iterator[Json]:
    """Yield height, weight, blood pressure, pulse and more at each visit, along a slow trend."""
    rng = person.rng
    grown_in = rng.gauss(70 if person.sex == "M" else 64.5, 2.2)
    grown_lb = rng.gauss(27.5, 2.5) * grown_in**2 / 703
    size = rng.gauss(0, 1)
    for count, visit in enumerate(person.visits):
        age = (visit.day - person.born).days / 365.25
        grown_lb += rng.gauss(0, 1.6)
        inches, pounds = (grown_in, grown_lb) if age >= CHILD else child_size(age, size)
        raised = (22 - 14 * how_far(person, count)) if "hypertension" in person.troubles and age >= CHILD else 0
        systolic = (118 if age >= CHILD else 90 + 1.4 * age) + raised + rng.gauss(0, 4) + max(age - 50, 0) * 0.15
        diastolic = rounded(systolic * 0.62 + rng.gauss(0, 3))
        if age >= 3:  # it is not measured in smaller children
            yield vital(person, visit, BLOOD_PRESSURE, component=pressure(rounded(systolic), diastolic, age >= CHILD))
        values: dict[str, tuple[str, Decimal, str | None, str | None]] = {
            "8867-4": ("/min", rounded(rng.gauss(72, 5) + max(8 - age, 0) * 6), "60", "100"),
            "9279-1": ("/min", rounded(rng.gauss(15, 1) + max(8 - age, 0) * 2), "12", "20"),
            "8310-5": ("[degF]", rounded(rng.gauss(98.1, 0.25), 1), "97", "99"),
            "59408-5": ("%", rounded(min(rng.gauss(97.6, 0.7), 100)), "95", None),
            "8302-2": ("[in_i]", rounded(inches, 0 if age >= CHILD else 1), None, None),
            "29463-7": ("[lb_av]", rounded(pounds, 0 if age >= CHILD else 1), None, None),
        }
        if age >= 2:
            values["39156-5"] = ("kg/m2", rounded(pounds * 703 / inches**2, 1), None, None)
        for code, (unit, value, low, high) in values.items():
            # These ranges are for adults; a child's depend on age, height and sex.
            usual = judged(value, low, high, unit) if age >= CHILD else {}
            yield vital(person, visit, VITALS[code], valueQuantity=quantity(value, unit), **usual)
    if person.age >= CHILD and person.visits:
        yield smoking(person, person.visits[-1])


def vital(person: Life, visit: Visit, measure: Concept, **elements: Any) -> Json:
    """Return a vital sign. A nurse takes it at the beginning of the visit."""
    return person.make(
        "Observation",
        status="final",
        category=VITAL_SIGNS,
        code=concept(measure),
        subject=person.patient,
        encounter=visit.encounter,
        effectiveDateTime=instant(visit.at),
        performer=[nurse(person)],
        **elements,
    )


def pressure(systolic: Decimal, diastolic: Decimal, adult: bool) -> list[Json]:
    """Return the two components of a blood pressure."""
    unit = "mm[Hg]"
    return [
        {
            "code": concept(VITALS[code]),
            "valueQuantity": quantity(value, unit),
            **(judged(value, low, high, unit) if adult else {}),
        }
        for code, value, low, high in (("8480-6", systolic, "90", "129"), ("8462-4", diastolic, "50", "84"))
    ]


def smoking(person: Life, visit: Visit) -> Json:
    """Return what the person said about smoking, which is neither a vital sign nor a laboratory's result."""
    code, display = person.rng.choices(SMOKED, (6, 3, 1))[0]
    return person.make(
        "Observation",
        status="final",
        category=SOCIAL_HISTORY,
        code=concept(SMOKING),
        subject=person.patient,
        encounter=visit.encounter,
        effectiveDateTime=instant(visit.at),
        valueCodeableConcept=coded(SNOMED, code, display),
    )


def judged(value: Decimal, low: str | None, high: str | None, unit: str) -> Json:
    """Return the reference range and the verdict by it; nothing if there is no range."""
    flag = verdict(value, low, high)
    return {"referenceRange": reference_range(low, high, unit), "interpretation": flagged(flag)} if flag else {}


@cache
def reference_range(low: str | None, high: str | None, unit: str) -> list[Json]:
    return [without_empty({"low": number(low, unit), "high": number(high, unit)})]


@cache
def flagged(flag: str) -> list[Json]:
    return [coded(f"{HL7}/v3-ObservationInterpretation", flag, VERDICTS[flag])]


def verdict(value: Decimal, low: str | None, high: str | None) -> str:
    """Return HL7's L, N or H, or "" if there is no reference range."""
    if low is None and high is None:
        return ""
    if low is not None and value < Decimal(low):
        return "L"
    return "H" if high is not None and value > Decimal(high) else "N"


def child_size(age: float, luck: float) -> tuple[float, float]:
    """Return the inches and pounds of a child of that age, by straight lines from birth to 1, to 2 and to 18."""
    points = ((0.0, 20.0, 7.5), (1.0, 29.5, 21.0), (2.0, 34.0, 27.0), (18.0, 67.0, 135.0))
    for (since, inches, pounds), (until, more_inches, more_pounds) in pairwise(points):
        if age <= until:
            part = (age - since) / (until - since)
            size = 1 + 0.03 * luck
            return (inches + part * (more_inches - inches)) * size, (pounds + part * (more_pounds - pounds)) * size**2
    return points[-1][1:]


def rounded(value: float, places: int = 0) -> Decimal:
    return Decimal(f"{value:.{places}f}")
