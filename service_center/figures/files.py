"""The figures as files: each table of the page by day, as CSV."""

import csv
import io
from collections.abc import Callable, Iterable

from core.spreadsheets import defuse_cell
from service_center.figures import charts, reading
from service_center.figures.reading import Report
from service_center.figures.sources import SOURCES

Lines = Iterable[Iterable[object]]
COUNTS = ("day", "figure", "group", "count", "success known of", "succeeded")
TIMES = ("day", "figure", "group", "count", "half within", "9 of 10 within")


def counts(*figures: str) -> Callable[[Report], Lines]:
    """Return what writes the lines of these figures, which count."""

    def lines(report: Report) -> Lines:
        yield COUNTS
        for day, figure, of, one in report.rows:
            if figure in figures:
                yield day, figure, of, one.count, *((one.rated, one.good) if one.rated else ("", ""))

    return lines


def times(*figures: str) -> Callable[[Report], Lines]:
    """Return what writes the lines of these figures, which take their time."""

    def lines(report: Report) -> Lines:
        yield TIMES
        for day, figure, of, one in report.rows:
            if figure in figures:
                wait = reading.wait_of(of, one)
                yield day, figure, of, one.count, charts.rounded(wait.median), charts.rounded(wait.most)

    return lines


def waiting(report: Report) -> Lines:
    """Write what waits now, by kind and age. A count that is too small is not told."""
    yield "kind", "age", "count"
    for source in SOURCES:
        for age in reading.waiting(source):
            yield source.key, charts.age_words(age), charts.number(age.in_time)


FILES: dict[str, Callable[[Report], Lines]] = {
    "openings": counts("registration", "upgrade"),
    "routes": counts("begun", "matched", "joined", "left", "proven", "opened"),
    "proofs": counts("proof", "age"),
    "questions": counts("kind"),
    "codes": times("issue", "use"),
    "answers": times("answer"),
    "waiting": waiting,
}


def csv_of(name: str, report: Report) -> str:
    """Return one of FILES. No cell is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    for line in FILES[name](report):
        writer.writerow([defuse_cell(str(cell)) for cell in line])
    return text.getvalue()
