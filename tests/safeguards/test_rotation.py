"""Encrypting everything with a new key: while people work, after a kill halfway, and until nothing is left."""

import io
import subprocess
import time
import uuid
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Account, AuthenticatorApp
from portal.messages.models import Attachment, Message, Piece
from safeguards import probe, rotation
from safeguards.fields import EncryptedTextField
from safeguards.models import AuditEvent, KeyProbe
from support.models import ContactMessage
from tests.safeguards.databases import MANAGE, ROOT, environment

OLD, NEW = b"only for tests, 32 bytes of key.", b"n" * 32


def letters(count: int) -> None:
    ContactMessage.objects.bulk_create(
        ContactMessage(
            id=uuid.UUID(int=number),
            reference=f"{number:011}",
            name=f"Rosa {number}",
            email="",
            topic="other",
            body="…",
        )
        for number in range(1, count + 1)
    )


def stored() -> dict[uuid.UUID, Any]:
    """The sealed names, as the database has them."""
    return dict(ContactMessage.objects.values_list("pk", "name"))


def under_the_new_key() -> int:
    return sum(map(rotation.is_new, stored().values()))


def picture() -> Piece:
    """A piece of a file that is attached to a draft."""
    now, sealed = timezone.now(), b"\x89PNG\r\n \xff\x00"
    draft = Message.objects.create(id=uuid.uuid4(), patient="1029384756", saved_at=now)
    of = Attachment.objects.create(message=draft, name="a.png", kind="png", size=9, digest=b"", added_at=now)
    return Piece.objects.create(attachment=of, place=0, data=sealed)


def with_a_new_key(settings: LazySettings) -> None:
    settings.FIELD_KEYS = {"1": OLD, "2": NEW}


def run(*arguments: str) -> str:
    """What the command says."""
    said = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=said)
    return said.getvalue()


def test_every_encrypted_field_of_every_app_is_found(db):
    found = {(table.model._meta.label, field.name) for table in rotation.sealed_tables() for field in table.fields}
    assert {("deers.Person", "ssn"), ("support.ContactMessage", "body"), ("accounts.AuthenticatorApp", "key")} <= found
    declared = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField) and model._meta.managed
    }
    assert declared == found


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_sealed_again_too(settings):
    piece = picture()
    with_a_new_key(settings)
    assert "1 rows were sealed again" in run()
    settings.FIELD_KEYS = {"2": NEW}
    assert Piece.objects.get().data == piece.data == b"\x89PNG\r\n \xff\x00"


@pytest.mark.django_db
def test_thousands_of_rows_are_sealed_again_and_the_old_key_can_then_go(settings):
    letters(3_000)
    account = Account.objects.create(username="rosa.martinez", is_staff=True)
    AuthenticatorApp.objects.create(user=account, name="Phone", key="a" * 40)
    with_a_new_key(settings)
    assert "3,001 rows were sealed again" in run()
    assert AuditEvent.objects.filter(event="keys.rotated", actor_kind="system").count() == 1
    settings.FIELD_KEYS = {"2": NEW}
    probe.require_fitting_keys()
    assert {message.name for message in ContactMessage.objects.all()} == {f"Rosa {n}" for n in range(1, 3_001)}
    assert AuthenticatorApp.objects.get().key == "a" * 40


@pytest.mark.django_db
def test_a_second_run_has_nothing_to_do_and_writes_nothing(settings):
    letters(10)
    with_a_new_key(settings)
    run()
    before = stored()
    assert "0 rows were sealed again.\nNo row is under an older key than 2" in run()
    assert stored() == before


@pytest.mark.django_db
def test_check_only_counts(settings):
    letters(10)
    with_a_new_key(settings)
    with pytest.raises(CommandError, match="10 rows are still under older keys"):
        run("--check")
    assert under_the_new_key() == 0
    run()
    assert "No row is under an older key" in run("--check")


@pytest.mark.django_db
def test_a_key_that_is_still_needed_cannot_be_dropped(settings):
    letters(1)
    with_a_new_key(settings)
    probe.require_fitting_keys()
    settings.FIELD_KEYS = {"2": NEW}
    assert "'1', which FIELD_KEYS lacks" in probe.misfits()[0]


@pytest.mark.django_db
def test_with_keys_that_do_not_fit_nothing_is_begun(settings):
    letters(1)
    settings.FIELD_KEYS = {"1": NEW, "2": OLD}
    with pytest.raises(CommandError, match="field key '1' in FIELD_KEYS is not the one"):
        run()
    assert under_the_new_key() == 0


@pytest.mark.django_db
def test_a_value_that_no_key_opens_stays_as_it_is_and_keeps_the_old_key(settings):
    letters(3)
    moved = stored()[uuid.UUID(int=1)]
    ContactMessage.objects.filter(pk=uuid.UUID(int=2)).update(name=moved)
    with_a_new_key(settings)
    with pytest.raises(CommandError, match=r"1 rows are still under older keys\. They hold 1 values that no key opens"):
        run()
    assert stored()[uuid.UUID(int=2)] == moved
    assert ContactMessage.objects.get(pk=uuid.UUID(int=2)).body == "…"
    assert KeyProbe.objects.filter(name="field:1").exists()


@pytest.mark.django_db(transaction=True)
def test_killed_halfway_it_goes_on_where_it_was(settings, tmp_path: Path):
    letters(2_000)
    with_a_new_key(settings)
    probe.require_fitting_keys()
    command = [*MANAGE, "rotate_keys", "--batch", "50"]
    env = environment(tmp_path, settings.FIELD_KEYS)
    with connection.cursor() as cursor:
        # Its 1,001st row waits for us, so that it can be killed exactly there, in the middle of a batch.
        cursor.execute(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$; "
            "CREATE TRIGGER wait BEFORE UPDATE ON support_contactmessage FOR EACH ROW "
            f"WHEN (NEW.id = '{uuid.UUID(int=1_001)}') EXECUTE FUNCTION wait(); "
            "SELECT pg_advisory_lock(4711)"
        )
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + 60
            while not waits_for_us(cursor):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            process.kill()
            process.communicate()
            cursor.execute("SELECT pg_advisory_unlock(4711)")
            cursor.execute("DROP TRIGGER wait ON support_contactmessage; DROP FUNCTION wait()")
    assert under_the_new_key() == 1_000
    assert {message.name for message in ContactMessage.objects.all()} == {f"Rosa {n}" for n in range(1, 2_001)}
    again = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert "1,000 rows were sealed again.\nNo row is under an older key than 2" in again.stdout
    assert "rows/s" in again.stderr
    settings.FIELD_KEYS = {"2": NEW}
    assert {message.name for message in ContactMessage.objects.all()} == {f"Rosa {n}" for n in range(1, 2_001)}


def waits_for_us(cursor) -> bool:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")
    return cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_what_a_person_changes_meanwhile_is_not_overwritten(settings):
    letters(600)
    with_a_new_key(settings)
    begun = Barrier(2)

    def edit() -> None:
        """People who read their rows before the rotation, and save them while it runs."""
        try:
            mine = list(ContactMessage.objects.order_by("pk")[::20])
            begun.wait(60)
            for number, message in enumerate(mine):
                message.name = f"June {number}"
                message.save()
                # Saves a column beside the sealed ones, which stay under whichever key they were.
                ContactMessage.objects.filter(pk=uuid.UUID(int=number + 2)).update(answered_at=timezone.now())
        finally:
            connection.close()

    people = Thread(target=edit)
    people.start()
    begun.wait(60)
    rotation.rotate(batch=7)
    people.join()
    assert rotation.rotate().left == 0
    names = [message.name for message in ContactMessage.objects.order_by("pk")]
    assert names[::20] == [f"June {number}" for number in range(30)]
    assert sum(name.startswith("Rosa") for name in names) == 570
    assert ContactMessage.objects.filter(answered_at__isnull=False).count() == 30


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_not_waited_for_and_is_told_of(settings):
    letters(5)
    with_a_new_key(settings)
    held, done = Barrier(2), Barrier(2)

    def hold() -> None:
        try:
            with transaction.atomic():
                ContactMessage.objects.select_for_update().get(pk=uuid.UUID(int=3))
                held.wait(60)
                done.wait(60)
        finally:
            connection.close()

    somebody = Thread(target=hold)
    somebody.start()
    held.wait(60)
    outcome = rotation.rotate()
    done.wait(60)
    somebody.join()
    assert outcome == rotation.Rotated(rows=4, left=1, unopened=0)
    assert rotation.rotate() == rotation.Rotated(rows=1, left=0, unopened=0)


@pytest.mark.django_db(transaction=True)
def test_two_rotations_share_the_work(settings):
    letters(400)
    with_a_new_key(settings)
    outcomes: list[rotation.Rotated] = []

    def one() -> None:
        try:
            outcomes.append(rotation.rotate(batch=10))
        finally:
            connection.close()

    both = [Thread(target=one), Thread(target=one)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(outcome.rows for outcome in outcomes) == 400
    assert rotation.rotate() == rotation.Rotated(rows=0, left=0, unopened=0)
