"""Times by the reader's clock, with its zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from core import zones
from core.zones import COOKIE, own_zone, zone_of

__all__ = ["COOKIE", "own_zone", "show_clock", "zone_of"]


def show_clock(request: HttpRequest, at: datetime) -> str:
    """Return a time by the reader's clock, with its zone: "7:00 AM Pacific time"."""
    zone = zone_of(request)
    return f"{zones.show_clock(at.astimezone(ZoneInfo(zone)))} {zones.show_zone(zone)}"
