"""The table of events: well formed, and complete for all that the product records."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from safeguards.events import EVENTS
from safeguards.models import AuditEvent

ROOMS = ("safeguards", "deers", "idproofing", "accounts", "portal", "support", "dslogon")


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_a_name_that_is_a_slug_and_a_whole_sentence(name):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", name)
    assert len(name) <= (AuditEvent._meta.get_field("event").max_length or 0)
    assert re.fullmatch(r"[A-Z].+\.", EVENTS[name])


def test_every_event_that_the_product_records_is_in_the_table():
    recorded = {
        event
        for room in ROOMS
        for file in (Path(settings.BASE_DIR) / room).rglob("*.py")
        for event in re.findall(r'\brecord\(\s*"([^"]+)"', file.read_text())
    }
    assert recorded <= EVENTS.keys()
