"""One test over time: its charts, its results, and the file of them."""

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpResponse, QueryDict
from django.utils import timezone

from accounts.models import Account
from core.spreadsheets import defuse_cell
from portal import charts, codes
from portal.family.patients import require_part
from portal.record import moments, queries, words
from portal.record.models import Result
from portal.record.queries import counted
from portal.templatetags import record as shown
from portal.tools import beside
from safeguards.standby import may_be_read_from_standby

TESTS = 25
A_YEAR = timedelta(days=365)
COLUMNS = ("Date", "Test", "Result", "Unit", "Compared with the usual range", "Usual range", "Status", "Note")
Context = dict[str, Any]


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
    return [(codes.LOINC, code) for code in codes.PRESSURES]


def rank(key: tuple[str, str]) -> int:
    """Return the place of a test beside others: the upper number of a blood pressure comes first."""
    return codes.PRESSURES.index(key[1]) if key in pressure_keys() else len(codes.PRESSURES)


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
        one.name in {codes.VITALS[code].display for code in codes.PRESSURES} for one in tests
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
        writer.writerow([defuse_cell(cell) for cell in cells])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    # The name says nothing about the test: a folder of downloads is seen by others.
    response.headers["Content-Disposition"] = 'attachment; filename="results.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
