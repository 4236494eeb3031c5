"""The files of a copy that people read: one page of HTML without any outside address, and plain text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portal.export.contents import Entry, Section
from portal.papers import Line

ENTRY_MARK = "* "
"""How each entry begins in the plain text, and no other line."""


@dataclass(frozen=True)
class Person:
    """Whose record it is, for the head of every page."""

    name: str
    birth_date: date | None
    made_at: datetime


def write_html(person: Person, sections: list[Section], about: dict[str, object]) -> Iterator[str]:
    """Yield the page: head, contents, and each entry as an article."""
    context = {"person": person, "sections": sections, "printed": printed_head(person), **about}
    yield render_to_string("portal/export/head.html", context)
    for section in sections:
        yield f'<section aria-labelledby="{section.slug}"><h2 id="{section.slug}">{escape(section.title)}</h2>\n'
        for entry in section.entries():
            yield entry_in_html(entry)
        yield "</section>\n"
    yield "</main></body></html>\n"


def printed_head(person: Person) -> SafeString:
    """Return the head of each printed page as text for a string of CSS, without what could end that string."""
    born = f", born {date_format(person.birth_date, 'F j, Y')}" if person.birth_date else ""
    return mark_safe(re.sub(r'["\\<>\s]+', " ", f"Health record of {person.name}{born}"))  # noqa: S308


def entry_in_html(entry: Entry) -> str:
    when = f'<p class="when">{escape(entry.when)}</p>' if entry.when else ""
    files = "".join(f'<p>File: <a href="{escape(name)}">{escape(name)}</a></p>' for name in entry.files)
    return f"<article><h3>{escape(entry.title)}</h3>{when}{lines_in_html(entry.lines)}{files}</article>\n"


def lines_in_html(lines: list[Line]) -> str:
    """Return lines as nested lists."""
    parts, depth = list[str](), -1
    for line in lines:
        while depth > line.depth:
            parts.append("</li></ul>")
            depth -= 1
        if depth == line.depth:
            parts.append("</li>")
        while depth < line.depth:
            parts.append("<ul>" if depth + 1 == line.depth else "<ul><li>")
            depth += 1
        said = f"<b>{escape(line.label)}:</b> {escape(line.value)}" if line.value else f"<b>{escape(line.label)}</b>"
        parts.append(f"<li>{said}")
    return "".join(parts) + "</li></ul>" * (depth + 1)


def write_text(person: Person, sections: list[Section], about: dict[str, object]) -> Iterator[str]:
    """Yield the plain text. Each entry begins with ENTRY_MARK at the start of a line."""
    yield render_to_string("portal/export/head.txt", {"person": person, "sections": sections, **about})
    for section in sections:
        yield f"\n{section.title.upper()}\n{'=' * len(section.title)}\n"
        for entry in section.entries():
            yield entry_in_text(entry)


def entry_in_text(entry: Entry) -> str:
    lines = [f"\n{ENTRY_MARK}{flat(entry.title)}", *([f"  {flat(entry.when)}"] if entry.when else [])]
    for line in entry.lines:
        said = f"{flat(line.label)}: {flat(line.value)}" if line.value else flat(line.label)
        lines.append(f"{'  ' * (line.depth + 1)}{said}")
    lines += [f"  File: {name}" for name in entry.files]
    return "\n".join(lines) + "\n"


def flat(text: str) -> str:
    """Return text on one line, so that nothing in it can look like the beginning of another entry."""
    return " ".join(text.split())
