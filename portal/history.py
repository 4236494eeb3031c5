"""What the pages of conditions, medications, vaccines, procedures and notes show.

Every query starts from the patient whose record it is.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import nh3
from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Account
from portal import codes
from portal.family.patients import require_part
from portal.medications.gates import REFILL_AHEAD
from portal.record import moments, queries
from portal.record.models import (
    Allergy,
    Attachment,
    Condition,
    Note,
    Prescription,
    Procedure,
    Resource,
    Vaccine,
)
from portal.record.reading.reports import data_at
from safeguards.standby import may_be_read_from_standby

PAGE_SIZE = 20
VACCINES_TO_A_PAGE = 25
# Nobody has more at one time; what is older is on the following pages.
CURRENT = 100
# The flu vaccine of a season is given from September on.
FLU_SEASON_BEGINS = 9
# What a browser shows of a file by itself without running anything, and how such a file begins. All else is only
# downloaded. What comes before the signature of a PDF is allowed there.
SHOWN_BY_BROWSER = {
    "application/pdf": re.compile(rb".{0,1019}?%PDF-", re.DOTALL),
    "image/png": re.compile(rb"\x89PNG\r\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
TEXTS = ("text/plain", "text/markdown")
MARKUP = ("text/html", "application/xhtml+xml")
TAGS = {"p", "br", "b", "i", "em", "strong", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "h2", "h3"}
# A page shows this many characters of a text; the rest is in the file.
LONGEST_TEXT = 200_000


@may_be_read_from_standby
def allergies(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of allergies, newest first, and what the record says of having none."""
    mine = queries.of(Allergy, account.dod_id)
    return {
        "listing": queries.list_page(mine.filter(says_none=False), query.get("before", ""), PAGE_SIZE),
        "none": queries.list_page(mine.filter(says_none=True), query.get("none", ""), CURRENT),
    }


@may_be_read_from_standby
def conditions(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return the conditions that a person has now, and a page of those before, newest first."""
    mine = queries.of(Condition, account.dod_id)
    return now_and_before(mine, query)


def now_and_before(mine: Any, query: QueryDict) -> dict[str, Any]:
    """Return the present rows, on the first page only, and a page of the past ones. A great many flow over."""
    listing = queries.list_page(mine.filter(is_current=False), query.get("before", ""), PAGE_SIZE)
    now = queries.list_page(mine.filter(is_current=True), query.get("now", ""), CURRENT)
    return {"active": now.rows if listing.is_first else [], "more_active": now.older, "listing": listing}


@may_be_read_from_standby
def immunizations(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of the vaccines that were given, newest first, and on the first page those that were not."""
    mine = queries.of(Vaccine, account.dod_id)
    listing = queries.list_page(mine.filter(was_given=True), query.get("before", ""), VACCINES_TO_A_PAGE)
    refused = queries.list_page(mine.filter(was_given=False), query.get("not", ""), CURRENT)
    not_given = refused.rows if listing.is_first else []
    return {
        "listing": listing,
        "not_given": not_given,
        "more_not_given": refused.older if listing.is_first else "",
        "health_cards": bool(settings.HEALTH_CARD_KEY),
    }


@may_be_read_from_standby
def procedures(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of procedures, newest first."""
    return {"listing": queries.list_page(queries.of(Procedure, account.dod_id), query.get("before", ""), PAGE_SIZE)}


@may_be_read_from_standby
def notes(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of notes, newest first."""
    return {"listing": queries.list_page(queries.of(Note, account.dod_id), query.get("before", ""), PAGE_SIZE)}


@dataclass(frozen=True)
class File:
    """A file of the record, and what the page can show of it. `problem` says why there is nothing to show."""

    row: Attachment
    text: str = ""
    markup: str = ""
    is_cut: bool = False
    is_image: bool = False
    can_download: bool = False
    problem: str = ""


@may_be_read_from_standby
def note(account: Account, item: str) -> dict[str, Any]:
    """Return one note with its files, texts shown in full."""
    row = queries.one(Note, account.dod_id, item)
    files = queries.of(Attachment, account.dod_id).filter(resource_id=row.resource_id).order_by("place")
    resource = Resource.objects.get(pk=row.resource_id)
    return {"document": row, "files": [read_file(one, resource.raw) for one in files], "item_title": row.display}


@may_be_read_from_standby
def note_file(account: Account, query: QueryDict, item: UUID, place: int) -> dict[str, Any]:
    """Return one file of a note or report."""
    row = find_file(account, item, place)
    return {"file": read_file(row, row.resource.raw), "item_title": row.display}


def find_file(account: Account, item: UUID, place: int) -> Attachment:
    """Return a file of a note or report. Raise Http404 for anyone else's, and if reports are not open to the reader."""
    row = queries.one(Attachment, account.dod_id, str(item), place)
    if row.resource.type == "DiagnosticReport":
        require_part(account, "labs")
    return row


def read_file(row: Attachment, raw: dict[str, Any]) -> File:
    """Return what can be shown of a file. What is written as text is shown as text, and markup only without scripts."""
    data = data_at(raw, row.path)
    if data is None:
        return File(row, problem="This file is kept elsewhere, so we cannot show it here." if row.url else UNREADABLE)
    kind = media_type(row)
    if kind in TEXTS or kind in MARKUP:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return File(row, can_download=True, problem="We cannot show this text, but you can download it.")
        if kind in MARKUP:
            return File(row, markup=clean_markup(text), is_cut=len(text) > LONGEST_TEXT, can_download=True)
        return File(row, text=text[:LONGEST_TEXT], is_cut=len(text) > LONGEST_TEXT, can_download=True)
    if kind in SHOWN_BY_BROWSER and not is_shown(kind, data):
        return File(row, can_download=True, problem=MISNAMED)
    return File(row, is_image=kind.startswith("image/") and kind in SHOWN_BY_BROWSER, can_download=True)


def is_shown(kind: str, data: bytes) -> bool:
    """Return whether a browser may show a file by itself: only if it begins as a file of its type does."""
    begins = SHOWN_BY_BROWSER.get(kind)
    return begins is not None and begins.match(data) is not None


MISNAMED = "This file is not of the type that it says, so we do not show it. You can download it."
UNREADABLE = "This file came damaged or empty, so we cannot show it."


def media_type(row: Attachment) -> str:
    """Return the media type of a file without its parameters."""
    return row.content_type.partition(";")[0].strip().lower()


def clean_markup(text: str) -> SafeString:
    """Return markup of which only layout is left: no scripts, no styles, no links, no pictures."""
    return mark_safe(nh3.clean(text[:LONGEST_TEXT], tags=TAGS, attributes={}))  # noqa: S308 - nh3 has cleaned it


def download(account: Account, query: QueryDict, item: UUID, place: int) -> HttpResponse:
    """Return the bytes of one file. Raise Http404 where there are none.

    Only types that a browser shows without running anything keep their type, and even those open in a sandbox.
    """
    row = find_file(account, item, place)
    data = data_at(row.resource.raw, row.path)
    if data is None:
        raise Http404
    kind = media_type(row)
    shown = is_shown(kind, data)
    answer = HttpResponse(data, content_type=kind if shown else "application/octet-stream")
    answer["Content-Disposition"] = "inline" if shown else 'attachment; filename="file"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def reminders_of(account: Account) -> dict[str, Any]:
    """Return the reminders that follow from the record: supplies that run out, and this season's flu vaccine."""
    today = timezone.localdate()
    ends = queries.of(Prescription, account.dod_id).filter(is_current=True, supply_ends__lte=today + REFILL_AHEAD)
    given = queries.of(Vaccine, account.dod_id).filter(was_given=True, code__in=codes.FLU)
    last = queries.newest_first(given).first()
    return {"refills": list(ends.order_by("supply_ends")), "flu_due": is_flu_due(last, today), "today": today}


def is_flu_due(last: Vaccine | None, today: date) -> bool:
    """Return whether the record shows no flu vaccine of this season."""
    given = moments.day_of(last.said, last.zone) if last else None
    return given is None or given < flu_season(today)


def flu_season(today: date) -> date:
    """Return the first day of the flu season that `today` belongs to."""
    year = today.year if today.month >= FLU_SEASON_BEGINS else today.year - 1
    return date(year, FLU_SEASON_BEGINS, 1)
