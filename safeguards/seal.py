"""Each day's audit events, sealed in a chain that nobody can forge who has the database alone.

A day is a day of UTC, and its events are those whose time is in it. Its digest is SHA-256 over the digest of the day
before and every column of every event, in the order of their ids. The seal holds that digest with the number of events
and their first and last id, under an HMAC with INDEX_KEY, which the database does not have.

Ids have gaps where a transaction was rolled back, so gaps mean nothing. The count and the digest do.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import Max, Min
from psycopg import sql

from core import policy
from safeguards import clock, metrics
from safeguards.cipher import blind_index
from safeguards.locks import exclusive
from safeguards.models import AuditEvent, AuditSeal

logger = logging.getLogger(__name__)

# The digest that the first seal of all follows.
BEGINNING = bytes(32)
ONE_DAY = timedelta(days=1)
# How long to wait for writers that began before us. The job runs again in an hour.
PATIENCE = timedelta(minutes=2)

# Every column is written in one way only, whatever the time zone or formats of the session are. COPY sends one line for
# each row and escapes tabs and line ends, so that no two different events give the same line.
EVENTS_OF_A_DAY = sql.SQL(
    """
    COPY (
        SELECT id, event, (extract(epoch FROM at) * 1000000)::bigint, actor_kind, actor_id, account_id,
            encode(person_index, 'hex'), address::text, device, session, details::text
        FROM safeguards_auditevent WHERE at >= {begin} AND at < {end} ORDER BY id
    ) TO STDOUT
    """
)


@dataclass(frozen=True, slots=True)
class DayRead:
    """The events of a day as they were found. `outside` counts those whose ids are beyond the ids in the seal."""

    first_id: int | None
    last_id: int | None
    count: int
    outside: int
    digest: bytes


def read(
    day: date,
    previous: bytes,
    *,
    ids: tuple[int, int] | None = None,
    advance: Callable[[int], object] = lambda events: None,
) -> DayRead:
    """Read a day's events as the database sends them. Memory does not grow with their number.

    `previous` is the digest of the day before. `ids` are the first and last id that the seal knows of. `advance` is
    called with how many more events have been read.
    """
    digest = hashlib.sha256(previous)
    first = last = None
    count = outside = 0
    with connection.cursor() as cursor, cursor.copy(EVENTS_OF_A_DAY.format(**bounds(day))) as rows:
        for row in rows:
            digest.update(row)
            last = int(bytes(row).partition(b"\t")[0])
            first = first or last
            count += 1
            outside += ids is not None and not ids[0] <= last <= ids[1]
            if not count % 10_000:
                advance(10_000)
    advance(count % 10_000)
    return DayRead(first, last, count, outside, digest.digest())


def bounds(day: date) -> dict[str, sql.Composable]:
    """Return when a day of UTC begins and ends."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {"begin": sql.Literal(begin), "end": sql.Literal(begin + ONE_DAY)}


def mac(seal: AuditSeal) -> bytes:
    """Return the HMAC over everything that a seal says."""
    return blind_index(
        f"{seal.day.isoformat()} {seal.first_id} {seal.last_id} {seal.count} {bytes(seal.digest).hex()} "
        f"{bytes(seal.previous).hex()} {seal.sealed_at.astimezone(UTC).isoformat()}",
        purpose="audit-seal",
    )


def is_over(day: date, now: datetime, grace: timedelta = policy.AUDIT_SEAL_GRACE) -> bool:
    """Return whether a day of UTC ended at least `grace` ago."""
    return now >= datetime(day.year, day.month, day.day, tzinfo=UTC) + ONE_DAY + grace


def seal_due(now: datetime | None = None) -> list[AuditSeal]:
    """Seal every day that is over and not sealed yet, oldest first. Return the new seals.

    It is safe to repeat, and to run twice at once. Nothing is sealed while a transaction is open that could still write
    an event of a past day. The next run does it then. Raise ClocksDifferError if this machine and the database disagree
    about the time: a day that was sealed too early would get more events, and never be as it was sealed.
    """
    now = now or clock.now()
    if not writers_have_ended():
        logger.warning("The audit trail was not sealed: a transaction is open that may yet write to it.")
        return []
    return seal_days(now)


def seal_days(now: datetime) -> list[AuditSeal]:
    """Seal what is due. Nobody may still be writing events of those days."""
    sealed = []
    while seal := seal_next(now):
        sealed.append(seal)
        # The log is kept apart from the database. A digest that is noted there shows if seals are ever cut off.
        logger.info("Sealed the audit trail of %s: %d events, digest %s", seal.day, seal.count, seal.digest.hex())
    return sealed


def seal_next(now: datetime) -> AuditSeal | None:
    """Seal the first day that is due, in its own transaction. Return None if no day is due."""
    with exclusive("audit", "seal"):
        latest = AuditSeal.objects.order_by("-day").first()
        day = latest.day + ONE_DAY if latest else first_day()
        if day is None or not is_over(day, now):
            return None
        previous = bytes(latest.digest) if latest else BEGINNING
        found = read(day, previous)
        seal = AuditSeal(
            day=day,
            first_id=found.first_id,
            last_id=found.last_id,
            count=found.count,
            digest=found.digest,
            previous=previous,
            sealed_at=now,
        )
        seal.mac = mac(seal)
        seal.save(force_insert=True)
        return seal


@metrics.figure("dslogon_sealed_until_timestamp_seconds", "The end of the last day of the audit trail that is sealed.")
def sealed_until() -> float | None:
    """Return the end of the last day that is sealed, as a Unix time."""
    last = AuditSeal.objects.aggregate(day=Max("day"))["day"]
    return datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp() + ONE_DAY.total_seconds() if last else None


def first_day() -> date | None:
    """Return the day of the oldest event of all, or None if there is no event."""
    begin = AuditEvent.objects.aggregate(at=Min("at"))["at"]
    return begin.astimezone(UTC).date() if begin else None


def writers_have_ended(patience: timedelta = PATIENCE) -> bool:
    """Wait until every transaction has ended that is writing now. Return False if that takes too long.

    The time of an event is that of its statement. A transaction that began before midnight may be committed long after,
    and until then nobody sees its event. If the day were sealed too early, it would later seem to have an event too
    many.
    """
    deadline = time.monotonic() + patience.total_seconds()
    ours = transaction_number("pg_current_xact_id()")
    while transaction_number("pg_snapshot_xmin(pg_current_snapshot())") < ours:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def transaction_number(of: str) -> int:
    """Return a transaction number, as the SQL in `of` gives it.

    It is either that of this transaction, later than all that have written, or that of the oldest one still running.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({of})::text::bigint")
        return cursor.fetchone()[0]
