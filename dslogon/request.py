"""The request as we read it."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from safeguards.client import is_our_proxy

UNSERVED = "dslogon.unserved"
"""Why a request cannot be served. No client can write it, because what clients send begins with HTTP_."""


class Utf8Request(WSGIRequest):
    """A request in UTF-8, no matter what charset it claims, and by HTTPS only if a proxy of our own says so.

    Python knows charsets that are not text at all, such as "hex". Django would answer those with 500 before any of our
    code runs.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        # Otherwise a client that reaches this server past our proxies could pretend that it came by HTTPS.
        if not is_our_proxy(environ.get("REMOTE_ADDR", "")):
            environ.pop("HTTP_X_FORWARDED_PROTO", None)
        super().__init__(environ)

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        parts = meta.get("CONTENT_TYPE", "").split(";")
        kept = ";".join(part for part in parts if not part.strip().lower().startswith("charset"))
        super()._set_content_type_params({"CONTENT_TYPE": kept})  # type: ignore[misc]


class Application(WSGIHandler):
    """Django's WSGI handler, with our requests."""

    request_class = Utf8Request

    def _get_response(self, request: HttpRequest) -> HttpResponse:
        """Return what the views answer, or, behind the same middleware, the page that says why they were not asked."""
        why = request.META.get(UNSERVED)
        if why is None:
            return super()._get_response(request)  # type: ignore[misc]
        response = render(request, "errors/503.html", {"why": why}, status=503)
        response._has_been_logged = True  # type: ignore[attr-defined] # nothing failed: the server keeps it for later
        return response
