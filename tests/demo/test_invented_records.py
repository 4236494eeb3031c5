"""Invented records are FHIR R4, hang together over a life, and are the same for the same seed."""

import base64
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B import get_fhir_model_class

from demo import population
from demo.invent import records
from demo.invent.records.course import CHILDHOOD
from demo.people import PEOPLE
from portal.codes import CONDITIONS, VACCINES
from portal.messages.models import Message, Thread
from portal.record import exporting, importing, projecting
from portal.record.canonical import write_canonical
from portal.record.models import Allergy, Encounter, Paper, Resource, Result, Vaccine
from tests import people

Json = dict[str, Any]
SOMEBODY, TODAY = "1234567890", date(2026, 11, 23)
LIVES = [(date(1939, 2, 3), "M"), (date(1961, 7, 30), "F"), (date(1988, 2, 29), "F"), (date(2005, 1, 1), "M")]
LIVES += [(date(2013, 5, 5), "M"), (date(2025, 12, 1), "F"), (date(2026, 11, 20), "M")]
DAYS = (
    *("effectiveDateTime", "occurrenceDateTime", "authoredOn", "whenHandedOver", "onsetDateTime"),
    *("abatementDateTime", "performedDateTime", "recordedDate", "date", "startDate"),
)


def invent(born: date, sex: str = "M", *, seed: int = 7, **more: Any) -> records.Record:
    return records.record_for(SOMEBODY, born, sex, Random(seed), TODAY, **more)


def of(record: records.Record, type_: str, *codes: str) -> list[Json]:
    """Return the resources of a type, oldest first; with codes, those that have one of them."""
    found = [raw for raw in record.resources if raw["resourceType"] == type_]
    kept = [raw for raw in found if not codes or {*codes} & set(codes_of(raw))]
    return sorted(kept, key=lambda raw: when(raw))


def codes_of(raw: Json) -> list[str]:
    concept = raw.get("code") or raw.get("vaccineCode") or raw.get("medicationCodeableConcept") or {}
    return [coding["code"] for coding in concept.get("coding", [])]


def when(raw: Json) -> str:
    """Return what a resource says of its time, "" if nothing."""
    period = raw.get("period") or raw.get("performedPeriod") or {}
    return next((raw[name] for name in DAYS if name in raw), period.get("start", ""))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def all_in(raw: Iterable[Json], key: str) -> set[Any]:
    return {one.get(key) for one in raw}


@pytest.mark.parametrize(("born", "sex"), LIVES)
@pytest.mark.parametrize("theme", records.THEMES)
def test_every_resource_is_fhir_and_nothing_happens_before_birth_or_after_today(born, sex, theme):
    for raw in invent(born, sex, theme=theme).resources:
        get_fhir_model_class(raw["resourceType"]).model_validate(raw)
        said = when(raw)
        if said and raw["resourceType"] != "Appointment":
            assert born.isoformat()[: len(said)] <= said[:10] <= TODAY.isoformat(), raw


@pytest.mark.parametrize("key", PEOPLE)
def test_the_record_of_everybody_in_the_demo_is_fhir_and_names_only_what_is_in_it(key):
    record = population.record_of(PEOPLE[key])
    for raw in record.resources:
        get_fhir_model_class(raw["resourceType"]).model_validate(raw)
    assert set(references(record.resources)) <= {url for url, _ in record.entries}
    assert len({raw["id"] for raw in record.resources}) == len(record.resources)


def test_numbers_keep_their_digits():
    record = invent(date(1952, 1, 1), theme="diabetes")
    for raw in record.resources:
        write_canonical(raw)  # refuses a float
    assert '"value":81.60' in "".join(write_canonical(raw) for raw in record.resources)


def test_the_same_seed_gives_the_same_record():
    one, two = (invent(date(1950, 1, 1), "F", seed=3) for _ in range(2))
    assert one.resources == two.resources
    assert [row.pk for row in one.threads + one.messages] == [row.pk for row in two.threads + two.messages]
    assert one.resources != invent(date(1950, 1, 1), "F", seed=4).resources


def test_two_people_with_one_seed_share_no_ids():
    one, two = (records.record_for(who, date(1950, 1, 1), "F", Random(3), TODAY) for who in ("1", "2"))
    assert not all_in(one.resources, "id") & all_in(two.resources, "id")


def test_grace_has_had_her_blood_sugar_measured_for_twenty_years_and_it_falls():
    record = population.record_of(PEOPLE["grace"])
    a1c = of(record, "Observation", "4548-4")
    values = [raw["valueQuantity"]["value"] for raw in a1c]
    first, last = (datetime.fromisoformat(when(raw)) for raw in (a1c[0], a1c[-1]))
    assert (last - first).days > 18 * 365
    assert len(a1c) >= 20
    assert sum(values[:4]) / 4 > sum(values[-4:]) / 4 + 1 > 6
    assert of(record, "Condition", "44054006")[0]["onsetDateTime"] <= when(a1c[0])[:4]
    assert of(record, "MedicationRequest", "861007")
    assert {raw["title"] for raw in of(record, "CarePlan")} >= {"Diabetes self management plan"}


def test_emily_was_pregnant_and_gave_birth_on_the_day_on_which_clara_was_born():
    record, born = population.record_of(PEOPLE["emily"]), PEOPLE["clara"].born
    (pregnancy,) = of(record, "Condition", "72892002")
    assert pregnancy["abatementDateTime"] == born.isoformat()
    (birth,) = of(record, "Procedure", "177184002")
    assert birth["performedPeriod"]["start"][:10] == born.isoformat()
    during = [raw for raw in of(record, "Encounter") if pregnancy["onsetDateTime"] < when(raw) < born.isoformat()]
    assert sum("Pregnancy" in raw["reasonCode"][0]["text"] for raw in during) == 9
    tested = {raw["code"]["text"] for raw in of(record, "Observation")}
    assert {"Blood group and Rh type", "Rubella antibody", "Glucose 1 hour after 50 g glucose"} <= tested
    assert any(pregnancy["onsetDateTime"] < when(raw) < born.isoformat() for raw in of(record, "Immunization", "115"))


def test_clara_has_the_vaccines_of_a_toddler_by_schedule():
    clara = PEOPLE["clara"]
    record = population.record_of(clara)
    due = [(days, cvx) for days, cvx, _ in CHILDHOOD if clara.born + timedelta(days=days + 20) <= date.today()]  # noqa: DTZ011
    for days, cvx in due:
        kind = {"133": "216"}.get(cvx, cvx)
        given = [date.fromisoformat(when(raw)) for raw in of(record, "Immunization", kind)]
        assert any(abs((day - clara.born).days - days) <= 14 for day in given), (days, cvx)
    assert not of(record, "Immunization", "115", "165", "207", "208")
    assert len(of(record, "Observation", "29463-7")) >= 7
    assert not of(record, "Observation", "85354-9")


def test_a_child_has_vaccines_by_schedule_and_no_medication_for_old_age():
    record = invent(date(2016, 3, 1), "F", seed=5)
    given = {code for raw in of(record, "Immunization") for code in codes_of(raw)}
    assert {"08", "20", "10", "03", "21", "48", "116", "133"} <= given
    assert not given & {"187", "33", "135"}
    assert not of(record, "MedicationRequest", "314076", "617310", "861007")


def test_raymond_has_a_positive_culture_that_nobody_flagged():
    record = population.record_of(PEOPLE["raymond"])
    (culture,) = of(record, "Observation", "630-4")
    assert culture["valueCodeableConcept"]["text"] == "Escherichia coli"
    assert "interpretation" not in culture
    (report,) = of(record, "DiagnosticReport", "630-4")
    assert report["result"] == [{"reference": f"urn:uuid:{culture['id']}"}]


def test_raymond_has_results_without_a_range_and_one_that_is_only_more_than_a_number():
    record = population.record_of(PEOPLE["raymond"])
    clotting = of(record, "Observation", "6301-6")
    assert len(clotting) >= 3
    assert not any("referenceRange" in raw or "interpretation" in raw for raw in clotting)
    assert of(record, "Observation", "33914-3")[0]["valueQuantity"]["comparator"] == ">"


def test_raymond_refused_a_vaccine():
    refused = [
        raw for raw in of(population.record_of(PEOPLE["raymond"]), "Immunization") if raw["status"] == "not-done"
    ]
    assert [raw["statusReason"]["text"] for raw in refused] == ["Patient objection"]


def test_raymond_knows_of_his_first_operation_only_the_year():
    (operation,) = of(population.record_of(PEOPLE["raymond"]), "Procedure", "80146002")
    assert operation["performedDateTime"] == "1968"


def test_raymond_has_two_blood_pressures_of_one_minute():
    pressures = of(population.record_of(PEOPLE["raymond"]), "Observation", "85354-9")
    arms = [raw for raw in pressures if "bodySite" in raw]
    assert len(arms) == 2
    assert len({when(raw) for raw in arms}) == 1


def test_danielle_has_an_allergy_that_was_entered_in_error():
    allergies = of(population.record_of(PEOPLE["danielle"]), "AllergyIntolerance")
    states = [raw["verificationStatus"]["coding"][0]["code"] for raw in allergies]
    assert sorted(states) == ["confirmed", "entered-in-error"]


def test_li_said_that_he_has_no_allergies():
    (none,) = of(population.record_of(PEOPLE["li"]), "AllergyIntolerance")
    assert none["code"]["text"] == "No known allergy"


def test_others_were_never_asked_about_allergies():
    asked = [bool(of(invent(date(1980, 1, 1), seed=seed), "AllergyIntolerance")) for seed in range(30)]
    assert any(asked)
    assert not all(asked)


def test_arturo_has_a_test_with_a_code_that_no_list_explains():
    (walked,) = of(population.record_of(PEOPLE["arturo"]), "Observation", "XQ-17")
    assert walked["code"]["coding"][0]["system"] == "urn:oid:2.999.7.1"


@pytest.mark.parametrize("key", ["noah", "meiling"])
def test_noah_and_mei_ling_have_an_empty_record(key):
    record = population.record_of(PEOPLE[key])
    assert record == records.Record(PEOPLE[key].dod_id)


def test_thomas_has_nothing_after_his_death():
    thomas = PEOPLE["thomas"]
    assert thomas.died is not None
    record = population.record_of(thomas)
    assert of(record, "Patient")[0]["deceasedDateTime"] == thomas.died.isoformat()
    assert not [raw for raw in of(record, "Appointment") if raw["status"] == "booked"]
    assert max(when(raw) for raw in record.resources)[:10] <= thomas.died.isoformat()


def test_each_visit_is_in_the_time_zone_of_its_place():
    record = population.record_of(PEOPLE["grace"])
    places = {f"urn:uuid:{raw['id']}": raw for raw in of(record, "Location")}
    zones = set()
    for visit in of(record, "Encounter"):
        zone = places[visit["location"][0]["location"]["reference"]]["extension"][0]["valueCode"]
        at = datetime.fromisoformat(visit["period"]["start"])
        assert at.utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset()
        assert 8 <= at.hour <= 15
        zones.add(zone)
    assert len(zones) == 2


def test_results_say_where_they_lie():
    for raw in of(invent(date(1945, 3, 1), theme="diabetes"), "Observation"):
        flags = {flag["coding"][0]["code"] for flag in raw.get("interpretation", [])}
        usual = raw.get("referenceRange", [{}])[0]
        value = raw.get("valueQuantity", {}).get("value", Decimal(0))
        if "H" in flags:
            assert value > usual["high"]["value"]
        if "N" in flags:
            assert value >= usual.get("low", {"value": value})["value"]


def test_every_code_of_vaccines_and_conditions_is_one_of_ours():
    record = invent(date(1945, 3, 1), "F", seed=9)
    assert {code for raw in of(record, "Immunization") for code in codes_of(raw)} <= {*VACCINES}
    assert {code for raw in of(record, "Condition") for code in codes_of(raw)} <= {*CONDITIONS}


def test_notes_can_be_read():
    for raw in of(invent(date(1945, 3, 1)), "DocumentReference"):
        attached = raw["content"][0]["attachment"]
        text = base64.b64decode(attached["data"])
        assert len(text) == attached["size"]
        assert "Plan:" in text.decode()


def test_what_was_handed_out_belongs_to_a_prescription():
    record = invent(date(1952, 1, 1), theme="diabetes")
    prescriptions = {f"urn:uuid:{raw['id']}": raw for raw in of(record, "MedicationRequest")}
    for fill in of(record, "MedicationDispense"):
        prescription = prescriptions[fill["authorizingPrescription"][0]["reference"]]
        assert when(fill) >= when(prescription)
        assert codes_of(fill) == codes_of(prescription)


def test_storing_twice_changes_nothing(db):
    record = invent(date(1950, 1, 1), "F")
    records.store([record])
    stored = Resource.objects.filter(patient=SOMEBODY)
    assert stored.count() == len(record.resources)
    records.store([record])
    assert stored.count() == stored.filter(version=1).count() == len(record.resources)
    assert (Thread.objects.count(), Message.objects.count()) == (len(record.threads), len(record.messages))


@pytest.mark.parametrize("key", ["emily", "raymond", "clara"])
def test_what_was_invented_can_be_taken_home_and_imported(key, db, tmp_path):
    person = people.load(key, record=True)
    bundle = tmp_path / "bundle.json"
    bundle.write_text("".join(exporting.bundle_of(person.dod_id)))
    assert isinstance(importing.import_file(bundle, person.dod_id, records.SOURCE), importing.Unchanged)
    assert isinstance(importing.import_file(bundle, person.dod_id, "home"), importing.Imported)


def test_the_lists_of_raymonds_record_say_what_is_so(db):
    raymond = people.load("raymond", record=True).dod_id
    assert projecting.check_patient(raymond) == []
    culture = Result.objects.get(patient=raymond, code="630-4")
    assert (culture.text, culture.verdict) == ("Escherichia coli", Result.Verdict.NONE)
    assert Vaccine.objects.filter(patient=raymond, was_given=False).count() == 1
    assert not Encounter.objects.filter(patient=raymond, zone="").exists()
    assert set(Paper.objects.filter(patient=raymond).values_list("type", flat=True)) <= {"Patient"}


def test_danielles_error_is_in_no_list(db):
    danielle = people.load("danielle", record=True).dod_id
    assert Resource.objects.filter(patient=danielle, type="AllergyIntolerance").count() == 2
    assert Allergy.objects.filter(patient=danielle).count() == 1


def test_many_people_are_stored_at_once(db):
    born = date(1980, 1, 1)
    several = [records.record_for(str(number), born, "F", Random(number), TODAY) for number in range(3)]
    records.store(several)
    for record in several:
        assert Resource.objects.filter(patient=record.patient).count() == len(record.resources)
