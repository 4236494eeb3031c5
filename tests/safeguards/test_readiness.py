"""What a process says of itself: whether it can serve people, and what is late around it."""

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client

from core import policy
from dslogon import probes
from safeguards import heartbeat, readiness, workers

MINUTE = timedelta(minutes=1)
OTHER_KEY = b"o" * 32


@pytest.fixture(autouse=True)
def nothing_seen_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "last", readiness.last)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def told(path: str = "/readyz") -> tuple[int, dict]:
    answer = probes.answer(path)
    assert answer
    return answer[0], json.loads(answer[1])


@pytest.fixture
def a_site(transactional_db: None) -> Iterator[None]:
    """All is well: a worker lives, and no job waits."""
    sql("DELETE FROM procrastinate_jobs")
    sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    yield
    sql("DELETE FROM procrastinate_jobs")
    sql("DELETE FROM procrastinate_workers")


@pytest.fixture
def migrations_kept(transactional_db: None) -> Iterator[None]:
    """What a test does to the list of migrations is taken back."""
    kept = list(readiness.applied_migrations())
    yield
    sql("DELETE FROM django_migrations")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", kept)


class Clock:
    """The clock of the process, which goes on only as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        monkeypatch.setattr(readiness, "time", self)

    def monotonic(self) -> float:
        return self.now

    def pass_by(self, some: timedelta) -> None:
        self.now += some.total_seconds()


READY = {"status": "ready", "wrong": [], "late": []}


def test_a_process_to_which_all_is_well_is_ready(a_site):
    readiness.look()
    assert told() == told("/readyz/all") == (200, READY)


def test_a_process_that_has_not_looked_yet_is_alive_and_not_ready():
    assert told("/healthz") == (200, {"status": "ok"})
    assert told() == (503, {"status": "not ready", "wrong": ["looking"], "late": []})


def test_what_was_seen_too_long_ago_is_not_believed(a_site, monkeypatch):
    readiness.look()
    Clock(monkeypatch).pass_by(policy.LOOK_BELIEVED)
    assert told()[0] == 503
    assert told()[1]["wrong"] == ["looking"]


def test_other_addresses_are_for_the_site():
    assert [probes.answer(path) for path in ("/", "/healthz/", "/readyz/none", "readyz")] == [None] * 4


def without_a_migration(monkeypatch: pytest.MonkeyPatch, settings: object, folder: Path) -> None:
    sql(
        "DELETE FROM django_migrations WHERE (app, name) IN (SELECT app, max(name) FROM django_migrations GROUP BY app)"
    )


def with_other_keys(monkeypatch: pytest.MonkeyPatch, settings: object, folder: Path) -> None:
    monkeypatch.setattr(settings, "FIELD_KEYS", {"1": OTHER_KEY})


def without_room(monkeypatch: pytest.MonkeyPatch, settings: object, folder: Path) -> None:
    free = readiness.shutil.disk_usage(tempfile.gettempdir())._replace(free=policy.DISK_FREE_MIN - 1)
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda folder: free)


def without_assets(monkeypatch: pytest.MonkeyPatch, settings: object, folder: Path) -> None:
    served(monkeypatch, settings, folder).unlink()


def without_manifest(monkeypatch: pytest.MonkeyPatch, settings: object, folder: Path) -> None:
    monkeypatch.setattr(readiness, "staticfiles_storage", ManifestStaticFilesStorage(location=folder))


def served(monkeypatch: pytest.MonkeyPatch, settings: object, folder: Path) -> Path:
    """Collect a single file for serving."""
    file = folder / "page.0123456789ab.css"
    file.write_text("p {}")
    manifest = {"paths": {"page.css": file.name}, "version": "1.1", "hash": ""}
    (folder / "staticfiles.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(settings, "STATIC_ROOT", folder)
    monkeypatch.setattr(readiness, "staticfiles_storage", ManifestStaticFilesStorage(location=folder))
    return file


@pytest.mark.parametrize(
    ("break_it", "word"),
    [
        (without_a_migration, "schema-older"),
        (with_other_keys, "keys"),
        (without_room, "disk"),
        (without_assets, "assets"),
        (without_manifest, "assets"),
    ],
)
def test_what_keeps_a_process_from_serving_people_takes_it_out(
    a_site, migrations_kept, monkeypatch, settings, tmp_path, break_it, word
):
    break_it(monkeypatch, settings, tmp_path)
    readiness.look()
    assert told() == (503, {"status": "not ready", "wrong": [word], "late": []})


def said_of_this_process(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "safeguards.readiness"]


def test_on_an_older_database_a_sentence_says_so_and_no_worker_works(
    a_site, migrations_kept, monkeypatch, settings, tmp_path, caplog
):
    without_a_migration(monkeypatch, settings, tmp_path)
    readiness.look()
    assert said_of_this_process(caplog) == ["Of this process, wrong: schema-older. Late on all: nothing."]
    assert workers.find_trouble() == "The database is older than this code: run manage.py migrate."


def test_on_a_database_that_nobody_migrated_a_sentence_says_so_and_no_worker_works(a_site, caplog):
    sql("ALTER TABLE django_migrations RENAME TO elsewhere")
    try:
        readiness.look()
        assert told()[1]["wrong"] == ["schema-older"]
        assert workers.find_trouble() == "The database is older than this code: run manage.py migrate."
    finally:
        sql("ALTER TABLE elsewhere RENAME TO django_migrations")


def test_on_a_newer_database_a_sentence_says_so_and_people_are_served_as_before(a_site, migrations_kept, caplog):
    sql(LATER)
    readiness.look()
    assert said_of_this_process(caplog) == ["Of this process, wrong: nothing. Late on all: schema-newer."]
    assert workers.find_trouble() == ""
    assert Client().get("/sign-in/").status_code == 200


def test_the_migrate_of_an_older_version_leaves_a_newer_database_as_it_is(a_site, migrations_kept):
    sql(LATER)
    kept = readiness.applied_migrations()
    call_command("migrate", verbosity=0)
    assert readiness.applied_migrations() == kept


def test_assets_that_are_there_are_no_reason(a_site, monkeypatch, settings, tmp_path):
    served(monkeypatch, settings, tmp_path)
    readiness.look()
    assert told() == (200, READY)


LATER = "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999_of_the_next_release', now())"
DEAD = "UPDATE procrastinate_workers SET last_heartbeat = now() - %s"
NO_WORKER = "DELETE FROM procrastinate_workers"
WAITS = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'some.task')"
DEFERRED = "UPDATE procrastinate_events SET at = now() - %s"
DUE = "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) VALUES ('default', 'some.task', now() - %s)"


@pytest.mark.parametrize(
    ("statements", "word"),
    [
        ([(LATER,)], "schema-newer"),
        ([(NO_WORKER,)], "worker"),
        ([(DEAD, policy.WORKER_LATE + MINUTE)], "worker"),
        ([(WAITS,), (DEFERRED, policy.JOBS_LATE + MINUTE)], "jobs"),
        ([(DUE, policy.JOBS_LATE + MINUTE)], "jobs"),
    ],
)
def test_what_is_late_for_all_processes_is_told_and_takes_none_of_them_out(a_site, statements, word):
    for statement in statements:
        sql(*statement)
    readiness.look()
    sql("DELETE FROM django_migrations WHERE name LIKE '9999%%'")
    assert told() == (200, {"status": "degraded", "wrong": [], "late": [word]})
    assert told("/readyz/all")[0] == 503


@pytest.mark.parametrize(
    "statements",
    [
        [(DEAD, policy.WORKER_LATE - MINUTE)],
        [(WAITS,), (DEFERRED, policy.JOBS_LATE - MINUTE)],
        [(DUE, -timedelta(days=1))],
        [(WAITS,), (DEFERRED, timedelta(days=1)), ("UPDATE procrastinate_jobs SET status = 'succeeded'",)],
    ],
)
def test_what_is_in_time_is_not_told(a_site, statements):
    for statement in statements:
        sql(*statement)
    readiness.look()
    assert told() == (200, READY)


def test_of_all_jobs_that_wait_the_oldest_counts(a_site):
    sql(WAITS)
    sql(DEFERRED, 7 * MINUTE)
    for minutes in (2, 9, -60):
        sql(DUE, minutes * MINUTE)
    sql(WAITS)
    age = heartbeat.oldest_job_age()
    assert age
    assert age // MINUTE == 9


def test_a_database_that_refuses_is_told(a_site, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
    readiness.look()
    assert told() == (503, {"status": "not ready", "wrong": ["database"], "late": []})


def test_a_database_that_takes_longer_than_a_second_is_told_once_it_answers(a_site, monkeypatch):
    clock = Clock(monkeypatch)
    monkeypatch.setattr(readiness, "ask_database", lambda: clock.pass_by(policy.DATABASE_PATIENCE + MINUTE))
    readiness.look()
    assert told() == (503, {"status": "not ready", "wrong": ["database"], "late": []})


def test_a_table_that_is_locked_costs_its_own_check_alone(a_site):
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE procrastinate_workers IN ACCESS EXCLUSIVE MODE")
        readiness.look()
        cursor.execute("ROLLBACK")
    assert told() == (200, {"status": "degraded", "wrong": [], "late": ["worker"]})


def test_a_look_at_a_database_that_accepts_and_says_nothing_comes_back(a_site, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name, value in {"HOST": "127.0.0.1", "PORT": silent.getsockname()[1]}.items():
            monkeypatch.setitem(connection.settings_dict, name, value)
        readiness.look()
    assert told() == (503, {"status": "not ready", "wrong": ["database"], "late": []})


def test_a_look_leaves_the_connection_of_its_thread_as_it_was(a_site):
    before = connections["default"]
    readiness.look()
    assert connections["default"] is before
    sql("SELECT 1")
