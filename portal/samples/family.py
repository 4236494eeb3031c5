"""The sample of the family access page."""

from datetime import date
from typing import Any

from deers.registry import Beneficiary, Coverage, FamilyMember
from portal.family.access import comes_of_age


def family() -> dict[str, Any]:
    """Return a family of two children."""
    children = [child("Rosa", date(2012, 5, 4)), child("Theo", date(2015, 8, 21))]
    members = tuple(FamilyMember("", one.full_name, "Child", one.date_of_birth.year) for one in children)
    return {
        "coverage": Coverage("Retired", None, "", members, "TRICARE Prime", "East", ()),
        "children": [(one, None, comes_of_age(one)) for one in children],
    }


def child(name: str, born: date) -> Beneficiary:
    return Beneficiary("", name, "", "Samplewood", "", born, *[""] * 7)
