"""Stands in for the projections until they are there."""

from collections.abc import Sequence
from uuid import UUID


def project_changed(patient: str, ids: Sequence[UUID]) -> None:
    """Replace the projected rows of these resources."""
