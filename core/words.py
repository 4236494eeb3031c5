"""Times in words, for pages and sentences."""

from datetime import timedelta
from typing import Any


def minutes(wait: Any) -> str:
    """A wait in words, rounded up to whole minutes."""
    count = max(1, -(-int(wait.total_seconds()) // 60))
    return "1 minute" if count == 1 else f"{count} minutes"


def duration(time: timedelta) -> str:
    """A time in words: "15 minutes", "24 hours", "21 days", "2 minutes 30 seconds"."""
    left = round(time.total_seconds())
    if left >= 2 * 86_400 and left % 86_400 == 0:
        return f"{left // 86_400} days"
    counts = (("hour", left // 3600), ("minute", left % 3600 // 60), ("second", left % 60))
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for unit, count in counts if count]
    return " ".join(said) or "0 seconds"


def seconds(time: timedelta) -> int:
    """A time as whole seconds, for scripts."""
    return int(time.total_seconds())
