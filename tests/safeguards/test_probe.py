"""A key that does not fit the database stops the start, with a sentence and without showing the key."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection

from safeguards import probe
from safeguards.models import KeyProbe
from tests.safeguards.databases import MANAGE, ROOT, environment

OLD, NEW, OTHER = b"only for tests, 32 bytes of key.", b"n" * 32, b"o" * 32


@pytest.mark.django_db
def test_the_first_migrate_writes_down_which_keys_there_are():
    assert set(KeyProbe.objects.values_list("name", flat=True)) == {"field:1", "index"}
    assert probe.misfits() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field_keys", "index_key", "sentence"),
    [
        ({"1": OTHER}, None, "The field key '1' in FIELD_KEYS is not the one"),
        ({"1": OTHER, "2": NEW}, None, "The field key '1' in FIELD_KEYS is not the one"),
        ({"2": NEW}, None, "sealed with the field key '1', which FIELD_KEYS lacks"),
        ({"1": OLD}, OTHER, "INDEX_KEY is not the key"),
    ],
)
def test_a_wrong_key_is_named_by_its_id_and_not_shown(settings, field_keys, index_key, sentence):
    settings.FIELD_KEYS, settings.INDEX_KEY = field_keys, index_key or settings.INDEX_KEY
    with pytest.raises(ImproperlyConfigured, match=sentence) as raised:
        probe.require_fitting_keys()
    assert "ooo" not in str(raised.value)
    assert any(sentence in error.msg for error in run_checks(tags=["database"], databases=["default"]))
    assert KeyProbe.objects.count() == 2


@pytest.mark.django_db
def test_migrating_with_a_wrong_key_fails(settings):
    settings.FIELD_KEYS = {"1": OTHER}
    with pytest.raises(ImproperlyConfigured):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db
def test_a_new_key_is_known_from_the_first_start_with_it(settings):
    settings.FIELD_KEYS = {"1": OLD, "2": NEW}
    probe.require_fitting_keys()
    settings.FIELD_KEYS = {"1": OLD, "2": OTHER}
    assert probe.misfits() == ["The field key '2' in FIELD_KEYS is not the one that this database was written with."]


@pytest.mark.django_db
def test_a_database_without_tables_is_left_to_migrate():
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE safeguards_keyprobe")
    probe.require_fitting_keys()


def test_without_an_answer_of_the_database_the_site_starts_and_says_so(monkeypatch):
    said: list[str] = []

    def silent() -> bool:
        raise OperationalError

    monkeypatch.setattr(probe, "is_there", silent)
    monkeypatch.setattr(probe.logger, "warning", said.append)
    probe.require_fitting_keys()
    assert "could not be checked" in said[0]


def started(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.django_db(transaction=True)
def test_neither_web_server_nor_worker_starts_with_a_wrong_key(tmp_path: Path):
    probe.remember()
    env = environment(tmp_path, {"1": OTHER})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        env["PORT"] = str(free.getsockname()[1])
    web = started([sys.executable, "-m", "dslogon.web"], env)
    assert web.returncode != 0
    assert "The field key '1' in FIELD_KEYS is not the one that this database was written with." in web.stderr
    worker = started([*MANAGE, "procrastinate", "worker", "--one-shot"], env)
    assert worker.returncode == 1
    assert worker.stderr.strip().endswith("is not the one that this database was written with.")


@pytest.mark.django_db(transaction=True)
def test_the_worker_starts_with_the_right_key(tmp_path: Path):
    worker = started([*MANAGE, "procrastinate", "worker", "--one-shot"], environment(tmp_path, {"1": OLD}))
    assert worker.returncode == 0, worker.stderr
