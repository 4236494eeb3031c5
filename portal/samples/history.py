"""The samples of conditions, medications, notes, procedures and health tools."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

from portal import codes
from portal.codes import Concept
from portal.medications.pages import soon_out
from portal.record.models import Condition, Goal, Note, Prescription, Procedure, Projected
from portal.record.queries import Listing
from portal.samples.person import CLINIC, DOCTOR, NOBODY, PHONE, TODAY
from portal.tools.goals import Shown
from portal.tools.models import OwnGoal, Reading, Tracker
from portal.tools.pages import tile_of

Row = TypeVar("Row", bound=Projected)


def row(kind: type[Row], said: str, **fields: Any) -> Row:
    """Return an unsaved row. Nothing links to it, so its id can be anything."""
    at = datetime.fromisoformat(said[:10]).replace(tzinfo=UTC)
    return kind(resource_id=uuid4(), patient=NOBODY, said=said, at=at, **fields)


def coded(concepts: dict[str, Concept], display: str) -> dict[str, str]:
    """Return the code fields of the concept with this display."""
    concept = next(concept for concept in concepts.values() if concept.display == display)
    return {"code_system": concept.code_system, "code": concept.code, "display": concept.display}


def conditions() -> dict[str, Any]:
    """Return the sample of the conditions page."""
    active = [
        row(Condition, since, **coded(codes.CONDITIONS, display), status="active", is_current=True)
        for display, since in (
            ("Type 2 diabetes mellitus", "1998-09-14"),
            ("Hyperlipidemia", "1996-09-09"),
            ("Essential hypertension", "1992-09-08"),
        )
    ]
    return {"active": active, "more_active": "", "listing": Listing([])}


def prescription(display: str, sig: str, reason: str, said: str, filled: date, ends: date, left: int) -> Prescription:
    """Return an active prescription. Each supply is for 90 days."""
    return row(
        Prescription,
        said,
        **coded(codes.MEDICATIONS, display),
        status="active",
        is_current=True,
        sig=sig,
        reason=reason,
        last_filled=filled,
        days_supply=90,
        supply_ends=ends,
        refills_left=left,
        prescriber=DOCTOR,
        pharmacy=f"{CLINIC} Pharmacy",
        pharmacy_phone=PHONE,
    )


def prescriptions() -> list[Prescription]:
    """Return three prescriptions. On TODAY the supply of lisinopril ends soon."""
    return [
        prescription(
            "Metformin hydrochloride 500 MG Oral Tablet",
            "Take 1 tablet by mouth twice a day with meals.",
            "Type 2 diabetes mellitus",
            "2025-10-30",
            date(2026, 1, 28),
            date(2026, 4, 28),
            2,
        ),
        prescription(
            "Lisinopril 10 MG Oral Tablet",
            "Take 1 tablet by mouth once a day.",
            "Essential hypertension",
            "2025-06-11",
            date(2025, 12, 8),
            date(2026, 3, 8),
            1,
        ),
        prescription(
            "Atorvastatin 20 MG Oral Tablet",
            "Take 1 tablet by mouth once a day in the evening.",
            "Hyperlipidemia",
            "2025-05-12",
            date(2026, 2, 6),
            date(2026, 5, 7),
            0,
        ),
    ]


def medications() -> dict[str, Any]:
    """Return the sample of the medications page."""
    active = prescriptions()
    soon = soon_out(active, TODAY)
    return {"active": active, "more_active": "", "listing": Listing([]), "soon": soon, "today": TODAY}


def notes() -> dict[str, Any]:
    """Return the sample of the notes and documents page."""
    said = (
        ("Check-up", DOCTOR, "2025-10-30"),
        ("Eye examination", "Dr. Victor Amari", "2025-08-19"),
        ("Check-up", DOCTOR, "2025-05-12"),
    )
    rows = [
        row(Note, day, display=title, author=author, location=CLINIC, status="current") for title, author, day in said
    ]
    return {"listing": Listing(rows)}


def procedures() -> dict[str, Any]:
    """Return the sample of the procedures page: screenings that found nothing."""
    said = (
        ("Mammography", "2026-01-05", "Dr. Elena Rusk", "Nothing unusual was seen."),
        ("Bone density scan", "2023-12-20", "Dr. Elena Rusk", "Bone density is usual for the age."),
        ("Colonoscopy", "2021-05-19", "Dr. Samuel Whitlock", "No polyps were found. The next one is due in ten years."),
    )
    rows = [
        row(
            Procedure,
            day,
            **coded(codes.PROCEDURES, display),
            status="completed",
            performer=performer,
            location=CLINIC,
            reason="Screening",
            note=found,
        )
        for display, day, performer, found in said
    ]
    return {"listing": Listing(rows)}


def tools() -> dict[str, Any]:
    """Return the sample of the health tools page: blood pressure at home, a goal, and one refill that is near."""
    said = (
        ("Bring blood pressure down", "Below 130 over 80 at home, measured twice a week", "2025-10-30", "2026-10-30"),
        ("Keep blood sugar steady", "Hemoglobin A1c below 7 percent", "2025-10-30", "2026-10-30"),
        ("Walk more", "30 minutes on 5 days a week", "2025-05-12", "2026-05-12"),
    )
    goals = [
        row(Goal, day, display=title, target=target, due=due, status="active", expressed_by=DOCTOR)
        for title, target, day, due in said
    ]
    active = prescriptions()
    soon = soon_out(active, TODAY)
    refills = [one for one in active if one.resource_id in soon]
    tracker = Tracker(measure="blood-pressure", high=Decimal(130), second_high=Decimal(80), target_unit="mm[Hg]")
    tracker.newest = [
        Reading(
            tracker=tracker,
            at=datetime.fromisoformat(said).replace(tzinfo=UTC),
            said=said,
            number=Decimal(upper),
            second=Decimal(lower),
            unit="mm[Hg]",
        )
        for said, upper, lower in (("2026-02-06", 128, 79), ("2026-02-03", 131, 82), ("2026-01-30", 136, 84))
    ]
    walk = OwnGoal(text="Walk with the dog each morning", created_at=datetime(2026, 1, 12, 12, tzinfo=UTC))
    return {
        "tiles": [tile_of(tracker)],
        "own_goals": [Shown(walk, "", None)],
        "listing": Listing(goals),
        "plans": Listing([]),
        "refills": refills,
        "flu_due": False,
        "today": TODAY,
    }
