"""When somebody answers chats."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from core import policy
from core.holidays import is_federal_holiday
from core.words import clock_time

SATURDAY = 5


def opens_at(now: datetime) -> datetime | None:
    """Return when chats are answered next, or None if they are answered now."""
    if settings.CHAT_ALWAYS_OPEN:
        return None
    local = timezone.localtime(now)
    for days in range(8):  # no eight days without one that is worked
        day = local.date() + timedelta(days=days)
        if day.weekday() >= SATURDAY or is_federal_holiday(day):
            continue
        begins, ends = (datetime.combine(day, time, local.tzinfo) for time in (policy.CHAT_OPENS, policy.CHAT_CLOSES))
        if local < ends:
            return begins if local < begins else None
    raise AssertionError("Nobody works in a whole week.")


def opens_in_words(now: datetime) -> str:
    """Return when chats are answered next, such as "8:00 AM on November 30", or "" if they are answered now."""
    opens = opens_at(now)
    return clock_time(now, opens - now) if opens else ""
