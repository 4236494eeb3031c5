"""The forms of a page as a browser would send them, and what nobody would type into them."""

import re
import uuid
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import strategies as st

ODD_TEXTS = (
    *("", " ", "0", "-1", "1", "99999999999999999999", "1e400", "NaN", "0x10", "½", "٣", "null", "None", "true"),
    *("0000-00-00", "9999-12-31", "10000-01-01", "2026-02-30", "12/31/0001", "25:61", "2026-11-29T99:00"),
    *("\x00", "a\x00b", "\r\nSet-Cookie: a=b", "\u202eabc", "\ufeff", "\ud7ff", "e\u0301" * 50, "\U0001f9d3\u200d"),
    *("'", '"', "<script>alert(1)</script>", "{{ 7 }}", "%s%n", "%", "_", "\\", "../../etc/passwd", "//evil.example"),
    *("javascript:alert(1)", "http://[::1", "a@b", "@", ",", ";", "x" * 300, "y" * 20_000, "(" * 2_000, "=1+1"),
)
NAMES_OF_ALL = ("q", "page", "after", "before", "next", "from", "to", "kind", "code", "topic", "year", "o", "p", "e")
ODD_SEGMENTS = ("0", "-1", "99999999999999999999", str(uuid.UUID(int=0)), "x", "%00", "\u00e9", "a" * 300, "..")
FILES = (b"", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"PK\x03\x04" + b"\x00" * 30, b"\x00" * 5000, b"{", b"<svg onload=1>")
SEGMENT_OF_A_ROW = re.compile(r"^([0-9]+|[0-9a-f-]{36})$")


@dataclass(frozen=True)
class Form:
    """Where a form goes, how, and what its boxes hold as the page comes."""

    action: str
    method: str
    boxes: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _ in self.boxes))

    @property
    def kind(self) -> tuple[object, ...]:
        """What it has in common with the same form on another page of a story, such as the one that signs out."""
        path = ["" if SEGMENT_OF_A_ROW.match(segment) else segment for segment in self.action.split("/")]
        values = tuple(box for box in self.boxes if box[0] != "csrfmiddlewaretoken")
        return self.method, *path, values, self.files


class Reader(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.forms = address, list[Form]()
        self.open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(given.get("action") or self.address, given.get("method", "get").lower(), ())
        name = given.get("name")
        if not self.open or not name or tag not in ("input", "textarea", "select", "button"):
            return
        if given.get("type") == "file":
            self.open = replace(self.open, files=(*self.open.files, name))
        else:
            self.open = replace(self.open, boxes=(*self.open.boxes, (name, given.get("value", ""))))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.open:
            self.forms.append(self.open)
            self.open = None


def forms_of(html: str, address: str) -> list[Form]:
    """Return the forms of a page on this site, and its address as a form of its own, with the names that pages read."""
    reader = Reader(address)
    reader.feed(html)
    parts = urlsplit(address)
    asked = tuple(parse_qsl(parts.query, keep_blank_values=True)) + tuple((name, "") for name in NAMES_OF_ALL)
    ours = [form for form in reader.forms if not urlsplit(form.action).netloc and form.action.startswith("/")]
    return [*ours, Form(parts.path, "get", asked)]


@dataclass(frozen=True)
class Sending:
    """One request: an address, and what is sent there."""

    method: str
    address: str
    data: dict[str, Any]


@st.composite
def sendings(draw: st.DrawFn, forms: list[Form]) -> Sending:
    """One form of a page with odd texts in some boxes, some left out, some twice, and now and then another row."""
    form = draw(st.sampled_from(forms))
    data: dict[str, Any] = {}
    for name, value in form.boxes:
        data.setdefault(name, []).append(value)
    for name in draw(st.lists(st.sampled_from(form.names), max_size=3, unique=True)) if form.names else ():
        data[name] = draw(st.lists(odd_texts(), max_size=2))
    for name in form.files:
        if draw(st.booleans()):
            called = draw(st.sampled_from(("a.pdf", "b.png", "\u202ec.exe", "a" * 300)))
            data[name] = SimpleUploadedFile(called, draw(st.sampled_from(FILES)))
    address = form.action
    if draw(st.integers(0, 9)) == 0:
        address = with_other_row(address, draw(st.sampled_from(ODD_SEGMENTS)))
    other = draw(st.integers(0, 19)) == 0
    method = draw(st.sampled_from(("get", "post", "head", "put", "options"))) if other else form.method
    return Sending(method, address, data)


def odd_texts() -> st.SearchStrategy[str]:
    """What nobody types, and what nobody can think of."""
    return st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=40))


def with_other_row(address: str, segment: str) -> str:
    """Return the address with the number of its last row replaced."""
    path, mark, query = address.partition("?")
    segments = path.split("/")
    for place in reversed(range(len(segments))):
        if SEGMENT_OF_A_ROW.match(segments[place]):
            segments[place] = segment
            break
    return "/".join(segments) + mark + query
