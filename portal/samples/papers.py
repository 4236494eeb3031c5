"""The sample of the page of the whole record."""

from typing import Any
from uuid import uuid4

from portal.papers import PARTS, Part
from portal.samples.person import NOBODY

# The newest of each part, as the pages of the parts have them: name, and when it was.
NEWEST = {
    "allergies": [("Allergy to grass pollen", "2023-04-03")],
    "conditions": [("Type 2 diabetes mellitus", "1998-09-14"), ("Hyperlipidemia", "1996-09-09")],
    "medications": [("Metformin hydrochloride 500 MG Oral Tablet", "2025-10-30")],
    "immunizations": [("Flu, high dose", "2025-10-06"), ("COVID-19", "2023-10-18")],
    "labs": [("Hemoglobin A1c", "2025-10-27"), ("Lipid panel", "2025-05-07")],
    "procedures": [("Mammography", "2026-01-05")],
    "notes": [("Check-up", "2025-10-30")],
}


def record() -> dict[str, Any]:
    """Return the newest rows of each part of the record."""
    return {
        "parts": [
            Part(
                slug,
                title,
                [
                    kind(resource_id=uuid4(), patient=NOBODY, display=name, said=said, status="active")
                    for name, said in NEWEST[slug]
                ],
            )
            for slug, title, kind in PARTS
        ]
    }
