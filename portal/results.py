"""What the pages of test results and measurements show. Every query starts from the patient whose record it is."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict

from accounts.models import Account
from portal import codes
from portal.record import queries, words
from portal.record.models import Attachment, Panel, Projected, Result
from portal.record.series import Series, of_rows

PAGE_SIZE = 10
# Readings to a page of measurements, and results to a page of one test.
READINGS, RESULTS = 25, 25
# The most lines of one panel, and of the results that a chart is drawn from.
MOST_LINES = 300
MOST_POINTS = 200
WIDTH, HEIGHT, EDGE = 640, 220, 28
"""The size of a chart in the units of its view box, and the space at its edges."""


def labs(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of reports, newest first, of one kind and between two days if the address says so."""
    kind, since, until, wanted = read_filter(query)
    mine = queries.of(Panel, account.dod_id)
    if kind:
        mine = mine.filter(kind=kind)
    if wanted:
        mine = mine.filter(display__icontains=wanted)
    listing = queries.list_page(between(mine, since, until), query.get("before", ""), PAGE_SIZE)
    lines = lines_of(account.dod_id, [row.resource_id for row in listing.rows])
    chosen = {"kind": kind, "since": since or "", "until": until or "", "q": wanted}
    return {
        "listing": listing,
        "panels": [Report(row, lines.get(row.resource_id, [])) for row in listing.rows],
        "kinds": Panel.Kind.choices,
        "chosen": chosen,
        "filters": urlencode({name: value for name, value in chosen.items() if value}),
    }


def read_filter(query: QueryDict) -> tuple[str, date | None, date | None, str]:
    """Return kind, first day, last day and words of a search. What cannot be read filters nothing."""
    kind = query.get("kind", "")
    wanted = query.get("q", "").replace("\x00", "").strip()[:80]
    return kind if kind in Panel.Kind.values else "", day(query.get("since")), day(query.get("until")), wanted


def day(typed: str | None) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None


def between(rows: QuerySet[Any], since: date | None, until: date | None) -> QuerySet[Any]:
    """Return the rows of these days. A day counts in every time zone, so that the edge loses none."""
    if since:
        rows = rows.filter(at__gte=datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(hours=14))
    if until and until < date.max - timedelta(days=2):
        rows = rows.filter(at__lt=datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(hours=36))
    return rows


@dataclass(frozen=True)
class Report:
    """A report with its results, in the order in which the laboratory has them."""

    row: Panel
    lines: Sequence[Result]

    @property
    def unusual(self) -> list[Result]:
        return [line for line in self.lines if line.verdict == Result.Verdict.UNUSUAL]

    @property
    def all_usual(self) -> bool:
        """Return whether every result was judged and is in its range. Nothing less is called usual."""
        return bool(self.lines) and all(line.verdict == Result.Verdict.USUAL for line in self.lines)


def lines_of(patient: str | None, panels: list[UUID]) -> dict[UUID, list[Result]]:
    """Return the results of these reports, those that have a value or say why not."""
    found: dict[UUID, list[Result]] = {}
    rows = queries.of(Result, patient).filter(panel__in=panels).order_by("display", "resource_id", "place")
    for row in rows[: MOST_LINES * max(len(panels), 1)]:
        if says_something(row):
            found.setdefault(row.panel_id, []).append(row)  # type: ignore[arg-type]
    return found


def says_something(row: Result) -> bool:
    """Return whether a row has a value or a reason for none. What only holds components together has neither."""
    return bool(row.value_said or row.text or row.absent or row.note)


def lab_panel(account: Account, item: str) -> dict[str, Any]:
    """Return one report with all its results and the files that came with it."""
    row = queries.one(Panel, account.dod_id, item)
    files = queries.of(Attachment, account.dod_id).filter(resource_id=row.resource_id).order_by("place")
    report = Report(row, lines_of(account.dod_id, [row.resource_id]).get(row.resource_id, []))
    return {"report": report, "files": files, "item_title": row.display}


def single(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of laboratory results that belong to no report."""
    mine = queries.of(Result, account.dod_id).filter(category=Result.Category.LABORATORY, panel=None)
    return {"listing": queries.list_page(mine, query.get("before", ""), RESULTS), "item_title": "Single results"}


def other(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of observations that are neither laboratory results nor vital signs."""
    mine = queries.of(Result, account.dod_id).filter(category=Result.Category.OTHER)
    return {"listing": queries.list_page(mine, query.get("before", ""), RESULTS), "item_title": "Other observations"}


def test(account: Account, query: QueryDict, item: UUID, place: int) -> dict[str, Any]:
    """Return all results of the test that this result is one of: charts, and a page of the results as a table."""
    one = queries.one(Result, account.dod_id, str(item), place)
    rows = same_test(account.dod_id, one)
    recent = list(reversed(queries.newest_first(rows.filter(value__isnull=False))[: MOST_POINTS + 1]))
    is_cut = len(recent) > MOST_POINTS
    return {
        "test": one,
        "charts": [draw_chart(series) for series in of_rows(recent[-MOST_POINTS:]) if len(series.points) > 1],
        "is_cut": is_cut,
        "listing": queries.list_page(rows, query.get("before", ""), RESULTS),
        "item_title": one.display,
    }


def same_test(patient: str | None, one: Result) -> QuerySet[Result]:
    """Return the patient's results of the same test. A test without a code is known by its name."""
    if one.code:
        return queries.of(Result, patient).filter(code_system=one.code_system, code=one.code)
    return queries.of(Result, patient).filter(code_system="", code="", display=one.display)


def test_csv(account: Account, query: QueryDict, item: UUID, place: int) -> HttpResponse:
    """Return all results of one test as a CSV file (RFC 4180), newest first."""
    rows = same_test(account.dod_id, queries.one(Result, account.dod_id, str(item), place))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="results.csv"'
    writer = csv.writer(answer)
    writer.writerow(["When", "Test", "Value", "Unit", "From", "To", "Said of it"])
    for row in queries.newest_first(rows).iterator():
        said = words.interpretation(row.interpretation) or words.verdict(row.verdict)
        value = f"{row.comparator}{row.value_said}" or row.text or row.absent
        cells = [row.said, row.display, value, row.unit_said or row.unit, plain(row.low), plain(row.high), said]
        writer.writerow([defuse(cell) for cell in cells])
    return answer


def plain(number: Decimal | None) -> str:
    return f"{number:f}" if number is not None else ""


def defuse(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text and never for a formula (OWASP, CSV injection)."""
    is_number = cell.lstrip("-").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number else cell


@dataclass(frozen=True)
class Mark:
    """A point of a chart in the units of its view box."""

    x: str
    y: str
    is_unusual: bool


@dataclass(frozen=True)
class Chart:
    """One series as a picture: the line, the points, the shaded range, and what it says in words."""

    unit: str
    first: Any
    last: Any
    lowest: str
    highest: str
    line: str
    marks: list[Mark]
    band: tuple[str, str] | None
    count: int


def draw_chart(series: Series) -> Chart:
    """Return the chart of a series. The band is the range of the newest result, if it has both bounds."""
    points = series.points
    newest = points[-1]
    values = [point.value for point in points]
    bounds = [bound for bound in (newest.low, newest.high) if bound is not None]
    low, high = min([*values, *bounds]), max([*values, *bounds])
    span = (high - low) or Decimal(1)
    times = [point.at.timestamp() if point.at else 0 for point in points]
    begin, length = times[0], (times[-1] - times[0]) or 1

    def down(value: Decimal) -> Decimal:
        return EDGE + (high - value) / span * (HEIGHT - 2 * EDGE)

    xs = [f"{EDGE + (at - begin) / length * (WIDTH - 2 * EDGE):.1f}" for at in times]
    ys = [f"{down(value):.1f}" for value in values]
    band = None
    if newest.low is not None and newest.high is not None:
        band = (f"{down(newest.high):.1f}", f"{down(newest.low) - down(newest.high):.1f}")
    marks = [Mark(x, y, point.verdict == Result.Verdict.UNUSUAL) for x, y, point in zip(xs, ys, points, strict=True)]
    line = " ".join(f"{x},{y}" for x, y in zip(xs, ys, strict=True))
    lowest, highest = min(points, key=lambda point: point.value), max(points, key=lambda point: point.value)
    return Chart(series.unit, points[0], newest, lowest.value_said, highest.value_said, line, marks, band, len(points))


@dataclass(frozen=True)
class Measure:
    """A kind of measurement: its title, and the newest results of it. Blood pressure has two."""

    title: str
    rows: list[Result]


def vitals(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return the newest of each measurement, and a page of readings by time."""
    mine = queries.of(Result, account.dod_id).filter(category=Result.Category.VITAL_SIGNS)
    listing = queries.list_page(mine, query.get("before", ""), READINGS * 4)
    return {
        "latest": latest(account.dod_id) if listing.is_first else [],
        "listing": listing,
        "readings": by_time(listing.rows),
    }


def latest(patient: str | None) -> list[Measure]:
    """Return the newest result of each measurement that the page has a place for, in one query.

    LATERAL over the codes reads one row of the index for each; DISTINCT ON would read all of them.
    """
    wanted = [code for column in codes.VITAL_COLUMNS.values() for code in column]
    table = Result._meta.db_table
    sql = f"""
        SELECT r.* FROM unnest(%s::text[]) AS wanted(code)
        CROSS JOIN LATERAL (
            SELECT * FROM {table} WHERE patient = %s AND code_system = %s AND code = wanted.code
            ORDER BY at DESC NULLS LAST, id DESC LIMIT 1
        ) r
    """  # noqa: S608 - our own table's name
    newest = {row.code: row for row in Result.objects.raw(sql, [wanted, patient or "", codes.LOINC])}
    found = (
        Measure(title, [newest[code] for code in column if code in newest])
        for title, column in codes.VITAL_COLUMNS.items()
    )
    return [measure for measure in found if measure.rows]


@dataclass(frozen=True)
class Reading:
    """What was measured at one time. `first` tells when."""

    first: Projected
    rows: list[Result]


def by_time(rows: Iterable[Result]) -> list[Reading]:
    """Return results gathered by their time. Two of one kind and time stay two."""
    found: list[Reading] = []
    for row in rows:
        if not says_something(row):
            continue
        if found and (found[-1].first.at, found[-1].first.said) == (row.at, row.said):
            found[-1].rows.append(row)
        else:
            found.append(Reading(row, [row]))
    for reading in found:
        reading.rows.sort(key=lambda row: (row.resource_id, row.place))
    return found
