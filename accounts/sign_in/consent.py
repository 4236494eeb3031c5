"""The Department's notice and consent banner, which everybody accepts once a browser session before signing in.

Whoever registers is signed in at the end, so there it stands on the page of username and password.
That it was accepted is in the audit trail, and in a signed cookie, so that visitors need no session in the database.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core import policy
from safeguards import audit

COOKIE = "__Host-consent" if settings.SESSION_COOKIE_SECURE else "consent"
SALT = "consent"


def given(request: HttpRequest) -> bool:
    """Whether the notice was accepted in this browser; a browser that is never closed is asked again in time."""
    return request.get_signed_cookie(COOKIE, None, SALT, max_age=policy.SESSION_LIFE) is not None


def ask(request: HttpRequest, next_page: str) -> HttpResponse:
    """The notice; or, when it has just been accepted, the way on to signing in."""
    if request.method != "POST" or "consent" not in request.POST:
        return render(request, "accounts/consent.html", {"next": next_page})
    accept(request)
    query = f"?{urlencode({'next': next_page})}" if next_page else ""
    return remember(request, redirect(reverse("sign-in") + query))


def accept(request: HttpRequest) -> None:
    """The form being sent has the notice on it, and sending it accepts it; `remember` then says so to the browser."""
    audit.record("consent.given", by="visitor")
    request.consent_accepted = True  # type: ignore[attr-defined]


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, with the cookie if the notice was accepted by this request."""
    if getattr(request, "consent_accepted", False):
        response.set_signed_cookie(
            COOKIE, "given", SALT, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax", path="/"
        )
    return response
