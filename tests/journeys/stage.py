"""Shows a browser the same responses that Django's test client got, so that a page does not have to be walked to.

A response keeps its address and its headers, because the Content Security Policy matters. It also lets axe in next to
the page's own scripts. Static files are added.
"""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Page as BrowserPage

from tests.pages.scenes import Page

AXE = Path(settings.BASE_DIR, "node_modules/axe-core/axe.min.js")
SHOWN: dict[str, Any] = {}
# A page with an empty frame.
FRAME = "/frame.html"
FRAMED = b'<!DOCTYPE html><html lang="en"><title>Frame</title><iframe height="900" style="visibility: hidden"></iframe>'


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = file_at(self.path.split("?")[0])
        if file:
            kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
            self.answer(200, {"Content-Type": kind, "Cache-Control": "max-age=3600"}, file.read_bytes())
        elif self.path == FRAME:
            self.answer(200, {"Content-Type": "text/html"}, FRAMED)
        elif self.path in SHOWN:
            shown = SHOWN[self.path]
            # In a sandbox no script runs, so none could judge the page either.
            kept = {name: value for name, value in shown.items() if "sandbox" not in value}
            if self.headers["Sec-Fetch-Dest"] == "iframe":
                kept.pop("X-Frame-Options", None)
                kept = {name: value.replace("frame-ancestors 'none'", "") for name, value in kept.items()}
            axe = f"script-src http://{self.headers['Host']}/axe.js"
            kept = {name: value.replace("script-src", axe) for name, value in kept.items()}
            self.answer(shown.status_code, kept, shown.content)
        else:
            self.answer(404, {"Content-Type": "text/plain"}, b"")

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def file_at(path: str) -> Path | None:
    """The static file at this address, or axe itself, which the browser then compiles only once."""
    if path == "/axe.js":
        return AXE
    found = finders.find(path.removeprefix(settings.STATIC_URL)) if path.startswith(settings.STATIC_URL) else None
    return Path(str(found)) if found else None


@contextmanager
def stage() -> Iterator[str]:
    """A server that lives as long as the block; its address comes back."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def show(window: BrowserPage, page: Page) -> None:
    """Load the page, with the scripts that a view made for it."""
    set_out(page)
    window.goto(page.path)


def set_out(page: Page) -> None:
    """Have the page and its scripts answered at their addresses, and nothing else."""
    SHOWN.clear()
    SHOWN.update(page.scripts)
    SHOWN[page.path] = page.answer
