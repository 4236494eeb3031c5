"""The parts of a section as PDF/UA-1, and how many entries such a PDF has.

A part has a bounded number of entries and of lines, so that memory stays flat however long a record is. An entry that
is longer than a part goes on in the next one. Layout: core/paper/record.typ.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from core.typesetting import forget, typeset_data
from portal.certificate import frame
from portal.export.contents import Entry, Section
from portal.export.writing import Person
from portal.papers import Line

LAYOUT = '#import "/record.typ": part\n#part(json(bytes(sys.inputs.data)))\n'
# A part of as many of each is set in about two seconds and has some hundred pages: our measurement.
MOST_ENTRIES = 200
MOST_LINES = 4_000
# The most characters that count as one line of a part. About as many fit on a printed line.
LINE_WIDTH = 90
# A longer text is set in pieces, because Typst breaks a paragraph into lines as a whole.
LONGEST_PIECE = 2_000
# No word in any language we know of is longer. What is has to be broken, or it would leave the paper.
LONG_WORD = re.compile(r"\S{49,}")
MAY_BREAK = "\u200b"

OBJECT = re.compile(rb"^(\d+) 0 obj\n<</Type/StructElem/S/(\w+)/P (\d+) 0 R", re.MULTILINE)
ROOT = re.compile(rb"^(\d+) 0 obj\n<</Type/StructTreeRoot", re.MULTILINE)
ENTRY_TAG = b"H2"


@dataclass(frozen=True)
class Part:
    """One PDF of a section. `entries` are those that begin in it."""

    name: str
    content: bytes
    entries: int


@dataclass
class Pages:
    """What one part will hold, so far. An entry that began in the part before is marked as such."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    begun: int = 0
    lines: int = 0

    def has_room(self, weight: int) -> bool:
        return not self.lines or self.lines + weight <= MOST_LINES

    def begin(self, entry: Entry, *, goes_on: bool = False) -> None:
        """Add the heading of an entry. Only one that begins here counts, and is a heading for a screen reader."""
        titled = one_line(", ".join(part for part in (entry.title, entry.when) if part))
        self.entries.append({"title": titled, "goes_on": goes_on, "lines": []})
        self.begun += not goes_on
        self.lines += 2

    def add(self, line: Line, weight: int) -> None:
        self.entries[-1]["lines"].append([breakable(line.label), breakable(line.value), line.depth])
        self.lines += weight


def write_parts(person: Person, section: Section) -> Iterator[Part]:
    """Yield the PDFs of a section, named "labs-01.pdf" and so on. One is in memory at a time.

    A section without entries has one part that says so.
    """
    parts = pages_of(section.entries())
    pages: Pages | None = next(parts)
    number = 1
    while pages:
        following = next(parts, None)
        yield Part(name(section, number), typeset_part(person, section, pages, number, following), pages.begun)
        forget()
        pages, number = following, number + 1


def name(section: Section, number: int) -> str:
    return f"{section.slug}-{number:02}.pdf"


def pages_of(entries: Iterator[Entry]) -> Iterator[Pages]:
    """Yield the entries in parts, at least one."""
    pages = Pages()
    for entry in entries:
        lines = list(pieces_of(entry))
        weight = 2 + sum(weight_of(line) for line in lines)
        # An entry is not torn if it fits in a part of its own.
        if pages.begun >= MOST_ENTRIES or not pages.has_room(min(weight, MOST_LINES)):
            yield pages
            pages = Pages()
        pages.begin(entry)
        for line in lines:
            if not pages.has_room(weight_of(line)):
                yield pages
                pages = Pages()
                pages.begin(entry, goes_on=True)
            pages.add(line, weight_of(line))
    yield pages


def pieces_of(entry: Entry) -> Iterator[Line]:
    """Yield the lines of an entry and its files, those with a very long value in pieces. Nothing is left out."""
    for line in [*entry.lines, *(Line("File", name, 0) for name in entry.files)]:
        first, *others = cut(line.value)
        yield Line(line.label, first, line.depth)
        for piece in others:
            yield Line("", piece, line.depth)


def cut(text: str) -> list[str]:
    """Return a text in pieces that end between words where they can."""
    pieces, start = [], 0
    while len(text) - start > LONGEST_PIECE:
        end = text.rfind(" ", start, start + LONGEST_PIECE) + 1 or start + LONGEST_PIECE
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


def weight_of(line: Line) -> int:
    """Return about how many lines of the paper this is."""
    return 1 + line.value.count("\n") + (len(line.label) + len(line.value)) // LINE_WIDTH


def typeset_part(person: Person, section: Section, pages: Pages, number: int, following: Pages | None) -> bytes:
    """Return the PDF of one part. It says which part it is if there are several."""
    is_one_of_several = number > 1 or following is not None
    said = []
    if is_one_of_several:
        more = f"It goes on in {name(section, number + 1)}." if following else "It is the last one."
        said.append(f"This is part {number} of this section. {more}")
    if not pages.entries:
        said.append("There is nothing in this section. That does not mean that there is nothing to know.")
    data = {
        "about": frame(person.name, person.birth_date, section.title, person.made_at),
        "before": said,
        "entries": pages.entries,
    }
    return typeset_data(LAYOUT, data, made=person.made_at)


def one_line(text: str) -> str:
    """Return a heading, which is never empty and has no line feed."""
    return breakable(" ".join(text.split())) or "Without a name"


def breakable(text: str) -> str:
    """Return text in which very long words may be broken."""
    return LONG_WORD.sub(lambda word: MAY_BREAK.join(wrap(word[0], 24)), text)


def count_entries(pdf: bytes) -> int:
    """Return how many entries a PDF of ours has, as a screen reader finds them: headings in its tree of tags.

    This reads the finished file: the objects of the tree and their parents up to its root. Raise ValueError if there
    is no tree, as in a PDF of another maker or after a change of Typst.
    """
    root = ROOT.search(pdf)
    if root is None:
        raise ValueError("This PDF has no tree of tags that we can read.")
    found = {number: (tag, parent) for number, tag, parent in OBJECT.findall(pdf)}
    return sum(tag == ENTRY_TAG and leads_to(root[1], number, found) for number, (tag, _) in found.items())


def leads_to(root: bytes, number: bytes, found: dict[bytes, tuple[bytes, bytes]]) -> bool:
    """Return whether the parents of an object lead to the root."""
    for _ in range(len(found)):
        if number == root:
            return True
        if number not in found:
            return False
        number = found[number][1]
    return False
