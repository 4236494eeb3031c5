"""What every test can rely on, and the public data that some tests compare with."""

import fcntl
import gc
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import segno
from django.core.management.color import no_style
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from django_ratelimit import core
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from deers import lookup
from safeguards import limits, probe
from support import dated_notices

pytest_plugins = ["tests.chromium", "tests.deploying.deployment"]

CI = os.environ.get("CI") == "true"
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection() -> None:
    """Thousands of tests stay in memory: to look among them for garbage takes a quarter of all processor time."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _deers_is_well() -> None:
    """No test finds the breaker open because of another one."""
    lookup.breaker.reset()


@pytest.fixture(autouse=True)
def _there_are_no_notices_to_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """They count as read, so that no page asks the database for them until a test says `forget_notices`."""
    monkeypatch.setattr(dated_notices, "_read", (float("inf"), []))


@pytest.fixture(autouse=True)
def _all_tries_fall_into_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of a limit begins with a test's first try. By the clock it would now and then end in its midst."""
    ends: dict[tuple[str, int], int] = {}

    def window(key: str, period: int) -> int:
        now = int(time.time())
        if ends.setdefault((key, period), now + period) < now:
            ends[key, period] = now + period
        return ends[key, period]

    for module in (core, limits):
        monkeypatch.setattr(module, "_get_window", window)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> Iterator[None]:
    """Migrate one database for all processes of a run, which takes seconds, and give each a copy, which takes none."""
    creation = connection.creation
    folder = tmp_path_factory.getbasetemp()  # of this process; where there are several, within that of the run
    with django_db_blocker.unblock():
        with (folder if worker_id == "master" else folder.parent).joinpath("migrated").open("a+") as note:
            fcntl.flock(note, fcntl.LOCK_EX)
            if os.fstat(note.fileno()).st_size:
                connection.settings_dict["NAME"] = creation._get_test_db_name()  # type: ignore[attr-defined]
            else:
                creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
                note.write("Yes.")
            creation.clone_test_db(worker_id, verbosity=0)
        connection.settings_dict["NAME"] = creation.get_test_db_clone_settings(worker_id)["NAME"]
    yield
    with django_db_blocker.unblock():
        drop_database()


def drop_database() -> None:
    """Drop the copy of this process. A thread of a site that a browser looked at may not have hung up yet."""
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    connection.close()
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


# Content types, permissions and roles: `migrate` makes them, and no test that commits changes them. The probes of the
# keys, which it makes too, are changed.
MADE_BY_MIGRATE = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


@pytest.fixture(autouse=True, scope="session")
def _what_tests_commit_is_swept_quickly() -> Iterator[None]:
    """Django would have the permissions of all models made again after each test that commits: most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: sweep())
        yield


SWEEPS = 3


def sweep() -> None:
    """Empty the tables. A thread of the test that still writes may hold one table and want another: then once more."""
    for _ in range(SWEEPS - 1):
        try:
            return sweep_once()
        except OperationalError:
            connection.close()
    return sweep_once()


def sweep_once() -> None:
    """Empty every table but those: what holds rows row by row, because Django's way makes 500 files again each time."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - MADE_BY_MIGRATE
    if may_pass_triggers():
        with transaction.atomic(), connection.cursor() as cursor:
            # Neither foreign keys nor the triggers that keep records and the audit trail are asked.
            cursor.execute("SET LOCAL session_replication_role = replica")
            # Some thread of the test may still be writing.
            every = sql.SQL(", ").join(map(sql.Identifier, sorted(tables)))
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(every))
            for table in holding_rows(tables):
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    else:
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), sorted(tables)))
    probe.remember()


def may_pass_triggers() -> bool:
    """Return whether the tests are a superuser, as on their own throw-away database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchall()[0][0])


def holding_rows(tables: set[str]) -> list[str]:
    """Return the tables that are not empty, by one query for all."""
    one = sql.SQL("(SELECT {} FROM {} LIMIT 1)")
    asked = [one.format(sql.Literal(table), sql.Identifier(table)) for table in sorted(tables)]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        return [table for (table,) in cursor.fetchall()]


@pytest.fixture(autouse=True, scope="session")
def _qr_codes_are_drawn_quickly() -> Iterator[None]:
    """Each code comes in eight patterns that read the same. To find the prettiest takes a fiftieth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segno, "make", partial(segno.make, mask=0))
        yield


@pytest.fixture(scope="session")
def shared_folder() -> Callable[[str], Path]:
    """Finds a folder of public data beside the repository; skips the test without it, and fails where CI=true."""

    def find(name: str) -> Path:
        folder = SHARED / name
        if not folder.is_dir():
            (pytest.fail if CI else pytest.skip)(f"The public data '{name}' are not beside the repository.")
        return folder

    return find
