"""The current request, for the audit trail and the logs, without passing it through every function."""

import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from safeguards import logs, metrics, tracing
from safeguards.client import is_our_proxy
from safeguards.deadline import within_deadline

current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

# As proxies make them: 32 hexadecimal digits, or a UUID. Nothing that a person would know another one by fits in.
NAME = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RequestContextMiddleware:
    """Names the request, and keeps it in a context variable while it is served. Then it is counted.

    What it asks of the database after settings.REQUEST_SECONDS fails, and is answered with 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        request.id = name_of(request)  # type: ignore[attr-defined]
        served, named = current_request.set(request), logs.request_id.set(request.id)  # type: ignore[attr-defined]
        page = logs.route.set("")
        try:
            with within_deadline(settings.REQUEST_SECONDS):
                response = self.get_response(request)
        finally:
            logs.route.reset(page)
            logs.request_id.reset(named)
            current_request.reset(served)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        metrics.count_request(request, response.status_code, began)
        tracing.tell_span(request, response.status_code, began)
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        """Note which page is asked for."""
        logs.route.set(metrics.route_of(request))


def name_of(request: HttpRequest) -> str:
    """Return the name that our own proxy gave the request, or a new one. Nobody else may choose what the log says."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    is_ours = is_our_proxy(request.META.get("REMOTE_ADDR", "")) and NAME.fullmatch(given)
    return given if is_ours else secrets.token_hex(16)
