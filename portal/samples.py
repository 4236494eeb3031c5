"""Invented samples for the previews: what each Premium page would look like, with a made-up person's record.

The samples go through the same arranging functions and templates as real records, so they cannot drift apart.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from random import Random
from typing import Any

from deers.registry import Coverage, FamilyMember
from portal import clinical, invent
from portal.models import (
    Allergy,
    Appointment,
    Condition,
    Document,
    Goal,
    Immunization,
    Medication,
    Message,
    Observation,
    Procedure,
    Report,
    Thread,
)
from portal.paging import Page

# The sample is one fixed invented record; nobody has this DoD ID number.
NOBODY, BORN, SEX, TODAY = "0000000000", date(1958, 5, 9), "F", date(2026, 3, 4)
FEW = 3


@cache
def rows() -> dict[type[Any], list[Any]]:
    """The sample record by kind, newest first."""
    found: dict[type[Any], list[Any]] = {kind: [] for kind in invent.MODELS}
    for row in invent.record_for(NOBODY, BORN, SEX, Random(1958), TODAY, theme="diabetes"):  # noqa: S311
        found[type(row)].append(row)
    for report in found[Report]:
        report.lines = [line for line in found[Observation] if line.report_id == report.pk]
    for kind, some in found.items():
        if kind not in (Thread, Message):
            some.sort(key=lambda row: getattr(row, row.when), reverse=True)
    return found


def newest(kind: type[Any], key: str = "page") -> Callable[[], dict[str, Any]]:
    """The sample of a page that simply lists one kind."""
    return lambda: {key: Page(rows()[kind][:FEW])}


messages, labs, notes, procedures = (newest(kind) for kind in (Thread, Report, Document, Procedure))


def conditions() -> dict[str, Any]:
    return clinical.split_conditions(rows()[Condition])


def medications() -> dict[str, Any]:
    return clinical.split_medications(rows()[Medication], TODAY)


def vitals() -> dict[str, Any]:
    return clinical.vitals_page(_vital_signs()[: FEW * 9], 1)


def tools() -> dict[str, Any]:
    return clinical.tools_page(rows()[Goal], rows()[Medication], rows()[Immunization], TODAY)


def record() -> dict[str, Any]:
    """The beginning of a record: a sample should not be longer than a reader's patience."""
    few: dict[type[Any], list[Any]] = {kind: some[:FEW] for kind, some in rows().items()}
    few |= {Observation: _vital_signs()[:9], Report: [], Document: [], Appointment: [], Allergy: rows()[Allergy]}
    return clinical.record_page(few)


def family() -> dict[str, Any]:
    members = (
        FamilyMember("", "Rosa Samplewood", "Child", 2012),
        FamilyMember("", "Theo Samplewood", "Child", 2015),
    )
    return {"coverage": Coverage("Retired", None, "", members, "TRICARE Prime", "East", ())}


def _vital_signs() -> list[Observation]:
    return [row for row in rows()[Observation] if row.category == Observation.Category.VITAL_SIGNS]
