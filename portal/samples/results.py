"""The samples of the pages of lab results and vitals."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from portal import codes
from portal.codes import Concept
from portal.record.models import Panel, Result
from portal.record.queries import Listing
from portal.results.labs import Filters, page_of_labs
from portal.results.vitals import latest_of, visits_of
from portal.samples.person import NOBODY

LABORATORY, VITAL_SIGNS = Result.Category.LABORATORY, Result.Category.VITAL_SIGNS
# A measurement: its name, value, UCUM unit, and the ends of its usual range. An open end is "".
A1C = ("Hemoglobin A1c", "6.9", "%", "4.0", "5.6")
GLUCOSE = ("Glucose", "114", "mg/dL", "70", "99")
# Name, when it was, number of results, those that are unusual.
PANELS = (
    ("Hemoglobin A1c", "2025-10-27T08:15:00-05:00", 1, (A1C,)),
    ("Basic metabolic panel", "2025-10-27T08:15:00-05:00", 8, (GLUCOSE,)),
    ("Lipid panel", "2025-05-07T08:30:00-05:00", 4, ()),
)
# What was measured at a visit: upper and lower blood pressure, heart rate, breaths, temperature, oxygen, weight, height
# and body mass index.
UNITS = ("mm[Hg]", "mm[Hg]", "/min", "/min", "[degF]", "%", "[lb_av]", "[in_i]", "kg/m2")
RANGES = (("90", "129"), ("50", "84"), ("60", "100"), ("12", "20"), ("97", "99"), ("95", ""), *[("", "")] * 3)
VISITS = (
    ("2025-10-30T10:30:00-05:00", "131 82 72 14 98.4 98 192 69 28.4"),
    ("2025-05-12T09:00:00-05:00", "136 84 74 15 98.1 97 195 69 28.8"),
    ("2024-10-28T10:00:00-05:00", "142 88 76 15 98.2 98 199 69 29.4"),
)


def labs() -> dict[str, Any]:
    """Return the newest reports of lab results."""
    panels = []
    for name, said, count, unusual in PANELS:
        panel = Panel(
            **coded(codes.LABS, name),
            resource_id=uuid4(),
            patient=NOBODY,
            kind=Panel.Kind.LABORATORY,
            status="final",
            said=said,
            results=count,
            unusual=len(unusual),
        )
        panel.named = [result(LABORATORY, codes.LABS, said, *one) for one in unusual]  # type: ignore[attr-defined]
        panels.append(panel)
    return page_of_labs("", Listing(panels), Filters()) | {"kinds": Panel.Kind.choices}


def vitals() -> dict[str, Any]:
    """Return the measurements of the last visits."""
    rows = [
        result(VITAL_SIGNS, codes.VITALS, said, concept.display, value, unit, *edges)
        for said, values in VISITS
        for concept, value, unit, edges in zip(codes.VITALS.values(), values.split(), UNITS, RANGES, strict=True)
    ]
    for number, row in enumerate(rows):
        row.pk = len(rows) - number
    return {"listing": Listing(rows), "visits": visits_of(rows), "latest": latest_of(rows)}


def coded(concepts: dict[str, Concept], display: str) -> dict[str, str]:
    """Return the code fields of the concept with this display."""
    concept = next(concept for concept in concepts.values() if concept.display == display)
    return {"code_system": concept.code_system, "code": concept.code, "display": concept.display}


def result(
    category: str, concepts: dict[str, Concept], said: str, name: str, value: str, unit: str, low: str, high: str
) -> Result:
    """Return one result with the verdict that follows from its usual range."""
    number = Decimal(value)
    least, most = (Decimal(edge) if edge else None for edge in (low, high))
    flag = ""
    if least is not None and number < least:
        flag = "L"
    elif most is not None and number > most:
        flag = "H"
    elif least is not None and most is not None:
        flag = "N"
    return Result(
        **coded(concepts, name),
        resource_id=uuid4(),
        patient=NOBODY,
        category=category,
        status="final",
        at=datetime.fromisoformat(said).astimezone(UTC),
        said=said,
        value=number,
        value_said=value,
        unit=unit,
        low=least,
        high=most,
        interpretation=flag,
        verdict={"": "none", "N": "usual"}.get(flag, "unusual"),
    )
