"""What the pages of test results and measurements show. Every query starts from the patient whose record it is."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.utils import timezone

from accounts.models import Account
from portal import charts, codes
from portal.family.patients import require_part
from portal.record import moments, queries, words
from portal.record.models import Attachment, Panel, Result
from portal.record.queries import Listing
from portal.record.sensitive import Guarded
from portal.templatetags import record as shown
from portal.tools import beside
from portal.tools.models import Reading as OwnReading
from safeguards.standby import may_be_read_from_standby

PANELS, SINGLES, LINES, TESTS, VITALS, LATEST = 15, 15, 100, 25, 60, 40
# The most unusual results that a list names for one panel. Its page has them all.
NAMED = 4
PRESSURES = ("8480-6", "8462-4")
Context = dict[str, Any]


class Tab(NamedTuple):
    """A part of the lab results: what its link says, its address below the feature's, and whether it is shown."""

    title: str
    path: str
    is_current: bool


@dataclass
class Filters:
    """What the form above a list asks for. What is no date or kind counts as not said."""

    kind: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""

    @property
    def address(self) -> str:
        """Return them as parameters of an address."""
        said = {"kind": self.kind, "from": self.since or "", "until": self.until or "", "q": self.words}
        return urlencode({name: str(value) for name, value in said.items() if value})


@dataclass
class Reading:
    """A measurement of a visit: one result, or the two numbers of a blood pressure. `name` is what people call it."""

    name: str
    rows: list[Result]

    @property
    def first(self) -> Result:
        return self.rows[0]

    @property
    def numbers(self) -> str:
        return " over ".join(shown.number(row) for row in self.rows)

    @property
    def verdict(self) -> str:
        return "; ".join(dict.fromkeys(shown.short_verdict(row) for row in self.rows if row.verdict == "unusual"))


@dataclass
class Visit:
    """The measurements of one time."""

    first: Result
    readings: list[Reading] = field(default_factory=list)


@dataclass
class Latest:
    """The latest value of a measurement, its last values as a small chart, and the newest that the person measured."""

    reading: Reading
    chart: charts.Chart | None
    own: OwnReading | None = None


@may_be_read_from_standby
def labs(account: Account, query: QueryDict) -> Context:
    """Return the panels of results, newest first, that the form asks for."""
    filters = filters_of(query)
    rows = within(queries.of(Panel, account.dod_id), filters)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.words:
        rows = found_by_words(account, rows, filters.words.lower())
    listing = queries.list_page(rows, query.get("before", ""), PANELS)
    recount(account, listing.rows)
    name_unusual(account, listing.rows)
    return page_of_labs("", listing, filters) | {"kinds": Panel.Kind.choices}


def found_by_words(account: Account, panels: QuerySet[Panel], words: str) -> QuerySet[Panel]:
    """Return the panels in whose name, or in those of whose results, these words are.

    What is closed is not found either: the words of a panel hold the names of all its results.
    """
    if not isinstance(account.dod_id, Guarded):
        return panels.filter(searched__contains=words)
    seen = queries.of(Result, account.dod_id).filter(display__icontains=words, panel__isnull=False)
    return panels.filter(Q(display__icontains=words) | Q(resource__in=seen.values("panel")))


def recount(account: Account, panels: Sequence[Panel]) -> None:
    """Let each panel count only the results that are open, where some are closed. The numbers would tell of others."""
    if not isinstance(account.dod_id, Guarded) or not panels:
        return
    some = [panel.resource_id for panel in panels]
    rows = counted(queries.of(Result, account.dod_id).filter(queries.in_reports(some)))
    verdicts: dict[UUID, list[str]] = {}
    for row in rows.only("panel", "also_in", "verdict"):
        for panel_id in (row.panel_id, *row.also_in):
            verdicts.setdefault(panel_id, []).append(row.verdict)  # type: ignore[arg-type]
    for panel in panels:
        found = verdicts.get(panel.resource_id, [])
        panel.results, panel.unusual = len(found), found.count(Result.Verdict.UNUSUAL)
        panel.unjudged = found.count(Result.Verdict.NONE)


def page_of_labs(path: str, listing: Listing, filters: Filters) -> Context:
    """Return what the lists of results have in common."""
    tabs = (("Test reports", ""), ("Single results", "single/"), ("Other observations", "other/"))
    return {
        "listing": listing,
        "asked": filters,
        "filters": filters.address,
        "tabs": [Tab(title, where, where == path) for title, where in tabs],
    }


def name_unusual(account: Account, panels: Sequence[Panel]) -> None:
    """Put into each panel the first few of its results that are unusual."""
    some = [panel.resource_id for panel in panels if panel.unusual]
    found: dict[UUID, list[Result]] = {}
    if some:
        mine = queries.of(Result, account.dod_id)
        rows = mine.filter(queries.in_reports(some), verdict=Result.Verdict.UNUSUAL)
        for row in rows.order_by("id")[: PANELS * LINES]:
            for panel_id in (row.panel_id, *row.also_in):
                found.setdefault(panel_id, []).append(row)  # type: ignore[arg-type]
    for panel in panels:
        panel.named = found.get(panel.resource_id, [])[:NAMED]  # type: ignore[attr-defined]


def filters_of(query: QueryDict) -> Filters:
    """Return what the parameters of a list's address ask for."""
    kind = query.get("kind", "")
    return Filters(
        kind if kind in Panel.Kind.values else "",
        day_of(query.get("from", "")),
        day_of(query.get("until", "")),
        query.get("q", "").replace("\0", "").strip()[:80],
    )


def day_of(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 1900 <= day.year < 2200 else None


def within(rows: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """Return the rows of the days asked for.

    The day is the one that was written for the place. The times, a day wider, let the database use its index.
    """
    if filters.since:
        rows = rows.filter(at__gte=midnight(filters.since) - timedelta(days=1), said__gte=filters.since.isoformat())
    if filters.until:
        after = filters.until + timedelta(days=1)
        rows = rows.filter(at__lt=midnight(after) + timedelta(days=1), said__lt=after.isoformat())
    return rows


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def counted(rows: QuerySet[Result]) -> QuerySet[Result]:
    """Leave out the rows that are only the name of their components."""
    return rows.exclude(text="", absent="", value_said="")


@may_be_read_from_standby
def single_results(account: Account, query: QueryDict) -> Context:
    """Return the laboratory results that belong to no report."""
    rows = queries.of(Result, account.dod_id).filter(category=Result.Category.LABORATORY, panel=None)
    return list_of_results("single/", rows, query) | {"item_title": "Single results"}


@may_be_read_from_standby
def other_observations(account: Account, query: QueryDict) -> Context:
    """Return what is neither a laboratory result nor a vital sign: smoking, social history, surveys and the like."""
    rows = queries.of(Result, account.dod_id).filter(category=Result.Category.OTHER)
    return list_of_results("other/", rows, query) | {"item_title": "Other observations"}


def list_of_results(path: str, rows: QuerySet[Result], query: QueryDict) -> Context:
    filters = replace(filters_of(query), kind="")
    rows = within(counted(rows), filters)
    if filters.words:
        rows = rows.filter(searched__contains=filters.words.lower()).exclude(searched="")  # as the index has it
    return page_of_labs(path, queries.list_page(rows, query.get("before", ""), SINGLES), filters)


@may_be_read_from_standby
def lab_panel(account: Account, item: str) -> Context:
    """Return one report with its results and the names of its files."""
    panel = queries.one(Panel, account.dod_id, item)
    recount(account, [panel])
    lines, more = lines_of(account, panel, 0)
    files = list(queries.of(Attachment, account.dod_id).filter(resource=panel.resource_id).order_by("place")[:LINES])
    return {
        "panel": panel,
        "item_title": panel.display,
        "lines": lines,
        "more": more,
        "files": files,
        "is_laboratory": panel.kind == Panel.Kind.LABORATORY,
    }


@may_be_read_from_standby
def more_of_panel(account: Account, query: QueryDict, item: UUID) -> Context:
    """Return further results of a report that has very many."""
    panel = queries.one(Panel, account.dod_id, str(item))
    typed = query.get("after", "")
    after = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0
    lines, more = lines_of(account, panel, after)
    return {"panel": panel, "item_title": f"{panel.display}, all results", "lines": lines, "more": more}


def lines_of(account: Account, panel: Panel, after: int) -> tuple[list[Result], int]:
    """Return results of a report in their order, and the id after which the next ones come, or 0."""
    rows = counted(queries.of(Result, account.dod_id).filter(queries.in_reports([panel.resource_id]), id__gt=after))
    some = list(rows.order_by("id")[: LINES + 1])
    return some[:LINES], some[LINES - 1].pk if len(some) > LINES else 0


A_YEAR = timedelta(days=365)


class Test(NamedTuple):
    """A test: the results of one code, or of one name where there is no code."""

    name: str
    key: charts.Key
    meaning: str
    rows: QuerySet[Result]


def tests_of(account: Account, item: UUID, place: int) -> tuple[Result, list[Test]]:
    """Return a result and the tests that its page is about.

    That is one, but for blood pressure, whose two numbers belong together, and for a result with components.
    """
    mine = queries.of(Result, account.dod_id)
    row = queries.one(Result, account.dod_id, str(item), place)
    require_part(account, "vitals" if row.category == Result.Category.VITAL_SIGNS else "labs")
    members = [row]
    if not (row.text or row.absent or row.value_said):
        members = list(mine.filter(resource=row.resource_id, place__gt=0).order_by("place")[:6]) or [row]
    keys = {(one.code_system, one.code): one.display for one in members if one.code}
    if any(key in keys for key in pressure_keys()):
        keys |= {key: codes.VITALS[key[1]].display for key in pressure_keys()}
    tests = [
        Test(name, key, codes.MEANINGS.get(key, ""), mine.filter(code_system=key[0], code=key[1]))
        for key, name in sorted(keys.items(), key=lambda found: rank(found[0]))
    ]
    named = {one.display: one.code_system for one in members if not one.code}
    tests += [
        Test(name, (system, ""), "", mine.filter(code_system=system, code="", display=name))
        for name, system in named.items()
    ]
    return row, tests


def pressure_keys() -> list[tuple[str, str]]:
    return [(codes.LOINC, code) for code in PRESSURES]


def rank(key: tuple[str, str]) -> int:
    """Return the place of a test beside others: the upper number of a blood pressure comes first."""
    return PRESSURES.index(key[1]) if key in pressure_keys() else len(PRESSURES)


def rows_of(tests: Sequence[Test]) -> QuerySet[Result]:
    """Return the results of all these tests."""
    rows = tests[0].rows
    for one in tests[1:]:
        rows = rows | one.rows
    return counted(rows)


@may_be_read_from_standby
def test(account: Account, query: QueryDict, item: UUID, place: int) -> Context:
    """Return a test with its charts and a page of its results, newest first."""
    row, tests = tests_of(account, item, place)
    wanted = {one.key[1]: one.name for one in tests if one.key[0] == codes.LOINC}
    names = {one.key: one.name for one in tests if one.key[1]}
    found, since = drawn_since(names, rows_of(tests), query)
    is_pressure = len(tests) > 1 and all(
        one.name in {codes.VITALS[code].display for code in PRESSURES} for one in tests
    )
    title = "Blood pressure" if is_pressure else row.display
    if is_pressure:
        together = [line for line in found if line.unit == found[0].unit]
        groups = [together, *([line] for line in found if line not in together)] if found else []
    else:
        groups = [[line] for line in found]
    listing = queries.list_page(rows_of(tests), query.get("before", ""), TESTS)
    own = beside.own_beside(account, query, wanted, is_first=listing.is_first)
    give_notes(account, listing.rows)
    return {
        "row": row,
        "item_title": f"{title} over time",
        "tests": tests,
        "charts": [
            charts.draw(title_of(title, lines), lines, own=own_lines(own, wanted, lines, since)) for lines in groups
        ],
        "listing": listing,
        "is_of_a_year": since is not None,
        "has_a_year": any(reaches_back(line) for line in found),
        **beside.context_of(own, wanted),
    }


def drawn_since(
    names: dict[charts.Key, str], rows: QuerySet[Result], query: QueryDict
) -> tuple[list[charts.Drawn], datetime | None]:
    """Return the lines of a chart, and since when: of the last year, if the address asks for it and it has any.

    A month of own readings would stand crowded at the edge of a chart of twenty years.
    """
    since = timezone.now() - A_YEAR
    if query.get("time") == "year" and (found := charts.drawn(names, rows.filter(at__gte=since))):
        return found, since
    return charts.drawn(names, rows), None


def reaches_back(line: charts.Drawn) -> bool:
    """Return whether a line has results of the last year, and older ones too."""
    return line.spots[0].at < timezone.now() - A_YEAR <= line.spots[-1].at


def own_lines(
    own: beside.Own, wanted: dict[str, str], lines: Sequence[charts.Drawn], since: datetime | None
) -> list[charts.Drawn]:
    """Return what the person measured of the tests that these lines are of. `wanted` are their names by code."""
    names = {line.name for line in lines}
    return own.lines([code for code, name in wanted.items() if name in names], lines[0].unit, since)


def give_notes(account: Account, rows: Sequence[Result]) -> None:
    """Give the note of a whole observation to its components, which are listed here without it."""
    parts = [row for row in rows if row.place and not row.note]
    if not parts:
        return
    whole = queries.of(Result, account.dod_id).filter(resource__in={row.resource_id for row in parts}, place=0)
    notes = dict(whole.exclude(note="").values_list("resource_id", "note"))
    for row in parts:
        row.note = notes.get(row.resource_id, "")


def title_of(title: str, lines: Sequence[charts.Drawn]) -> str:
    name = title if len(lines) > 1 else lines[0].name
    return f"{name}, in {lines[0].unit}" if lines[0].unit else name


COLUMNS = ("Date", "Test", "Result", "Unit", "Compared with the usual range", "Usual range", "Status", "Note")
# What OWASP lists under CSV injection: full-width letters too, which some spreadsheets read as the plain ones.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def test_file(account: Account, query: QueryDict, item: UUID, place: int) -> HttpResponse:
    """Return all results of a test, newest first, as a file for spreadsheets."""
    _, tests = tests_of(account, item, place)
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows_of(tests).order_by(F("at").desc(nulls_last=True), "-id").iterator():
        cells = (
            moments.show(row.said, row.zone),
            row.display,
            shown.number(row),
            shown.unit(row),
            shown.verdict(row),
            shown.usual(row),
            words.status(row.status),
            row.note,
        )
        writer.writerow([defused(cell) for cell in cells])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    # The name says nothing about the test: a folder of downloads is seen by others.
    response.headers["Content-Disposition"] = 'attachment; filename="results.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula. A number below zero stays a number."""
    is_number = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell.startswith(FORMULAS) and not is_number else cell


@may_be_read_from_standby
def vitals(account: Account, query: QueryDict) -> Context:
    """Return the latest of each measurement, and the measurements by visit."""
    rows = counted(queries.of(Result, account.dod_id).filter(category=Result.Category.VITAL_SIGNS))
    listing = queries.list_page(rows, query.get("before", ""), VITALS)
    visits = visits_of(listing.rows)
    if listing.older and len(visits) > 1:
        # A visit is not cut in two: the last one begins the next page.
        cut = visits.pop()
        kept = listing.rows[: [row.pk for row in listing.rows].index(min_row(cut))]
        listing = replace(listing, rows=kept, older=queries.write_cursor(kept[-1]))
    own = beside.own_beside(account, query, codes.VITALS, is_first=listing.is_first)
    latest = latest_of(newest_of_each(account), own) if listing.is_first else []
    return {"listing": listing, "visits": visits, "latest": latest, **beside.context_of(own, codes.VITALS)}


def min_row(visit: Visit) -> int:
    """Return the id of the row of a visit that a list has first."""
    return max(row.pk for reading in visit.readings for row in reading.rows)


NEWEST = """
    SELECT found.* FROM unnest(%s::text[]) AS wanted(code), LATERAL (
        SELECT * FROM record_result WHERE patient = %s AND code_system = %s AND record_result.code = wanted.code
        AND value IS NOT NULL ORDER BY at DESC NULLS LAST, id DESC LIMIT %s) AS found
"""


def newest_of_each(account: Account) -> list[Result]:
    """Return the newest results of each known measurement, in one query that reads only those."""
    rows = list(Result.objects.raw(NEWEST, [list(codes.VITALS), account.dod_id or "", codes.LOINC, LATEST]))
    if not isinstance(account.dod_id, Guarded):
        return rows
    seen = set(queries.of(Result, account.dod_id).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    return [row for row in rows if row.pk in seen]


def latest_of(rows: Sequence[Result], own: beside.Own = beside.NONE) -> list[Latest]:
    """Return the latest reading of each measurement with its chart, in the order of the columns."""
    by_code: dict[str, list[Result]] = {}
    for row in sorted(rows, key=lambda row: (row.at is not None, row.at or datetime.min.replace(tzinfo=UTC), row.pk)):
        by_code.setdefault(row.code, []).append(row)
    found = []
    for name, wanted in codes.VITAL_COLUMNS.items():
        some = [by_code[code] for code in wanted if code in by_code]
        if not some:
            continue
        newest = max((one[-1] for one in some), key=lambda row: row.at or datetime.min.replace(tzinfo=UTC))
        same = [row for one in some for row in one if row.at == newest.at]
        reading = readings_of(sorted(same, key=lambda row: -row.pk))[0]
        lines = [line for one in some for line in charts.drawn_of_rows(one[0].display, one)[:1]]
        together = [line for line in lines if line.unit == lines[0].unit]
        mine = own.lines(wanted, lines[0].unit) if lines else []
        is_drawn = together and (together[0].results > 1 or mine)
        chart = charts.draw(name, together, is_small=True, own=mine) if is_drawn else None
        found.append(Latest(Reading(name, reading.rows), chart, own.newest(wanted)))
    return found


def visits_of(rows: Sequence[Result]) -> list[Visit]:
    """Return measurements, given newest first, by the time at which they were taken."""
    found = []
    for _, some in groupby(rows, key=lambda row: (row.at, row.said, row.zone)):
        members = list(some)
        found.append(Visit(members[0], readings_of(members)))
    return found


def readings_of(rows: Sequence[Result]) -> list[Reading]:
    """Return the readings of one time. Two numbers of a blood pressure are one, and two blood pressures are two."""
    titles = {code: name for name, wanted in codes.VITAL_COLUMNS.items() for code in wanted}
    order = list(titles)
    singles = [row for row in rows if not is_pressure(row)]
    found = [Reading("Blood pressure", pair) for pair in pairs_of([row for row in rows if is_pressure(row)])]
    for row in singles:
        known = row.code_system == codes.LOINC and row.code in titles
        found.append(Reading(titles[row.code] if known else row.display, [row]))
    return sorted(found, key=lambda one: order.index(one.first.code) if one.first.code in titles else len(order))


def is_pressure(row: Result) -> bool:
    return row.code_system == codes.LOINC and row.code in PRESSURES


def pairs_of(rows: Sequence[Result]) -> Iterator[list[Result]]:
    """Yield the upper number with the lower one of the same observation, else of the same time. One may be missing."""
    lowers = [row for row in rows if row.code == PRESSURES[1]]
    uppers = [row for row in rows if row.code == PRESSURES[0]]
    resources = {row.resource_id for row in uppers}
    for upper in uppers:
        own = [row for row in lowers if row.resource_id == upper.resource_id]
        free = own or [row for row in lowers if row.resource_id not in resources]
        if free:
            lowers.remove(free[0])
        yield [upper, *free[:1]]
    for lower in lowers:
        yield [lower]
