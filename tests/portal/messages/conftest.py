"""Ruth, her care team, and the nurse who works in it."""

import pytest

from accounts.models import Account
from portal.messages.models import CareTeam
from tests.accounts.holders import staff as member_of_staff
from tests.portal.messages.conversations import team, treats, works_in


@pytest.fixture
def primary(db: None) -> CareTeam:
    return treats(team())


@pytest.fixture
def nurse(primary: CareTeam) -> Account:
    return works_in(primary, member_of_staff("Care team", "nurse.teresa"))
