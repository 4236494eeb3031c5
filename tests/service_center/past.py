"""What happened on past days, for the staff's figures."""

from datetime import UTC, date, datetime, timedelta
from itertools import count as numbers
from typing import Any

from django.utils import timezone

from core import policy
from idproofing import cases
from idproofing.models import ActivationCode, AnswerTally, Case
from safeguards.models import AuditEvent
from service_center.figures.counting import Day, release
from service_center.figures.sources import count_all
from support.models import ContactMessage

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LAST_WEEK = NOW - timedelta(days=6)
FEW = policy.FIGURES_FROM - 1
NUMBERS = numbers(1)


def happened(event: str, times: int, at: datetime = LAST_WEEK, account_id: int | None = None, **details: Any) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(event=event, at=at, actor_kind="visitor", account_id=account_id, details=details)
        for _ in range(times)
    )


def made_codes(delivery: str, *minutes: int, used_after: timedelta | None = None, at: datetime = LAST_WEEK) -> None:
    """Codes whose journeys began so many minutes before."""
    for taken in minutes:
        ActivationCode.objects.create(
            dod_id="1000000021",
            level=1,
            digest=b"",
            delivery=delivery,
            issued_at=at,
            begun_at=at - timedelta(minutes=taken),
            expires_at=at + timedelta(days=1),
            used_at=at + used_after if used_after else None,
            voided_at=None if used_after else at,
        )


def opened_cases(times: int, age: timedelta, now: datetime = NOW, state: str = "open") -> None:
    """Cases of this age, due as the policy says."""
    at = now - age
    Case.objects.bulk_create(
        Case(
            number=cases.next_number(),
            reference=f"{next(NUMBERS):010d}",
            code=b"",
            journey="registration",
            level=1,
            state=state,
            opened_at=at,
            due_at=at + policy.CASE_DUE,
            expires_at=at + policy.CASE_LIFE,
        )
        for _ in range(times)
    )


def wrote(age: timedelta, now: datetime = NOW, answered_at: datetime | None = None) -> None:
    """A message to the service center of this age, answered or not."""
    reference = f"C-{next(NUMBERS):04d}"
    ContactMessage.objects.create(
        reference=reference, topic="other", created_at=now - age, answered_at=answered_at, name="", email="", body=""
    )


def count(*days: date) -> None:
    """These days are counted, as the worker does; without any, those of the month before NOW."""
    month = [timezone.localdate(NOW) - timedelta(days=number) for number in range(31, 0, -1)]
    for day in days or month:
        release(day, count_all(Day(day)))


def a_month() -> None:
    """Something for every figure, seen from the real day."""
    yesterday = timezone.now() - timedelta(days=1)
    happened("registration.started", 1234, yesterday, route="questions")
    happened("registration.matched", FEW, yesterday, route="questions")
    AnswerTally.objects.create(day=timezone.localdate(yesterday), kind="card_bank", answered=50, correct=20)
    made_codes("email", *range(2, 12), used_after=timedelta(minutes=1), at=yesterday)
    opened_cases(12, timedelta(days=9), timezone.now())
    opened_cases(7, timedelta(hours=1), timezone.now())
    count(timezone.localdate(yesterday))
