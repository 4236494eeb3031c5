"""Whether the chain of seals holds: how far the trail is sealed, and checks of it that run as jobs."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Account
from core import policy
from safeguards import audit, clock, locks, metrics, seal, verification
from safeguards.models import AuditSeal
from safeguards.retry import PATIENTLY
from service_center.audit_viewer.models import AuditCheck

logger = logging.getLogger(__name__)
State = AuditCheck.State
# So many days are read between two notes of how far a check is.
STRETCH = timedelta(days=7)
MOST_FINDINGS = 200
"""Kept of one check: own. More of them say nothing new; verify_audit lists all."""


@dataclass(frozen=True)
class Sealed:
    """How far the trail is sealed. `gaps` are days without a seal in between, `late` those that should have one."""

    first: date | None
    last: date | None
    days: int
    events: int
    gaps: int
    late: int


def read_state(now: datetime | None = None) -> Sealed:
    """Return how far the trail is sealed, in one query over the seals."""
    sums = AuditSeal.objects.aggregate(first=Min("day"), last=Max("day"), days=Count("day"), events=Sum("count"))
    first, last, days = sums["first"], sums["last"], sums["days"]
    gaps = (last - first).days + 1 - days if first else 0
    late = sum(1 for _ in verification.overdue(last, now or timezone.now()))
    return Sealed(first, last, days, sums["events"] or 0, gaps, late)


def latest_check() -> AuditCheck | None:
    """Return the last check that was finished."""
    return AuditCheck.objects.filter(state=State.DONE).order_by("-ended_at").first()


@metrics.figure("dslogon_seal_holds", "Whether the last check of the audit trail found nothing wrong.")
def seal_holds() -> float | None:
    """Return 1 if the last check that was finished found nothing, 0 if it did, and None if there was none."""
    check = latest_check()
    return None if check is None else float(not check.found)


def check_under_way() -> AuditCheck | None:
    """Return the check that waits or runs now, if there is one."""
    return AuditCheck.objects.exclude(state=State.DONE).order_by("asked_at").first()


def ask_for_check(first: date, last: date, by: Account) -> AuditCheck | None:
    """Have the worker check these days. Return None, and change nothing, while another check is under way."""
    with locks.exclusive("audit", "check"):
        if check_under_way():
            return None
        check = AuditCheck.objects.create(first=first, last=last, asked_by=by.pk)
        audit.record("support.trail-checked", by=by, days=(last - first).days + 1)
        transaction.on_commit(lambda: run_check.defer(check_id=check.pk))
        return check


@app.task(name="service_center.audit_viewer.run_check", queue="exports", retry=PATIENTLY)
def run_check(check_id: int) -> None:
    """Run one check. A job that is run again begins again, and one that was finished does nothing."""
    with locks.alone("audit-check", str(check_id)) as ours:
        if not ours:
            raise locks.HeldError
        check = AuditCheck.objects.exclude(state=State.DONE).filter(pk=check_id).first()
        if check is not None:
            run(check, clock.now())


@app.periodic(cron="40 3 * * *")
@app.task(name="service_center.audit_viewer.check_nightly", queue="exports")
def check_nightly(timestamp: int) -> None:
    """Check every sealed day each night, and forget the results that are old."""
    now = clock.now()
    AuditCheck.objects.filter(asked_at__lt=now - policy.AUDIT_CHECKS_KEPT).delete()
    days = AuditSeal.objects.aggregate(first=Min("day"), last=Max("day"))
    if days["first"]:
        run(AuditCheck.objects.create(first=days["first"], last=days["last"]), now)


def run(check: AuditCheck, now: datetime) -> None:
    """Read the days of a check and keep what was found, noting from time to time how far it is."""
    seals = AuditSeal.objects.filter(day__range=(check.first, check.last))
    check.state, check.read, check.events = State.RUNNING, 0, seals.aggregate(all=Sum("count"))["all"] or 0
    check.save(update_fields=["state", "read", "events"])
    found: list[verification.Finding] = []
    for first, last in stretches(check.first, check.last):
        found += verification.of_span(first, last)
        check.read += seals.filter(day__range=(first, last)).aggregate(all=Sum("count"))["all"] or 0
        check.save(update_fields=["read"])
    found += of_the_whole(now)
    if found:
        logger.error("The audit trail is not as it was sealed: %d findings, the first is: %s", len(found), found[0])
    check.found, check.state, check.ended_at = [str(one) for one in found[:MOST_FINDINGS]], State.DONE, timezone.now()
    check.save(update_fields=["found", "state", "ended_at"])


def of_the_whole(now: datetime) -> Iterator[verification.Finding]:
    """Yield what concerns no single sealed day: missing triggers, events before the first seal, and late seals."""
    days = AuditSeal.objects.aggregate(first=Min("day"), last=Max("day"))
    yield from verification.unguarded()
    yield from verification.before(days["first"])
    late = list(verification.overdue(days["last"], now))
    yield from late[:1]
    if len(late) > 1:
        yield verification.Finding(late[-1].day, f"this day and {len(late) - 1:,} before it have no seal yet.")


def stretches(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the days from `first` to `last` in stretches, one after the other."""
    while first <= last:
        yield first, min(last, first + STRETCH - seal.ONE_DAY)
        first += STRETCH


def is_sealed(at: datetime) -> bool:
    """Return whether the day of UTC that a moment is in has its seal."""
    return AuditSeal.objects.filter(day=at.astimezone(UTC).date()).exists()
