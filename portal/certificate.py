"""The vaccine certificate: the vaccines that the record shows as given, on paper for others to read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Account
from core.typesetting import typeset_data
from core.words import TIME_ZONE
from deers import lookup
from deers.registry import Beneficiary
from portal import codes
from portal.record import moments, queries
from portal.record.models import Resource, Vaccine

TITLE = "Vaccine certificate"
LAYOUT = '#import "/record.typ": certificate\n#certificate(json(bytes(sys.inputs.data)))\n'
# More than anybody is given in a life. If there are more, the paper says that older ones are missing.
MOST_VACCINES = 500
NONE = (
    "No vaccines are recorded as given in this person's health record. That does not mean that none were given: they "
    "may have been given elsewhere."
)
HEARD = "Reported by someone other than who gave it"


def certificate(account: Account, query: QueryDict) -> HttpResponse | dict[str, Any]:
    """Return the certificate as a PDF, or the context of a page that says that DEERS does not tell whose it is."""
    person = lookup.person(account.dod_id or "")
    if person is None:
        return {"item_title": TITLE}
    person = replace(person, dod_id=account.dod_id or "")  # which also says what is closed
    answer = HttpResponse(write_certificate(person, timezone.now()), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="vaccines.pdf"'
    return answer


def write_certificate(person: Beneficiary, now: datetime) -> bytes:
    """Return the PDF/UA of the vaccines that a person was given, newest first."""
    given = queries.of(Vaccine, person.dod_id).filter(was_given=True)
    listing = queries.list_page(given, "", MOST_VACCINES)
    return typeset_data(LAYOUT, contents(person, listing, now), made=now)


def heard_of(patient: str, rows: Iterable[Vaccine]) -> set[UUID]:
    """Return the resources among these that somebody else reported than who gave the vaccine."""
    mine = Resource.objects.filter(patient=patient, pk__in=[row.resource_id for row in rows])
    return set(mine.filter(raw__primarySource=False).values_list("pk", flat=True))


def contents(person: Beneficiary, listing: queries.Listing, now: datetime) -> dict[str, Any]:
    """Return what the paper says, for the layout in core/paper/record.typ."""
    count, heard = len(listing.rows), heard_of(person.dod_id, listing.rows)
    shown = f"These are the {count} vaccines" if count > 1 else "This is the one vaccine"
    before = f"{shown} that this person's health record shows as given, newest first." if count else NONE
    after = []
    if listing.older:
        before = f"These are the newest {count} vaccines that this person's health record shows as given, newest first."
        after.append("There are older ones. They are on the page of immunizations in the health portal.")
    if count:
        after.append("Vaccines given elsewhere may be missing. “Not recorded” means that the record does not say.")
    after.append("This paper is made from the health record and carries no signature or stamp.")
    return {
        "about": frame(person.full_name, person.date_of_birth, TITLE, now),
        "before": [before],
        "rows": [cells(row, is_heard=row.resource_id in heard) for row in listing.rows],
        "after": after,
    }


def frame(name: str, born: date | None, title: str, now: datetime) -> dict[str, str]:
    """Return what each page of a paper carries: whose it is, what it is, and when and by whom it was made."""
    local = timezone.localtime(now)
    return {
        "title": title,
        "name": name,
        "born": moments.show_day_of(born) if born else "",
        "made": f"{date_format(local, 'F j, Y, g:i A')} ({TIME_ZONE})",
        "by": f"DS Logon, {settings.SITE_ADDRESS.partition('//')[2]}",
        "note": "Demonstration. Every person and record here is invented." if settings.DEMO else "",
    }


def cells(row: Vaccine, *, is_heard: bool) -> list[list[str]]:
    """Return the cells of one vaccine, each with its lines."""
    meaning = codes.MEANINGS.get((row.code_system, row.code), "")
    lot = f"Lot {row.lot_number}" if row.lot_number else ""
    return [
        lines(meaning, row.display),
        [when_given(row)],
        lines(row.dose) or ["Not recorded"],
        lines(row.manufacturer, lot) or ["Not recorded"],
        lines(row.location, row.performer, HEARD if is_heard else "") or ["Not recorded"],
    ]


def lines(*parts: str) -> list[str]:
    return [part for part in dict.fromkeys(parts) if part]


def when_given(row: Vaccine) -> str:
    """Return the day, month or year that was said, or the words that stand for it."""
    words = [line.removeprefix("When: ") for line in row.note.splitlines() if line.startswith("When: ")]
    return moments.show_day(row.said, row.zone) or next(iter(words), "Date not recorded")
