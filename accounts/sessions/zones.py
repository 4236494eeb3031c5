"""The two session zones: the site's, and the staff's under /admin/.

Each zone has its own cookie, and a key of one zone opens nothing in the other. Under /admin/ the URLs for signing in
and for the user's own account lead to their twins there (settings.STAFF_URLCONF), so that one set of views and
templates serves both.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from accounts.sessions.store import Ended, SessionStore, StaffSessionStore

STAFF_PATH = "/admin/"


@dataclass(frozen=True)
class Zone:
    """A part of the site that has its own sessions, and the cookie that carries their key."""

    store: type[SessionStore]
    cookie: str
    path: str
    samesite: str


EVERYBODY = Zone(SessionStore, settings.SESSION_COOKIE_NAME, "/", settings.SESSION_COOKIE_SAMESITE)
STAFF = Zone(StaffSessionStore, "__Secure-admin" if settings.SESSION_COOKIE_SECURE else "admin", STAFF_PATH, "Strict")


def of(request: HttpRequest) -> Zone:
    """Return the zone of the requested address."""
    return STAFF if request.path_info.startswith(STAFF_PATH) else EVERYBODY


def redirect_to_sign_in(request: HttpRequest, ended: Ended) -> HttpResponse:
    """Lead to the sign-in of this zone, which says why the session is over, and back to the page afterwards."""
    query = {"ended": ended.value} | ({"next": request.get_full_path()} if request.method == "GET" else {})
    return HttpResponseRedirect(f"{reverse('sign-in', getattr(request, 'urlconf', None))}?{urlencode(query)}")


class ZonedSessionMiddleware(SessionMiddleware):
    """Django's session middleware, with one cookie per zone.

    The cookie ends with the browser. In the database a session ends much sooner.
    """

    def process_request(self, request: HttpRequest) -> None:
        zone = of(request)
        request.session = zone.store(request.COOKIES.get(zone.cookie))
        if zone is STAFF:
            request.urlconf = settings.STAFF_URLCONF  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session, zone = request.session, of(request)
        # The cookie goes only when this very request ended the session. One that leads nowhere stays: another request
        # of this browser may just have renewed the session, and its new cookie must not be deleted.
        if zone.cookie in request.COOKIES and session.is_empty() and session.modified:
            response.delete_cookie(zone.cookie, path=zone.path, samesite=zone.samesite)  # type: ignore[arg-type]
        elif session.modified and not session.is_empty() and response.status_code < 500:
            try:
                session.save()
            except UpdateError:  # it ended elsewhere while the page was being made
                return redirect_to_sign_in(request, Ended.ELSEWHERE)
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
