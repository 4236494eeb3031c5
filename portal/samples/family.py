"""The sample of the family access page."""

from typing import Any

from deers.registry import Coverage, FamilyMember


def family() -> dict[str, Any]:
    """Return a family of two children."""
    members = (
        FamilyMember("", "Rosa Samplewood", "Child", 2012),
        FamilyMember("", "Theo Samplewood", "Child", 2015),
    )
    return {"coverage": Coverage("Retired", None, "", members, "TRICARE Prime", "East", ())}
