"""What the pages of lab results and vitals say, from the FHIR that a clinic sends."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.record import importing
from portal.record.models import Panel, Result
from portal.results.vitals import pairs_of
from tests.portal.conftest import OTIS, RUTH

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
MOST_QUERIES = 8


def store(patient: str, *resources: dict[str, Any]) -> None:
    with transaction.atomic():
        importing.store_resources(patient, "clinic", [(f"urn:uuid:{raw['id']}", raw) for raw in resources])


def coded(code: str, name: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code, "display": name}], "text": name}


def quantity(value: str, unit: str) -> dict[str, Any]:
    return {"value": Decimal(value), "unit": unit, "code": unit, "system": UCUM}


def measured(id_: str, code: str, name: str, value: str, unit: str, when: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": more.pop("category", "laboratory")}]}],
        "code": coded(code, name),
        "effectiveDateTime": when,
        "valueQuantity": quantity(value, unit),
        **more,
    }


def glucose(id_: str, value: str = "90", when: str = "2026-03-04T08:00:00-05:00", **more: Any) -> dict[str, Any]:
    return measured(id_, "2345-7", "Glucose", value, more.pop("unit", "mg/dL"), when, **more)


def weight(id_: str, value: str, when: str, **more: Any) -> dict[str, Any]:
    return measured(id_, "29463-7", "Body weight", value, "kg", when, category="vital-signs", **more)


def pressure(id_: str, upper: str, lower: str, when: str) -> dict[str, Any]:
    raw = measured(id_, "85354-9", "Blood pressure panel", "1", "1", when, category="vital-signs")
    del raw["valueQuantity"]
    raw["component"] = [
        {"code": coded("8480-6", "Systolic blood pressure"), "valueQuantity": quantity(upper, "mm[Hg]")},
        {"code": coded("8462-4", "Diastolic blood pressure"), "valueQuantity": quantity(lower, "mm[Hg]")},
    ]
    return raw


def report(id_: str, name: str, kind: str, *results: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": id_,
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": kind}]}],
        "code": {"text": name},
        "effectiveDateTime": "2026-03-04T08:00:00-05:00",
        "result": [{"reference": f"Observation/{one}"} for one in results],
        **more,
    }


BOUNDS: dict[str, Any] = {"referenceRange": [{"low": quantity("70", "mg/dL"), "high": quantity("99", "mg/dL")}]}


def page(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return " ".join(response.content.decode().split())


def address_of(name: str, feature: str = "labs", *, at: str = "") -> str:
    rows = Result.objects.filter(display=name)
    row = (rows.filter(said=at) if at else rows).order_by("id").first()
    assert row is not None
    return f"/portal/{feature}/test/{row.resource_id}/{row.place}/"


@pytest.fixture
def ruths(client, ruth):
    client.force_login(ruth)
    return client


def test_ruth_sees_her_reports_by_kind_day_and_name(ruths):
    store(
        RUTH,
        glucose("g1", **BOUNDS),
        report("r1", "Sugar panel", "LAB", "g1"),
        report("r2", "Chest picture", "RAD", effectiveDateTime="2020-01-05", conclusion="Clear lungs."),
    )
    everything = page(ruths, "/portal/labs/")
    assert "Sugar panel" in everything
    assert "Clear lungs." in everything
    for chosen in ("kind=imaging", "until=2020-01-05", "q=chest", "from=2020-01-05&until=2020-01-06"):
        shown = page(ruths, f"/portal/labs/?{chosen}")
        assert "Chest picture" in shown, chosen
        assert "Sugar panel" not in shown, chosen
    assert "Sugar panel" in page(ruths, "/portal/labs/?q=gluc")
    assert "No report matches" in page(ruths, "/portal/labs/?q=nothing")


@pytest.mark.parametrize(
    "typed", ["kind=x", "from=yesterday", "until=9999-12-31", "before=%00", "q=%00", "from=0001-01-01"]
)
def test_what_is_no_filter_is_no_error(ruths, typed):
    store(RUTH, report("r1", "Sugar panel", "LAB"))
    for path in ("", "single/", "other/"):
        page(ruths, f"/portal/labs/{path}?{typed}")


def test_only_a_result_with_a_whole_range_or_a_flag_is_called_usual(ruths):
    store(
        RUTH,
        glucose("g1", **BOUNDS),
        glucose("g2"),
        report("r1", "Judged", "LAB", "g1"),
        report("r2", "Not judged", "LAB", "g2"),
    )
    shown = page(ruths, "/portal/labs/")
    assert shown.count("The result is in the usual range.") == 1
    assert "<p>One result.</p>" in shown


def test_a_report_says_its_status_in_words(ruths):
    for status, said in (("preliminary", "may still change"), ("amended", "Changed after"), ("cancelled", "Canceled")):
        store(RUTH, report(status, status, "LAB", status=status))
        item = Panel.objects.get(display=status).resource_id
        assert said in page(ruths, f"/portal/labs/{item}/")
        assert said in page(ruths, "/portal/labs/")


def test_a_culture_is_a_report_in_words_with_its_files(ruths):
    culture = {**glucose("c1"), "code": {"text": "Organism"}, "valueString": "Escherichia coli"}
    del culture["valueQuantity"]
    files = [{"contentType": "application/pdf", "title": "Whole report", "data": "AAAA"}]
    store(RUTH, culture, report("r1", "Urine culture", "MB", "c1", conclusion="Growth.", presentedForm=files))
    shown = page(ruths, f"/portal/labs/{Panel.objects.get().resource_id}/")
    assert shown.index("What the report says") < shown.index("Escherichia coli") < shown.index("Whole report")
    assert "In the usual range" not in shown


def test_results_without_a_report_and_other_observations_have_their_lists(ruths):
    store(
        RUTH,
        glucose("g1"),
        {**glucose("s1", category="social-history"), "code": {"text": "Tobacco use"}},
        {**glucose("g2"), "code": {"text": "Sodium in a report"}},
        report("r1", "Panel", "LAB", "g2"),
    )
    single, other = page(ruths, "/portal/labs/single/"), page(ruths, "/portal/labs/other/")
    assert "Glucose" in single
    assert "Sodium in a report" not in single
    assert "Tobacco use" in other
    assert "Glucose" not in other


def test_a_test_has_a_chart_that_says_what_it_shows(ruths):
    store(RUTH, glucose("g1", "90.10", **BOUNDS), glucose("g2", "120", "2026-04-04T08:00:00-05:00", **BOUNDS))
    shown = page(ruths, address_of("Glucose"))
    assert 'role="img"' in shown
    assert "<title id=" in shown
    assert "2 results from March 4, 2026 to April 4, 2026, between 90.1 and 120 mg/dL." in shown
    assert "portal-chart__band" in shown
    assert "Blood sugar when the sample was taken" in shown
    assert shown.index("120") < shown.rindex("90.10")
    assert "style=" not in shown


def test_two_results_of_one_time_are_both_shown(ruths):
    store(RUTH, glucose("g1", "91"), glucose("g2", "94"))
    shown = page(ruths, address_of("Glucose"))
    assert shown.count("<circle") == 2
    assert "<strong>91</strong>" in shown
    assert "<strong>94</strong>" in shown


def test_units_that_cannot_be_converted_have_charts_of_their_own(ruths):
    store(RUTH, glucose("g1", "90"), glucose("g2", "5.0", unit="mmol/L"), glucose("g3", "7", unit="{odd}"))
    shown = page(ruths, address_of("Glucose"))
    assert shown.count('<svg class="portal-chart') == 2


def test_hundreds_of_results_are_bars_and_nothing_is_dropped(ruths):
    start = datetime(2020, 1, 1, tzinfo=UTC)
    store(
        RUTH,
        *(glucose(f"g{n}", str(80 + n % 30), (start + timedelta(days=n)).isoformat(), **BOUNDS) for n in range(260)),
        glucose("mmol", "5.55", "2020-03-01T00:00:00Z", unit="mmol/L"),
    )
    address = address_of("Glucose")
    page(ruths, address)  # the first look leaves an event
    with CaptureQueriesContext(connection) as asked:
        shown = page(ruths, address)
    assert len(asked) <= MOST_QUERIES
    assert shown.count("portal-chart__bar") <= 60
    assert shown.count("<circle") == 0
    assert "261 results from January 1, 2020" in shown
    assert "between 80 and 109 mg/dL" in shown
    seen, where = 0, ""
    while True:
        response = ruths.get(f"{address}?before={where}")
        listing = response.context["listing"]
        seen += len(listing.rows)
        if not listing.older:
            break
        where = listing.older.replace("+", "%2B")
    assert seen == 261


def test_a_test_as_a_file_holds_all_results_and_no_formula(ruths):
    store(RUTH, glucose("g1", "-2"), glucose("g2", "91", note=[{"text": "=1+1"}]))
    response = ruths.get(f"{address_of('Glucose')}results.csv")
    assert response["Content-Type"].startswith("text/csv")
    assert response["Content-Disposition"] == 'attachment; filename="results.csv"'
    assert "no-store" in response["Cache-Control"]
    rows = list(csv.reader(StringIO(response.content.decode())))
    assert {row[2] for row in rows[1:]} == {"-2", "91"}
    assert "'=1+1" in {row[-1] for row in rows}


def test_blood_pressure_is_a_pair_and_two_of_one_time_are_two(ruths):
    when = "2026-03-04T08:00:00-05:00"
    store(RUTH, pressure("p1", "131", "82", when), pressure("p2", "140", "90", when), weight("w1", "70.50", when))
    shown = page(ruths, "/portal/vitals/")
    assert "131 over 82" in shown
    assert "140 over 90" in shown
    assert "70.50" in shown
    test = page(ruths, address_of("Systolic blood pressure", "vitals"))
    assert test.count("<polyline") == 2
    assert "<h1>Blood pressure over time</h1>" in test


def test_an_upper_and_a_lower_number_of_one_time_are_a_pair():
    upper = Result(code="8480-6", resource_id=uuid4())
    lower = Result(code="8462-4", resource_id=uuid4())
    assert list(pairs_of([lower, upper])) == [[upper, lower]]
    assert list(pairs_of([lower])) == [[lower]]


def test_vitals_page_through_many_visits_without_cutting_or_losing_one(ruths):
    start = datetime(2024, 1, 1, 8, tzinfo=UTC)
    store(
        RUTH,
        *(pressure(f"p{n}", "120", "80", (start + timedelta(days=n)).isoformat()) for n in range(70)),
        *(weight(f"w{n}", "70", (start + timedelta(days=n)).isoformat()) for n in range(70)),
    )
    where, visits = "", []
    while True:
        with CaptureQueriesContext(connection) as asked:
            response = ruths.get(f"/portal/vitals/?before={where}")
        assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) <= MOST_QUERIES
        visits += response.context["visits"]
        where = response.context["listing"].older.replace("+", "%2B")
        if not where:
            break
    assert len(visits) == 70
    assert all(len(visit.readings) == 2 for visit in visits)


def test_the_page_of_a_test_says_device_origin_and_the_note_of_the_whole(ruths):
    cuff = {"resourceType": "Device", "id": "cuff", "deviceName": [{"name": "Upper arm cuff", "type": "other"}]}
    said = {"device": {"reference": "Device/cuff"}, "note": [{"text": "Sitting, left arm"}]}
    told: dict[str, Any] = {"derivedFrom": [{"display": "Glucose at home"}, {"reference": "Observation/a"}]}
    counted: dict[str, Any] = {"derivedFrom": [{"reference": "Observation/a"}, {"reference": "Observation/b"}]}
    store(
        RUTH,
        cuff,
        pressure("bp", "120", "80", "2026-03-04T08:00:00-05:00") | said,
        glucose("g1", **told),
        glucose("g2", "91", "2026-03-05T08:00:00-05:00", **counted),
    )
    shown = page(ruths, address_of("Systolic blood pressure", "vitals"))
    assert "Measured with: Upper arm cuff" in shown
    assert "Sitting, left arm" in shown
    shown = page(ruths, address_of("Glucose"))
    assert "Worked out from: Glucose at home, 1 other entry of the record" in shown
    assert "Worked out from: 2 entries of the record" in shown


def test_lists_of_many_reports_take_few_queries(ruths):
    store(
        RUTH,
        *(glucose(f"g{n}", "200", **BOUNDS) for n in range(60)),
        *(report(f"r{n}", f"Panel {n}", "LAB", f"g{n}") for n in range(60)),
    )
    item = Panel.objects.all()[0].resource_id
    for address in ("/portal/labs/", "/portal/labs/?q=glu", "/portal/labs/single/", f"/portal/labs/{item}/"):
        with CaptureQueriesContext(connection) as asked:
            page(ruths, address)
        assert len(asked) <= MOST_QUERIES, address


def test_results_of_others_are_not_there(client, otis, ruths):
    store(RUTH, glucose("g1"), report("r1", "Panel", "LAB", "g1"))
    addresses = [address_of("Glucose"), address_of("Glucose", "vitals"), f"{address_of('Glucose')}results.csv"]
    addresses += [
        f"/portal/labs/{Panel.objects.get().resource_id}/",
        f"/portal/labs/more/{Panel.objects.get().resource_id}/",
    ]
    client.force_login(otis)
    assert {client.get(one).status_code for one in addresses} == {404}
    assert OTIS != RUTH


def test_a_basic_account_sees_only_the_sample(client, ruth_basic):
    store(RUTH, glucose("g1", "7754321"))
    client.force_login(ruth_basic)
    for address in (
        "/portal/labs/",
        "/portal/labs/single/",
        address_of("Glucose"),
        f"{address_of('Glucose')}results.csv",
    ):
        shown = page(client, address)
        assert "Hemoglobin A1c 6.9 percent" in shown
        assert "7754321" not in shown
    assert "131 over 82" in page(client, "/portal/vitals/")


def test_what_was_entered_in_error_is_nowhere(ruths):
    store(RUTH, glucose("g1", status="entered-in-error"), glucose("g2", "95"))
    assert page(ruths, "/portal/labs/single/").count(">Glucose</a>") == 1


def test_an_unknown_test_is_not_found(ruths):
    assert ruths.get(f"/portal/labs/test/{UUID(int=1)}/0/").status_code == 404
    assert ruths.get(f"/portal/labs/test/{UUID(int=1)}/99999999999999/").status_code == 404
