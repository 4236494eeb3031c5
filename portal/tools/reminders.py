"""Reminders to measure: off until a person sets them, by an email that says nothing of what is measured."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Account
from core import policy
from portal.notices import telling
from portal.notices.models import How, Kind
from portal.notices.telling import tell
from portal.record import moments
from portal.tools import readings
from portal.tools.forms import ReminderForm
from portal.tools.measures import Measure
from portal.tools.models import Tracker
from portal.zones import zone_of
from safeguards import audit, clock

Context = dict[str, Any]
# Reminders of one look of the worker: own. The others follow with the next look.
AT_ONCE = 1_000


def reminder(account: Account, query: QueryDict, measure: str) -> Context:
    """Return the form for the reminder of a measure."""
    about, tracker = readings.find_tracker(account.dod_id, measure)
    is_on = tracker is not None and tracker.remind_next_at is not None
    initial = {"days": tracker.remind_days, "at": tracker.remind_at} if tracker and is_on else {}
    shown = reminder_page(about, tracker, measure, ReminderForm(initial=initial, label_suffix=""))
    return shown | {"is_silent": is_silent(account)}


def reminder_page(about: Measure, tracker: Tracker | None, slug: str, form: ReminderForm) -> Context:
    is_on = tracker is not None and tracker.remind_next_at is not None
    zone = moments.show_zone(tracker.remind_zone) if tracker and is_on else ""
    title = f"Reminder for {about.title}"
    return {"form": form, "measure": about, "slug": slug, "is_on": is_on, "set_zone": zone, "item_title": title}


def set_reminder(account: Account, request: HttpRequest, measure: str) -> Context | HttpResponse:
    """Set the reminder of a measure, or switch it off."""
    about, tracker = readings.find_tracker(account.dod_id, measure)
    if request.POST.get("action") == "off":
        if tracker:
            stop_reminder(account, tracker)
        messages.success(request, "The reminder is off.")
        return redirect("tools-measure", measure)
    form = ReminderForm(request.POST, label_suffix="")
    if not account.email:
        form.add_error(None, "Your account has no email address to which we could send a reminder. Add one first.")
    if not form.is_valid():
        return reminder_page(about, tracker, measure, form)
    now, zone = timezone.now(), zone_of(request)
    days, at = form.cleaned_data["days"], form.cleaned_data["at"]
    with transaction.atomic():
        tracker = tracker or readings.begin_tracker(account, about, now)
        Tracker.objects.filter(pk=tracker.pk).update(
            account=account,
            remind_days=days,
            remind_at=at,
            remind_zone=zone,
            remind_next_at=next_reminder(days, at, zone, now),
        )
        audit.record("tools.reminder-set", by=account, measure=tracker.measure)
    messages.success(request, said_of_setting(account))
    return redirect("tools-measure", tracker.slug)


def is_silent(account: Account) -> bool:
    """Return whether the person has turned off all reminders to measure."""
    return telling.choices_of(account)[Kind.MEASURING] == How.NOT


def said_of_setting(account: Account) -> str:
    if is_silent(account):
        return "The reminder is set, but none comes: you turned off the emails that remind you to measure."
    return "The reminder is set. We send it to your email address."


def stop_reminder(account: Account, tracker: Tracker) -> None:
    """Switch a reminder off. One that is off already leaves no event."""
    with transaction.atomic():
        mine = Tracker.objects.filter(pk=tracker.pk, remind_next_at__isnull=False)
        if mine.update(remind_next_at=None):
            audit.record("tools.reminder-stopped", by=account, measure=tracker.measure)


def next_reminder(days: Sequence[int], at: time, zone: str, after: datetime) -> datetime:
    """Return the first time after a moment at which the clock of the zone shows `at` on one of these days.

    Where the clocks are put forward over that time, it is the time just as much later.
    """
    place = ZoneInfo(zone)
    today = after.astimezone(place).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        due = datetime.combine(day, at.replace(second=0, microsecond=0), place).astimezone(UTC)
        if day.weekday() in days and due > after:
            return due
    raise ValueError("A reminder needs a day.")


def send_reminders(now: datetime | None = None) -> int:
    """Send the reminders that are due, each once, and return how many. One that is too late is left out."""
    now, sent = now or clock.now(), 0
    due = Tracker.objects.filter(remind_next_at__lte=now).select_related("account").order_by("remind_next_at")
    for tracker in due[:AT_ONCE]:
        sent += send_reminder(tracker, now)
    return sent


def send_reminder(tracker: Tracker, now: datetime) -> bool:
    """Send one reminder and set the next one, unless another worker was first. Return whether it was sent."""
    assert tracker.remind_at is not None, "a constraint keeps the time with the reminder"
    assert tracker.remind_next_at is not None, "only reminders that are due are sent"
    following = next_reminder(tracker.remind_days, tracker.remind_at, tracker.remind_zone, now)
    account, is_late = tracker.account, now - tracker.remind_next_at > policy.MEASURE_REMINDER_LATE
    with transaction.atomic():
        mine = Tracker.objects.filter(pk=tracker.pk, remind_next_at=tracker.remind_next_at)
        if not mine.update(remind_next_at=following) or is_late or not account.is_active or not account.email:
            return False
        if not tell(account, Kind.MEASURING, "time-to-measure", page=reverse("feature", args=["tools"])):
            return False
        audit.record("tools.reminder-sent", by="system", account_id=account.pk)
    return True


@app.task(name="portal.tools.send_due_reminders", queue="housekeeping")
def send_due_reminders(timestamp: int) -> None:
    """Send the reminders of the last quarter of an hour."""
    send_reminders()
