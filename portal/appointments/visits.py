"""What the pages of appointments and visits show. Every query starts from the patient whose record it is."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from icalendar import Calendar, Event

from portal.appointments import asking, pages
from portal.appointments.gates import judge_ahead
from portal.family.patients import Patient, Who, reader_of
from portal.record import moments, queries
from portal.record.models import Appointment, Encounter
from safeguards.standby import may_be_read_from_standby

PAGE_SIZE = 10
# More than anybody has agreed to, and few enough for one page.
UPCOMING = 50
# FHIR's status of an appointment, and that of iCalendar (RFC 5545 §3.8.1.11). Any other is not certain.
CALENDAR_STATUS = {"booked": "CONFIRMED", "arrived": "CONFIRMED", "checked-in": "CONFIRMED", "cancelled": "CANCELLED"}
# What was proposed or asked for is shown too, with its status. Only these are over before their time.
OVER = ("fulfilled", "cancelled", "noshow")


@may_be_read_from_standby
def appointments(account: Who, query: QueryDict) -> dict[str, Any]:
    """Return the visits that are to come, soonest first, and a page of past ones, newest first."""
    now = timezone.now()
    mine = queries.of(Appointment, account.dod_id)
    ahead = (Q(ends_at__gte=now) | Q(ends_at=None, at__gte=now)) & ~Q(status__in=OVER)
    listing = queries.list_page(mine.exclude(ahead), query.get("before", ""), PAGE_SIZE)
    # `at` bounds the search to the near end of the index: no visit lasts a day.
    upcoming = mine.filter(ahead).order_by("at")[:UPCOMING] if listing.is_first else []
    asked = list(asking.open_requests(account.dod_id).order_by("-made_at")) if may_ask(account) else []
    pages.name_requests(account, asked)
    return {"upcoming": list(upcoming), "listing": listing, "asked": asked}


def may_ask(who: Who) -> bool:
    """Return whether requests belong to this page: of the patient, or of who sees or acts for them, at Premium."""
    return reader_of(who).is_premium and not (isinstance(who, Patient) and who.is_shared)


@may_be_read_from_standby
def appointment(account: Who, item: str) -> dict[str, Any]:
    """Return one appointment, with what can be done about it."""
    found, now = queries.one(Appointment, account.dod_id, item), timezone.now()
    has_calendar = found.at is not None and has_clock(found)
    can = pages.possible(account, found, now) if may_ask(account) else {}
    ahead = judge_ahead(found, now) is None
    return {"visit": found, "item_title": found.display, "has_calendar": has_calendar, "is_ahead": ahead, **can}


def has_clock(row: Appointment) -> bool:
    """Return whether a time was said, and not only a day."""
    return "T" in row.said


def calendar(account: Who, query: QueryDict, item: UUID) -> HttpResponse:
    """Return one appointment as an iCalendar file (RFC 5545). Raise Http404 if no time was said for it."""
    found = queries.one(Appointment, account.dod_id, str(item))
    if found.at is None or not has_clock(found):
        raise Http404
    answer = HttpResponse(write_calendar(found, timezone.now()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def write_calendar(row: Appointment, now: datetime) -> bytes:
    """Return the iCalendar text of an appointment that has a time.

    The UID stays the same and SEQUENCE grows with each change, so that a calendar moves the entry that it has. Times
    carry the zone of the place if it is known: a calendar then moves with daylight saving as the clinic does.
    """
    zone = ZoneInfo(row.zone) if moments.zone_of(row.zone) else None
    event = Event()
    event.add("uid", f"{row.resource_id}@{settings.SITE_ADDRESS.split('//')[-1]}")
    event.add("sequence", row.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", row.at.astimezone(zone) if zone else row.at)  # type: ignore[union-attr]
    if row.ends_at:
        event.add("dtend", row.ends_at.astimezone(zone) if zone else row.ends_at)
    event.add("summary", f"Appointment: {row.display}")
    event.add("status", CALENDAR_STATUS.get(row.status, "TENTATIVE"))
    place = "By video" if row.virtual else ", ".join(part for part in (row.location, row.address) if part)
    if place:
        event.add("location", place)
    if row.patient_instruction:
        event.add("description", row.patient_instruction)
    file = Calendar()
    file.add("prodid", "-//DS Logon//Appointments//EN")
    file.add("version", "2.0")
    file.add_component(event)
    file.add_missing_timezones()
    return file.to_ical()


@may_be_read_from_standby
def visits(account: Who, query: QueryDict) -> dict[str, Any]:
    """Return a page of the visits that took place, newest first."""
    mine = queries.of(Encounter, account.dod_id)
    return {"listing": queries.list_page(mine, query.get("before", ""), PAGE_SIZE), "item_title": "Your visits"}
