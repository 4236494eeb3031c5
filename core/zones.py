"""Time zones: their names in words, and that of the reader.

Nobody but the browser knows where the reader is: DEERS has an address and no place. static/js/site.js sets the cookie.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

COOKIE = "time_zone"
# Zones that people at home know by a name of their own. Any other is said by its city.
ZONES = {
    "America/New_York": "Eastern time",
    "America/Detroit": "Eastern time",
    "America/Indiana/Indianapolis": "Eastern time",
    "America/Kentucky/Louisville": "Eastern time",
    "US/Eastern": "Eastern time",
    "America/Chicago": "Central time",
    "US/Central": "Central time",
    "America/Denver": "Mountain time",
    "America/Boise": "Mountain time",
    "US/Mountain": "Mountain time",
    "America/Phoenix": "Arizona time",
    "US/Arizona": "Arizona time",
    "America/Los_Angeles": "Pacific time",
    "US/Pacific": "Pacific time",
    "America/Anchorage": "Alaska time",
    "US/Alaska": "Alaska time",
    "Pacific/Honolulu": "Hawaii time",
    "US/Hawaii": "Hawaii time",
    "America/Puerto_Rico": "Atlantic time",
    "Pacific/Guam": "Guam time",
    "UTC": "UTC",
    "Etc/UTC": "UTC",
    "GMT": "UTC",
}


def zone_named(name: object) -> ZoneInfo | None:
    """Return the time zone of an IANA name, or None if there is none of that name."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*", name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def own_zone(request: HttpRequest) -> str:
    """Return the zone that the browser names, or "" if it names none that exists."""
    name = request.COOKIES.get(COOKIE, "")
    return name if zone_named(name) else ""


def zone_of(request: HttpRequest) -> str:
    """Return the zone by which the reader types and reads times: that of the browser or, without one, of the site."""
    return own_zone(request) or settings.TIME_ZONE


def show_zone(zone: str) -> str:
    """Return a time zone in words: "Eastern time", or "Tokyo time" for one that has no name of its own here."""
    return ZONES.get(zone) or f"{zone.rpartition('/')[2].replace('_', ' ')} time"


def show_clock(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02} {'AM' if at.hour < 12 else 'PM'}"
