"""The second copy of a form that begins or renews a session, as a double click sends it, is answered like the first.

The browser drops the answer to the first copy, and with it the new session's cookie, and waits for the second. That one
comes with the key from before, which no longer opens anything: the person would be signed out in the moment of signing
in, and would never see their backup codes.

So the answer to such a form is remembered for a short time, under a keyed hash of everything that makes the request:
its address, its body, all of its cookies, the browser and the network. Only a request that is the same in all of them
gets the same session. A thief who can send that has the one-time code or the password, and the CSRF cookie and the
draft's cookie of this very browser: more than an old session. A form that was refused is not remembered: its copy is
judged on its own, and counted.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import add_never_cache_headers
from redis.exceptions import RedisError

from accounts.sessions import zones
from accounts.sessions.store import ACCOUNT
from core import policy
from safeguards import client, limits
from safeguards.cipher import DecryptionError, blind_index, decrypt, encrypt

View = TypeVar("View", bound=Callable[..., HttpResponse])
FORM = "application/x-www-form-urlencoded"
# A copy looks for the answer to the first one this often, in seconds.
PAUSE = 0.05


@dataclass(frozen=True)
class Answer:
    """What the first copy got: a session, its CSRF secret, and where it leads."""

    session: str
    csrf: str
    leads_to: str


def may_begin_session(*steps: str) -> Callable[[View], View]:
    """Mark a view whose forms may begin or renew a session. With `steps`, only those steps of a journey do."""

    def mark(view: View) -> View:
        view.may_begin_session = steps  # type: ignore[attr-defined]
        return view

    return mark


class RepeatedFormMiddleware:
    """Lets the first copy of a form through, and has the others wait for what becomes of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        place = getattr(request, "first_copy", None)
        if place:
            with suppress(RedisError):  # without the cache, a copy is judged as a form of its own
                tell_copies(place, answer_of(request, response))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Answer a copy. CsrfViewMiddleware has judged it before, and whether it needs a session is asked after."""
        steps = getattr(view, "may_begin_session", None)
        if steps is None or request.method != "POST" or request.content_type != FORM:
            return None
        if steps and kwargs.get("name") not in steps:
            return None
        answer = None
        with suppress(RedisError):
            place = place_of(request)
            if cache.add(place, "", policy.REPEATED_FORM_WAIT.total_seconds()):
                request.first_copy = place  # type: ignore[attr-defined]
                return None
            answer = wait_for_answer(place)
        response = answer_alike(request, answer) if answer else None
        if response:
            add_never_cache_headers(response)
        return response


def place_of(request: HttpRequest) -> str:
    """Return the cache key of the answer. It tells nothing of the request, and no other request has the same."""
    parts = [
        request.get_full_path(),
        request.META.get("HTTP_COOKIE", ""),
        request.META.get("HTTP_USER_AGENT", ""),
        limits.household(client.address(request)),
        request.body.hex(),
    ]
    return f"repeated-form:{blind_index(json.dumps(parts), purpose='repeated-form').hex()}"


def tell_copies(place: str, answer: Answer | None) -> None:
    """Remember what the first copy got, for a short time. If it got no session, let the copies through."""
    if answer is None:
        cache.delete(place)
    else:
        cache.set(place, encrypt(json.dumps(asdict(answer)), context=place).hex(), policy.REPEATED_FORM.total_seconds())


def answer_of(request: HttpRequest, response: HttpResponse) -> Answer | None:
    """Return what to tell the copies if this form began or renewed the session of an account, otherwise None."""
    session = request.session
    if response.status_code != 302 or ACCOUNT not in session:
        return None
    if session.session_key is None:  # renewed, and not saved yet
        try:
            session.save()
        except UpdateError:  # it ended elsewhere meanwhile; the session's middleware answers that
            return None
    if session.session_key == request.COOKIES.get(zones.of(request).cookie):
        return None
    return Answer(session.session_key or "", request.META.get("CSRF_COOKIE") or "", response["Location"])


def wait_for_answer(place: str) -> Answer | None:
    """Return what the first copy got, once that is known. Return None if it was refused, or takes too long."""
    until = time.monotonic() + policy.REPEATED_FORM_WAIT.total_seconds()
    while time.monotonic() < until:
        sealed = cache.get(place)
        if sealed is None:
            return None
        if sealed:
            try:
                return Answer(**json.loads(decrypt(bytes.fromhex(sealed), context=place)))
            except DecryptionError:  # its key is gone
                return None
        time.sleep(PAUSE)
    return None


def answer_alike(request: HttpRequest, answer: Answer) -> HttpResponse | None:
    """Give the copy the session of the first one, unless that has ended."""
    session = zones.of(request).store(answer.session)
    if ACCOUNT not in session:
        return None
    request.session = session
    session.modified = True  # so that the cookie is sent once more
    if answer.csrf:
        request.META["CSRF_COOKIE"] = answer.csrf
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
    return HttpResponseRedirect(answer.leads_to)
