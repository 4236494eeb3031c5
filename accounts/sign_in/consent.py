"""The Department's notice and consent banner, which everybody accepts once per browser session before signing in.

Registration signs the person in at the end, so there the banner is on the page for username and password. The
acceptance is recorded in the audit trail, and in a signed cookie so that visitors need no session in the database.
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
    """Return whether the notice was accepted in this browser.

    The cookie expires, so a browser that is never closed is asked again.
    """
    return request.get_signed_cookie(COOKIE, None, SALT, max_age=policy.SESSION_LIFE) is not None


def ask(request: HttpRequest, next_page: str) -> HttpResponse:
    """Show the notice, or redirect to the sign-in if it has just been accepted."""
    if request.method != "POST" or "consent" not in request.POST:
        return render(request, "accounts/consent.html", {"next": next_page})
    accept(request)
    query = f"?{urlencode({'next': next_page})}" if next_page else ""
    return remember(request, redirect(reverse("sign-in") + query))


def accept(request: HttpRequest) -> None:
    """Record that the visitor accepted the notice by sending this form, which shows it.

    `remember` then stores this in the browser.
    """
    audit.record("consent.given", by="visitor")
    request.consent_accepted = True  # type: ignore[attr-defined]


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response, with the cookie if this request accepted the notice."""
    if getattr(request, "consent_accepted", False):
        response.set_signed_cookie(
            COOKIE, "given", SALT, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax", path="/"
        )
    return response
