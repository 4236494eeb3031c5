"""People store what they measure: what is typed, what is odd, what is impossible, and whose it is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core import policy
from portal.tools import readings
from portal.tools.measures import BY_SLUG, judge
from portal.tools.models import Reading, Tracker
from safeguards.models import AuditEvent
from tests import walk
from tests.portal.tools.conftest import measured

pytestmark = pytest.mark.django_db

PRESSURE, WEIGHT = "/portal/tools/blood-pressure/", "/portal/tools/weight/"
GOOD = {"at": "2026-03-14T07:30", "number": "128", "second": "79", "note": ""}


def text_of(client, address: str) -> str:
    return walk.text_of(client.get(address))


def test_ruth_stores_her_blood_pressure_and_sees_it_in_the_list_and_the_table(client, ruth):
    client.force_login(ruth)
    response = client.post(PRESSURE, GOOD | {"note": "Before breakfast"}, follow=True)
    shown = walk.text_of(response)
    assert response.redirect_chain == [(PRESSURE, 302)]
    assert "Stored: 128 over 79 mm Hg." in shown
    assert "March 14, 2026, 7:30 AM (Eastern time)" in shown
    assert "Before breakfast" in shown
    assert "128 over 79 mm Hg Your own reading, March 14, 2026" in text_of(client, "/portal/tools/")


def test_the_digits_are_kept_and_the_time_is_of_the_readers_zone(client, ruth):
    client.force_login(ruth)
    client.cookies["time_zone"] = "Asia/Tokyo"
    client.post(WEIGHT, {"at": "2026-03-14T07:30", "number": "181.50", "unit": "[lb_av]"})
    row = Reading.objects.get()
    assert f"{row.number:f}" == "181.50"
    assert row.said == "2026-03-14T07:30:00+09:00"
    assert "7:30 AM (Tokyo time)" in text_of(client, WEIGHT)


def test_without_a_time_it_was_measured_now(client, ruth):
    client.force_login(ruth)
    client.post("/portal/tools/steps/", {"number": "8,412"})
    row = Reading.objects.get()
    assert row.number == 8412
    assert timezone.now() - row.at < timedelta(minutes=2)


def test_a_pair_in_one_box_fills_both(client, ruth):
    client.force_login(ruth)
    client.post(PRESSURE, {"number": " 128/79 ", "second": ""})
    assert Reading.objects.get().numbers == [128, 79]


def test_the_same_form_twice_stores_one_reading(client, ruth):
    client.force_login(ruth)
    client.post(PRESSURE, GOOD)
    shown = walk.text_of(client.post(PRESSURE, GOOD, follow=True))
    assert "You have this reading already" in shown
    assert Reading.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"number": ""}, "Enter a number."),
        ({"number": "abc"}, "Enter a number in digits"),
        ({"number": "1e5"}, "Enter a number in digits"),
        ({"number": "NaN"}, "Enter a number in digits"),
        ({"number": "128.5"}, "Enter a whole number"),
        ({"number": "9" * 39}, "Enter a number in digits"),
        ({"number": "1280"}, "Enter a number from 40 to 299 mm Hg. Did you mean 128 over 79 mm Hg?"),
        ({"number": "79", "second": "128"}, "The lower number has to be smaller than the upper one. Did you mean 128"),
        ({"number": "-5"}, "Enter a number from 40 to 299 mm Hg."),
        ({"at": "2126-03-14T07:30"}, "This time is in the future."),
        ({"at": "2126-03-14"}, "This day is in the future."),
        ({"at": "2026-02-30T07:30"}, "There is no such day."),
        ({"at": "2026-03-08T02:30"}, "There was no such time in Eastern time"),
        ({"at": "2026-03-01T25:00"}, "There is no such time."),
        ({"at": "0001-01-01T00:00"}, "Enter a year that is not before 1900."),
        ({"at": "yesterday"}, "Enter the date and the time"),
        ({"note": "x" * (policy.READING_NOTE_MAX + 1)}, "Note: use at most 200 characters."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_what_was_typed_stays(client, ruth, typed, sentence):
    client.force_login(ruth)
    response = client.post(PRESSURE, GOOD | typed)
    assert response.status_code == 200
    assert sentence in walk.text_of(response)
    assert "usa-error-message" in response.content.decode()
    for value in (GOOD | typed).values():
        assert value in response.content.decode()
    assert not Reading.objects.exists()


def test_both_numbers_that_cannot_be_are_named_at_once(client, ruth):
    client.force_login(ruth)
    errors = client.post(PRESSURE, GOOD | {"number": "9", "second": "700"}).context["form"].errors
    assert errors == {
        "number": ["Enter a number from 40 to 299 mm Hg."],
        "second": ["Enter a number from 20 to 199 mm Hg."],
    }


def test_an_odd_number_is_asked_about_before_anything_is_stored(client, ruth):
    client.force_login(ruth)
    odd = {"number": "18.5", "unit": "[lb_av]", "at": "2026-03-14T07:30"}
    response = client.post(WEIGHT, odd)
    shown = walk.text_of(response)
    assert "You typed 18.5 lb. That is unusual. Did you mean 185 lb? Nothing is stored yet." in shown
    assert 'value="18.5"' in response.content.decode()
    assert "Yes, store 185 lb" in shown
    assert "No, store 18.5 lb" in shown
    assert not Reading.objects.exists()
    client.post(WEIGHT, odd | {"keep": "18.5 lb"})
    assert Reading.objects.get().number == Decimal("18.5")


def test_the_number_that_was_meant_is_stored_with_one_click(client, ruth):
    client.force_login(ruth)
    client.post(WEIGHT, {"number": "18.5", "unit": "[lb_av]", "instead": "185 lb"})
    assert Reading.objects.get().number == 185


@pytest.mark.parametrize("answer", [{"keep": "18.5 lb"}, {"instead": "900 lb"}, {"instead": "185 lb"}])
def test_an_answer_about_another_number_is_no_answer(client, ruth, answer):
    client.force_login(ruth)
    response = client.post(WEIGHT, {"number": "19.5", "unit": "[lb_av]", **answer})
    assert "You typed 19.5 lb." in walk.text_of(response)
    assert not Reading.objects.exists()


def test_an_odd_number_without_a_guess_can_be_kept(client, ruth):
    client.force_login(ruth)
    shown = walk.text_of(client.post(PRESSURE, {"number": "235", "second": "110"}))
    assert "You typed 235 mm Hg. That is unusual. Is it right?" in shown
    assert "Yes, store 235 over 110 mm Hg" in shown


@pytest.mark.parametrize(
    ("slug", "numbers", "unit", "meant"),
    [
        ("glucose", "5.4", "mg/dL", ("5.4", "mmol/L")),
        ("glucose", "118", "mmol/L", ("118", "mg/dL")),
        ("glucose", "1180", "mg/dL", ("118", "mg/dL")),
        ("sleep", "75", "h", ("7.5", "h")),
        ("pain", "70", "{score}", ("7", "{score}")),
        ("steps", "840000", "{steps}", ("8400", "{steps}")),
    ],
)
def test_the_guess_is_what_is_easily_mistyped(slug, numbers, unit, meant):
    doubt = judge(BY_SLUG[slug], [Decimal(numbers)], unit)
    assert doubt is not None
    assert doubt.instead is not None
    assert (f"{doubt.instead[0][0]:f}", doubt.instead[1]) == meant


def test_very_high_blood_pressure_says_what_to_do(client, ruth):
    client.force_login(ruth)
    shown = walk.text_of(client.post(PRESSURE, GOOD | {"number": "186"}, follow=True))
    assert "call 911" in shown


def test_a_reading_is_changed_and_deleted(client, ruth, pressure):
    client.force_login(ruth)
    row = Reading.objects.latest("at")
    address = f"{PRESSURE}{row.resource_id}/"
    assert 'value="128.0"' in client.get(address).content.decode()
    client.post(address, GOOD | {"number": "127"})
    row.refresh_from_db()
    assert row.number == 127
    assert "You have another reading" in walk.text_of(
        client.post(address, {"at": "2026-03-13T07:30", "number": "131", "second": "82"})
    )
    for _ in range(2):
        client.post(address, {"action": "delete"})
    assert Reading.objects.count() == 2
    events = AuditEvent.objects.filter(event__startswith="tools.").order_by("id").values_list("event", flat=True)
    assert list(events) == ["tools.reading-added", "tools.reading-changed", "tools.reading-deleted"]


@pytest.mark.parametrize("said", ["2026-03-01", "2026-03-01 07:30:45"])
def test_a_changed_number_keeps_the_time_that_it_was_measured_at(client, ruth, said):
    measured(ruth, "weight", (said, "181"))
    client.force_login(ruth)
    row = Reading.objects.get()
    address = f"{WEIGHT}{row.resource_id}/"
    client.post(address, {"number": "180", "unit": "[lb_av]", "at": row.said[:16] if "T" in row.said else ""})
    changed = Reading.objects.get()
    assert changed.number == 180
    assert (changed.at, changed.said) == (row.at, row.said)


def test_no_number_is_in_the_audit_trail(client, ruth, pressure):
    assert AuditEvent.objects.get(event="tools.reading-added").details == {"measure": "blood-pressure", "count": 3}


def test_nobody_sees_or_changes_the_readings_of_another(client, ruth, otis, pressure):
    client.force_login(otis)
    row = Reading.objects.latest("at")
    for address in (f"{PRESSURE}{row.resource_id}/", f"{PRESSURE}delete/", f"/portal/tools/{pressure.pk}/"):
        assert client.get(address).status_code == 404
        assert client.post(address, GOOD | {"action": "delete"}).status_code == 404
    assert "128.0" not in text_of(client, PRESSURE)
    assert Reading.objects.count() == 3


def test_basic_gets_the_preview_and_stores_nothing(client, ruth_basic):
    client.force_login(ruth_basic)
    assert "Upgrade to Premium" in client.get(PRESSURE).content.decode()
    assert client.post(PRESSURE, GOOD).status_code == 403
    assert not Tracker.objects.exists()


def test_staff_and_visitors_store_nothing(client, staff):
    assert client.post(PRESSURE, GOOD).status_code == 302
    client.force_login(staff)
    assert client.post(PRESSURE, GOOD).status_code == 403
    assert not Tracker.objects.exists()


def test_something_of_ones_own_is_kept_track_of(client, ruth, otis):
    client.force_login(ruth)
    where = client.post("/portal/tools/new/", {"name": "Knee bend", "unit": "degrees"})["Location"]
    client.post(where, {"number": "95.5"})
    assert "95.5 degrees" in text_of(client, where)
    assert "You have a tracker of this name already" in walk.text_of(
        client.post("/portal/tools/new/", {"name": "KNEE bend"})
    )
    client.force_login(otis)
    assert client.get(where).status_code == 404


def test_a_tracker_is_deleted_with_its_readings(client, ruth, pressure):
    client.force_login(ruth)
    assert "3 readings" in text_of(client, f"{PRESSURE}delete/")
    client.post(f"{PRESSURE}delete/")
    assert not Reading.objects.exists()


def test_a_target_is_a_band_in_the_chart_and_marks_what_is_outside(client, ruth, pressure):
    client.force_login(ruth)
    client.post(f"{PRESSURE}target/", {"high": "130", "second_high": "80"})
    page = client.get(PRESSURE).content.decode()
    shown = " ".join(page.split())
    assert "Your target: <strong>upper number at most 130, lower number at most 80 mm Hg</strong>" in shown
    assert page.count("Outside your target") == 2
    assert "portal-chart__band" in page
    assert "2 are outside your target, shown in red." in page
    client.post(f"{PRESSURE}target/", {})
    assert "You have no target." in text_of(client, PRESSURE)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"low": "130", "high": "110"}, "Enter a number that is not below the one before."),
        ({"high": "x"}, "Enter a number in digits"),
        ({"high": "5000"}, "Nobody can measure this number."),
    ],
)
def test_a_target_that_cannot_be_is_refused(client, ruth, typed, sentence):
    client.force_login(ruth)
    response = client.post(f"{PRESSURE}target/", typed)
    assert sentence in walk.text_of(response)
    assert all(f'value="{value}"' in response.content.decode() for value in typed.values())


def test_readings_in_two_units_stand_on_one_axis(client, ruth):
    measured(ruth, "weight", ("2026-03-01 08:00", "100"), unit="kg")
    measured(ruth, "weight", ("2026-03-02 08:00", "220"))
    client.force_login(ruth)
    assert "2 readings from March 1, 2026 to March 2, 2026, between 220 and 220.4622622 lb." in text_of(client, WEIGHT)


def test_a_long_list_is_paged_and_loses_nothing(client, ruth):
    many = [(f"2026-{month:02}-{day:02} 08:00", f"{180 + day}") for month in (1, 2) for day in range(1, 29)]
    measured(ruth, "weight", *many)
    client.force_login(ruth)
    first = client.get(WEIGHT)
    second = client.get(WEIGHT, {"before": first.context["listing"].older})
    rows = [*first.context["listing"].rows, *second.context["listing"].rows]
    assert len(rows) == len({row.pk for row in rows}) == 56


@pytest.mark.parametrize(
    "address", ["", "blood-pressure/", "blood-pressure/target/", "blood-pressure/delete/", "goals/new/"]
)
def test_a_page_of_the_tools_asks_few_queries(client, ruth, records, pressure, django_assert_max_num_queries, address):
    records(ruth.dod_id)
    client.force_login(ruth)
    client.get(f"/portal/tools/{address}")
    with django_assert_max_num_queries(2 + 8):
        assert client.get(f"/portal/tools/{address}").status_code == 200


def test_more_readings_than_anybody_needs_are_refused(client, ruth, pressure, monkeypatch):
    monkeypatch.setattr(policy, "READINGS_MAX", 3)
    client.force_login(ruth)
    assert "There is no room" in walk.text_of(client.post(PRESSURE, GOOD | {"at": "2026-03-01T08:00"}))
    assert readings.readings_of(pressure).count() == 3
