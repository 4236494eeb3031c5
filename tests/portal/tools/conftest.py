"""Ruth measures at home."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.models import Account
from portal.tools import readings
from portal.tools.measures import BY_SLUG
from portal.tools.models import Reading, Tracker
from portal.tools.typed_values import read_moment

NOW = datetime(2026, 3, 14, 17, 0, tzinfo=UTC)
ZONE = "America/New_York"


def measured(account: Account, slug: str, *said: tuple[str, ...], unit: str = "") -> Tracker:
    """Store readings of a person, each as (when, number) or (when, number, second), and return their tracker."""
    about = BY_SLUG[slug]
    tracker = readings.begin_tracker(account, about, NOW)
    entries = [
        readings.Entry(read_moment(when, ZONE, NOW), tuple(map(Decimal, numbers)), unit or about.units[0].ucum)
        for when, *numbers in said
    ]
    readings.store_readings(account, tracker, entries, ZONE, NOW, Reading.Source.FORM)
    return tracker


@pytest.fixture
def pressure(ruth: Account) -> Tracker:
    """Ruth's blood pressure of three mornings."""
    return measured(
        ruth,
        "blood-pressure",
        ("2026-03-12 07:30", "136", "84"),
        ("2026-03-13 07:30", "131", "82"),
        ("2026-03-14 07:30", "128.0", "79"),
    )
