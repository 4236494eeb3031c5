"""Reminders of appointments by email, which say neither what nor where."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from procrastinate.contrib.django import app

from accounts.models import Account, State
from core import policy
from portal.appointments.models import Reminder
from portal.appointments.visits import has_clock
from portal.notices.models import Kind
from portal.notices.telling import tell
from portal.record.models import Appointment
from safeguards import audit, clock


def remind(now: datetime | None = None) -> int:
    """Send the reminders that are due, each once. Return how many went out."""
    now = now or clock.now()
    return sum(remind_account(*one, now=now) for one in list(due(now)))


def due(now: datetime) -> Iterator[tuple[Account, Appointment, int]]:
    """Yield whom to remind of what, so many days before, without those who were reminded already."""
    until = now + timedelta(days=max(policy.REMINDER_DAYS))
    ahead = [one for one in Appointment.objects.filter(status="booked", at__gt=now, at__lte=until) if has_clock(one)]
    accounts = Account.objects.filter(dod_id__in={one.patient for one in ahead}).exclude(state=State.CLOSED)
    holders = {account.dod_id: account for account in accounts}
    sent = set(
        Reminder.objects.filter(appointment__in=[one.resource_id for one in ahead]).values_list(
            "appointment", "account", "days", "starts_at"
        )
    )
    for visit in ahead:
        account, days = holders.get(visit.patient), days_before(visit, now)
        if account and days and (visit.resource_id, account.pk, days, visit.at) not in sent:
            yield account, visit, days


def days_before(visit: Appointment, now: datetime) -> int | None:
    """Return for how many days before the visit a reminder is due now, or None."""
    assert visit.at is not None
    for days in sorted(policy.REMINDER_DAYS):
        late = now - (visit.at - timedelta(days=days))
        if timedelta(0) <= late < policy.REMINDER_LATE:
            return days
    return None


def remind_account(account: Account, visit: Appointment, days: int, *, now: datetime) -> bool:
    """Send one reminder, unless another worker was first or the person wants none."""
    assert visit.at
    with transaction.atomic():
        _, is_first = Reminder.objects.get_or_create(
            appointment_id=visit.resource_id,
            account=account,
            days=days,
            starts_at=visit.at,
            defaults={"sent_at": now},
        )
        page = reverse("feature-item", args=["appointments", visit.resource_id])
        if not is_first or not tell(account, Kind.REMINDERS, "appointment-reminder", page=page):
            return False
        audit.record("appointment.reminded", by="system", account_id=account.pk, days=days)
    return True


@app.task(name="portal.appointments.send_reminders", queue="housekeeping")
def send_reminders(timestamp: int) -> None:
    """Remind people of their appointments."""
    remind()
