"""Proof that the audit trail is what was sealed, or else the day and, where possible, what was done to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection
from django.db.models import Max

from core import policy
from safeguards import partitions, seal
from safeguards.models import AuditEvent, AuditSeal

GUARDED = (AuditEvent._meta.db_table, AuditSeal._meta.db_table)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. `day` is None if it concerns no single day."""

    day: date | None
    what: str

    def __str__(self) -> str:
        return f"{self.day}: {self.what}" if self.day else self.what


def findings(
    now: datetime, *, noted: tuple[str, ...] = (), advance: Callable[[int], object] = lambda events: None
) -> Iterator[Finding]:
    """Yield everything that is wrong with the trail, oldest day first.

    `noted` are digests (hex) that were noted elsewhere when they were made, such as in the job worker's log. Each must
    be in the chain. Without one, a chain that was cut short and sealed again looks the same as a worker that was late.
    `advance` is called with how many more events have been read.
    """
    yield from unguarded()
    seals = list(AuditSeal.objects.order_by("day"))
    yield from before(seals[0].day if seals else None)
    yield from of_days(seals, seal.BEGINNING, seals[0].day if seals else None, advance)
    yield from overdue(seals[-1].day if seals else None, now)
    genuine_digests = {bytes(one.digest).hex() for one in seals if bytes(one.mac) == seal.mac(one)}
    yield from (Finding(None, f"No seal has the noted digest {text}.") for text in noted if text not in genuine_digests)


def of_span(first: date, last: date, advance: Callable[[int], object] = lambda events: None) -> Iterator[Finding]:
    """Yield what is wrong from the `first` to the `last` day, oldest first.

    The first day has to follow the seal of the day before. That seal is taken as it stands.
    """
    earlier = AuditSeal.objects.filter(day__lt=first).order_by("-day").first()
    seals = list(AuditSeal.objects.filter(day__range=(first, last)).order_by("day"))
    if earlier is None:
        yield from of_days(seals, seal.BEGINNING, seals[0].day if seals else None, advance)
        return
    previous = bytes(earlier.digest) if bytes(earlier.mac) == seal.mac(earlier) else None
    yield from of_days(seals, previous if earlier.day == first - seal.ONE_DAY else None, first, advance)


def of_days(
    seals: list[AuditSeal], previous: bytes | None, expected: date | None, advance: Callable[[int], object]
) -> Iterator[Finding]:
    """Yield what is wrong with these days, which should be without a gap from `expected` on.

    `previous` is the digest that the first seal follows, or None if it is not known.
    """
    for one in seals:
        while expected and expected < one.day:
            yield Finding(expected, "the seal is missing.")
            previous, expected = None, expected + seal.ONE_DAY
        genuine = bytes(one.mac) == seal.mac(one)
        if not genuine:
            yield Finding(one.day, "the seal was altered, or INDEX_KEY is not the key that it was made with.")
            advance(one.count)
        else:
            if previous is not None and bytes(one.previous) != previous:
                yield Finding(one.day, "the seal does not follow the one before, so earlier seals were removed.")
            yield from of_the_day(one, advance)
        previous = bytes(one.digest) if genuine else None
        expected = one.day + seal.ONE_DAY


def overdue(last_sealed: date | None, now: datetime) -> Iterator[Finding]:
    """Yield the days after the last seal, or since the first event, that should be sealed by now."""
    expected = last_sealed + seal.ONE_DAY if last_sealed else seal.first_day()
    while expected and seal.is_over(expected, now, policy.AUDIT_SEAL_OVERDUE):
        yield Finding(expected, "the seal is missing: removed, or never made because no job worker ran.")
        expected += seal.ONE_DAY


def of_the_day(one: AuditSeal, advance: Callable[[int], object]) -> Iterator[Finding]:
    """Yield what is wrong with the events of one day whose seal is genuine."""
    ids = (one.first_id or 0, one.last_id or 0)
    found = seal.read(one.day, bytes(one.previous), ids=ids, advance=advance)
    if found.digest == bytes(one.digest):
        return
    inside = found.count - found.outside
    what = []
    if inside < one.count:
        what.append(f"{count(one.count - inside)} deleted or moved to another day")
    if found.count > one.count or found.outside:
        what.append(f"{count(max(found.outside, found.count - one.count))} inserted")
    if not what:
        what.append("at least one event was edited")
    yield Finding(one.day, f"{' and '.join(what)} ({one.count:,} were sealed, {found.count:,} were found).")


def count(events: int) -> str:
    return "1 event was" if events == 1 else f"{events:,} events were"


def before(first_sealed: date | None) -> Iterator[Finding]:
    """Yield a finding if events claim to be older than the first seal."""
    if first_sealed is None:
        return
    begin = datetime(first_sealed.year, first_sealed.month, first_sealed.day, tzinfo=UTC)
    latest = AuditEvent.objects.filter(at__lt=begin).aggregate(at=Max("at"))["at"]
    if latest:
        day = latest.astimezone(UTC).date()
        yield Finding(day, "events of a time before the first seal were inserted, or that day's seal was removed.")


def unguarded() -> Iterator[Finding]:
    """Yield the tables whose triggers against changes are gone or switched off, and the partitions likewise."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE tgname IN ('append_only', 'never_emptied') AND tgenabled IN ('O', 'A')"
        )
        there = set(cursor.fetchall())
    for table in partitions.tree_of(GUARDED):
        if not {(table, "append_only"), (table, "never_emptied")} <= there:
            yield Finding(None, f"The triggers that keep {table} from being changed are gone or switched off.")
