"""The lists of lab results, and one report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounts.models import Account
from core.dates import read_day
from portal.record import queries
from portal.record.models import Attachment, Panel, Result
from portal.record.queries import Listing, counted
from portal.record.sensitive import Guarded
from safeguards.standby import may_be_read_from_standby

PANELS, SINGLES, LINES = 15, 15, 100
# The most unusual results that a list names for one panel. Its page has them all.
NAMED = 4
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
        read_day(query.get("from", "")),
        read_day(query.get("until", "")),
        query.get("q", "").replace("\0", "").strip()[:80],
    )


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
