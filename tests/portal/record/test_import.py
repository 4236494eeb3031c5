"""Files that become part of a record: real ones whole, small ones of each kind, twice, together, and half."""

import io
import json
import signal
import subprocess
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from portal.record import importing, projecting
from portal.record.importing import Imported, Refused, Unchanged, import_file, store_resources
from portal.record.models import Import, Paper, Resource, Version
from safeguards.models import AuditEvent
from tests.deers.registered import registered
from tests.parallel import in_parallel
from tests.portal.record.fhir import ADA, REAL, bundle, lines, person_in, read, real_file, weight, write
from tests.safeguards.databases import MANAGE, ROOT, environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> str:
    return registered("Ada", "Winters").dod_id


def stored(patient: str) -> list[str]:
    return sorted(Resource.objects.filter(patient=patient).values_list("type", flat=True))


@pytest.mark.parametrize("name", [name for name in REAL if "2021" not in name])  # see the next test
def test_each_real_bundle_is_stored_whole_and_then_unchanged(name: str, shared_folder: Any) -> None:
    path = real_file(shared_folder("fhir"), name)
    person = person_in(path)
    done = import_file(path, person.dod_id)
    assert isinstance(done, Imported), done
    assert sum(done.types.values()) == done.added == len(read(path.read_text())["entry"])
    assert import_file(path, person.dod_id) == Unchanged(path, done.types)


@pytest.mark.parametrize("name", [name for name in REAL if "2021" in name])
def test_a_name_with_digits_is_another_name_until_it_is_said_to_be_meant(name: str, shared_folder: Any) -> None:
    path = real_file(shared_folder("fhir"), name)
    patient = next(entry["resource"] for entry in read(path.read_text())["entry"])
    born = date.fromisoformat(patient["birthDate"])
    person = registered("Ramona" if "Ramona" in name else "Bethanie", "Godínez", born=born)
    assert isinstance(import_file(path, person.dod_id), Refused)
    assert stored(person.dod_id) == []
    assert isinstance(import_file(path, person.dod_id, other_name=True), Imported)


@pytest.mark.parametrize("kind", ["transaction", "collection", "searchset", "batch", "document", "history", "message"])
def test_bundles_of_every_type_are_read(kind: str, ada: str, tmp_path: Path) -> None:
    done = import_file(write(tmp_path, bundle(ADA, weight(), kind=kind)), ada)
    assert isinstance(done, Imported)
    assert done.types == {"Observation": 1, "Patient": 1}


def test_ndjson_and_a_single_resource_are_read(ada: str, tmp_path: Path) -> None:
    assert isinstance(import_file(write(tmp_path, lines(ADA, weight()) + "\n\n"), ada), Imported)
    assert isinstance(import_file(write(tmp_path, json.dumps(ADA | {"gender": "female"}, indent=2)), ada), Imported)
    assert stored(ada) == ["Observation", "Patient"]


def test_bulk_files_without_a_patient_follow_the_one_that_has_it(ada: str, tmp_path: Path) -> None:
    weights = write(tmp_path, lines(weight("1"), weight("2")), "Observation.ndjson")
    refused = import_file(weights, ada)
    assert isinstance(refused, Refused)
    assert "says whose it is" in refused.reason
    import_file(write(tmp_path, lines(ADA), "Patient.ndjson"), ada)
    assert isinstance(import_file(weights, ada), Imported)
    stranger = write(tmp_path, lines(weight("3", subject={"reference": "Patient/otis"})), "Other.ndjson")
    assert isinstance(import_file(stranger, ada), Refused)


def test_what_is_imported_again_with_a_change_keeps_the_version_before(ada: str, tmp_path: Path) -> None:
    import_file(write(tmp_path, bundle(ADA, weight(value="70.5"))), ada)
    done = import_file(write(tmp_path, bundle(ADA, weight(value="70.50"))), ada)
    assert isinstance(done, Imported)
    assert (done.added, done.changed, done.unchanged) == (0, 1, 1)
    (before,) = Version.objects.all()
    assert str(before.raw["valueQuantity"]["value"]) == "70.5"
    now = Resource.objects.get(type="Observation")
    assert (now.version, str(now.raw["valueQuantity"]["value"])) == (2, "70.50")


def test_an_older_file_after_a_newer_one_is_no_unchanged_file(ada: str, tmp_path: Path) -> None:
    older = write(tmp_path, bundle(ADA, weight(value="70")), "older.json")
    import_file(older, ada)
    import_file(write(tmp_path, bundle(ADA, weight(value="71"))), ada)
    done = import_file(older, ada)
    assert isinstance(done, Imported)
    assert done.changed == 1


def test_the_same_resources_in_another_file_are_unchanged(ada: str, tmp_path: Path) -> None:
    import_file(write(tmp_path, bundle(ADA, weight())), ada)
    again = write(tmp_path, lines(weight(), ADA))
    assert import_file(again, ada) == Unchanged(again, {"Observation": 1, "Patient": 1})
    assert not Version.objects.exists()


def test_sources_keep_their_own_resources(ada: str, tmp_path: Path) -> None:
    path = write(tmp_path, bundle(ADA, weight()))
    assert isinstance(import_file(path, ada, "clinic"), Imported)
    assert isinstance(import_file(path, ada, "hospital"), Imported)
    assert Resource.objects.filter(patient=ada).count() == 4


def test_a_resource_without_id_is_known_by_its_url_or_by_its_content(ada: str, tmp_path: Path) -> None:
    nameless = {key: value for key, value in weight().items() if key != "id"}
    entries = [{"resource": ADA}, {"resource": nameless}, {"fullUrl": "urn:uuid:1", "resource": nameless}]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, default=float)
    import_file(write(tmp_path, text), ada)
    references = set(Resource.objects.filter(type="Observation").values_list("reference", flat=True))
    assert "urn:uuid:1" in references
    assert {len(reference) for reference in references} == {10, 64}


def test_a_reference_that_leads_nowhere_is_kept(ada: str, tmp_path: Path) -> None:
    led = weight(encounter={"reference": "Encounter?identifier=visits|7"}, performer=[{"reference": "#nobody"}])
    import_file(write(tmp_path, bundle(ADA, led)), ada)
    assert Resource.objects.get(type="Observation").raw == led


def test_one_resource_twice_in_a_file_is_stored_once_or_refused(ada: str, tmp_path: Path) -> None:
    done = import_file(write(tmp_path, bundle(ADA, weight(), weight())), ada)
    assert isinstance(done, Imported)
    assert done.types == {"Observation": 1, "Patient": 1}
    refused = import_file(write(tmp_path, bundle(ADA, weight("2", "1"), weight("2", "2"))), ada)
    assert isinstance(refused, Refused)
    assert (refused.entry, refused.path) == (3, "Observation")
    assert stored(ada) == ["Observation", "Patient"]


def test_two_patients_are_refused_whatever_is_said(ada: str, tmp_path: Path) -> None:
    path = write(tmp_path, bundle(ADA, ADA | {"id": "otis"}))
    for other_name in (False, True):
        refused = import_file(path, ada, other_name=other_name)
        assert isinstance(refused, Refused)
        assert (refused.entry, refused.path) == (2, "Patient")
    about = write(tmp_path, bundle(ADA, weight(subject={"reference": "Patient/otis"})))
    assert isinstance(import_file(about, ada, other_name=True), Refused)
    assert stored(ada) == []


@pytest.mark.parametrize(
    "differently",
    [
        {"birthDate": "1958-03-15"},
        {"birthDate": "1958"},
        {"name": [{"family": "Summers", "given": ["Ada"]}]},
        {"name": [{"family": "Winter", "given": ["Ada"]}]},
        {"name": [{"family": "Winters12", "given": ["Ada"]}]},
        {"name": []},
    ],
)
def test_another_persons_file_is_refused_until_it_is_said_to_be_meant(
    differently: dict[str, Any], ada: str, tmp_path: Path
) -> None:
    path = write(tmp_path, bundle(ADA | differently))
    refused = import_file(path, ada)
    assert isinstance(refused, Refused)
    assert "--other-name" in refused.reason
    assert not any(word in str(refused) for word in ("Winter", "Summers", "1958"))
    assert stored(ada) == []
    assert isinstance(import_file(path, ada, other_name=True), Imported)


@pytest.mark.parametrize(
    "names",
    [
        [{"family": "WINTERS", "given": ["Ada", "M."]}],
        [{"use": "maiden", "family": "Spring", "given": ["Ada"]}, {"family": "Wïnters", "given": ["Ada"]}],
        [{"text": "Ada Winters"}],
    ],
)
def test_names_are_compared_as_at_registration(names: list[dict[str, Any]], ada: str, tmp_path: Path) -> None:
    assert isinstance(import_file(write(tmp_path, bundle(ADA | {"name": names})), ada), Imported)


def test_a_number_that_is_nobodys_is_refused(tmp_path: Path, db: None) -> None:
    refused = import_file(write(tmp_path, bundle(ADA)), "1999999999", other_name=True)
    assert isinstance(refused, Refused)
    assert "DEERS has nobody" in refused.reason


def test_an_import_is_one_event_with_counts_only(ada: str, tmp_path: Path) -> None:
    path = write(tmp_path, bundle(ADA, weight()))
    import_file(path, ada)
    import_file(path, ada)
    (event,) = AuditEvent.objects.filter(event="portal.record-imported")
    assert event.details == {"resources": 2, "added": 2, "changed": 0}
    assert Import.objects.get().counts == {"Observation": 1, "Patient": 1}


def test_the_command_says_what_came_and_what_has_no_page(
    ada: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def project(patient: str, ids: Any) -> None:
        for resource in Resource.objects.filter(pk__in=ids, type="Patient"):
            Paper.objects.create(resource=resource, patient=patient, display="Patient", type="Patient")

    monkeypatch.setattr(projecting, "project_changed", project)
    said = io.StringIO()
    path = write(tmp_path, bundle(ADA, weight()))
    call_command("import_fhir", path, person=ada, stdout=said)
    assert said.getvalue().splitlines() == [
        f"{path}: 2 resources added, 0 replaced, 0 unchanged.",
        "        1  Observation",
        "        1  Patient",
        'Kept under "Other papers", without a page of their own:',
        "        1  Patient",
    ]
    said = io.StringIO()
    call_command("import_fhir", path, person=ada, stdout=said)
    assert said.getvalue() == f"{path}: unchanged.\n"


def test_the_command_goes_on_after_a_refused_file_and_fails(ada: str, tmp_path: Path) -> None:
    said = io.StringIO()
    bad, good = write(tmp_path, b"{", "bad.json"), write(tmp_path, bundle(ADA))
    with pytest.raises(CommandError, match="1 of 2 files were refused"):
        call_command("import_fhir", bad, good, person=ada, stderr=said, stdout=io.StringIO())
    assert said.getvalue() == f"{bad}: The JSON ends too early: it was cut off.\n"
    assert stored(ada) == ["Patient"]


def test_a_file_that_is_not_there_is_refused(ada: str, tmp_path: Path) -> None:
    refused = import_file(tmp_path / "none.json", ada)
    assert isinstance(refused, Refused)
    assert refused.reason == "It cannot be read: No such file or directory."


def test_a_file_that_changes_while_it_is_read_is_refused(
    ada: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, lines(ADA, weight()))
    monkeypatch.setattr(importing.files, "digest_of_file", lambda _: b"of before")
    refused = import_file(path, ada)
    assert isinstance(refused, Refused)
    assert refused.reason == "The file was changed while it was read."


def test_resources_made_here_are_stored_without_a_file(ada: str) -> None:
    with transaction.atomic():
        done = store_resources(ada, "invented", [("", ADA), ("", weight())])
        again = store_resources(ada, "invented", [("", ADA), ("", weight(value="71"))])
    assert (done.types, done.added, done.changed) == ({"Observation": 1, "Patient": 1}, 2, 0)
    assert (again.added, again.changed, again.unchanged) == (0, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_thirty_imports_of_one_file_at_once_store_it_once(tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    path = write(tmp_path, bundle(ADA, *(weight(str(n)) for n in range(50))))
    done = in_parallel(lambda _: import_file(path, ada))
    assert sorted(type(each).__name__ for each in done) == ["Imported"] + ["Unchanged"] * 29
    assert Resource.objects.count() == 51
    assert Import.objects.count() == AuditEvent.objects.filter(event="portal.record-imported").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_leaves_nothing_and_can_be_repeated(settings: Any, tmp_path: Path) -> None:
    ada = registered("Ada", "Winters").dod_id
    path = write(tmp_path, lines(ADA, *(weight(str(n), note=[{"text": "x" * 500}]) for n in range(40_000))))
    process = subprocess.Popen(
        [*MANAGE, "import_fhir", str(path), "--person", ada],
        cwd=ROOT,
        env=environment(tmp_path, settings.FIELD_KEYS),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 60
    while not is_copying():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (Resource.objects.count(), Import.objects.count(), AuditEvent.objects.count()) == (0, 0, 0)
    small = write(tmp_path, lines(ADA, weight()), "small.ndjson")
    assert isinstance(import_file(small, ada), Imported)  # the lock is free, too


def is_copying() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_progress_copy WHERE tuples_processed > 0")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_an_import_that_is_stopped_leaves_nothing(stop: type[BaseException], ada: str, tmp_path: Path) -> None:
    def interrupt(done: int) -> None:
        raise stop

    with pytest.raises(stop):
        import_file(write(tmp_path, bundle(ADA, weight())), ada, progress=interrupt)
    assert (Resource.objects.count(), Import.objects.count()) == (0, 0)
    assert isinstance(import_file(tmp_path / "file.json", ada), Imported)
