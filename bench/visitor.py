"""Somebody with a browser of their own: pages come over HTTP, forms are sent as they stand, cookies are kept."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PATIENCE = 60.0
"""Seconds after which a page counts as not answered."""
BUSY_TRIES, BUSY_WAIT = 5, 5.0
"""How often a visitor comes back to a busy site, and for how many seconds it waits at most: own."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NoAnswerError(Exception):
    """The site did not answer, so nobody knows what came of the request."""


class TurnedAwayError(Exception):
    """The site was busy each time."""


class UnexpectedError(Exception):
    """The site did what the visitor cannot explain. The text names a page or a slip, and never what was typed."""


@dataclass
class Form:
    """A form of a page: what it would send as it stands, its buttons, and the values of choices by their words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: set[str] = field(default_factory=set)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Return whether it has a field of that name, a choice of that name, or a button "name=value"."""
        return name in self.fields or name in self.choices or name in self.buttons


class Page(HTMLParser):
    """What a visitor makes of a page: its heading, its forms, and whether it refuses something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.heading = ""
        self.refuses = "error-summary" in html
        self.radios: dict[str, tuple[Form, str, str]] = {}
        self.select = ""
        self.words: dict[str, list[str]] = {}
        self.reading = ""
        self.feed(html)
        self.heading = self.said("h1")
        for place, (form, name, value) in self.radios.items():
            form.choices[name][self.said(place)] = value

    def said(self, place: str) -> str:
        return " ".join("".join(self.words.get(place, [])).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag in ("h1", "label"):
            self.reading = has.get("for", tag)
            self.words.setdefault(self.reading, [])
        elif tag == "form":
            self.forms.append(Form(has.get("action", "")))
        elif self.forms and (name := has.get("name")):
            self.read_field(tag, name, has)
        elif tag == "option" and self.select and "selected" in has:
            self.forms[-1].fields[self.select] = has["value"]

    def read_field(self, tag: str, name: str, has: dict[str, str]) -> None:
        form, value = self.forms[-1], has.get("value", "")
        if tag == "button":
            form.buttons.add(f"{name}={value}")
        elif has.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, {})
            self.radios[has.get("id", name)] = (form, name, value)
            if "checked" in has:
                form.fields[name] = value
        else:
            form.fields[name] = value
        self.select = name if tag == "select" else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "label"):
            self.reading = ""

    def handle_data(self, data: str) -> None:
        if self.reading:
            self.words[self.reading].append(data)

    def form(self, name: str) -> Form | None:
        """Return the first form that has this field, choice or button, or None."""
        return next((form for form in self.forms if form.has(name)), None)

    def text(self, place: str) -> str:
        """Return the text of the paragraph or phrase with this id, or ""."""
        found = re.search(rf'id="{place}">(.*?)</(?:p|strong)>', self.html, re.DOTALL)
        return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


@dataclass(frozen=True)
class Asked:
    """One answered request: the page, without anything of a person in its name, the seconds, and the status."""

    page: str
    seconds: float
    status: int


class Visitor:
    """A browser window at an address of its own. `page` is the last page that it got, and `here` its path.

    `go_on` is asked before each request, and raises to end the visit.
    """

    def __init__(self, site: str, address: str, go_on: Callable[[], object] = bool) -> None:
        self.site, self.go_on = urlsplit(site), go_on
        # On Linux, all of 127.0.0.0/8 is this machine. So visitors come from different addresses without any proxy.
        self.connection = HTTPConnection(
            "127.0.0.1", self.site.port or 80, timeout=PATIENCE, source_address=(address, 0)
        )
        self.cookies: SimpleCookie = SimpleCookie()
        self.asked: list[Asked] = []
        self.here, self.page = "/", Page("")

    def close(self) -> None:
        self.connection.close()

    def get(self, path: str) -> Page:
        """Open a page, following where it leads. Raise UnexpectedError if there is none."""
        answer = self.ask("GET", path)
        while answer.status in (301, 302):
            answer = self.ask("GET", answer.headers["Location"])
        if answer.status != 200:
            raise UnexpectedError(f"{name_of(self.here)} answered {answer.status}")
        return self.page

    def send(self, name: str, **typed: str) -> bool:
        """Send the form that has `name`, as it stands but for what is typed. Return whether the site led on.

        If not, the page that says why is there. Raise UnexpectedError if the page has no such form.
        """
        form = self.page.form(name)
        if form is None:
            raise UnexpectedError(f"{name_of(self.here)} has no form for {name}")
        answer = self.ask("POST", form.action or self.here, urlencode(form.fields | typed))
        if answer.status in (301, 302):
            self.get(answer.headers["Location"])
            return True
        if answer.status != 200:
            raise UnexpectedError(f"{name_of(self.here)}, sent, answered {answer.status}")
        return False

    def ask(self, method: str, path: str, body: str = "") -> HTTPResponse:
        """Ask once, and again while the site is busy, as it asks for."""
        for _ in range(BUSY_TRIES):
            self.go_on()
            answer = self.ask_once(method, path, body)
            if answer.status != 503:
                return answer
            time.sleep(min(float(answer.headers.get("Retry-After", 1)), BUSY_WAIT))
        raise TurnedAwayError

    def ask_once(self, method: str, path: str, body: str) -> HTTPResponse:
        headers = {
            "Host": self.site.netloc,
            "User-Agent": FIREFOX,
            "Accept": "text/html",
            "Referer": f"{self.site.geturl().rstrip('/')}{self.here}",
            "Cookie": "; ".join(f"{one.key}={one.coded_value}" for one in self.cookies.values()),
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        try:
            self.connection.request(method, path, body or None, headers)
            answer = self.connection.getresponse()
            html = answer.read().decode()
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswerError from error
        took = time.perf_counter() - began
        self.keep_cookies(answer)
        here = urlsplit(path).path
        self.asked.append(Asked(name_of(here) + (", sent" if method == "POST" else ""), took, answer.status))
        if answer.status not in (301, 302, 503):
            self.here, self.page = here, Page(html)
        return answer

    def keep_cookies(self, answer: HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(line)
        for name in [name for name, cookie in self.cookies.items() if cookie["max-age"] == "0" or not cookie.value]:
            del self.cookies[name]


def name_of(path: str) -> str:
    """Return a page's name for tables: its path without the number of a draft."""
    return re.sub(r"/+", "/", UUID.sub("", path)).strip("/") or "home"
