"""Times in words, for pages and sentences."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as date_format

# What the pages call the site's time zone, settings.TIME_ZONE.
TIME_ZONE = "Eastern time"
LONGEST_COUNTED = timedelta(hours=1)
"""The longest wait that people are told in minutes: own."""
MINUTE, ONE_DAY, RESOLUTION = timedelta(minutes=1), timedelta(days=1), timedelta.resolution


def try_again_in(wait: timedelta, now: datetime | None = None) -> str:
    """Return the sentence that tells people when they may try again: after a wait, or from a time of day on.

    Up to an hour it names the wait: "Wait 15 minutes, then try again." Nobody counts hours, so a longer wait gets the
    time at which it ends, in the site's time zone: "Try again after 2:11 PM (Eastern time)." The day is named when it
    is not today's. Both are rounded up to whole minutes, or the next try would come too early.

    `now` is an aware datetime, by default the present.
    """
    rounded = max(-(-wait // MINUTE), 1) * MINUTE
    if rounded <= LONGEST_COUNTED:
        return f"Wait {duration(rounded)}, then try again."
    return f"Try again after {clock_time(now or timezone.now(), wait)} ({TIME_ZONE})."


def clock_time(now: datetime, wait: timedelta) -> str:
    """Return the time at which a wait ends, and the day when it is another: "9:05 AM on December 3"."""
    # Added in UTC: in a time zone Python adds to what the clock shows, and is an hour out when daylight saving changes.
    ends = now.astimezone(UTC) + wait + MINUTE - RESOLUTION
    today, end = timezone.localdate(now), timezone.localtime(ends)
    time, day = date_format(end, "g:i A"), end.date()
    if day == today:
        return time
    return f"{time} tomorrow" if day - today == ONE_DAY else f"{time} on {date_format(end, 'F j')}"


def duration(time: timedelta) -> str:
    """Return a time in words: "15 minutes", "24 hours", "21 days", "2 minutes 30 seconds"."""
    left = round(time.total_seconds())
    if left >= 2 * 86_400 and left % 86_400 == 0:
        return f"{left // 86_400} days"
    counts = (("hour", left // 3600), ("minute", left % 3600 // 60), ("second", left % 60))
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for unit, count in counts if count]
    return " ".join(said) or "0 seconds"


def seconds(time: timedelta) -> int:
    """Return a time as whole seconds, for scripts."""
    return int(time.total_seconds())
