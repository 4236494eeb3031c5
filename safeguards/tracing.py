"""A span for each request, for OpenTelemetry, if somebody installed it and named an endpoint.

These are spans of our own. The packages that make spans by themselves put whole addresses into them, with the one-time
links of our mail.
"""

import logging
import os
import time
from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from safeguards import metrics

logger = logging.getLogger(__name__)

METHODS = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
"""A client may send any word as its method. Others than these have one name in OpenTelemetry's conventions."""


@cache
def tracer() -> Any:
    """Return what begins a span, or None. OpenTelemetry reads its other settings (OTEL_...) by itself."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind
    except ImportError:
        logger.warning("No spans are sent: install opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http.")
        return None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return partial(provider.get_tracer("dslogon").start_span, kind=SpanKind.SERVER)


def tell_span(request: HttpRequest, status: int, began: float) -> None:
    """Tell how long a request took, under the name of its page."""
    if start_span := tracer():
        ended = time.time_ns()
        about = {
            "http.request.method": request.method if request.method in METHODS else "_OTHER",
            "http.route": metrics.route_of(request),
            "http.response.status_code": status,
            "request.id": request.id,  # type: ignore[attr-defined]
        }
        span = start_span(
            about["http.route"], start_time=ended - int((time.monotonic() - began) * 1e9), attributes=about
        )
        span.end(ended)
