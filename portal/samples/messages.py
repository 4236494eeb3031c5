"""The sample of the messages page."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

from portal.messages.models import CareTeam, Thread
from portal.record.queries import Listing
from portal.samples.person import CLINIC, NOBODY, TODAY

CLINIC_TIME = timezone(timedelta(hours=-5))


def messages() -> dict[str, Any]:
    """Return a few conversations, newest first. Previews list conversations and show no messages."""
    said = (
        ("Results of your last visit", datetime(2025, 11, 5, 9, 30, tzinfo=CLINIC_TIME)),
        ("Question about my medication", datetime(2025, 11, 3, 9, tzinfo=CLINIC_TIME)),
        ("How often do I need an eye examination?", datetime(2025, 7, 22, 13, 45, tzinfo=CLINIC_TIME)),
    )
    team = CareTeam(name="Primary care", clinic=CLINIC, since=TODAY)
    return {
        "folder": "inbox",
        "listing": Listing(
            [
                Thread(id=uuid4(), patient=NOBODY, subject=subject, team=team, last_sent_at=sent, last_answer_at=sent)
                for subject, sent in said
            ]
        ),
    }
