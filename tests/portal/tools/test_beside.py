"""What Ruth measured herself beside what clinics measured: marked, apart, and never part of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.record.models import Result
from portal.tools.models import Reading
from tests import walk
from tests.portal.conftest import RUTH
from tests.portal.test_results import address_of, pressure, quantity, store, weight
from tests.portal.tools.conftest import measured

PAGE = "/portal/vitals/"
OWN = "You measured, the newest shown as a diamond: "

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_the_clinic(client, ruth, pressure_at_home):
    """Ruth, signed in, with three readings of a clinic and three of her own."""
    store(RUTH, *(pressure(f"p{n}", f"14{n}", f"9{n}", f"2026-02-0{n + 1}T08:00:00-05:00") for n in range(3)))
    store(RUTH, weight("w1", "80", "2026-02-01T08:00:00-05:00"))
    client.force_login(ruth)
    return client


@pytest.fixture
def pressure_at_home(ruth):
    return measured(
        ruth,
        "blood-pressure",
        ("2026-03-12 07:30", "136", "84"),
        ("2026-03-13 07:30", "131", "82"),
        ("2026-03-14 07:30", "128", "79"),
    )


def test_own_readings_are_marked_in_the_chart_in_words_and_in_rows_apart(at_the_clinic):
    page = at_the_clinic.get(PAGE)
    latest = {one.reading.name: one for one in page.context["latest"]}
    assert latest["Blood pressure"].reading.numbers == "142 over 92"
    chart = latest["Blood pressure"].chart
    assert len(chart.own) == 2  # the newest of each number
    clinics, own = chart.description.split(OWN)
    assert "between 140 and 142 mm Hg" in clinics
    assert (
        "Upper number (systolic): 3 readings from March 12, 2026 to March 14, 2026, between 128 and 136 mm Hg." in own
    )
    said = walk.text_of(page)
    assert said.count("128 over 79 mm Hg") == 2  # the tile and the list
    assert "No clinic has checked them." in said
    assert not any("128" in reading.numbers for visit in page.context["visits"] for reading in visit.readings)


def test_a_link_switches_them_off_and_on_and_then_nothing_of_them_is_read(at_the_clinic):
    assert 'href="?own=no"' in at_the_clinic.get(PAGE).content.decode()
    off = at_the_clinic.get(PAGE, {"own": "no"})
    assert "Show what you measured too" in walk.text_of(off)
    assert "128 over 79" not in walk.text_of(off)
    assert "portal-chart__own" not in off.content.decode()


def test_the_page_of_a_measurement_has_both_in_one_chart_and_two_lists(at_the_clinic):
    address = address_of("Systolic blood pressure", "vitals")
    page = at_the_clinic.get(address)
    (chart,) = page.context["charts"]
    assert len(chart.lines) == 2
    assert len(chart.own) == 6
    assert chart.along[-1].words == "March 14, 2026"
    assert len(page.context["listing"].rows) == 6
    assert "128 over 79" in walk.text_of(page)
    assert "128 over 79" not in walk.text_of(at_the_clinic.get(address, {"own": "no"}))


def test_a_weight_in_pounds_stands_in_a_chart_in_kilograms(at_the_clinic, ruth):
    measured(ruth, "weight", ("2026-03-12 07:30", "180"), unit="[lb_av]")
    latest = {one.reading.name: one for one in at_the_clinic.get(PAGE).context["latest"]}
    assert Result.objects.get(display="Body weight").unit == "kg"
    assert "One reading, 81.6466266 kg" in latest["Weight"].chart.description
    assert latest["Weight"].own.with_unit == "180 lb"


def test_the_usual_range_of_a_clinic_is_not_held_over_own_readings(at_the_clinic, ruth):
    usual = [{"low": quantity("60", "kg"), "high": quantity("90", "kg")}]
    store(RUTH, *(weight(f"r{n}", "80", f"2026-02-0{n}T08:00:00-05:00", referenceRange=usual) for n in (2, 3)))
    measured(ruth, "weight", ("2026-03-12 07:30", "180"), unit="[lb_av]")
    (chart,) = at_the_clinic.get(address_of("Body weight", "vitals")).context["charts"]
    (band,) = chart.bands
    assert float(band.x) + float(band.width) < float(chart.own[0].x)


def test_other_tests_and_pages_have_none_of_them(at_the_clinic, ruth):
    measured(ruth, "glucose", ("2026-03-12 07:30", "99"))
    assert "99 mg/dL" not in walk.text_of(at_the_clinic.get(PAGE))
    older = at_the_clinic.get(PAGE, {"before": "2026-02-02T13:00:00+00:00_999999"})
    assert "128 over 79" not in walk.text_of(older)


def test_without_anything_of_a_clinic_own_readings_are_still_shown_as_own(client, ruth, pressure_at_home):
    client.force_login(ruth)
    said = walk.text_of(client.get(PAGE))
    assert "There are no measurements in your record." in said
    assert "128 over 79" in said


def test_the_pages_ask_few_queries(at_the_clinic):
    at_the_clinic.get(PAGE)
    for address in (PAGE, address_of("Systolic blood pressure", "vitals")):
        with CaptureQueriesContext(connection) as asked:
            at_the_clinic.get(address)
        assert len(asked) <= 8


def test_the_chart_shows_the_last_year_alone_where_older_results_would_crowd_it(client, ruth):
    days = [(timezone.now() - timedelta(days=ago)).isoformat() for ago in (6000, 5000, 30, 20)]
    store(RUTH, *(weight(f"w{n}", f"8{n}", day) for n, day in enumerate(days)))
    measured(ruth, "weight", ("2020-03-13 07:30", "181"), ("2020-03-14 07:30", "180"))
    Reading.objects.filter(number=180).update(at=timezone.now() - timedelta(days=10))
    client.force_login(ruth)
    address = address_of("Body weight", "vitals")
    (chart,) = client.get(address).context["charts"]
    assert (len(chart.dots), len(chart.own)) == (4, 2)
    assert 'href="?time=year"' in client.get(address).content.decode()
    recent = client.get(address, {"time": "year"})
    (chart,) = recent.context["charts"]
    assert (len(chart.dots), len(chart.own)) == (2, 1)
    assert len(recent.context["listing"].rows) == 4
    assert "Show all years" in walk.text_of(recent)
