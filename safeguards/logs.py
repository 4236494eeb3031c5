"""What a line of the log says besides its message: when, where, and for which request."""

import json
import logging
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from safeguards.redaction import redact, without_trace_of_refusal

request_id: ContextVar[str] = ContextVar("request_id", default="")
route: ContextVar[str] = ContextVar("route", default="")


class JsonFormatter(logging.Formatter):
    """Writes each record as one line of JSON. Its texts are redacted as in `RedactingFormatter`."""

    def format(self, record: logging.LogRecord) -> str:
        record = without_trace_of_refusal(record)
        told = {**about(record), "message": redact(record.getMessage())}
        if record.exc_info:
            told["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(told)


def about(record: logging.LogRecord) -> dict[str, str]:
    """Return when and where a record was made, and which request it belongs to."""
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    told = {"at": at.replace("+00:00", "Z"), "level": record.levelname, "logger": record.name}
    # Django logs some refusals when the request is over. The record holds the request then.
    request = getattr(record, "request", None)
    named = getattr(record, "request_id", "") or getattr(request, "id", "") or request_id.get()
    matched = getattr(request, "resolver_match", None)
    served = matched.view_name if matched else route.get()
    return told | ({"request_id": named} if named else {}) | ({"route": served} if served else {})


class ErrorHandler(logging.Handler):
    """Gives what went wrong to the error collector that settings.ERROR_COLLECTOR names, a callable that takes a dict.

    It gets no values: of the message only the text that stands in our code, and of the exceptions only what they are
    and where they were raised. What an exception says often repeats what somebody typed.
    """

    def emit(self, record: logging.LogRecord) -> None:
        trace = without_trace_of_refusal(record).exc_info
        if not settings.ERROR_COLLECTOR or not trace:
            return
        event = {**about(record), "message": redact(str(record.msg)), "exceptions": [*exceptions(trace[1])]}
        try:
            import_string(settings.ERROR_COLLECTOR)(event)
        except Exception:  # noqa: BLE001, S110 - it is in the log, and nobody's page may fail for the collector
            pass


def exceptions(error: BaseException | None) -> Iterator[dict[str, Any]]:
    """Yield the exception and those that it came from, each with its class and the places in the code."""
    while error is not None:
        frames = [
            {"file": frame.filename, "line": frame.lineno, "function": frame.name}
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        yield {"class": f"{type(error).__module__}.{type(error).__qualname__}", "frames": frames}
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
