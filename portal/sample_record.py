"""The record of an invented person, for the samples that previews of Premium pages show.

She was born in 1958 and has had type 2 diabetes for years. Treatment works: weight, blood pressure and blood sugar
go down. Every list is short and written newest first. Only the fields that previews show are filled in.
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models
from django.utils import timezone

from portal import codes
from portal.codes import Concept
from portal.models import (
    Allergy,
    Condition,
    Document,
    Goal,
    Immunization,
    Medication,
    Observation,
    Procedure,
    Report,
    Thread,
)

Row = TypeVar("Row", bound=models.Model)

# No one has this DoD ID number. In the samples, the present day is always TODAY.
NOBODY, TODAY = "0000000000", date(2026, 3, 4)
CLINIC, PHONE, DOCTOR = "Fort Larkspur Army Health Clinic", "254-555-0122", "Dr. Daniel Ferreira"
# A measurement's name, value, UCUM unit, and the ends of its usual range. An open end is None.
Measurement = tuple[str, str, str, str | None, str | None]


def row(kind: type[Row], **fields: Any) -> Row:
    """Return an unsaved row of the record. Nothing links to it, so its id can be anything."""
    return kind(id=uuid4(), patient=NOBODY, **fields)


def coded(concepts: dict[str, Concept], display: str) -> dict[str, str]:
    """Return the code fields of the concept with this display."""
    concept = next(concept for concept in concepts.values() if concept.display == display)
    return {"code_system": concept.code_system, "code": concept.code, "display": concept.display}


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return that time of the day in the site's time zone."""
    return datetime.combine(day, time(hour, minute), timezone.get_default_timezone())


def condition(display: str, onset: date) -> Condition:
    """Return a condition that she has now."""
    return row(Condition, **coded(codes.CONDITIONS, display), status="active", onset=onset)


def prescription(
    display: str, sig: str, reason: str, *, authored_on: date, last_filled: date, quantity: int, refills_left: int
) -> Medication:
    """Return an active prescription. Each supply is for 90 days."""
    return row(
        Medication,
        **coded(codes.MEDICATIONS, display),
        status="active",
        sig=sig,
        reason=reason,
        authored_on=authored_on,
        last_filled=last_filled,
        quantity=quantity,
        days_supply=90,
        refills_left=refills_left,
        prescriber=DOCTOR,
        pharmacy=f"{CLINIC} Pharmacy",
        pharmacy_phone=PHONE,
    )


def vaccine(display: str, dose: str, occurrence: date) -> Immunization:
    """Return a vaccine that she was given."""
    return row(Immunization, **coded(codes.VACCINES, display), status="completed", dose=dose, occurrence=occurrence)


def screening(display: str, performed: date, performer: str, note: str) -> Procedure:
    """Return a screening that found nothing."""
    return row(
        Procedure,
        **coded(codes.PROCEDURES, display),
        status="completed",
        performed=performed,
        performer=performer,
        location=CLINIC,
        reason="Screening",
        note=note,
    )


def goal(display: str, target: str, start: date, due: date) -> Goal:
    """Return a goal that she works on."""
    return row(Goal, status="active", display=display, target=target, start=start, due=due, expressed_by=DOCTOR)


def thread(subject: str, last_sent_at: datetime) -> Thread:
    """Return a conversation with her care team. Previews list conversations and show no messages."""
    return row(Thread, subject=subject, care_team=f"Primary care, {CLINIC}", last_sent_at=last_sent_at)


def document(display: str, title: str, author: str, written_at: datetime) -> Document:
    """Return a note. Previews list notes and show no text."""
    return row(
        Document,
        **coded(codes.DOCUMENTS, display),
        status="current",
        title=title,
        author=author,
        location=CLINIC,
        date=written_at,
    )


def panel(display: str, taken_at: datetime, *results: Measurement) -> Report:
    """Return a lab report with its lines."""
    report = row(Report, **coded(codes.LABS, display), status="final", effective=taken_at)
    report.lines = [
        observation(Observation.Category.LABORATORY, codes.LABS, taken_at, measurement) for measurement in results
    ]
    return report


def visit(
    seen_at: datetime,
    *,
    pressure: tuple[str, str],
    heart_rate: str,
    breaths: str,
    temperature: str,
    oxygen: str,
    weight: str,
    height: str,
    body_mass_index: str,
) -> list[Observation]:
    """Return the vital signs that were taken at one visit."""
    measurements: tuple[Measurement, ...] = (
        ("Systolic blood pressure", pressure[0], "mm[Hg]", "90", "129"),
        ("Diastolic blood pressure", pressure[1], "mm[Hg]", "50", "84"),
        ("Heart rate", heart_rate, "/min", "60", "100"),
        ("Respiratory rate", breaths, "/min", "12", "20"),
        ("Body temperature", temperature, "[degF]", "97", "99"),
        ("Oxygen saturation", oxygen, "%", "95", None),
        ("Body weight", weight, "[lb_av]", None, None),
        ("Body height", height, "[in_i]", None, None),
        ("Body mass index", body_mass_index, "kg/m2", None, None),
    )
    return [
        observation(Observation.Category.VITAL_SIGNS, codes.VITALS, seen_at, measurement)
        for measurement in measurements
    ]


def observation(
    category: Observation.Category, concepts: dict[str, Concept], effective: datetime, measurement: Measurement
) -> Observation:
    """Return one measurement with the verdict that follows from its usual range."""
    display, value, unit, *edges = measurement
    low, high = (None if edge is None else Decimal(edge) for edge in edges)
    return row(
        Observation,
        **coded(concepts, display),
        status="final",
        category=category,
        effective=effective,
        value=Decimal(value),
        unit=unit,
        low=low,
        high=high,
        interpretation=interpretation(Decimal(value), low, high),
    )


def interpretation(value: Decimal, low: Decimal | None, high: Decimal | None) -> str:
    """Return HL7's L, N or H, or "" where there is no usual range."""
    if low is None and high is None:
        return ""
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


ALLERGIES = [
    row(
        Allergy,
        **coded(codes.ALLERGIES, "Allergy to grass pollen"),
        status="active",
        reaction="Sneezing and itchy eyes",
        severity="mild",
        recorded=date(2023, 4, 3),
    ),
]

CONDITIONS = [
    condition("Type 2 diabetes mellitus", date(1998, 9, 14)),
    condition("Hyperlipidemia", date(1996, 9, 9)),
    condition("Essential hypertension", date(1992, 9, 8)),
]

# On TODAY the supply of lisinopril ends soon.
MEDICATIONS = [
    prescription(
        "Metformin hydrochloride 500 MG Oral Tablet",
        "Take 1 tablet by mouth twice a day with meals",
        "Type 2 diabetes mellitus",
        authored_on=date(2025, 10, 30),
        last_filled=date(2026, 1, 28),
        quantity=180,
        refills_left=2,
    ),
    prescription(
        "Lisinopril 10 MG Oral Tablet",
        "Take 1 tablet by mouth once a day",
        "Essential hypertension",
        authored_on=date(2025, 6, 11),
        last_filled=date(2025, 12, 8),
        quantity=90,
        refills_left=1,
    ),
    prescription(
        "Atorvastatin 20 MG Oral Tablet",
        "Take 1 tablet by mouth once a day in the evening",
        "Hyperlipidemia",
        authored_on=date(2025, 5, 12),
        last_filled=date(2026, 2, 6),
        quantity=90,
        refills_left=0,
    ),
]

# On TODAY this season's flu vaccine has been given.
IMMUNIZATIONS = [
    vaccine("Influenza, high dose seasonal", "Yearly", date(2025, 10, 6)),
    vaccine("Influenza, high dose seasonal", "Yearly", date(2024, 10, 1)),
    vaccine("COVID-19, mRNA, LNP-S, 30 mcg/0.3 mL", "Booster", date(2023, 10, 18)),
]

PROCEDURES = [
    screening("Mammography", date(2026, 1, 5), "Dr. Elena Rusk", "Nothing unusual was seen."),
    screening("Bone density scan", date(2023, 12, 20), "Dr. Elena Rusk", "Bone density is usual for the age."),
    screening(
        "Colonoscopy",
        date(2021, 5, 19),
        "Dr. Samuel Whitlock",
        "No polyps were found. The next one is due in ten years.",
    ),
]

VITAL_SIGNS = [
    *visit(
        at(date(2025, 10, 30), 15, 30),
        pressure=("131", "82"),
        heart_rate="74",
        breaths="16",
        temperature="98.1",
        oxygen="99",
        weight="193",
        height="69",
        body_mass_index="28.5",
    ),
    *visit(
        at(date(2025, 5, 12), 12, 15),
        pressure=("136", "84"),
        heart_rate="71",
        breaths="17",
        temperature="98.7",
        oxygen="97",
        weight="195",
        height="69",
        body_mass_index="28.8",
    ),
    *visit(
        at(date(2024, 10, 28), 10),
        pressure=("142", "88"),
        heart_rate="76",
        breaths="15",
        temperature="98.2",
        oxygen="98",
        weight="199",
        height="69",
        body_mass_index="29.4",
    ),
]

REPORTS = [
    panel("Hemoglobin A1c", at(date(2025, 10, 27), 8, 15), ("Hemoglobin A1c", "6.9", "%", "4.0", "5.6")),
    panel(
        "Basic metabolic panel",
        at(date(2025, 10, 27), 8, 15),
        ("Glucose", "114", "mg/dL", "70", "99"),
        ("Urea nitrogen", "15", "mg/dL", "7", "20"),
        ("Creatinine", "0.90", "mg/dL", "0.6", "1.3"),
        ("Sodium", "140", "mmol/L", "135", "145"),
        ("Potassium", "4.5", "mmol/L", "3.5", "5.1"),
        ("Chloride", "103", "mmol/L", "98", "107"),
        ("Carbon dioxide", "26", "mmol/L", "22", "29"),
        ("Calcium", "9.3", "mg/dL", "8.6", "10.2"),
    ),
    panel(
        "Lipid panel",
        at(date(2025, 5, 7), 8, 30),
        ("Total cholesterol", "178", "mg/dL", None, "199"),
        ("LDL cholesterol", "96", "mg/dL", None, "129"),
        ("HDL cholesterol", "57", "mg/dL", "40", None),
        ("Triglycerides", "125", "mg/dL", None, "149"),
    ),
]

DOCUMENTS = [
    document("Progress note", "Check-up", DOCTOR, at(date(2025, 10, 30), 18, 30)),
    document("Consult note", "Eye examination", "Dr. Victor Amari", at(date(2025, 8, 19), 14)),
    document("Progress note", "Check-up", DOCTOR, at(date(2025, 5, 12), 15, 15)),
]

GOALS = [
    goal(
        "Bring blood pressure down",
        "Below 130 over 80 at home, measured twice a week",
        date(2025, 10, 30),
        date(2026, 10, 30),
    ),
    goal("Keep blood sugar steady", "Hemoglobin A1c below 7 percent", date(2025, 10, 30), date(2026, 10, 30)),
    goal("Walk more", "30 minutes on 5 days a week", date(2025, 5, 12), date(2026, 5, 12)),
]

THREADS = [
    thread("Results of your last visit", at(date(2025, 11, 5), 9, 30)),
    thread("Question about my medication", at(date(2025, 11, 3), 9)),
    thread("How often do I need an eye examination?", at(date(2025, 7, 22), 13, 45)),
]
