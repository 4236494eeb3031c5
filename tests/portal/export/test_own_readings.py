"""Own readings travel in the copy of a record: apart from it, marked, counted and whole."""

import json
from decimal import Decimal

import pytest
from fhir.resources.R4B import get_fhir_model_class

from portal.export import checking, contents, making
from portal.export.own_readings import FILE
from portal.record.models import Resource
from portal.tools.fhir import observations_of
from portal.tools.models import Reading
from tests.portal.conftest import RUTH
from tests.portal.export.test_copies import downloaded, made, text_of
from tests.portal.tools.conftest import measured

pytestmark = pytest.mark.django_db


@pytest.fixture
def readings(ruth):
    measured(ruth, "blood-pressure", ("2026-03-12 07:30", "136", "84"), ("2026-03-14 07:30", "128.0", "79"))
    measured(ruth, "weight", ("2026-03-14", "181.50"))
    return Reading.objects.filter(patient=RUTH)


def test_own_readings_are_in_each_part_of_the_copy_and_marked(client, ruth, records, readings):
    records(RUTH)
    client.force_login(ruth)
    export = made(client)
    copy, number = downloaded(client, export), Resource.objects.filter(patient=RUTH).count()
    assert copy.read("record.html").decode().count("<article>") == number + 3
    assert "Own reading: Blood pressure" in copy.read("record.txt").decode()
    assert "the person, not by a clinic" in copy.read("record.txt").decode()
    assert any(name.startswith("pdf/readings-") for name in copy.namelist())
    manifest = json.loads(copy.read("manifest.json"))
    assert (manifest["resources"], manifest["own_readings"]) == (number, 3)
    assert "Your copy is ready" in text_of(client, export)


def test_they_are_fhir_that_says_the_patient_reported_them_with_each_digit(client, ruth, readings):
    client.force_login(ruth)
    text = downloaded(client, made(client, sections=[contents.OWN])).read(FILE).decode()
    bundle = json.loads(text, parse_float=Decimal)
    get_fhir_model_class("Bundle").model_validate(json.loads(text))
    patient, *observations = [entry["resource"] for entry in bundle["entry"]]
    assert patient["resourceType"] == "Patient"
    assert RUTH not in text
    by_code = {one["code"]["coding"][0]["code"]: one for one in observations}
    assert by_code.keys() == {"85354-9", "29463-7"}
    weight = by_code["29463-7"]
    assert weight["valueQuantity"] == {
        "value": Decimal("181.50"),
        "unit": "lb",
        "system": "http://unitsofmeasure.org",
        "code": "[lb_av]",
    }
    assert '"value":181.50' in text
    assert weight["effectiveDateTime"] == "2026-03-14"
    assert weight["status"] == "final"
    assert weight["performer"][0]["reference"] == f"urn:uuid:{patient['id']}"
    assert all(one["meta"]["tag"][0]["code"] == "PATRPT" for one in observations)
    codes = [part["code"]["coding"][0]["code"] for part in by_code["85354-9"]["component"]]
    assert codes == ["8480-6", "8462-4"]


def test_an_observation_has_the_same_id_each_time(readings):
    first, second = ([one["id"] for one in observations_of(RUTH)] for _ in range(2))
    assert first == second
    assert set(first) == {str(row.resource_id) for row in readings}


def test_only_the_days_that_were_asked_for_are_in_it(client, ruth, readings):
    client.force_login(ruth)
    since = {"since_month": "3", "since_day": "14", "since_year": "2026"}
    copy = downloaded(client, made(client, sections=[contents.OWN], **since))
    assert copy.read("record.html").decode().count("<article>") == 2


def test_without_their_section_there_are_none(client, ruth, records, readings):
    records(RUTH)
    client.force_login(ruth)
    copy = downloaded(client, made(client, sections=["allergies"]))
    assert FILE not in copy.namelist()
    assert "Own reading" not in copy.read("record.txt").decode()


def test_a_reading_that_is_changed_meanwhile_begins_the_copy_again(client, ruth, readings, monkeypatch):
    client.force_login(ruth)
    real, turns = making.write_all, []

    def write_all(*args):
        turns.append(1)
        if len(turns) == 1:
            readings.filter(said="2026-03-14").delete()
        real(*args)

    monkeypatch.setattr(making, "write_all", write_all)
    copy = downloaded(client, made(client, sections=[contents.OWN]))
    assert len(turns) == 2
    assert copy.read("record.html").decode().count("<article>") == 2


def test_a_copy_whose_readings_are_others_is_not_handed_out(client, ruth, readings, monkeypatch):
    client.force_login(ruth)
    monkeypatch.setattr(checking, "observations_of", lambda patient, ids: iter(()))
    assert made(client, sections=[contents.OWN]).state == "failed"
