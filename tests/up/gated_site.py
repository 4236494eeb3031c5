"""The site with a few more addresses, for tests of the web server: views that wait for a test, and long downloads.

A view that waits connects to the gate of the test. So the test knows that it has begun, and says when it may go on.
Waiting is shortened, so that a test of an end does not take as long as the end itself.
"""

import json
import os
import socket
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import django

from core import policy
from dslogon.request import Application
from dslogon.web.front import Front

PIECES, PIECE = 80, b"0123456789abcdef" * 4096

if "GATE" in os.environ:  # in the server, and not in the test that reads PIECES
    policy.HEAD_WAIT = policy.READ_WAIT = policy.BODY_WAIT = timedelta(seconds=3)
    policy.THREAD_WAIT = timedelta(seconds=2)
    policy.BODY_MAX = 1024 * 1024


def wait(environ: dict[str, Any]) -> list[bytes]:
    with socket.create_connection(("127.0.0.1", int(os.environ["GATE"]))) as gate:
        gate.recv(1)
    return [b"waited"]


def echo(environ: dict[str, Any]) -> list[bytes]:
    kept = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps(kept | {"body": environ["wsgi.input"].read().decode()}).encode()]


def download(environ: dict[str, Any]) -> Iterator[bytes]:
    for _ in range(PIECES):
        yield PIECE


def fail(environ: dict[str, Any]) -> list[bytes]:
    raise ZeroDivisionError("900-12-3456")


VIEWS = {"/wait/": wait, "/echo/": echo, "/download/": download, "/fail/": fail}


def load() -> Any:
    django.setup(set_prefix=False)
    site = Application()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        view = VIEWS.get(environ["PATH_INFO"])
        if view is None:
            return site(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return view(environ)

    return application


site = Front(load)
