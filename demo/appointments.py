"""What the demo's Premium account asked of its clinic: a visit in two days, with its questions answered, and a wish."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Account
from portal.appointments import asking, booking, pages
from portal.appointments.models import Part, Request
from portal.record import queries
from portal.record.importing import store_resources
from portal.record.models import Appointment, resource_id

VISIT = "demo-visit-soon"


def act_on_appointments(account: Account) -> None:
    """Book a visit that is near, answer its questions, and ask for another appointment."""
    places = booking.places_of(account.dod_id)
    place = places[0][0]
    patient = account.dod_id or ""
    soon = timezone.localtime() + timedelta(days=2)
    start = datetime.combine(soon.date(), datetime.min.time().replace(hour=14), booking.zone_at(place))
    slot = booking.Slot(start, 30, "Blood pressure check", place, clinician="Lena Brandt, RN")
    raw: dict[str, Any] = booking.new_appointment(Request(pk=VISIT, account=account, way=Request.Way.PERSON), slot)
    raw["meta"] = {"source": settings.SITE_ADDRESS}
    store_resources(patient, booking.SOURCE, [*booking.copied_place(place), ("", raw)])
    which = resource_id(patient, booking.SOURCE, "Appointment", VISIT)
    visit = queries.of(Appointment, patient).get(resource_id=which)
    pages.keep_answers(
        account,
        visit,
        {"phone": None, "medications": "I stopped the evening tablet.", "topics": "Headaches in the morning."},
    )
    day = timezone.localdate() + timedelta(days=14 - timezone.localdate().weekday())  # a Monday
    wishes = [(day, Part.MORNING.value), (day + timedelta(days=1), Part.ANY.value)]
    asking.ask_new(account, wishes, place=place, way=Request.Way.VIDEO, why="My knee hurts when I climb stairs.")
