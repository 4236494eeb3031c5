"""Migrations of tables that people use: nobody waits behind them for long, and nothing is left half done."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from safeguards.postgres import base

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = "CREATE {}INDEX CONCURRENTLY by_word ON in_use (word)"
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_word'::regclass"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'CONCURRENTLY by_word' AND wait_event_type = 'Lock'"
FIRST = """
from django.db import migrations

class Migration(migrations.Migration):
    initial = True
"""
SECOND = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("demo", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE TABLE beside (word text)"),
        migrations.RunSQL("ALTER TABLE in_use ADD COLUMN number int"),
    ]
"""


def run(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(autouse=True)
def _a_table_that_two_people_use(transactional_db: None) -> Iterator[None]:
    run("CREATE TABLE in_use AS SELECT 'same' AS word FROM generate_series(1, 2)")
    run("SET lock_timeout = '50ms'")
    yield
    connection.close()
    run("DROP TABLE IF EXISTS in_use, beside")


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody who reads the table, and does not end the transaction."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    with psycopg.connect(url.geturl()) as other:
        other.execute("SELECT * FROM in_use")
        yield other


@pytest.fixture
def pauses(reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between two tries. In the second, the reader is done."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            reader.commit()

    monkeypatch.setattr(base.time, "sleep", sleep)
    return slept


def send(statement: str) -> None:
    """Send a statement as a migration does that has no transaction."""
    with connection.schema_editor(atomic=False) as editor:
        editor.execute(statement)


def test_a_statement_that_gets_no_lock_gives_up_and_is_sent_again_when_the_table_is_free(pauses, caplog):
    send("ALTER TABLE in_use ADD COLUMN number int")
    assert len(pauses) == caplog.text.count("is in use. It is tried again soon.") == 2
    assert run("SELECT DISTINCT number FROM in_use") == [(None,)]


def test_a_table_that_is_always_in_use_ends_the_migration_in_a_sentence(reader, monkeypatch):
    monkeypatch.setattr(base.time, "sleep", lambda seconds: None)
    with pytest.raises(CommandError, match=r"always in use.*Run migrate again\."):
        send("ALTER TABLE in_use ADD COLUMN number int")


@pytest.fixture
def two_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: object) -> Iterator[None]:
    """An app with a second migration, which is not applied yet."""
    folder = tmp_path / "moves_of_a_test"
    folder.mkdir()
    for name, text in {"__init__": "", "0001_initial": FIRST, "0002_second": SECOND}.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(settings, "MIGRATION_MODULES", {"demo": folder.name})
    yield
    run("DELETE FROM django_migrations WHERE app = 'demo' AND name = '0002_second'")


def test_a_migration_that_gets_no_lock_is_taken_back_as_a_whole_and_done_again(two_migrations, pauses):
    call_command("migrate", "demo", verbosity=0)
    assert len(pauses) == 2
    assert run("SELECT number FROM in_use, beside") == []
    assert run("SELECT count(*) FROM django_migrations WHERE app = 'demo'") == [(2,)]


def test_an_index_beside_the_traffic_waits_for_everybody_and_has_nobody_wait(reader):
    def finish() -> None:
        try:
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as looking:
                deadline = time.monotonic() + 60
                while looking.execute(WAITS).fetchall() == [(0,)]:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            waited.append(True)
        finally:
            reader.commit()

    waited: list[bool] = []
    reader.execute("INSERT INTO in_use VALUES ('another')")
    reading = Thread(target=finish)
    reading.start()
    send(INDEX.format(""))
    reading.join()
    assert waited
    assert run(VALID) == [(True,)]
    assert run("SHOW lock_timeout") == [("50ms",)]


def test_an_index_that_was_left_half_made_is_made_again():
    with pytest.raises(IntegrityError):
        send(INDEX.format("UNIQUE "))
    assert run(VALID) == [(False,)]
    run("DELETE FROM in_use")
    send(INDEX.format("UNIQUE "))
    assert run(VALID) == [(True,)]
