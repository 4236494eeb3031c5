"""The time zone of the reader, as their browser says it. Nobody else knows it: DEERS has an address and no place."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

from portal.record import moments

# static/js/site.js sets it.
COOKIE = "time_zone"


def own_zone(request: HttpRequest) -> str:
    """Return the zone that the browser names, or "" if it names none that exists."""
    name = request.COOKIES.get(COOKIE, "")
    return name if moments.zone_of(name) else ""


def zone_of(request: HttpRequest) -> str:
    """Return the zone by which the reader types and reads times: that of the browser or, without one, of the site."""
    return own_zone(request) or settings.TIME_ZONE


def show_clock(request: HttpRequest, at: datetime) -> str:
    """Return a time by the reader's clock, with its zone: "7:00 AM Pacific time"."""
    zone = zone_of(request)
    return f"{moments.show_clock(at.astimezone(ZoneInfo(zone)))} {moments.show_zone(zone)}"
