"""Calls back: which times are free, asking for one, canceling it, and forgetting the number."""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account
from core import policy, zones
from core.center import Region
from safeguards import audit, clock, limits
from safeguards.locks import exclusive
from support import call_back_states
from support.call_back_states import LIVE, State, TransitionRefused
from support.contact import new_reference
from support.models import CallBack


@dataclass(frozen=True)
class TimeTaken:
    """Somebody else has the last place of this time, or it is over. Nothing was kept."""


def slots_of(region: Region, now: datetime) -> Iterator[datetime]:
    """Yield when each slot of the next days begins, in UTC: within the hours of the region, and not too soon."""
    today = now.astimezone(region.clock).date()
    for ahead in range(policy.CALL_BACK_DAYS + 1):
        day = today + timedelta(days=ahead)
        if region.works_on(day):
            start, end = region.hours_of(day)
            while start + policy.CALL_BACK_SLOT <= end:
                if start >= now + policy.CALL_BACK_NOTICE:
                    yield start
                start += policy.CALL_BACK_SLOT


def places_for(by: Account | None) -> tuple[int, ...]:
    """Return the places of a slot that somebody may have, in the order in which they are given out.

    Some are for people who are signed in, who get these first.
    """
    open_to_all = policy.CALL_BACKS_IN_SLOT - policy.CALL_BACKS_KEPT_FOR_ACCOUNTS
    strangers, kept = range(open_to_all), range(open_to_all, policy.CALL_BACKS_IN_SLOT)
    return (*kept, *strangers) if by else tuple(strangers)


def free_slots(region: Region, by: Account | None, now: datetime) -> list[datetime]:
    """Return when the slots begin, in UTC, in which there is a place for this person or visitor."""
    taken = defaultdict[datetime, set[int]](set)
    live = CallBack.objects.filter(region=region.slug, state__in=LIVE, starts_at__gte=now)
    for starts_at, place in live.values_list("starts_at", "place"):
        taken[starts_at].add(place)
    return [slot for slot in slots_of(region, now) if set(places_for(by)) - taken[slot]]


def too_many(by: Account | None, address: str) -> timedelta | None:
    """Count one request. Return how long to wait if there were too many of this account, or of this network address."""
    if by:
        return limits.hit(policy.CALL_BACKS_PER_ACCOUNT, str(by.pk), account_id=by.pk)
    return limits.hit(policy.CALL_BACKS_PER_ADDRESS, address)


def kept(form_id: uuid.UUID, **typed: object) -> CallBack | None:
    """Return the call back that this form already asked for, if what was typed is the same."""
    row = CallBack.objects.filter(pk=form_id).first()
    return row if row and all(getattr(row, field) == value for field, value in typed.items()) else None


def ask(
    form_id: uuid.UUID,
    *,
    region: Region,
    starts_at: datetime,
    name: str,
    number: str,
    topic: str,
    zone: str,
    by: Account | None = None,
    now: datetime | None = None,
) -> CallBack | TimeTaken:
    """Keep a wish to be called and return it. The same form sent again returns the one already kept."""
    now = now or timezone.now()
    typed = {"name": name, "number": number, "topic": topic, "region": region.slug, "starts_at": starts_at}
    if before := kept(form_id, **typed):
        return before
    with exclusive("call-back", f"{region.slug}:{starts_at.isoformat()}"):
        if before := kept(form_id, **typed):
            return before
        live = CallBack.objects.filter(region=region.slug, starts_at=starts_at, state__in=LIVE)
        taken = set(live.values_list("place", flat=True))
        place = next((place for place in places_for(by) if place not in taken), None)
        if place is None or starts_at not in slots_of(region, now):
            return TimeTaken()
        row = CallBack(pk=form_id, account=by, place=place, zone=zone, made_at=now, changed_at=now, **typed)
        insert(row)
        audit.record(
            "support.call-back-asked", by=by or "visitor", account_id=by.pk if by else None,
            reference=row.reference.lower(), topic=topic,
        )  # fmt: skip
    return row


def insert(row: CallBack) -> None:
    """Save a new row under a reference that is free. A form that was sent before with other words gets a new key."""
    row.reference = new_reference(random.SystemRandom()).replace("C-", "B-", 1)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if CallBack.objects.filter(pk=row.pk).exists():
            row.pk = uuid.uuid4()
        elif not CallBack.objects.filter(reference=row.reference).exists():
            raise
        insert(row)


def cancel(row: CallBack, *, by: object) -> bool:
    """Cancel a call back. Return False if it is over already."""
    try:
        call_back_states.change_state(row, State.CANCELED, by=by)
    except TransitionRefused:
        return False
    return True


def waiting() -> QuerySet[CallBack]:
    """Return the call backs that wait for an agent or are taken, the one that is due first in front."""
    return CallBack.objects.filter(state__in=LIVE).order_by("starts_at", "id")


def call_backs_of(account: Account) -> QuerySet[CallBack]:
    """Return what the holder of an account asked for while signed in, newest first."""
    return CallBack.objects.filter(account=account).order_by("-made_at")


def show_time(starts_at: datetime, zone: str) -> str:
    """Return a slot by the clock of a zone: "Monday, November 30, 9:00 AM to 9:30 AM Eastern time".

    In the hour that comes twice when daylight saving time ends, the offset says which one it is.
    """
    place = zones.zone_named(zone) or ZoneInfo("America/New_York")
    begin, end = starts_at.astimezone(place), (starts_at + policy.CALL_BACK_SLOT).astimezone(place)
    return f"{begin:%A}, {begin:%B} {begin.day}, {clock_of(begin)} to {clock_of(end)} {zones.show_zone(zone)}"


def clock_of(at: datetime) -> str:
    """Return a time of day, with its offset in the hour that comes twice."""
    if at.utcoffset() == at.replace(fold=1 - at.fold).utcoffset():
        return zones.show_clock(at)
    hours = (at.utcoffset() or timedelta()) / timedelta(hours=1)
    return f"{zones.show_clock(at)} (UTC{hours:+g})".replace("-", "−")


def purge_numbers(now: datetime | None = None) -> int:
    """Forget name and number of every call back that has been over for some days. Return how many there were."""
    before = (now or clock.now()) - policy.CALL_BACK_NUMBERS_KEPT
    with transaction.atomic():
        over = CallBack.objects.filter(number__isnull=False, changed_at__lt=before).exclude(state__in=LIVE)
        count = over.update(name=None, number=None)
        if count:
            audit.record("support.call-back-numbers-deleted", by="system", count=count)
    return count
