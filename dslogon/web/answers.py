"""Between the event loop and the WSGI application: a request that is there as a whole, and its answer in parts."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

Application = Callable[..., Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]
Scope = dict[str, Any]

PART = 256 * 1024
"""Bytes of an answer that are read at once. Nearly every page is shorter, so one visit to a thread is enough for it."""


class Answer:
    """What the application answers. Another thread may read each part, so a slow reader holds none."""

    def __init__(self, application: Application, environ: dict[str, Any]) -> None:
        self.status, self.headers = 500, Headers()
        self.pieces = application(environ, self.start)
        self.rest = iter(self.pieces)
        self.part, self.has_more = self.read()

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]

    def read(self) -> tuple[bytes, bool]:
        """Return the next part, and whether there are more."""
        read, size = [], 0
        for piece in self.rest:
            read.append(piece)
            size += len(piece)
            if size >= PART:
                return b"".join(read), True
        self.close()
        return b"".join(read), False

    def close(self) -> None:
        if close := getattr(self.pieces, "close", None):
            close()


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a request. Whether it came by HTTPS is for the settings to say.

    Names with an underscore are left out. In capitals, nobody could tell them from those that a proxy sets.
    """
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name or name == b"content-length":
            continue
        key = "CONTENT_TYPE" if name == b"content-type" else "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text, between = value.decode("latin-1"), "; " if name == b"cookie" else ","
        environ[key] = f"{environ[key]}{between}{text}" if key in environ else text
    return environ
