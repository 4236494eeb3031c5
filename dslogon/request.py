"""The request as we read it."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


class Utf8Request(WSGIRequest):
    """A request in UTF-8, no matter what charset it claims.

    Python knows charsets that are not text at all, such as "hex". Django would answer those with 500 before any of our
    code runs.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        parts = meta.get("CONTENT_TYPE", "").split(";")
        kept = ";".join(part for part in parts if not part.strip().lower().startswith("charset"))
        super()._set_content_type_params({"CONTENT_TYPE": kept})  # type: ignore[misc]


class Application(WSGIHandler):
    """Django's WSGI handler, with our requests."""

    request_class = Utf8Request
