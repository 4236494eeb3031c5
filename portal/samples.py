"""Samples for the previews: what each Premium page looks like, filled from the record of an invented person.

The samples go through the same arranging functions and templates as real records, so they cannot drift apart.
"""

from typing import Any

from core.paging import Page
from deers.registry import Coverage, FamilyMember
from portal import clinical, codes
from portal import sample_record as sample
from portal.models import (
    Allergy,
    Appointment,
    Condition,
    Document,
    Immunization,
    Medication,
    Observation,
    Procedure,
    Report,
)


def messages() -> dict[str, Any]:
    """Return the sample of the messages page."""
    return {"page": Page(sample.THREADS)}


def labs() -> dict[str, Any]:
    """Return the sample of the lab results page."""
    return {"page": Page(sample.REPORTS)}


def notes() -> dict[str, Any]:
    """Return the sample of the notes and documents page."""
    return {"page": Page(sample.DOCUMENTS)}


def procedures() -> dict[str, Any]:
    """Return the sample of the procedures page."""
    return {"page": Page(sample.PROCEDURES)}


def conditions() -> dict[str, Any]:
    """Return the sample of the conditions page."""
    return clinical.split_conditions(sample.CONDITIONS)


def medications() -> dict[str, Any]:
    """Return the sample of the medications page."""
    return clinical.split_medications(sample.MEDICATIONS, sample.TODAY)


def vitals() -> dict[str, Any]:
    """Return the sample of the vitals page."""
    return clinical.vitals_page(sample.VITAL_SIGNS, 1)


def tools() -> dict[str, Any]:
    """Return the sample of the health tools page."""
    return clinical.tools_page(sample.GOALS, sample.MEDICATIONS, sample.IMMUNIZATIONS, sample.TODAY)


def record() -> dict[str, Any]:
    """Return the beginning of a complete record. Its preview shows no reports, notes or visits."""
    return clinical.record_page(
        {
            Allergy: sample.ALLERGIES,
            Condition: sample.CONDITIONS,
            Medication: sample.MEDICATIONS,
            Immunization: sample.IMMUNIZATIONS,
            Procedure: sample.PROCEDURES,
            Observation: sample.VITAL_SIGNS[: len(codes.VITALS)],
            Report: [],
            Document: [],
            Appointment: [],
        }
    )


def family() -> dict[str, Any]:
    """Return the sample of the family access page."""
    members = (
        FamilyMember("", "Rosa Samplewood", "Child", 2012),
        FamilyMember("", "Theo Samplewood", "Child", 2015),
    )
    return {"coverage": Coverage("Retired", None, "", members, "TRICARE Prime", "East", ())}
