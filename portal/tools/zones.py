"""The time zone of the reader, by which they type times."""

from django.conf import settings
from django.http import HttpRequest

from portal.record import moments

# As the browser says it (static/js/site.js).
COOKIE = "time_zone"


def zone_of(request: HttpRequest) -> str:
    """Return the zone that the browser names or, if it names none that exists, that of the site."""
    name = request.COOKIES.get(COOKIE, "")
    return name if moments.zone_of(name) else settings.TIME_ZONE
