"""Dates and times as FHIR has them: a year, a month, a day, or an instant with its offset. What was said is kept.

A day is never wrong: an instant is shown in the time zone of its place if that is known, otherwise with the offset that
was written, and never in the zone of the server or of the reader alone.
"""

import re
from datetime import UTC, date, datetime, timedelta

from core.zones import show_clock, show_zone
from core.zones import zone_named as zone_of

SAID = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
    r"(?P<offset>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
# The most characters that a projection keeps of a moment.
LONGEST = 40


def read(value: object) -> tuple[datetime | None, str]:
    """Return the moment for sorting, in UTC, and what was said, cut to LONGEST.

    The moment of a year, month or day is its first instant in UTC. It is None for what is no date.
    """
    said = value.strip() if isinstance(value, str) else ""
    return instant_of(said), shorten(said)


def shorten(said: str) -> str:
    """Return what was said in LONGEST characters. Only digits behind a second's point are left out before others."""
    if len(said) > LONGEST and (found := SAID.fullmatch(said)) and (fraction := found["fraction"]):
        said = said.replace(f".{fraction}", f".{fraction[:6]}", 1)
    return said[:LONGEST]


def instant_of(said: str) -> datetime | None:
    """Return the first instant of what was said, in UTC, or None if it is no date. No offset means UTC."""
    parts = SAID.fullmatch(said)
    if parts is None:
        return None
    try:
        return written(parts).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def written(parts: re.Match[str]) -> datetime:
    """Return the datetime of a match of SAID, with its own offset. Raise ValueError for a day that never was."""
    second = int(parts["second"] or 0)
    microsecond = int((parts["fraction"] or "0")[:6].ljust(6, "0"))
    naive = datetime(int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1), tzinfo=UTC).replace(
        hour=int(parts["hour"] or 0),
        minute=int(parts["minute"] or 0),
        # Python does not know the leap second.
        second=59 if second == 60 else second,
        microsecond=microsecond,
    )
    offset = parts["offset"] or "Z"
    if offset == "Z":
        return naive
    return datetime.fromisoformat(f"{naive.replace(tzinfo=None).isoformat()}{offset}")


def show_offset(at: datetime) -> str:
    """Return the offset of a time in words: "UTC", "UTC−5" or "UTC+5:30"."""
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def show_day_of(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def local(said: str, zone: str = "") -> tuple[datetime, str] | None:
    """Return an instant by the clock of its place, and the zone in words; None if no instant was said."""
    parts = SAID.fullmatch(said)
    if parts is None or parts["hour"] is None:
        return None
    try:
        at = written(parts)
        if parts["offset"] is None:
            return at, "time zone not said"
        if place := zone_of(zone):
            return at.astimezone(place), show_zone(zone)
    except (ValueError, OverflowError):
        return None
    return at, show_offset(at)


def show(said: str, zone: str = "", own: str = "") -> str:
    """Return what was said as people read it: "2019", "March 2019", "March 4, 2019", or an instant with its zone.

    `zone` is the IANA name of the zone of the place, "" if it is not known. `own` is the reader's zone: where its clock
    differs, that time stands beside. What is no date is returned as it came.
    """
    if found := local(said, zone):
        at, words = found
        return f"{show_day_of(at.date())}, {show_clock(at)} ({words}{beside(at, words, own)})"
    return show_day(said)


def beside(at: datetime, words: str, own: str) -> str:
    """Return "; 7:00 AM Pacific time" if the reader's clock differs from that of the place, else ""."""
    mine = zone_of(own)
    if mine is None or words == "time zone not said":
        return ""
    try:
        there = at.astimezone(mine)
    except OverflowError:
        return ""
    if there.utcoffset() == at.utcoffset():
        return ""
    day = "" if there.date() == at.date() else f"{show_day_of(there.date())}, "
    return f"; {day}{show_clock(there)} {show_zone(own)}"


def show_day(said: str, zone: str = "") -> str:
    """Return the day, month or year of what was said, without a time: for lists that have little room."""
    if found := local(said, zone):
        return show_day_of(found[0].date())
    parts = SAID.fullmatch(said)
    if parts is None:
        return said
    try:
        day = written(parts).date()
    except (ValueError, OverflowError):
        return said
    if parts["month"] is None:
        return parts["year"]
    return f"{day:%B} {day.year}" if parts["day"] is None else show_day_of(day)


def day_of(said: str, zone: str = "") -> date | None:
    """Return the day by the calendar of the place, or None if no day was said."""
    if found := local(said, zone):
        return found[0].date()
    parts = SAID.fullmatch(said)
    if parts is None or parts["day"] is None:
        return None
    try:
        return written(parts).date()
    except (ValueError, OverflowError):
        return None


def show_period(start: str, end: str, zone: str = "") -> str:
    """Return a period in words. Two times of one day are "March 4, 2019, 10:00 AM to 10:30 AM (Eastern time)"."""
    if not end or start == end:
        return show(start, zone)
    if not start:
        return f"until {show(end, zone)}"
    first, last = local(start, zone), local(end, zone)
    if not first or not last or first[0].date() != last[0].date() or first[1] != last[1]:
        return f"{show(start, zone)} to {show(end, zone)}"
    if show_clock(first[0]) == show_clock(last[0]):
        return show(start, zone)
    return f"{show_day_of(first[0].date())}, {show_clock(first[0])} to {show_clock(last[0])} ({first[1]})"
