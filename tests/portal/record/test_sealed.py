"""Personal numbers in a record: sealed in the database, whole in the export, and never to be guessed from a digest."""

import io
import json
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction
from django.db.utils import ProgrammingError

from portal.record import projecting, unsealed
from portal.record.canonical import digest_of, write_canonical
from portal.record.exporting import DamagedError, bundle_of
from portal.record.importing import Imported, Unchanged, import_file, store_resources
from portal.record.models import Import, Paper, Resource, Sealed, Version, Who, resource_id
from portal.record.personal_numbers import find_numbers, put_back, without
from safeguards import rotation
from tests.deers.registered import registered
from tests.portal.record.fhir import ADA, REAL, bundle, exported, lines, person_in, read, real_file, texts_of, write

pytestmark = pytest.mark.django_db

SSN, PASSPORT = "900-12-4321", "X12429857X"
NUMBERS: list[dict[str, Any]] = [
    {"system": "http://hl7.org/fhir/sid/us-ssn", "value": SSN},
    {
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PPN"}]},
        "value": PASSPORT,
    },
]
NUMBERED: dict[str, Any] = ADA | {"identifier": [{"system": "urn:clinic", "value": "record 7"}, *NUMBERS]}


@pytest.fixture
def ada(db: None) -> str:
    return registered("Ada", "Winters").dod_id


def found_in_database(*texts: str) -> list[str]:
    """The tables of the record that have any of these texts in any column of any row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'record\\_%%'")
        tables = [name for (name,) in cursor.fetchall()]
        assert "record_resource" in tables
        hits = []
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" r WHERE r::text LIKE ANY(%s)',  # noqa: S608
                [[f"%{text}%" for text in texts]],
            )
            hits += [table] if cursor.fetchone()[0] else []  # type: ignore[index]
    return hits


def in_the_clear(raw: dict[str, Any], patient: str, *, version: int = 1, **more: Any) -> Resource:
    """Store a resource as it was stored before numbers were sealed."""
    text = write_canonical(raw)
    digest = digest_of(text)
    reference = raw.get("id") or digest.hex()
    imported = Import.objects.create(patient=patient, source="import", digest=digest, ended_at="2026-01-01T00:00Z")
    id_ = resource_id(patient, "import", raw["resourceType"], reference)
    return Resource.objects.create(
        id=id_,
        patient=patient,
        source="import",
        type=raw["resourceType"],
        reference=reference,
        version=version,
        raw=raw,
        digest=digest,
        imported=imported,
        **more,
    )


@pytest.mark.parametrize("name", [REAL[0], REAL[2], REAL[10]])
def test_a_real_bundle_leaves_no_number_in_any_table_and_comes_back_whole(name: str, shared_folder: Any) -> None:
    path = real_file(shared_folder("fhir"), name)
    person = person_in(path)
    import_file(path, person.dod_id, other_name=True)
    came = read(path.read_text())["entry"]
    patient = next(entry["resource"] for entry in came if entry["resource"]["resourceType"] == "Patient")
    of_care = ("synthea", "smarthealthit")
    secret = [one["value"] for one in patient["identifier"] if not any(word in one["system"] for word in of_care)]
    assert secret
    assert found_in_database(*secret) == []
    assert texts_of(exported(person.dod_id)["entry"]) == texts_of(came)
    (sealed,) = Sealed.objects.all()
    assert sorted(said for _, said in json.loads(sealed.numbers)) == sorted(secret)


def test_no_number_can_be_guessed_from_a_digest_or_a_name(ada: str, tmp_path: Path) -> None:
    path = write(tmp_path, lines(NUMBERED))
    nameless = {key: value for key, value in NUMBERED.items() if key != "id"}
    import_file(path, ada)
    store_resources(ada, "nameless", [("", nameless)])
    plain = [sha256(write_canonical(one).encode()) for one in (NUMBERED, nameless)]
    guesses = [*plain, sha256(path.read_bytes()), *(sha256(one.digest()) for one in plain)]
    assert found_in_database(*(one.hexdigest() for one in guesses)) == []
    assert not Resource.objects.filter(id=resource_id(ada, "nameless", "Patient", plain[1].hexdigest())).exists()


def test_the_same_numbers_again_are_unchanged_and_another_number_is_a_change(ada: str, tmp_path: Path) -> None:
    import_file(write(tmp_path, bundle(NUMBERED)), ada)
    again = write(tmp_path, lines(NUMBERED), "again")
    assert import_file(again, ada) == Unchanged(again, {"Patient": 1})
    other = NUMBERED | {"identifier": [{**NUMBERS[0], "value": "900-12-4322"}]}
    done = import_file(write(tmp_path, bundle(other)), ada)
    assert isinstance(done, Imported)
    assert done.changed == 1
    assert exported(ada)["entry"][0]["resource"] == other
    before, now = Sealed.objects.order_by("version")
    assert (SSN in before.numbers, "4322" in now.numbers) == (True, True)
    assert found_in_database(SSN, "900-12-4322", PASSPORT) == []


def test_a_number_is_sealed_wherever_an_identifier_or_its_text_stands(ada: str) -> None:
    ssn, digits = NUMBERS[0], SSN.replace("-", "")
    whole = NUMBERED | {
        "text": {"status": "generated", "div": f"<div>Ada, {SSN}</div>"},
        "name": [{"text": "Ada", "given": ["Ada", f"born {digits}"]}],
        "contained": [
            {"resourceType": "RelatedPerson", "id": "r", "patient": {"identifier": ssn}, "identifier": [ssn]}
        ],
        "extension": [{"url": "urn:x", "valueIdentifier": {"value": "900-55-1234"}}],
        "link": [{"other": {"reference": "Patient?identifier=http://hl7.org/fhir/sid/us-ssn|900-77-1234"}}],
    }
    others: list[dict[str, Any]] = [
        {"resourceType": "RelatedPerson", "id": "r", "patient": {"reference": "Patient/ada"}, "identifier": NUMBERS},
        {"resourceType": "Person", "id": "p", "identifier": NUMBERS},
        {"resourceType": "Claim", "id": "c", "patient": {"type": "Patient", "identifier": ssn}},
    ]
    store_resources(ada, "any", [("", one) for one in (whole, *others)])
    assert found_in_database(SSN, digits, PASSPORT, "900-55-1234", "900-77-1234") == []
    assert texts_of(exported(ada)["entry"]) == sorted(write_canonical(one) for one in (whole, *others))
    assert found_in_database("record 7") == ["record_resource"]


def test_a_number_in_a_resource_that_jsonb_would_change_is_sealed_too(ada: str) -> None:
    odd = NUMBERED | {"multipleBirthInteger": Decimal("-0"), "x": Decimal("1E+3")}
    store_resources(ada, "any", [("", odd)])
    assert Resource.objects.get().written
    assert found_in_database(SSN) == []
    assert write_canonical(odd) in "".join(bundle_of(ada))


def test_a_phone_a_quantity_and_a_record_number_are_no_personal_numbers() -> None:
    plain = ADA | {
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "123456789"}, {"value": "7"}],
        "telecom": [{"system": "phone", "value": "555-123-4567"}],
        "communication": [{"language": {"coding": [{"code": "MS"}]}}],
    }
    assert find_numbers(plain, write_canonical(plain)) == []


def test_what_was_taken_out_goes_back_into_its_place() -> None:
    numbers = find_numbers(NUMBERED, write_canonical(NUMBERED))
    left = without(NUMBERED, numbers)
    assert SSN not in str(left)
    assert put_back(left, numbers) == NUMBERED


def test_a_sealed_number_that_is_moved_or_lost_stops_the_export(ada: str) -> None:
    store_resources(ada, "any", [("", NUMBERED)])
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        Sealed.objects.all()._raw_delete("default")
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        Sealed.objects.update(version=2)
    raw = Resource.objects.get().raw
    with connection.cursor() as cursor:
        cursor.execute("UPDATE record_resource SET version = 2")  # a version without its numbers
    assert Resource.objects.get().raw == raw
    with pytest.raises(DamagedError):
        list(bundle_of(ada))


def test_keys_can_change_under_a_record(ada: str, settings: Any) -> None:
    store_resources(ada, "any", [("", NUMBERED)])
    settings.FIELD_KEYS = {**settings.FIELD_KEYS, "next": bytes(range(32))}
    assert rotation.rotate().left == 0
    assert texts_of(exported(ada)["entry"]) == [write_canonical(NUMBERED)]


def test_numbers_of_before_are_sealed_once_with_their_versions_and_lists(ada: str, tmp_path: Path) -> None:
    relative = {"resourceType": "RelatedPerson", "id": "r", "patient": {}, "identifier": NUMBERS}
    nameless = relative | {"gender": "male"}
    del nameless["id"]
    old = in_the_clear(NUMBERED | {"gender": "female"}, ada)
    for one in (relative, nameless, {"resourceType": "Basic", "id": "b", "code": {"text": "no passport"}}):
        in_the_clear(one, ada)
    old.raw, old.version, old.digest = NUMBERED, 2, digest_of(write_canonical(NUMBERED))
    old.save()
    projecting.project_patient(ada)
    assert set(found_in_database(SSN)) == {"record_resource", "record_version", "record_who"}
    whole = texts_of(exported(ada)["entry"])

    said = io.StringIO()
    call_command("seal_records", stdout=said)
    assert said.getvalue() == "4 resources were sealed.\n"
    assert found_in_database(SSN, PASSPORT, digest_of(write_canonical(nameless)).hex()) == []
    assert texts_of(exported(ada)["entry"]) == whole
    assert json.loads(Sealed.objects.get(resource=old.pk, version=1).numbers)[0][1] == SSN
    assert Version.objects.get().raw["gender"] == "female"
    assert projecting.check_patient(ada) == []
    assert [who.identifiers for who in Who.objects.all()] == [[], []]

    done = import_file(write(tmp_path, lines(NUMBERED, nameless)), ada, other_name=True)
    assert unsealed.seal_stored() == 0
    assert isinstance(done, Unchanged)
    assert Paper.objects.count() == 2
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        Resource.objects.filter(pk=old.pk).update(raw={})  # the store is as closed as before


def test_sealing_that_is_stopped_leaves_all_as_it_was_and_goes_on(ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_clear(NUMBERED, ada)
    projecting.project_patient(ada)

    def stop(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(projecting, "project_changed", stop)
        with pytest.raises(CommandError, match="nothing is lost"):
            call_command("seal_records")
    assert found_in_database(SSN) == ["record_resource"]
    assert not Sealed.objects.exists()
    assert unsealed.seal_stored() == 1
    assert found_in_database(SSN) == []
