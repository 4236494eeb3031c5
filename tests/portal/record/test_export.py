"""A record that is taken out comes back as it went in: whole, digit by digit, also in another person's empty record."""

import subprocess
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.record import checks
from portal.record.canonical import write_canonical
from portal.record.exporting import AT_ONCE, DamagedError, bundle_of
from portal.record.importing import Imported, Unchanged, import_file, store_resources, write_any, write_parsed
from portal.record.models import Condition, Panel, Resource
from tests.deers.registered import registered
from tests.portal.record.fhir import (
    ADA,
    REAL,
    bundle,
    digests,
    exported,
    lines,
    person_in,
    read,
    real_file,
    texts_of,
    weight,
    write,
)
from tests.safeguards.databases import MANAGE, ROOT, environment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", REAL)
def test_each_real_bundle_comes_back_equal_and_goes_into_an_empty_record(
    name: str, shared_folder: Any, tmp_path: Path
) -> None:
    path = real_file(shared_folder("fhir"), name)
    person = person_in(path)
    import_file(path, person.dod_id, other_name=True)
    out = exported(person.dod_id)
    came = read(path.read_text())["entry"]
    assert texts_of(out["entry"]) == texts_of(came)
    assert {entry["fullUrl"] for entry in out["entry"]} == {entry["fullUrl"] for entry in came}

    other = registered("Otis", "Empty").dod_id
    again = write(tmp_path, "".join(bundle_of(person.dod_id)))
    assert isinstance(import_file(again, other, other_name=True), Imported)
    assert digests(other) == digests(person.dod_id)
    assert "".join(bundle_of(other)) == again.read_text()
    assert isinstance(import_file(again, person.dod_id, other_name=True), Unchanged)


def test_a_record_of_two_sources_goes_into_an_empty_record(tmp_path: Path) -> None:
    ada, other = registered("Ada", "Winters").dod_id, registered("Ada", "Winters").dod_id
    import_file(write(tmp_path, bundle(ADA, weight())), ada, "clinic")
    import_file(write(tmp_path, bundle(ADA | {"gender": "female"}, weight(value="71"))), ada)
    out = write(tmp_path, "".join(bundle_of(ada)))
    assert isinstance(import_file(out, other), Imported)
    assert digests(other) == digests(ada)
    assert set(Resource.objects.filter(patient=other).values_list("source", flat=True)) == {"clinic", "import"}


def test_a_resource_without_a_name_comes_back_without_one_and_is_found_unchanged(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    nameless = {key: value for key, value in weight().items() if key != "id"}
    import_file(write(tmp_path, lines(ADA, nameless)), ada)
    out = write(tmp_path, "".join(bundle_of(ada)))
    assert isinstance(import_file(out, ada), Unchanged)


@pytest.mark.parametrize(
    "digits", ["0.010", "7", "7.0", "1e3", "1.50E+3", "-0", "-0.00", "0E-7", "2.5e-9", "120000000000000000000.5", "1E5"]
)
def test_a_number_keeps_its_digits(digits: str, tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    text = write_canonical({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": ADA}]})
    observed = write_canonical({"resource": weight()}).replace("70.50", digits)
    import_file(write(tmp_path, text.replace('{"resource"', observed + ',{"resource"', 1)), ada)
    out = "".join(bundle_of(ada, types=["Observation"]))
    assert f'"valueQuantity":{{"unit":"kg","value":{Decimal(digits)}}}' in out
    assert Resource.objects.get(type="Observation").raw["valueQuantity"]["value"] == Decimal(digits)


def test_an_empty_record_is_an_empty_bundle_which_changes_nothing(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    assert exported(ada) == {"resourceType": "Bundle", "type": "collection"}
    assert isinstance(import_file(write(tmp_path, "".join(bundle_of(ada))), ada), Unchanged)


def test_a_bundle_holds_the_types_and_the_time_that_are_asked_for(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    import_file(write(tmp_path, bundle(ADA, weight("old"), weight("new"), weight("undated"))), ada)
    for name, year in (("old", 2001), ("new", 2020)):
        row = Resource.objects.get(reference=name)
        at = datetime(year, 1, 1, tzinfo=UTC)
        Condition.objects.create(resource=row, patient=ada, display="x", at=at, is_current=True)
    Panel.objects.create(resource=Resource.objects.get(reference="undated"), patient=ada, display="x", kind="other")

    def names(**chosen: Any) -> list[str]:
        return [entry["resource"]["id"] for entry in exported(ada, **chosen).get("entry", [])]

    assert names(types=["Patient"]) == ["ada"]
    assert names(since=datetime(2010, 1, 1, tzinfo=UTC)) == ["new", "undated", "ada"]
    assert names(until=datetime(2010, 1, 1, tzinfo=UTC)) == ["old", "undated", "ada"]
    assert names(since=datetime(2002, 1, 1, tzinfo=UTC), until=datetime(2003, 1, 1, tzinfo=UTC)) == ["undated", "ada"]


def test_a_resource_that_was_damaged_in_the_store_stops_the_export(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    import_file(write(tmp_path, bundle(ADA)), ada)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE record_resource SET raw = '{}', version = 2")
    with pytest.raises(DamagedError):
        list(bundle_of(ada))


def open_cursors() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE statement LIKE '%record_resource%'")
        return int(cursor.fetchone()[0])  # type: ignore[index]


def test_an_export_that_is_given_up_leaves_nothing_open_and_can_be_repeated(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    import_file(write(tmp_path, bundle(ADA, *(weight(str(number)) for number in range(20)))), ada)
    whole = "".join(bundle_of(ada))
    export = bundle_of(ada)
    assert whole.startswith("".join(next(export) for _ in range(4)))
    export.close()  # type: ignore[attr-defined]
    assert open_cursors() == 0
    assert "".join(bundle_of(ada)) == whole


@pytest.mark.django_db(transaction=True)
def test_an_export_that_is_killed_leaves_nothing_and_can_be_repeated(settings: Any, tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    import_file(write(tmp_path, bundle(ADA, *(weight(str(number)) for number in range(2 * AT_ONCE)))), ada)
    whole = "".join(bundle_of(ada))
    script = f"""
from portal.record.exporting import bundle_of
for number, piece in enumerate(bundle_of("{ada}")):
    print(piece, flush=True)
    if number == 10:
        input()
"""
    process = subprocess.Popen(
        [*MANAGE, "shell", "--verbosity", "0", "-c", script],
        cwd=ROOT,
        env=environment(tmp_path, settings.FIELD_KEYS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    came = [process.stdout.readline().decode().rstrip("\n") for _ in range(10)]
    assert whole.startswith("".join(came))
    import_file(write(tmp_path, bundle(ADA, weight("1", "80"))), ada)  # waits for nobody who reads
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while open_sessions() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert open_sessions() == 0
    assert Resource.objects.count() == 2 * AT_ONCE + 1
    again = "".join(bundle_of(ada))
    assert again.count(":80}") == 1
    assert again.replace(":80}", ":70.50}") == whole


def open_sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '%record_resource%'"
        )
        return int(cursor.fetchone()[0])  # type: ignore[index]


@pytest.mark.django_db(transaction=True)
def test_an_import_in_the_middle_of_an_export_is_in_the_next_one(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    import_file(write(tmp_path, bundle(ADA, *(weight(str(number)) for number in range(2 * AT_ONCE)))), ada)
    whole = "".join(bundle_of(ada))
    export = bundle_of(ada)
    begun = [next(export), next(export)]
    import_file(write(tmp_path, bundle(ADA, weight("1", "80"), weight("new"))), ada)
    assert "".join([*begun, *export]) == whole
    assert "".join(bundle_of(ada)) != whole


UNFIT = "".join(filter(checks.UNFIT.match, map(chr, range(0xD800))))  # and surrogates, which are a category
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters=UNFIT), max_size=12)
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000),
    st.builds(
        lambda sign, digits, exponent: Decimal((sign, tuple(map(int, str(digits))), exponent)),
        st.integers(0, 1),
        st.integers(0, 10**18),
        st.integers(-40, 40),
    ),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)
RESOURCES = st.builds(
    lambda more, type_: {**more, "resourceType": type_},
    st.dictionaries(TEXTS.filter(lambda key: key not in ("id", "resourceType")), JSON, max_size=5),
    st.sampled_from(["Observation", "Patient", "Condition", "Basic"]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([{"": Decimal("-0"), "resourceType": "Observation"}])
@given(st.lists(RESOURCES, min_size=1, max_size=5))
def test_whatever_json_is_stored_comes_back_equal(resources: list[dict[str, Any]]) -> None:
    patient = f"{Resource.objects.values('patient').distinct().count() + 1_000_000_000}"
    store_resources(patient, "any", [("", resource) for resource in resources])
    came = sorted({write_canonical(resource) for resource in resources})
    assert {write_parsed(resource)[0] for resource in resources} == set(came)
    assert all(write_parsed(resource)[1] or not write_any(resource)[1] for resource in resources)
    out = "".join(bundle_of(patient))
    assert texts_of(read(out)["entry"]) == came
    assert all(text in out for text in came)
