"""Measurements: the latest of each, and all by visit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.http import QueryDict

from accounts.models import Account
from portal import charts, codes
from portal.record import queries
from portal.record.models import Result
from portal.record.queries import counted
from portal.record.sensitive import Guarded
from portal.templatetags import record as shown
from portal.tools import beside
from portal.tools.models import Reading as OwnReading
from safeguards.standby import may_be_read_from_standby

VITALS, LATEST = 60, 40
NEWEST = """
    SELECT found.* FROM unnest(%s::text[]) AS wanted(code), LATERAL (
        SELECT * FROM record_result WHERE patient = %s AND code_system = %s AND record_result.code = wanted.code
        AND value IS NOT NULL ORDER BY at DESC NULLS LAST, id DESC LIMIT %s) AS found
"""
Context = dict[str, Any]


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
    return row.code_system == codes.LOINC and row.code in codes.PRESSURES


def pairs_of(rows: Sequence[Result]) -> Iterator[list[Result]]:
    """Yield the upper number with the lower one of the same observation, else of the same time. One may be missing."""
    lowers = [row for row in rows if row.code == codes.PRESSURES[1]]
    uppers = [row for row in rows if row.code == codes.PRESSURES[0]]
    resources = {row.resource_id for row in uppers}
    for upper in uppers:
        own = [row for row in lowers if row.resource_id == upper.resource_id]
        free = own or [row for row in lowers if row.resource_id not in resources]
        if free:
            lowers.remove(free[0])
        yield [upper, *free[:1]]
    for lower in lowers:
        yield [lower]
