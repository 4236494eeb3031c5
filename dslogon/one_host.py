"""One host name on one's own machine, so that passkeys work at every page that people open.

Browsers refuse passkeys at an IP address. The site prints and links http://localhost, but people who have 127.0.0.1 in
their bookmarks or fingers come there too.
"""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.journeys import drafts
from accounts.sessions import zones


class OneHostMiddleware:
    """Leads pages that are opened at the machine's IP address to the same page at settings.SITE_ADDRESS.

    Cookies belong to a host, so a journey that has begun at the IP address, and everything that is sent there, goes on
    there. So do programs, which ask for no page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        site = urlsplit(settings.SITE_ADDRESS)
        if opens_page(request) and not has_begun(request) and is_loopback(request, site.port or 80):
            # Nothing of the address is taken from the Host header, so it leads nowhere else.
            return HttpResponseRedirect(f"{settings.SITE_ADDRESS.rstrip('/')}{request.get_full_path()}")
        return self.get_response(request)


def opens_page(request: HttpRequest) -> bool:
    """Return whether a browser opens a page, rather than sends a form or fetches data."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")


def has_begun(request: HttpRequest) -> bool:
    """Return whether this browser has a session or a draft at the host that it asks."""
    return any(name in request.COOKIES for name in (zones.EVERYBODY.cookie, zones.STAFF.cookie, drafts.COOKIE))


def is_loopback(request: HttpRequest, port: int) -> bool:
    """Return whether the request names this machine by an IP address, at the site's own port."""
    asked = urlsplit(f"//{request.get_host()}")
    try:
        return ipaddress.ip_address(asked.hostname or "").is_loopback and (asked.port or 80) == port
    except ValueError:
        return False
