"""A person's trackers and readings: reading them, and storing each reading once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404

from core import policy
from portal.family.patients import Who, account_of, reader_of, record_event
from portal.tools.measures import BY_SLUG, CUSTOM, Measure, Numbers
from portal.tools.models import Reading, Tracker
from portal.tools.typed_values import Moment
from safeguards import locks

# How many readings a small chart has, and how progress is judged by.
NEWEST = 40
SQL = """
    SELECT t.*, r.id AS reading, r.resource_id, r.at, r.said, r.zone, r.number, r.second, r.unit AS reading_unit
    FROM tools_tracker t LEFT JOIN LATERAL (
        SELECT * FROM tools_reading WHERE patient = t.patient AND tracker_id = t.id
        ORDER BY at DESC NULLS LAST, id DESC LIMIT %s) r ON true
    WHERE t.patient = %s AND (%s::text[] IS NULL OR t.measure = ANY(%s))
    ORDER BY t.created_at, t.id, r.at DESC NULLS LAST, r.id DESC
"""


@dataclass(frozen=True)
class Entry:
    """A reading that is not stored yet. Its numbers are in `unit`."""

    moment: Moment
    numbers: Numbers
    unit: str
    note: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what tells readings apart, as the database does."""
        return (self.moment.at, *self.numbers, self.unit)


@dataclass(frozen=True)
class Stored:
    """How many readings were stored. The others of the same file, or form, were there already."""

    new: int
    known: int = 0
    is_full: bool = False


def trackers_of(patient: str | None, measures: list[str] | None = None) -> list[Tracker]:
    """Return a person's trackers, or those of these measures, with their newest readings, in one query."""
    found: dict[UUID, Tracker] = {}
    rows: Iterable[Any] = Tracker.objects.raw(SQL, [NEWEST, patient or "", measures, measures])
    for row in rows:
        tracker = found.setdefault(row.pk, row)
        if tracker is row:
            tracker.newest = []
        if row.reading is not None:
            tracker.newest.append(reading_of(tracker, row))
    return list(found.values())


def reading_of(tracker: Tracker, row: Any) -> Reading:
    names = ("resource_id", "at", "said", "zone", "number", "second")
    values = {name: getattr(row, name) for name in names}
    return Reading(id=row.reading, tracker=tracker, patient=tracker.patient, unit=row.reading_unit, **values)


def find_tracker(patient: str | None, slug: str) -> tuple[Measure, Tracker | None]:
    """Return what an address names, and the person's tracker of it if there is one. Raise Http404 for what is neither.

    Of what everybody can measure there need be no tracker yet. A tracker of one's own is named by its id.
    """
    mine = Tracker.objects.filter(patient=patient or "")
    if slug in BY_SLUG:
        return BY_SLUG[slug], mine.filter(measure=slug).first()
    try:
        tracker = mine.filter(measure=CUSTOM, pk=UUID(slug)).first() if len(slug) == len(str(UUID(int=0))) else None
    except ValueError:
        tracker = None
    if tracker is None:
        raise Http404
    return tracker.about, tracker


def begin_tracker(account: Who, measure: Measure, now: datetime) -> Tracker:
    """Return the person's tracker of what everybody can measure. The first time, it is made."""
    assert measure.slug != CUSTOM, "a tracker of one's own is made by its form"
    wanted = {"patient": account.dod_id or "", "measure": measure.slug}
    tracker, _ = Tracker.objects.get_or_create(**wanted, defaults={"account": account_of(account), "created_at": now})
    return tracker


def create_tracker(account: Who, name: str, unit: str, now: datetime) -> Tracker | None:
    """Make a tracker of the person's own, or return None if they have one of that name, or too many."""
    patient = account.dod_id or ""
    with locks.exclusive("tools.readings", patient):
        mine = Tracker.objects.filter(patient=patient, measure=CUSTOM)
        if mine.filter(name__iexact=name).exists() or mine.count() >= policy.TRACKERS_MAX:
            return None
        values = {"patient": patient, "account": account_of(account), "name": name, "unit": unit}
        tracker = Tracker.objects.create(measure=CUSTOM, created_at=now, **values)
        record_event("tools.tracker-added", by=account)
    return tracker


def readings_of(tracker: Tracker) -> QuerySet[Reading]:
    """Return the readings of a tracker, in no order."""
    return Reading.objects.filter(patient=tracker.patient, tracker=tracker)


def store_readings(
    account: Who, tracker: Tracker, entries: Sequence[Entry], zone: str, now: datetime, source: str
) -> Stored:
    """Store those readings that are not there yet, all or none of them. A second copy of the same form waits."""
    with locks.exclusive("tools.readings", tracker.patient):
        known = known_of(tracker, entries)
        new = {entry.key: entry for entry in entries if entry.key not in known}
        if new and Reading.objects.filter(patient=tracker.patient).count() + len(new) > policy.READINGS_MAX:
            return Stored(0, is_full=True)
        Reading.objects.bulk_create(
            Reading(
                tracker=tracker,
                patient=tracker.patient,
                account=reader_of(account),
                at=entry.moment.at,
                said=entry.moment.said,
                zone=zone,
                number=entry.numbers[0],
                second=entry.numbers[1] if len(entry.numbers) > 1 else None,
                unit=entry.unit,
                note=entry.note,
                source=source,
                created_at=now,
                changed_at=now,
            )
            for entry in new.values()
        )
        if new:
            record_stored(account, tracker, len(new), source)
    return Stored(len(new), len(entries) - len(new))


def record_stored(account: Who, tracker: Tracker, count: int, source: str) -> None:
    event = "tools.readings-imported" if source == Reading.Source.CSV else "tools.reading-added"
    record_event(event, by=account, measure=tracker.measure, count=count)


def known_of(tracker: Tracker, entries: Iterable[Entry]) -> set[tuple[Any, ...]]:
    """Return the keys of the readings that are there at the times of these."""
    rows = readings_of(tracker).filter(at__in={entry.moment.at for entry in entries})
    return {(row.at, *row.numbers, row.unit) for row in rows}


def find_reading(patient: str | None, tracker: Tracker | None, item: UUID) -> Reading:
    """Return the person's reading. Raise Http404 for anyone else's."""
    mine = Reading.objects.filter(patient=patient or "", tracker=tracker, resource_id=item)
    found = mine.select_related("tracker").first() if tracker else None
    if found is None:
        raise Http404
    return found


def change_reading(account: Who, row: Reading, entry: Entry, zone: str, now: datetime) -> bool:
    """Change a reading, which is then by who changed it. Return False if there is another one with its values."""
    values = {
        "at": entry.moment.at,
        "said": entry.moment.said,
        "zone": zone,
        "number": entry.numbers[0],
        "second": entry.numbers[1] if len(entry.numbers) > 1 else None,
        "unit": entry.unit,
        "note": entry.note,
        "account": reader_of(account),
        "changed_at": now,
    }
    try:
        with transaction.atomic():
            if Reading.objects.filter(pk=row.pk).update(**values):
                record_event("tools.reading-changed", by=account, measure=row.tracker.measure)
    except IntegrityError:
        return False
    return True


def delete_reading(account: Who, row: Reading) -> None:
    """Delete a reading. A second click finds it gone and does nothing."""
    with transaction.atomic():
        deleted, _ = Reading.objects.filter(pk=row.pk).delete()
        if deleted:
            record_event("tools.reading-deleted", by=account, measure=row.tracker.measure)
