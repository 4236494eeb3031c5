"""The two zones of the site: everybody's, and the staff's under /admin/, with a session of its own for each.

Neither zone knows the other's cookie, and a key of one opens nothing in the other. Under /admin/ the addresses of
signing in and of one's own account lead to their twins there (settings.STAFF_URLCONF), so that one set of views and
templates serves both.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from accounts.sessions.store import SessionStore, StaffSessionStore

STAFF_PATH = "/admin/"


@dataclass(frozen=True)
class Zone:
    """Where a session is good, and the cookie that carries its key."""

    store: type[SessionStore]
    cookie: str
    path: str
    samesite: str


EVERYBODY = Zone(SessionStore, settings.SESSION_COOKIE_NAME, "/", settings.SESSION_COOKIE_SAMESITE)
STAFF = Zone(StaffSessionStore, "__Secure-admin" if settings.SESSION_COOKIE_SECURE else "admin", STAFF_PATH, "Strict")


def of(request: HttpRequest) -> Zone:
    """The zone of the address that is asked for."""
    return STAFF if request.path_info.startswith(STAFF_PATH) else EVERYBODY


class ZonedSessionMiddleware(SessionMiddleware):
    """Django's, but with a cookie for each zone; it ends with the browser, and in the database much sooner."""

    def process_request(self, request: HttpRequest) -> None:
        zone = of(request)
        request.session = zone.store(request.COOKIES.get(zone.cookie))
        if zone is STAFF:
            request.urlconf = settings.STAFF_URLCONF  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session, zone = request.session, of(request)
        if zone.cookie in request.COOKIES and session.is_empty():
            response.delete_cookie(zone.cookie, path=zone.path, samesite=zone.samesite)  # type: ignore[arg-type]
        elif session.modified and not session.is_empty() and response.status_code < 500:
            try:
                session.save()
            except UpdateError:
                raise SessionInterrupted("This session was ended from elsewhere while the page was made.") from None
            response.set_cookie(
                zone.cookie,
                session.session_key or "",
                path=zone.path,
                secure=bool(settings.SESSION_COOKIE_SECURE),
                httponly=True,
                samesite=zone.samesite,  # type: ignore[arg-type]
            )
        if session.accessed or session.modified:
            patch_vary_headers(response, ("Cookie",))
        return response
