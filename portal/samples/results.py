"""The samples of lab results and vitals."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from portal import codes
from portal.codes import Concept
from portal.record.models import Panel, Result
from portal.record.queries import Listing
from portal.results import Measure, Report, by_time
from portal.samples.person import NOBODY

Verdict = Result.Verdict
# A measurement's name, value, UCUM unit, and the ends of its range. An open end is None.
Measurement = tuple[str, str, str, str | None, str | None]
# What was taken at each visit, newest first: blood pressure, heart rate, oxygen, weight.
VISITS = (
    ("2025-10-30T15:30:00-05:00", "131", "82", "74", "99", "193"),
    ("2025-05-12T12:15:00-05:00", "136", "84", "71", "97", "195"),
    ("2024-10-28T10:00:00-05:00", "142", "88", "76", "98", "199"),
)
PANELS: tuple[tuple[str, str, tuple[Measurement, ...]], ...] = (
    ("Hemoglobin A1c", "2025-10-27T08:15:00-05:00", (("Hemoglobin A1c", "6.9", "%", "4.0", "5.6"),)),
    (
        "Basic metabolic panel",
        "2025-10-27T08:15:00-05:00",
        (
            ("Glucose", "114", "mg/dL", "70", "99"),
            ("Creatinine", "0.90", "mg/dL", "0.6", "1.3"),
            ("Sodium", "140", "mmol/L", "135", "145"),
            ("Potassium", "4.5", "mmol/L", "3.5", "5.1"),
        ),
    ),
    (
        "Lipid panel",
        "2025-05-07T08:30:00-05:00",
        (
            ("Total cholesterol", "178", "mg/dL", "100", "199"),
            ("LDL cholesterol", "96", "mg/dL", "50", "129"),
            ("HDL cholesterol", "57", "mg/dL", "40", "90"),
            ("Triglycerides", "125", "mg/dL", "40", "149"),
        ),
    ),
)


def result(concepts: dict[str, Concept], said: str, measurement: Measurement, category: str) -> Result:
    """Return one result, with the flag that a laboratory sets by its range."""
    display, value, unit, low, high = measurement
    concept = next(concept for concept in concepts.values() if concept.display == display)
    flag = ""
    if low is not None and high is not None:
        flag = "L" if Decimal(value) < Decimal(low) else "H" if Decimal(value) > Decimal(high) else "N"
    return Result(
        resource_id=uuid4(),
        patient=NOBODY,
        status="final",
        category=category,
        code_system=concept.code_system,
        code=concept.code,
        display=display,
        said=said,
        at=datetime.fromisoformat(said),
        value=Decimal(value),
        value_said=value,
        unit=unit,
        low=low and Decimal(low),
        high=high and Decimal(high),
        interpretation=flag,
        verdict={"": Verdict.NONE, "N": Verdict.USUAL}.get(flag, Verdict.UNUSUAL),
    )


def labs() -> dict[str, Any]:
    """Return the sample of the lab results page."""
    reports = []
    for display, said, measurements in PANELS:
        concept = next(concept for concept in codes.LABS.values() if concept.display == display)
        row = Panel(
            resource_id=uuid4(),
            patient=NOBODY,
            status="final",
            kind=Panel.Kind.LABORATORY,
            code_system=concept.code_system,
            code=concept.code,
            display=display,
            said=said,
            at=datetime.fromisoformat(said),
        )
        reports.append(Report(row, [result(codes.LABS, said, one, "laboratory") for one in measurements]))
    return {"listing": Listing([report.row for report in reports]), "panels": reports}


def vitals() -> dict[str, Any]:
    """Return the sample of the vitals page."""
    rows = []
    for said, upper, lower, heart_rate, oxygen, weight in VISITS:
        measured: tuple[Measurement, ...] = (
            ("Systolic blood pressure", upper, "mm[Hg]", "90", "129"),
            ("Diastolic blood pressure", lower, "mm[Hg]", "50", "84"),
            ("Heart rate", heart_rate, "/min", "60", "100"),
            ("Oxygen saturation", oxygen, "%", None, None),
            ("Body weight", weight, "[lb_av]", None, None),
        )
        rows += [result(codes.VITALS, said, one, "vital-signs") for one in measured]
    newest = {row.code: row for row in rows[: len(rows) // len(VISITS)]}
    latest = [
        Measure(title, [newest[code] for code in column])
        for title, column in codes.VITAL_COLUMNS.items()
        if all(code in newest for code in column)
    ]
    return {"latest": latest, "listing": Listing(rows), "readings": by_time(rows)}
