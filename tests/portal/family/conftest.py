"""A mother with two children, her husband, and strangers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from core.dates import years_after
from core.policy import Level
from deers.models import Person
from portal.family import offering
from portal.family.access import OPEN, child_address
from portal.family.models import Delegation
from portal.record.importing import store_resources
from portal.record.projecting import project_patient
from tests.deers.registered import registered, sponsored
from tests.portal.conftest import open_account


def years_ago(years: int, days: int = 0) -> date:
    return years_after(timezone.localdate(), -years) - timedelta(days=days)


@dataclass
class Family:
    """The numbers in DEERS, and the accounts."""

    mother: Account
    father: Account
    small: Person
    teen: Person

    def address(self, child: Person, path: str = "", parent: Account | None = None) -> str:
        return f"/portal/of/{child_address(parent or self.mother, child.dod_id)}/{path}"


@pytest.fixture
def family(db: None) -> Family:
    mother, father = registered("Maria", "Lake"), registered("Ben", "Lake")
    small = registered("Nora", "Lake", born=years_ago(6), email="")
    teen = registered("Sam", "Lake", born=years_ago(15), email="sam@mail.example")
    sponsored(mother, father, "spouse")
    for child in (small, teen):
        sponsored(mother, child, "child", begin=child.date_of_birth)
    return Family(
        open_account("maria", mother.dod_id, Level.PREMIUM),
        open_account("ben", father.dod_id, Level.PREMIUM),
        small,
        teen,
    )


def wrote(patient: str, title: str, **more: Any) -> None:
    """Put a note into a record, as a clinic sends it."""
    raw = {
        "resourceType": "DocumentReference",
        "id": title.lower().replace(" ", "-"),
        "status": "current",
        "date": "2026-01-02T10:00:00Z",
        "type": {"text": title},
    } | more
    store_resources(patient, "clinic", [("", raw)])
    project_patient(patient)


def given(
    owner: Account, delegate: Account | None, sees: Any = tuple(OPEN), acts: Any = (), days: int = 30
) -> Delegation:
    """What the owner gave, accepted by the delegate if there is one."""
    row = offering.offer(owner, sees, acts, timezone.localdate() + timedelta(days=days))
    if delegate:
        assert offering.answer(delegate, row, accepts=True)
    return row
