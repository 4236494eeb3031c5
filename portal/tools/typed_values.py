"""What people type, or what a file of a device has: numbers and moments, in the ways in which they are usually written.

Each function raises ValueError with a sentence for the person if a text is not what it should be.
"""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core import policy
from core.typed import clean_typed
from portal.record import moments

EARLIEST_YEAR = 1900
NUMBER = re.compile(r"-?[0-9]{1,7}(?:\.[0-9]{1,3})?")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
MOMENT = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)|(?P<us_month>\d\d?)/(?P<us_day>\d\d?)/(?P<us_year>\d{4}))"
    rf"(?:(?:T|,?\s+){CLOCK}\s*(?P<offset>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
MOMENT_FORMAT = "Enter the date and the time, for example 2026-03-14 7:30 AM."


class Moment(NamedTuple):
    """When something was measured: for sorting, and as FHIR has it."""

    at: datetime
    said: str


def read_number(text: str, *, is_whole: bool = False) -> Decimal:
    """Return the number that was typed, with its digits. A comma may stand for the point, or part the thousands."""
    typed = clean_typed(text).replace(" ", "")
    typed = typed.replace(",", "") if is_whole and THOUSANDS.fullmatch(typed) else typed.replace(",", ".")
    if not NUMBER.fullmatch(typed):
        raise ValueError("Enter a number in digits, with at most 3 digits behind the point.")
    value = Decimal(typed)
    if is_whole and value != value.to_integral_value():
        raise ValueError("Enter a whole number, without a point.")
    return value


def read_moment(text: str, zone: str, now: datetime) -> Moment:
    """Return the moment that was typed, by the clock of this zone unless it has an offset. Nothing typed means now."""
    typed = clean_typed(text)
    if not typed:
        return moment_of(now.replace(second=0, microsecond=0), zone)
    found = MOMENT.fullmatch(typed)
    if found is None:
        raise ValueError(MOMENT_FORMAT)
    day = read_day(found)
    if found["hour"] is None:
        if day > now.astimezone(ZoneInfo(zone)).date():
            raise ValueError("This day is in the future. Enter the day on which you measured.")
        return Moment(datetime(day.year, day.month, day.day, tzinfo=UTC), day.isoformat())
    at = instant(found, day, zone)
    if at > now + policy.CLOCK_AHEAD:
        raise ValueError("This time is in the future. Enter the time at which you measured.")
    return moment_of(at, zone)


def moment_of(at: datetime, zone: str) -> Moment:
    return Moment(at.astimezone(UTC), at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"))


def read_day(found: re.Match[str]) -> date:
    year, month, day = (found[name] or found[f"us_{name}"] for name in ("year", "month", "day"))
    if int(year) < EARLIEST_YEAR:
        raise ValueError(f"Enter a year that is not before {EARLIEST_YEAR}.")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("There is no such day. Check the month and the day.") from None


def instant(found: re.Match[str], day: date, zone: str) -> datetime:
    """Return the instant of a day and a clock time."""
    hour, half = int(found["hour"]), (found["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("With AM or PM, the hour is from 1 to 12.")
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        clock = time(hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        raise ValueError("There is no such time. Check the hours and the minutes.") from None
    if offset := found["offset"]:
        sign = "+00:00" if offset.upper() == "Z" else offset
        return datetime.fromisoformat(f"{day.isoformat()}T{clock.isoformat()}{sign}")
    place = ZoneInfo(zone)
    at = datetime.combine(day, clock, place)
    if at.astimezone(UTC).astimezone(place).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise ValueError(f"There was no such time in {moments.show_zone(zone)}: the clocks were put forward.")
    return at
