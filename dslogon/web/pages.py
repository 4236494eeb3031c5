"""The pages of the front itself. They are rendered once, at the start, so they cost nothing when nobody has time."""

import json
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dslogon.request import UNSERVED
from dslogon.web.answers import Answer, Application, Headers, Scope, environ_of

NONCE = re.compile(rb"'nonce-([^']+)'")


@dataclass(frozen=True)
class Page:
    """An answer that is there as a whole."""

    status: int
    headers: Headers
    body: bytes


def apology(application: Application, why: str) -> Page:
    """Return the page that says why a request was not served, as the site makes it for somebody who is new here."""
    site = urlsplit(settings.SITE_ADDRESS)
    headers = [(b"host", site.netloc.encode())]
    scope = {"method": "GET", "raw_path": b"/", "query_string": b"", "http_version": "1.1", "headers": headers}
    # No proxy is here that would be believed when it says HTTPS.
    answer = Answer(application, environ_of(scope, b"") | {UNSERVED: why, "wsgi.url_scheme": site.scheme})
    if answer.status != 503:
        raise ImproperlyConfigured("SITE_ADDRESS is no address of this site: its host is not in ALLOWED_HOSTS.")
    # Its length changes with the number for its scripts.
    return Page(503, [each for each in answer.headers if each[0] != b"content-length"], answer.part)


def with_own_nonce(page: Page) -> Page:
    """Return the page with a number for its scripts that no other answer has."""
    old = next(found[1] for name, value in page.headers if (found := NONCE.search(value)))
    new = secrets.token_urlsafe(16).encode()
    return Page(
        page.status, [(name, value.replace(old, new)) for name, value in page.headers], page.body.replace(old, new)
    )


def wants_page(scope: Scope) -> bool:
    """Return whether a person asks, and not a script."""
    return all(b"text/html" in value for name, value in scope["headers"] if name == b"accept")


def as_problem(page: Page, sentence: str) -> Page:
    """Return the same for a script, as the rest of the site says it."""
    headers = [(b"content-type", b"application/json"), *(each for each in page.headers if each[0] == b"retry-after")]
    return Page(page.status, headers, json.dumps({"problem": sentence}).encode())


def plain(status: int, sentence: str) -> Page:
    """Return one sentence. The connection ends with it, because the rest of the request was not read."""
    return Page(status, [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")], sentence.encode())
