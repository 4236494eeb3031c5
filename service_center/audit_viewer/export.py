"""A part of the trail as a CSV file, read and sent a page at a time."""

import csv
import json
from collections.abc import Iterator

from core import policy
from core.spreadsheets import defuse_cell
from safeguards.models import AuditEvent
from service_center.audit_viewer.searching import Search, newest_keys

PAGE = 1_000
HEADS = (
    *(
        "id",
        "time (UTC)",
        "event",
        "what happened",
        "done by",
        "account of who did it",
        "account",
        "person (keyed hash)",
    ),
    *("address", "device", "session", "details"),
)


class Line:
    """What a CSV writer writes to. It returns each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def count_events(search: Search) -> int | None:
    """Return how many events a search finds, or None if a download does not hold as many."""
    most = policy.AUDIT_EXPORT_EVENTS
    count = newest_keys(search, None, most + 1).count()
    return count if count <= most else None


def csv_lines(search: Search) -> Iterator[str]:
    """Yield the lines of the file, the newest event first. Memory does not grow with their number."""
    writer = csv.writer(Line())
    yield writer.writerow(HEADS)
    before = None
    while keys := list(newest_keys(search, before, PAGE)):
        for event in AuditEvent.objects.filter(pk__in=keys).order_by("-pk"):
            yield writer.writerow([defuse_cell(cell) for cell in cells_of(event)])
        before = keys[-1]


def cells_of(event: AuditEvent) -> list[str]:
    """Return the cells of an event. They name nobody: accounts are numbers, and a person is a keyed hash."""
    return [
        str(event.pk),
        event.at.isoformat(timespec="microseconds"),
        event.event,
        event.staff_sentence,
        event.get_actor_kind_display(),
        str(event.actor_id or ""),
        str(event.account_id or ""),
        bytes(event.person_index or b"").hex(),
        str(event.address or ""),
        event.device,
        event.session,
        json.dumps(event.details, sort_keys=True),
    ]
