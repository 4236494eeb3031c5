"""The embedded PostgreSQL: kept data is safe, nothing outlives its owner, and refusals are plain sentences."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from dslogon.up import postgres
from dslogon.up.errors import UserFacingError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30
STAY = """
import pathlib, sys
from dslogon.up import postgres

with postgres.running(pathlib.Path(sys.argv[1])) as server:
    print(server.process.pid, flush=True)
    input()
"""


def test_what_was_saved_is_there_after_a_second_start(tmp_path: Path) -> None:
    with postgres.running(tmp_path) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
    with postgres.running(tmp_path) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)
        for setting, value in [
            ("data_checksums", "on"),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("listen_addresses", ""),
            ("server_encoding", "UTF8"),
        ]:
            assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == (value,)
    assert server.process.returncode == 0


def test_letters_beyond_ascii_have_a_lower_case(tmp_path: Path) -> None:
    with postgres.running(tmp_path, throwaway=True) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT lower('JOSÉ ÅSA')").fetchone() == ("josé åsa",)


def test_no_value_from_a_failed_statement_reaches_the_log(tmp_path: Path) -> None:
    with postgres.running(tmp_path, throwaway=True) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE person (email text PRIMARY KEY, CHECK (email <> 'rose@home.example'))")
            connection.execute("INSERT INTO person VALUES ('iris@home.example')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO person VALUES ('iris@home.example')")
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("INSERT INTO person VALUES (%s)", ["rose@home.example"])
        log = server.log.read_text()
    assert "duplicate key" in log
    assert "home.example" not in log


def test_the_server_dies_with_the_process_that_started_it_and_the_next_one_starts(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", STAY, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    server = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    server.wait(PATIENCE)
    with postgres.running(tmp_path) as again:
        assert again.process.poll() is None


def test_a_server_left_running_is_ended_before_a_new_one_starts(tmp_path: Path) -> None:
    with postgres.running(tmp_path) as left, postgres.running(tmp_path) as server:
        assert left.process.wait(PATIENCE) == 0
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_lock_file_that_names_somebody_elses_process_does_not_stop_the_start(tmp_path: Path) -> None:
    with postgres.running(tmp_path):
        stale = (tmp_path / "postgres/postmaster.pid").read_text().splitlines()
    (tmp_path / "postgres/postmaster.pid").write_text("\n".join([str(os.getpid()), *stale[1:]]) + "\n")
    with postgres.running(tmp_path) as server:
        assert server.process.poll() is None


def test_the_server_recovers_by_itself_after_it_was_killed(tmp_path: Path) -> None:
    with postgres.running(tmp_path) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with postgres.running(tmp_path) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)


def test_a_long_path_gets_its_socket_in_a_short_folder_that_only_the_owner_may_enter(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("deeper" * 10)
    with postgres.running(deep, throwaway=True) as server, psycopg.connect(server.url) as connection:
        folder = Path(connection.info.host)
        assert not folder.is_relative_to(tmp_path)
        assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    with pytest.raises(UserFacingError, match="you alone may enter"):
        postgres.socket_folder(tmp_path)


def test_data_of_another_major_version_are_left_alone_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/PG_VERSION").write_text("17\n")
    with pytest.raises(UserFacingError, match="made by PostgreSQL 17 and this is 18"), postgres.running(tmp_path):
        pass


def test_a_half_made_data_folder_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new/PG_VERSION").write_text("18\n")
    with postgres.running(tmp_path, throwaway=True) as server:
        assert server.process.poll() is None


def test_root_without_user_namespaces_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'unshare: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(UserFacingError, match=r"cannot run as root here .* set DATABASE_URL"):
        postgres.unprivileged()
