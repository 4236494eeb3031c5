"""What was measured at an invented person's visits: vital signs and laboratory panels, with their trends."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from core.dates import age_on
from demo.invent.records.course import coded
from demo.invent.records.life import Life
from portal.codes import LABS, VITALS, Concept
from portal.models import Observation, Report, Resource


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


def laboratory(person: Life) -> Iterator[Resource]:
    """Yield the panels that a visit at that age and with those conditions would order, oldest visit first."""
    for count, visit in enumerate(person.visits):
        age = age_on(person.born, visit.date())
        panels: list[tuple[str, tuple[str, ...]]] = []
        if "diabetes" in person.troubles:
            panels.append(("4548-4", ("4548-4",)))
        if age >= 35 and count % 2 == 0:
            panels += [("24321-2", METABOLIC), ("57698-3", LIPIDS)]
        if age >= CHILD and count % 3 == 0:
            panels.append(("58410-2", BLOOD_COUNT))
        if person.sex == "M" and age >= 55 and count % 4 == 0:
            panels.append(("2857-1", ("2857-1",)))
        if person.sex == "F" and age >= 40 and count % 4 == 0:
            panels.append(("3016-3", ("3016-3",)))
        for panel, codes in panels:
            yield from _panel(person, LABS[panel], codes, visit, how_far(person, count))


def _panel(
    person: Life, panel: Concept, codes: tuple[str, ...], visit: datetime, far: float
) -> Iterator[Report | Observation]:
    taken = visit - timedelta(days=person.rng.randint(2, 6))
    report = Report(
        id=person.new("report"),
        patient=person.dod_id,
        status="final",
        effective=taken,
        issued=taken + timedelta(hours=26),
        performer=f"Laboratory, {person.clinic.name}",
        requester=person.clinic.doctor,
        **coded(panel),
    )
    yield report
    for code in codes:
        usual = RANGES[code]
        middle = usual.middle + shift(person, code, far)
        value = rounded(person.rng.gauss(middle, usual.spread * 0.7), usual.places)
        low, high = (None if edge is None else Decimal(edge) for edge in (usual.low, usual.high))
        yield Observation(
            id=person.new("observation"),
            patient=person.dod_id,
            status="final",
            category=Observation.Category.LABORATORY,
            report=report,
            effective=taken,
            value=value,
            unit=usual.unit,
            low=low,
            high=high,
            interpretation=verdict(value, low, high),
            **coded(LABS[code]),
        )


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


def vital_signs(person: Life) -> Iterator[Resource]:
    """Yield height, weight, blood pressure, pulse and more at each visit, along a slow trend."""
    rng = person.rng
    grown_in = rng.gauss(70 if person.sex == "M" else 64.5, 2.2)
    grown_lb = rng.gauss(27.5, 2.5) * grown_in**2 / 703
    for count, visit in enumerate(person.visits):
        age = age_on(person.born, visit.date())
        grown_lb += rng.gauss(0, 1.6)
        inches, pounds = (grown_in, grown_lb) if age >= CHILD else child_size(age, rng.gauss(0, 1))
        raised = (22 - 14 * how_far(person, count)) if "hypertension" in person.troubles else 0
        systolic = (118 if age >= CHILD else 96 + age) + raised + rng.gauss(0, 4) + max(age - 50, 0) * 0.15
        values: dict[str, tuple[str, Decimal, int | None, int | None]] = {
            "8480-6": ("mm[Hg]", rounded(systolic), 90, 129),
            "8462-4": ("mm[Hg]", rounded(systolic * 0.62 + rng.gauss(0, 3)), 50, 84),
            "8867-4": ("/min", rounded(rng.gauss(72, 5) + max(8 - age, 0) * 4), 60, 100),
            "9279-1": ("/min", rounded(rng.gauss(15, 1) + max(8 - age, 0)), 12, 20),
            "8310-5": ("[degF]", rounded(rng.gauss(98.1, 0.25), 1), 97, 99),
            "59408-5": ("%", rounded(min(rng.gauss(97.6, 0.7), 100)), 95, None),
            "8302-2": ("[in_i]", rounded(inches), None, None),
            "29463-7": ("[lb_av]", rounded(pounds), None, None),
            "39156-5": ("kg/m2", rounded(pounds * 703 / inches**2, 1), None, None),
        }
        for code, (unit, value, low, high) in values.items():
            if age < CHILD:  # these ranges are for adults; a child's depend on age, height and sex
                low = high = None
            yield _vital(person, visit, VITALS[code], unit, value, low, high)


def _vital(
    person: Life, visit: datetime, concept: Concept, unit: str, value: Decimal, low: int | None, high: int | None
) -> Observation:
    return Observation(
        id=person.new("observation"),
        patient=person.dod_id,
        status="final",
        category=Observation.Category.VITAL_SIGNS,
        effective=visit,
        value=value,
        unit=unit,
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        interpretation=verdict(value, low, high),
        **coded(concept),
    )


def verdict(value: Decimal, low: Decimal | int | None, high: Decimal | int | None) -> str:
    """Return HL7's L, N or H, or "" if there is no reference range."""
    if low is None and high is None:
        return ""
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


def child_size(age: int, luck: float) -> tuple[float, float]:
    """Return the inches and pounds of a child of that age, by a straight line that looks right."""
    return 29 + 2.35 * age + luck, 20 + 5.6 * age + 2 * luck


def rounded(value: float, places: int = 0) -> Decimal:
    return Decimal(f"{value:.{places}f}")
