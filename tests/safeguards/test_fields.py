"""An encrypted field: text in Python, ciphertext in the database, and decrypted only when it is read."""

import uuid
from typing import Any, ClassVar

import pytest
from django.core.exceptions import FieldError
from django.db import connection, models

from safeguards.cipher import DecryptionError, decrypt, encrypt
from safeguards.fields import EncryptedTextField


class Patient(models.Model):
    """A table that exists in these tests only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ssn = EncryptedTextField()
    note = EncryptedTextField(null=True)
    objects: ClassVar[models.Manager["Patient"]] = models.Manager()

    class Meta:
        app_label = "safeguards"
        managed = False
        db_table = "test_patient"

    def __str__(self) -> str:
        return str(self.pk)


class Numbered(models.Model):
    """A table whose keys the database gives out, too late for sealing."""

    text = EncryptedTextField()
    objects: ClassVar[models.Manager["Numbered"]] = models.Manager()

    class Meta:
        app_label = "safeguards"
        managed = False
        db_table = "test_numbered"

    def __str__(self) -> str:
        return str(self.pk)


@pytest.fixture(autouse=True)
def tables(db):
    with connection.schema_editor() as editor:
        editor.create_model(Patient)
        editor.create_model(Numbered)


def stored(patient: Patient, column: str = "ssn") -> Any:
    return Patient.objects.values_list(column, flat=True).get(pk=patient.pk)


@pytest.mark.parametrize("text", ["900112222", "", "Zoë", "\x00", "x" * 10_000])
def test_what_was_saved_is_read_again(text):
    patient = Patient.objects.create(ssn=text)
    assert patient.ssn == text
    assert Patient.objects.get().ssn == text


def test_the_database_holds_only_ciphertext_bound_to_its_row():
    patient = Patient.objects.create(ssn="900112222")
    blob = stored(patient)
    assert b"900112222" not in blob
    assert decrypt(blob, context=f"test_patient:ssn:{patient.pk}") == "900112222"


def test_nothing_is_not_the_same_as_empty():
    nothing, empty = Patient.objects.create(ssn="", note=None), Patient.objects.create(ssn="", note="")
    assert stored(nothing, "note") is None
    assert stored(empty, "note") is not None
    assert Patient.objects.get(pk=nothing.pk).note is None
    assert Patient.objects.get(pk=empty.pk).note == ""
    assert Patient.objects.filter(note__isnull=True).get() == nothing


def test_a_row_that_nobody_looks_into_is_not_opened(monkeypatch):
    Patient.objects.create(ssn="900112222")
    opened: list[str] = []

    def opening(blob: bytes, *, context: str) -> str:
        opened.append(context)
        return "text"

    monkeypatch.setattr("safeguards.fields.decrypt", opening)
    patient = Patient.objects.get()
    assert opened == []
    assert (patient.ssn, patient.ssn) == ("text", "text")
    assert opened == [f"test_patient:ssn:{patient.pk}"]


def test_a_new_value_is_sealed_when_saved():
    patient = Patient.objects.create(ssn="900112222", note="before")
    patient = Patient.objects.get()
    patient.note = "after"
    patient.save()
    again = Patient.objects.get()
    assert (again.ssn, again.note) == ("900112222", "after")
    again.note = "last"
    again.save(update_fields=["note"])
    patient.refresh_from_db()
    assert (patient.ssn, patient.note) == ("900112222", "last")


def test_a_deferred_value_is_fetched_when_looked_at(django_assert_num_queries):
    Patient.objects.create(ssn="900112222")
    patient = Patient.objects.defer("ssn").get()
    with django_assert_num_queries(1):
        assert patient.ssn == "900112222"
        assert patient.ssn == "900112222"


def test_many_are_sealed_at_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        Patient.objects.bulk_create(Patient(ssn=f"90011222{n}") for n in range(3))
    assert sorted(patient.ssn for patient in Patient.objects.all()) == ["900112220", "900112221", "900112222"]


def test_a_value_copied_to_another_row_does_not_open_and_the_error_names_only_the_column():
    rosa, june = Patient.objects.create(ssn="900112222"), Patient.objects.create(ssn="900113333")
    Patient.objects.filter(pk=june.pk).update(ssn=stored(rosa))
    with pytest.raises(DecryptionError, match=r"safeguards\.Patient\.ssn") as raised:
        assert Patient.objects.get(pk=june.pk).ssn
    assert "900112222" not in str(raised.value)
    assert str(june.pk) not in str(raised.value)


def test_a_value_copied_to_another_column_does_not_open():
    patient = Patient.objects.create(ssn="900112222")
    Patient.objects.update(note=stored(patient))
    with pytest.raises(DecryptionError):
        assert Patient.objects.get().note


def test_a_wrong_key_does_not_open(settings):
    Patient.objects.create(ssn="900112222")
    settings.FIELD_KEYS = {"1": b"n" * 32}
    with pytest.raises(DecryptionError):
        assert Patient.objects.get().ssn


def test_a_row_saved_under_another_key_is_sealed_again_for_it():
    Patient.objects.create(ssn="900112222")
    copy = Patient.objects.get()
    assert copy.ssn == "900112222"
    copy.pk = uuid.uuid4()
    copy.save(force_insert=True)
    assert Patient.objects.get(pk=copy.pk).ssn == "900112222"


def test_a_row_without_a_key_of_its_own_cannot_be_sealed():
    with pytest.raises(ValueError, match="use a UUID or a natural key"):
        Numbered.objects.create(text="x")


def test_text_never_reaches_the_database_in_clear_by_another_way():
    patient = Patient.objects.create(ssn="900112222")
    with pytest.raises(TypeError, match="save"):
        Patient.objects.update(ssn="900113333")
    with pytest.raises(TypeError, match="save"):
        Patient.objects.bulk_update([patient], ["ssn"])


@pytest.mark.parametrize("lookup", [{"ssn": "900112222"}, {"ssn__contains": "2222"}, {"ssn__in": ["900112222"]}])
def test_nobody_can_search_by_a_sealed_field(lookup):
    with pytest.raises(FieldError):
        Patient.objects.filter(**lookup).exists()


def test_a_dump_of_the_database_does_not_open_it():
    from django.core import serializers

    patient = Patient.objects.create(ssn="900112222")
    with pytest.raises(TypeError, match="never serialized"):
        serializers.serialize("json", [patient])


def test_migrations_can_write_the_field_down():
    name, path, args, kwargs = EncryptedTextField(null=True).deconstruct()
    assert (name, path, args, kwargs) == (
        None,
        "safeguards.fields.EncryptedTextField",
        [],
        {"null": True, "editable": False},
    )


def test_rotation_can_write_a_newly_sealed_value():
    patient = Patient.objects.create(ssn="900112222")
    Patient.objects.update(ssn=encrypt("900112222", context=f"test_patient:ssn:{patient.pk}"))
    assert Patient.objects.get().ssn == "900112222"
