"""Backups are taken, restored and compared as docs/deploying.md says, and what cannot be restored is refused."""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dslogon.up import cluster as clusters
from dslogon.up.backups import drilling
from dslogon.up.backups.drilling import DRILL, differences, drill
from dslogon.up.backups.kept import backups_in, first_segment, manifest, missing_segments, segments, taken_at
from dslogon.up.backups.place import CURRENT, LOG, UNFINISHED, Place
from dslogon.up.backups.restoring import read_time, recovered, restore
from dslogon.up.backups.taking import FIGURE, prune, take
from dslogon.up.cluster import Cluster
from dslogon.up.errors import UserFacingError
from tests import walk
from tests.deploying.deployment import until
from tests.deploying.test_recipe import as_role, as_site, register, secret
from tests.deploying.visitor import Visitor

RECEIVER = "dslogon-wal"


def ask(cluster: Cluster, *words: str, status: int = 0) -> str:
    """What the command of the page says, which has to end like that."""
    command = [str(cluster.folder / "backups"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if status else done.stdout


def place_of(cluster: Cluster) -> Place:
    return Place(cluster.folder)


def current_of(cluster: Cluster) -> Path:
    return place_of(cluster).backups / CURRENT


def time_of_database(cluster: Cluster) -> datetime:
    with as_site(cluster) as site:
        (now,) = site.execute("SELECT clock_timestamp()").fetchone() or ()
        return now.astimezone(UTC)


def is_received(cluster: Cluster) -> bool:
    """Whether all that the primary has written stands among the backups."""
    with as_site(cluster) as site:
        here = "SELECT restart_lsn >= pg_current_wal_flush_lsn() FROM pg_replication_slots WHERE slot_name = 'wal'"
        return site.execute(here).fetchone() == (True,)


def end_segment(cluster: Cluster) -> None:
    """Let the primary go on in a new file of its log."""
    port, password = place_of(cluster).values["PGPORT"], secret(cluster, "DB_ADMIN_PASSWORD")
    with psycopg.connect(f"postgres://postgres:{password}@127.0.0.1:{port}/dslogon", autocommit=True) as primary:
        primary.execute("SELECT pg_logical_emit_message(false, 'test', '', true)")
        primary.execute("SELECT pg_switch_wal()")


def attempt_to_sign_in(cluster: Cluster, username: str) -> Visitor:
    """Somebody who gives a name and the password of all tests."""
    visitor = Visitor(cluster)
    visitor.get("/sign-in/")
    visitor.send("/sign-in/", {"consent": "yes"})
    visitor.post("/sign-in/", {"username": username, "password": walk.PASSWORD})
    return visitor


def events_of(url: str) -> int:
    with psycopg.connect(url) as database:
        return (database.execute("SELECT count(*) FROM safeguards_auditevent").fetchone() or (0,))[0]


@contextmanager
def somebody_who_writes(cluster: Cluster) -> Iterator[None]:
    """Commit a change every few milliseconds for the length of the block."""
    over = threading.Event()

    def write() -> None:
        with psycopg.connect(place_of(cluster).url("owner.env"), autocommit=True) as live:
            while not over.wait(0.005):
                live.execute("UPDATE django_migrations SET applied = applied + interval '1 microsecond' WHERE id = 1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_a_backup_restores_what_the_live_database_held_while_people_used_it(deployed: Cluster) -> None:
    with somebody_who_writes(deployed):
        said = clusters.follow(deployed, clusters.PRACTICE)
    assert re.search(r"all \d+ tables with [\d,]+ rows are as in the live database", said)
    assert "The keys fit." in said
    assert re.search(r"It took \d+ seconds", said)
    assert not list(place_of(deployed).backups.glob(f"{DRILL}*"))


def test_a_drill_fails_if_one_row_differs(deployed: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    real = recovered
    beside_the_socket: list[str] = []

    @contextmanager
    def tampered(place: Place, *how: object) -> Iterator[Path]:
        with real(place, *how) as sockets:  # type: ignore[arg-type]
            beside_the_socket.extend(sorted(file.name for file in sockets.iterdir()))
            with psycopg.connect(place.url("owner.env", sockets)) as restored:
                restored.execute("UPDATE django_migrations SET applied = applied + interval '1 s' WHERE id = 1")
            yield sockets

    monkeypatch.setattr(drilling, "recovered", tampered)
    with pytest.raises(UserFacingError, match=r"not what it should be\.\ndjango_migrations differs: (\d+) rows .*$"):
        drill(place_of(deployed))
    assert not list(place_of(deployed).backups.glob(f"{DRILL}*"))
    # Nothing that root writes: the folder is the database user's, who could put a link there.
    assert beside_the_socket == [".s.PGSQL.5432", ".s.PGSQL.5432.lock", "pg_hba.conf"]


@pytest.fixture
def copied(deployed: Cluster, tmp_path: Path) -> Path:
    """A copy of what is kept, with at least three files of the log, to be damaged."""
    for _ in range(2):
        end_segment(deployed)
    until(lambda: is_received(deployed))
    copy = tmp_path / "kept"
    shutil.copytree(current_of(deployed), copy)
    return copy


def refusal(cluster: Cluster, *words: str) -> str:
    """The sentence with which a restore is refused. It leaves nothing behind."""
    said = ask(cluster, "restore", *words, status=1)
    assert not list((cluster.folder / "postgres").glob("restored*"))
    assert len(said.splitlines()) == 1, said
    return said


def size_of(file: Path) -> int:
    return file.stat().st_size


@pytest.mark.parametrize("text", ["2026-11-29 08:00:00", "yesterday", "0001-01-01 00:00:00+14:00", ""])
def test_a_time_that_is_none_or_may_mean_several_is_refused(text: str) -> None:
    with pytest.raises(UserFacingError, match="not a time with its zone"):
        read_time(text)


def test_a_database_without_tables_is_not_taken_for_one_that_was_restored_well() -> None:
    assert differences({}, {}) == ["The live database has no tables."]


def test_what_cannot_be_restored_is_refused_in_a_sentence(deployed: Cluster, copied: Path) -> None:
    assert "not a time with its zone" in refusal(deployed, "2026-11-29 08:00:00")
    assert "still to come" in refusal(deployed, f"{datetime.now(UTC) + timedelta(hours=1)}")
    assert "Nothing is kept from before" in refusal(deployed, "2026-01-01 00:00:00Z")
    assert "There is no backup" in refusal(deployed, "latest", str(copied / LOG))
    named = place_of(deployed).backups / "until-2026-11-29T091500Z"
    assert f"There is no backup in {named}." in refusal(deployed, "latest", named.name)

    now = f"{time_of_database(deployed)}"
    newest = backups_in(copied)[-1]
    of_its_own = max(number for number, _ in segments(newest / "pg_wal"))
    *_, lost, last_whole, _ = [file for number, file in segments(copied / LOG) if number > of_its_own]
    with last_whole.open("r+b") as damaged:
        damaged.write(bytes(8192))
    assert "is damaged at" in refusal(deployed, "latest", str(copied))
    lost.unlink()
    missing = f"{lost.name[8:24]} of the log is missing"
    assert missing in refusal(deployed, "latest", str(copied))
    said = refusal(deployed, now, str(copied))
    assert "What is kept" in said
    assert missing in said

    with max(newest.rglob("base/*/*"), key=size_of).open("r+b") as table:
        table.truncate(size_of(Path(table.name)) // 2)
    assert "is not whole" in refusal(deployed, now, str(copied))


def test_who_restores_without_the_right_keys_is_told_which_are_wrong(deployed: Cluster, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(deployed.folder / "etc", site / "etc")
    (site / "postgres").mkdir()
    told = (site / "etc/site.env").read_text()
    for name, other in (("FIELD_KEYS", f"1:{'A' * 43}="), ("INDEX_KEY", f"{'B' * 43}=")):
        told = re.sub(rf"^{name}=.*$", f"{name}={other}", told, flags=re.MULTILINE)
    (site / "etc/site.env").write_text(told)
    with pytest.raises(UserFacingError) as refused:
        restore(Place(site), "latest")
    assert "The field key '1' in FIELD_KEYS is not the one that this database was written with." in str(refused.value)
    assert "INDEX_KEY is not the key that this database was written with." in str(refused.value)
    assert (site / "postgres/restored/PG_VERSION").exists()


def test_who_restores_with_another_file_of_secrets_is_told_so(deployed: Cluster, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(deployed.folder / "etc", site / "etc")
    (site / "postgres").mkdir()
    (site / "etc/owner.env").write_text("DATABASE_URL=postgres://dslogon:of-another-site@127.0.0.1:1/dslogon\n")
    with pytest.raises(UserFacingError, match=r"Is etc/secrets the file that goes with it\?.* password"):
        restore(Place(site), "latest")


def test_with_a_full_disk_of_backups_the_site_goes_on_and_nothing_is_missing_later(deployed: Cluster) -> None:
    folder = current_of(deployed) / LOG

    def is_active() -> bool:
        with as_site(deployed) as site:
            return site.execute("SELECT active FROM pg_replication_slots WHERE slot_name = 'wal'").fetchone() == (True,)

    before = clusters.processes(deployed)[RECEIVER].restarts
    folder.chmod(0o500)  # no new file can be made, as on a full disk
    try:
        end_segment(deployed)
        until(lambda: clusters.processes(deployed)[RECEIVER].restarts > before + 1)
        assert not is_received(deployed)
        assert "not right" in attempt_to_sign_in(deployed, "while.it.is.full").text()
        assert Visitor(deployed).get("/readyz") == 200
    finally:
        folder.chmod(0o700)
    until(is_active)
    until(lambda: is_received(deployed))
    assert missing_segments(backups_in(current_of(deployed))[0], folder) == ""


def test_only_the_newest_backups_are_kept_and_the_log_since_the_oldest_of_them(deployed: Cluster) -> None:
    current, kept = current_of(deployed), int(deployed_value(deployed, "BACKUPS_KEPT"))
    (first, *_) = backups_in(current)
    needed = first_segment(first)
    for day in range(1, kept + 1):
        shutil.copytree(first, current / f"2026-01-{day:02}T023000Z", copy_function=os.link)
    end_segment(deployed)
    clusters.follow(deployed, clusters.BACK_UP)
    left = backups_in(current)
    assert told_last(deployed) == taken_at(left[-1])
    assert len(left) == kept
    assert [path.name for path in left[: kept - 2]] == [f"2026-01-{day:02}T023000Z" for day in range(3, kept + 1)]
    for path in left[: kept - 1]:
        shutil.rmtree(path)
    prune(current, kept)
    assert min(number for number, _ in segments(current / LOG)) > needed
    assert missing_segments(left[-1], current / LOG) == ""


def test_backups_of_a_new_database_do_not_drive_out_those_of_the_one_that_was_lost(deployed: Cluster) -> None:
    current, told = current_of(deployed), told_last(deployed)
    before = backups_in(current)
    lost = current / "2026-01-01T023000Z"
    lost.mkdir()
    said = manifest(before[-1])
    (lost / "backup_manifest").write_text(json.dumps(said | {"System-Identifier": 1}))
    try:
        with pytest.raises(UserFacingError, match="holds backups of another database"):
            take(place_of(deployed))
        assert backups_in(current) == [lost, *before]
        assert not (current / UNFINISHED).exists()
        assert told_last(deployed) == told == taken_at(before[-1])
    finally:
        shutil.rmtree(lost)


def told_last(cluster: Cluster) -> datetime:
    """When the last backup was whole, by the file that monitoring may read."""
    file = Path(deployed_value(cluster, "FIGURES")) / "dslogon.prom"
    assert file.stat().st_mode & 0o777 == 0o644
    ((sample,),) = [family.samples for family in text_string_to_metric_families(file.read_text())]
    assert sample.name == FIGURE
    return datetime.fromtimestamp(sample.value, UTC)


@pytest.mark.parametrize("said", ["0", "-1", "seven", ""])
def test_how_many_backups_are_kept_is_looked_at_before_one_is_taken(tmp_path: Path, said: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/backup.env").write_text(f"BACKUPS={tmp_path / 'kept'}\nBACKUPS_KEPT={said}\n")
    with pytest.raises(UserFacingError, match="has to be a number from 1 on"):
        take(Place(tmp_path))


def deployed_value(cluster: Cluster, name: str) -> str:
    return place_of(cluster).values[name]


def test_switching_over_when_nothing_was_restored_starts_the_old_database_again(deployed: Cluster) -> None:
    events = events_of(place_of(deployed).url("owner.env"))
    clusters.follow(deployed, clusters.SWITCH_OVER)
    assert events_of(place_of(deployed).url("owner.env")) >= events > 0


@pytest.mark.django_db
def test_who_registered_before_a_time_is_there_after_a_restore_to_it_and_who_came_later_is_not(
    deployed: Cluster,
) -> None:
    register(deployed, "priya", "priya.before")
    moment = time_of_database(deployed)
    register(deployed, "isabel", "isabel.after")
    events = events_of(place_of(deployed).url("owner.env"))

    assert "and the keys fit" in ask(deployed, "restore", f"{moment}")
    assert "exists: move it away" in ask(deployed, "restore", "latest", status=1)
    assert events_of(place_of(deployed).url("owner.env")) >= events  # the live one is as it was

    clusters.follow(deployed, clusters.SWITCH_OVER)
    assert attempt_to_sign_in(deployed, "priya.before").get("/portal/") == 200
    assert "not right" in attempt_to_sign_in(deployed, "isabel.after").text()
    with as_site(deployed) as site:
        names = "SELECT username FROM accounts_account WHERE username IN ('priya.before', 'isabel.after')"
        assert site.execute(names).fetchall() == [("priya.before",)]
    with as_role(deployed, "dslogon_web", "DB_WEB_PASSWORD", "DB_2") as standby:
        until(lambda: standby.execute(names).fetchall() == [("priya.before",)])
    assert len(backups_in(current_of(deployed))) == 1
