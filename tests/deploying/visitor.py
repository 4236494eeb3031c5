"""Somebody with a browser that trusts the cluster's certificate: pages come over TLS, forms are sent as they stand."""

import json
import re
import ssl
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default
from functools import partial
from html import unescape
from http.client import HTTPResponse, HTTPSConnection
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from bench.visitor import Page
from dslogon.up.cluster import Cluster

INPUT = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'\b(name|type|value|id)="([^"]*)"')
CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")


class Stays(HTTPRedirectHandler):
    """Lets the visitor see that it was led on, as Django's test client does."""

    def redirect_request(self, *_: Any) -> None:
        return None


class From(HTTPSHandler):
    """Connects from a network address of this machine, of which the loopback has 16 million."""

    def __init__(self, place: str, *, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self.connect = partial(HTTPSConnection, context=context, source_address=(place, 0))

    def https_open(self, request: Request) -> HTTPResponse:
        return self.do_open(self.connect, request)  # type: ignore[arg-type, return-value]


class Visitor:
    """A browser window. `page` is the last page that it got, and `here` its path. `place` is its network address."""

    def __init__(self, cluster: Cluster, place: str = "127.0.0.1") -> None:
        self.address = cluster.address
        trusted = ssl.create_default_context(cafile=str(cluster.certificate))
        self.cookies = CookieJar()
        self.opener = build_opener(From(place, context=trusted), HTTPCookieProcessor(self.cookies), Stays)
        self.page = ""
        self.here = "/"

    def get(self, path: str, **headers: str) -> int:
        """Open a page and return its status. Where it leads on, the visitor follows."""
        answer = self.ask(path, None, headers)
        while answer.status in (301, 302):
            answer = self.ask(answer.headers["Location"], None, headers)
        return answer.status

    def send(self, path: str, data: Mapping[str, object]) -> str:
        """Send a form that must be accepted, and open the page that it leads to. Return that page's path."""
        answer = self.post(path, data)
        assert answer.status == 302, f"{path}: {answer.status} {self.text()}"
        assert self.get(answer.headers["Location"]) == 200
        return self.here

    def post(self, path: str, data: Mapping[str, object]) -> HTTPResponse:
        """Send a form, with the secret of the page that it stands on."""
        secret = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        assert secret, f"{self.here} has no form."
        body = urlencode({"csrfmiddlewaretoken": secret[1], **data}).encode()
        page = self.page
        answer = self.ask(path, body, {"Origin": self.address, "Referer": f"{self.address}{self.here}"})
        if answer.headers["Content-Type"] == "application/json":
            self.page, self.said = page, json.loads(self.page)
        return answer

    def options(self, path: str) -> dict[str, Any]:
        """Ask for what a passkey signs, as the page's script does."""
        assert self.post(path, {}).status == 200
        return self.said

    def ask(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> HTTPResponse:
        url = path if path.startswith("https:") else f"{self.address}{path}"
        request = Request(url, body, {"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0", **headers})  # noqa: S310
        try:
            answer = self.opener.open(request, timeout=60)
        except HTTPError as other:
            answer = other
        self.page, self.here = answer.read().decode(), urlsplit(url).path
        return answer

    def text(self) -> str:
        """What the page says, without its markup."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page)).split())

    def heading(self) -> str:
        """The heading of the page."""
        return Page(self.page).heading

    def inputs(self, name: str) -> list[dict[str, str]]:
        """The attributes of the page's inputs with this name."""
        every = [dict(ATTRIBUTE.findall(tag)) for tag in INPUT.findall(self.page)]
        return [one for one in every if one.get("name") == name]

    def choices(self, name: str) -> dict[str, str]:
        """The values of a choice, by the words beside them."""
        form = Page(self.page).form(name)
        return form.choices.get(name, {}) if form else {}


def codes_in_mail(cluster: Cluster, address: str) -> list[str]:
    """Return the activation codes that came to an address, the oldest first."""
    found = []
    for file in sorted((cluster.mailbox / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns):
        text = file.read_bytes()
        if address.encode() not in text:
            continue
        body = message_from_bytes(text, policy=default).get_body(("plain",))
        if body and (code := CODE.search(body.get_content())):
            found.append(code[0])
    return found
