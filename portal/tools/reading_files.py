"""Readings from and to files of comma-separated values.

A file is read whole and judged row by row. The page shows each row before anything is stored, and then all are stored
or none.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO

from core import policy
from core.spreadsheets import defuse_cell, restore_cell
from core.typed import clean_typed
from portal.record import moments
from portal.tools.forms import did_you_mean, written
from portal.tools.measures import Measure, Numbers, judge
from portal.tools.models import Reading
from portal.tools.readings import Entry
from portal.tools.typed_values import MOMENT_FORMAT, Moment, read_moment, read_number

DELIMITERS = ",;\t"
# The names of columns that we know, in small letters and without what stands in brackets.
WHEN = (
    "when",
    "date",
    "date and time",
    "date/time",
    "datetime",
    "timestamp",
    "at",
    "day",
    "measured",
    "measurement date",
)
TIME = ("time", "measurement time")
NOTE = ("note", "notes", "comment", "comments")
UNIT = ("unit", "units")
NUMBER = ("number", "value", "reading", "result")
SECOND = ("second",)
# No bracket stands inside another one: so a name of thousands of open brackets is read once, and not once for each.
BRACKETS = re.compile(r"\(([^()]*)\)|\[([^][]*)\]")


@dataclass(frozen=True)
class Row:
    """One row of a file: its line, what it says, and what is wrong or odd about it. `entry` is None if it is wrong."""

    line: int
    said: str
    problem: str = ""
    doubt: str = ""
    entry: Entry | None = None
    is_known: bool = False


@dataclass
class Preview:
    """What a file would bring. With a `problem` nothing of it could be read. `unused` are columns that nobody knows."""

    problem: str = ""
    rows: list[Row] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        return sum(bool(row.problem) for row in self.rows)

    @property
    def odd(self) -> int:
        return sum(bool(row.doubt) and not row.is_known for row in self.rows)

    @property
    def known(self) -> int:
        return sum(row.is_known for row in self.rows)

    @property
    def new(self) -> list[Entry]:
        return [row.entry for row in self.rows if row.entry and not row.is_known]

    @property
    def can_store(self) -> bool:
        return not self.problem and not self.wrong and bool(self.new)


class Columns(dict[str, int]):
    """The places of the columns that we know, by what they hold: when, time, number, second, unit, note."""


def read_bytes(data: bytes) -> str:
    """Return the text of a file. Raise ValueError with a sentence if it is too large or no text of UTF-8."""
    if len(data) > policy.READINGS_FILE_BYTES:
        raise ValueError(f"Choose a file of at most {policy.READINGS_FILE_BYTES // 1024} kB, or import it in parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("This is no text in UTF-8. Save it as “CSV UTF-8” in your program, and try again.") from None
    if "\x00" in text:
        raise ValueError("This is no text file. Save it as “CSV UTF-8” in your program, and try again.")
    return text


def read_file(measure: Measure, text: str, zone: str, now: datetime) -> Preview:
    """Return what the text of a file holds. It is not compared with what is stored yet."""
    if len(text.encode()) > policy.READINGS_FILE_BYTES:
        return Preview(f"The text is longer than {policy.READINGS_FILE_BYTES // 1024} kB. Import it in parts.")
    try:
        lines = list(lines_of(text.removeprefix("\ufeff").replace("\x00", "")))
    except csv.Error:
        return Preview("The text cannot be read as a table. Check its quotation marks.")
    if not lines:
        return Preview("There is nothing in it. The first row needs the names of the columns.")
    (_, header), *rows = lines
    columns, unused = columns_of(measure, header)
    if missing := missing_of(measure, columns):
        return Preview(f"The first row needs the names of the columns. Missing: {missing}.", unused=unused)
    if not rows:
        return Preview("There are names of columns, but no rows below them.")
    if len(rows) > policy.READINGS_FILE_ROWS:
        return Preview(f"It has {len(rows):,} rows. At most {policy.READINGS_FILE_ROWS:,} can be imported at once.")
    unit = unit_of(measure, header, columns)
    return Preview(rows=[row_of(measure, line, cells, columns, unit, zone, now) for line, cells in rows], unused=unused)


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the number of its line. The header says what parts the columns."""
    header = text.lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def columns_of(measure: Measure, header: Sequence[str]) -> tuple[Columns, list[str]]:
    """Return the columns that we know, and the names of those that we do not. The first of several counts."""
    first, second = names_of(measure)
    known = {"when": WHEN, "time": TIME, "number": first, "second": second, "unit": UNIT, "note": NOTE}
    found, unused = Columns(), []
    for place, name in enumerate(header):
        plain = bare(name)
        what = next((what for what, names in known.items() if plain in names and what not in found), "")
        if what:
            found[what] = place
        elif plain:
            unused.append(clean_typed(name)[:60])
    return found, unused


def names_of(measure: Measure) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that the columns of the two numbers may have."""
    labels = [bare(number.label) for number in measure.numbers]
    more = [*measure.headers, (), ()]
    first = (*NUMBER, bare(measure.title), measure.slug, labels[0], *more[0])
    return first, (*SECOND, labels[1], *more[1]) if measure.is_pair else ()


def bare(name: str) -> str:
    """Return the name of a column in small letters, without what stands in brackets."""
    return BRACKETS.sub("", clean_typed(name)).strip().lower().replace("_", " ")


def missing_of(measure: Measure, columns: Columns) -> str:
    """Return the names of the columns that have to be there and are not. A pair may stand in one, as 120/80."""
    wanted = {"when": "“Date”", "number": f"“{measure.numbers[0].label.partition(' (')[0]}”"}
    return " and ".join(name for what, name in wanted.items() if what not in columns)


def unit_of(measure: Measure, header: Sequence[str], columns: Columns) -> str:
    """Return the unit in the brackets behind the name of the number, as in "Weight (kg)", or the first unit."""
    name = header[columns["number"]]
    inside = BRACKETS.search(name)
    said = (inside[1] or inside[2] or "") if inside else ""
    return read_unit(measure, said) or measure.units[0].ucum


def read_unit(measure: Measure, said: str) -> str | None:
    """Return the code of a unit that is written as people or as UCUM write it, or None."""
    plain = clean_typed(said).lower().replace(" ", "").rstrip("s.")
    for unit in measure.units:
        if plain in (unit.ucum.lower(), unit.words.lower().replace(" ", "").rstrip("s.")):
            return unit.ucum
    return None


def row_of(
    measure: Measure, line: int, cells: Sequence[str], columns: Columns, unit: str, zone: str, now: datetime
) -> Row:
    """Return one row, judged as the form judges it."""
    cell = {what: cells[place].strip() if place < len(cells) else "" for what, place in columns.items()}
    said = ", ".join(restore_cell(text)[:80] for text in cells if text.strip())
    try:
        moment = moment_of(cell, zone, now)
        numbers = numbers_of(measure, cell)
        ucum = read_unit(measure, cell["unit"]) if cell.get("unit") and measure.units[0].ucum else unit
        if ucum is None:
            units = " or ".join(known.words for known in measure.units)
            raise ValueError(f"The unit has to be {units}.")
        note = clean_typed(restore_cell(cell.get("note", "")))
        if len(note) > policy.READING_NOTE_MAX:
            raise ValueError(f"The note is longer than {policy.READING_NOTE_MAX} characters.")
        doubt = judge(measure, numbers, ucum)
        if doubt and doubt.is_impossible:
            raise ValueError(f"{doubt.sentence}{did_you_mean(measure, doubt)}")
    except ValueError as error:
        return Row(line, said, problem=str(error))
    shown = f"{moments.show(moment.said, zone)}: {written(measure, numbers, ucum)}"
    odd = f"This is unusual.{did_you_mean(measure, doubt)}" if doubt else ""
    return Row(line, f"{shown}, {note}" if note else shown, doubt=odd, entry=Entry(moment, numbers, ucum, note))


def moment_of(cell: dict[str, str], zone: str, now: datetime) -> Moment:
    """Return the moment of a row. Its time may stand in a column of its own."""
    day, clock = cell.get("when", ""), cell.get("time", "")
    if not day:
        raise ValueError(MOMENT_FORMAT)
    return read_moment(f"{day} {clock}".strip(), zone, now)


def numbers_of(measure: Measure, cell: dict[str, str]) -> Numbers:
    """Return the numbers of a row. A pair may stand in one cell, as 120/80."""
    first, second = cell.get("number", ""), cell.get("second", "")
    if measure.is_pair and "/" in first and not second:
        first, _, second = first.partition("/")
    typed = [first, second][: len(measure.numbers)]
    if not all(typed):
        raise ValueError("A number is missing.")
    return tuple(read_number(text, is_whole=measure.is_whole) for text in typed)


def mark_known(preview: Preview, known: set[tuple[object, ...]]) -> None:
    """Mark the rows that are stored already, or stand in the file before."""
    seen = set(known)
    for place, row in enumerate(preview.rows):
        if row.entry:
            is_known = row.entry.key in seen
            seen.add(row.entry.key)
            preview.rows[place] = Row(row.line, row.said, row.problem, row.doubt, row.entry, is_known)


def write_file(measure: Measure, rows: Iterator[Reading]) -> str:
    """Return readings as a file that can be imported again, with who entered each. No cell is taken for a formula.

    The rows have their tracker and the account that entered them.
    """
    text = StringIO()
    writer = csv.writer(text)
    names = [number.label.partition(" (")[0] for number in measure.numbers]
    writer.writerow([defuse_cell(name) for name in ("Date", *names, "Unit", "Note", "Entered by")])
    for row in rows:
        numbers = [f"{number:f}" for number in row.numbers]
        cells = (row.said, *numbers, measure.unit(row.unit).words, row.note, entered_by(row))
        writer.writerow([defuse_cell(cell) for cell in cells])
    return text.getvalue()


def entered_by(row: Reading) -> str:
    """Return "The patient", or the name of the person who entered a reading for the patient."""
    return "The patient" if row.account.dod_id == row.tracker.patient else row.account.get_full_name()
