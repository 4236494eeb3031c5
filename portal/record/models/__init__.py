"""The store of a health record, and its projections.

`Resource` holds each FHIR R4 resource as it came. Nothing else is the truth about it. The other tables are
projections: narrow rows of what the pages list, made from the resources by `portal/record/projecting.py`. They can be
thrown away and made again (`manage.py project_record`). Lists read projections and never JSON.

A patient is a DoD ID number, as everywhere outside `accounts`.
"""

from portal.record.models.lists import (
    PROJECTIONS,
    Allergy,
    Appointment,
    Attachment,
    CarePlan,
    Condition,
    Dispense,
    Encounter,
    Goal,
    Note,
    Panel,
    Paper,
    Prescription,
    Procedure,
    Result,
    Vaccine,
    Who,
)
from portal.record.models.projected import Numeric, Projected, by_words, newest_first, once
from portal.record.models.store import RECORD, Import, Resource, Sealed, Version, resource_id, sealed_id

__all__ = [
    "PROJECTIONS",
    "RECORD",
    "Allergy",
    "Appointment",
    "Attachment",
    "CarePlan",
    "Condition",
    "Dispense",
    "Encounter",
    "Goal",
    "Import",
    "Note",
    "Numeric",
    "Panel",
    "Paper",
    "Prescription",
    "Procedure",
    "Projected",
    "Resource",
    "Result",
    "Sealed",
    "Vaccine",
    "Version",
    "Who",
    "by_words",
    "newest_first",
    "once",
    "resource_id",
    "sealed_id",
]
