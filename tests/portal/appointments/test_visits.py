"""What the pages of appointments and visits say, from the FHIR that a clinic sends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from icalendar import Calendar

from portal import zones
from portal.record import importing
from portal.record.models import Appointment
from tests.portal.conftest import OTIS, RUTH

CLINIC = {
    "resourceType": "Location",
    "id": "clinic",
    "name": "Harbor Clinic",
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "America/Los_Angeles"},
    ],
}


def store(patient: str, *resources: dict[str, Any]) -> None:
    with transaction.atomic():
        importing.store_resources(patient, "clinic", [(f"urn:uuid:{raw['id']}", raw) for raw in resources])


def agreed(number: int, start: datetime, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "id": f"visit-{number}",
        "status": "booked",
        "appointmentType": {"text": f"Check-up {number}"},
        "start": start.isoformat(timespec="seconds"),
        "end": (start + timedelta(minutes=30)).isoformat(timespec="seconds"),
        "participant": [{"actor": {"reference": "Location/clinic"}, "status": "accepted"}],
        **more,
    }


def page(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_visit_is_upcoming_until_it_ends_and_tells_the_time_of_its_place(client, ruth):
    now = timezone.now().replace(microsecond=0)
    store(RUTH, CLINIC, agreed(1, now - timedelta(minutes=5)), agreed(2, now - timedelta(days=5)))
    client.force_login(ruth)
    shown = page(client, "/portal/appointments/")
    assert shown.index("Check-up 1") < shown.index("Past appointments") < shown.index("Check-up 2")
    assert "Pacific time" in shown
    assert "Eastern" not in shown


def test_ruth_keeps_her_visit_in_a_calendar_that_follows_its_changes(client, ruth):
    start = datetime(2031, 7, 4, 17, 0, tzinfo=UTC)
    store(RUTH, CLINIC, agreed(1, start))
    client.force_login(ruth)
    item = Appointment.objects.get().resource_id
    response = client.get(f"/portal/appointments/{item}/calendar.ics")
    assert response["Content-Type"].startswith("text/calendar")
    event = next(iter(Calendar.from_ical(response.content).walk("VEVENT")))
    assert str(event["UID"]).startswith(str(item))
    assert event["DTSTART"].params["TZID"] == "America/Los_Angeles"
    assert event.decoded("dtstart") == start
    assert "VTIMEZONE" in response.content.decode()
    store(RUTH, agreed(1, start + timedelta(hours=1), status="cancelled"))
    changed = next(
        iter(Calendar.from_ical(client.get(f"/portal/appointments/{item}/calendar.ics").content).walk("VEVENT"))
    )
    assert changed["UID"] == event["UID"]
    assert changed["STATUS"] == "CANCELLED"
    assert int(str(changed["SEQUENCE"])) > int(str(event["SEQUENCE"]))


@pytest.mark.parametrize("rest", ["", "calendar.ics"])
def test_the_visit_of_another_is_not_there(client, ruth, otis, rest):
    store(OTIS, CLINIC, agreed(1, timezone.now().replace(microsecond=0)))
    client.force_login(ruth)
    assert client.get(f"/portal/appointments/{Appointment.objects.get().resource_id}/{rest}").status_code == 404


def test_a_long_past_is_paged_to_its_end_and_loses_nothing(client, ruth):
    first = datetime(2020, 1, 1, 15, tzinfo=UTC)
    store(RUTH, CLINIC, *(agreed(number, first + timedelta(days=number)) for number in range(25)))
    client.force_login(ruth)
    address, seen = "/portal/appointments/", []
    while address:
        shown = page(client, address)
        seen += [number for number in range(25) if f">Check-up {number}<" in shown]
        older = shown.partition("?before=")[2].partition('"')[0]
        address = f"/portal/appointments/?before={older}" if older else ""
    assert sorted(seen) == list(range(25))


ABROAD = datetime(2031, 7, 4, 21, 0, tzinfo=UTC)  # 2 PM at the clinic, the next morning in Tokyo


@pytest.mark.parametrize(
    ("zone", "beside"),
    [
        ("Asia/Tokyo", "(Pacific time; July 5, 2031, 6:00 AM Tokyo time)"),
        ("America/New_York", "(Pacific time; 5:00 PM Eastern time)"),
        ("America/Los_Angeles", "(Pacific time)"),
        ("America/Tijuana", "(Pacific time)"),
        ("", "(Pacific time)"),
        ("Mars/Olympus", "(Pacific time)"),
        ("../../etc/passwd", "(Pacific time)"),
        ("<script>", "(Pacific time)"),
    ],
)
def test_the_time_of_the_place_has_that_of_the_reader_beside_it_where_it_differs(client, ruth, zone, beside):
    store(RUTH, CLINIC, agreed(1, ABROAD))
    client.force_login(ruth)
    client.cookies[zones.COOKIE] = zone
    for address in ("/portal/", "/portal/appointments/", Appointment.objects.get().resource_id):
        where = address if isinstance(address, str) else f"/portal/appointments/{address}/"
        assert f"July 4, 2031, 2:00 PM {beside}" in page(client, where)


def test_a_time_in_a_list_of_past_visits_has_the_readers_beside_it_and_a_day_has_not(client, ruth):
    seen: dict[str, Any] = {
        "resourceType": "Encounter",
        "status": "finished",
        "location": [{"location": {"reference": "Location/clinic"}}],
    }
    seen["class"] = {"code": "AMB"}
    timed = {**seen, "id": "timed", "period": {"start": "2024-05-01T23:30:00-07:00"}}
    store(RUTH, CLINIC, timed, {**seen, "id": "day", "period": {"start": "2024-04-30"}})
    client.force_login(ruth)
    client.cookies[zones.COOKIE] = "America/New_York"
    shown = page(client, "/portal/appointments/visits/")
    assert "May 1, 2024, 11:30 PM (Pacific time; May 2, 2024, 2:30 AM Eastern time)" in shown
    assert "<p>April 30, 2024</p>" in shown


def test_visits_that_took_place_have_a_page(client, ruth):
    store(
        RUTH,
        {
            "resourceType": "Encounter",
            "id": "seen",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
            "type": [{"text": "Emergency visit"}],
            "period": {"start": "2024-05-01T03:00:00-04:00"},
            "reasonCode": [{"text": "Chest pain"}],
        },
    )
    client.force_login(ruth)
    shown = page(client, "/portal/appointments/visits/")
    assert "Emergency visit" in shown
    assert "Reason: Chest pain" in shown
    assert "May 1, 2024" in shown
