"""Middleware that keeps sessions within their limits, and knows whether a second factor was given in this one."""

from collections.abc import Callable
from functools import partial

from django.contrib.auth import logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from accounts.models import Account
from accounts.passwords.hashing import TooBusy
from accounts.sessions.store import ACCOUNT, Ended
from accounts.sign_in import judge, session, trusted_devices
from core import policy
from safeguards.limits import CountersUnavailable

# What a page asks by itself. Otherwise a page that is forgotten would keep its session alive.
ASKED_BY_ITSELF = ("/session/left/", "/session/keep/", "/poll/")


class SessionLimitsMiddleware:
    """End sessions that were idle too long or are too old, and extend the others, whose pages no cache may keep.

    `user.is_verified()` reads the session's own note of the factor, without django-otp's query for the device, because
    removing a factor ends the sessions that used it. Anonymous visitors cost nothing here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = ACCOUNT in request.session
        ended = request.session.ended  # type: ignore[attr-defined]
        if session.BEGAN in request.session:
            if session.seconds_left(request) <= 0:
                ended = session.why_over(request)
                logout(request)
                vars(request).pop("_cached_user", None)  # or get_user() would return the user who was just logged out
            elif not request.path.endswith(ASKED_BY_ITSELF):
                session.touch(request)
        request.user = SimpleLazyObject(partial(with_factor, request))  # type: ignore[assignment]
        response = trusted_devices.remember(request, self.get_response(request))
        if signed_in and ended is None and not request.user.is_authenticated:
            ended = Ended.ELSEWHERE  # the password was changed, or the account was closed
        if ended and is_sent_to_sign_in(response):
            response["Location"] += f"&ended={ended}"
        if signed_in:
            add_never_cache_headers(response)
        return response


def is_sent_to_sign_in(response: HttpResponse) -> bool:
    """Return whether this is the redirect to the sign-in, with the page to come back to, for want of a session."""
    path, _, query = response.headers.get("Location", "").partition("?")
    return response.status_code == 302 and path.endswith("/sign-in/") and query.startswith("next=")


def with_factor(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return the request's user, with an `is_verified()` that says whether this session began with a second factor.

    A Premium account in a session without one is treated as anonymous. Such a session could only have begun at the very
    moment of an upgrade. So is a staff member who has a passkey and must use it, in a session that began with a code.
    One who has none yet is not verified, and is led to set one up.
    """
    user, factor_given = get_user(request), session.FACTOR in request.session
    if isinstance(user, Account) and user.is_premium and not factor_given:
        user = AnonymousUser()
    if isinstance(user, Account) and session.owes_passkey(request, user):
        factor_given = False
        user = AnonymousUser() if judge.takes_passkeys_only(user) else user
    verified = user.is_authenticated and factor_given
    vars(user)["is_verified"] = lambda: verified
    return user


class BusyMiddleware:
    """Answer "try again" when there is no room to hash a password, or when the counters of tries cannot be reached.

    Set Retry-After on every 503. Views that can show the form again, with what was typed, do that themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 503:
            response.headers.setdefault("Retry-After", str(int(policy.HASH_WAIT.total_seconds())))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, TooBusy):
            return render(request, "errors/503.html", status=503)
        if isinstance(exception, CountersUnavailable):
            return without_counters(request, exception)
        return None


def without_counters(request: HttpRequest, exception: CountersUnavailable) -> HttpResponse:
    """Return the answer to a request that cannot be judged: JSON for a script, a page for a person."""
    wait = str(int(policy.COUNTERS_RETRY.total_seconds()))
    if "text/html" not in request.headers.get("Accept", "text/html"):
        return JsonResponse({"problem": str(exception)}, status=503, headers={"Retry-After": wait})
    response = render(request, "errors/503.html", {"without_counters": True}, status=503)
    response["Retry-After"] = wait
    return response
