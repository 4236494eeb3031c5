"""The supervisor obeys units as systemd does, as far as ours go, and refuses what it does not know."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from dslogon.up import units
from dslogon.up.errors import UserFacingError
from dslogon.up.units import State, ask, in_order, read_unit
from tests.deploying.deployment import until
from tests.up.conftest import ROOT

LASTS = "[Service]\nExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of units with a supervisor, which is gone at the end with all that it started."""
    command = [sys.executable, "-m", "dslogon.up.units", str(tmp_path), "serve"]
    supervisor = subprocess.Popen(command, cwd=ROOT)
    until((tmp_path / units.CONTROL).exists)
    yield tmp_path
    below = psutil.Process(supervisor.pid).children(recursive=True)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(60) == 0
    assert not psutil.wait_procs(below, timeout=20)[1]


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.service").write_text(text)


def state(folder: Path, name: str) -> State:
    return State(*json.loads(ask(folder, "show"))[name])


def test_what_is_killed_starts_again_and_what_is_stopped_does_not(folder: Path) -> None:
    write(folder, "lasts", LASTS)
    ask(folder, "enable", "--now", "lasts")
    first = state(folder, "lasts").pid
    ask(folder, "kill", "--signal=SIGKILL", "lasts")
    until(lambda: state(folder, "lasts").pid not in (0, first))
    assert state(folder, "lasts").restarts == 1
    second = psutil.Process(state(folder, "lasts").pid)
    ask(folder, "stop", "lasts")
    assert not second.is_running()
    with pytest.raises(UserFacingError, match="does not run"):
        ask(folder, "kill", "--signal=SIGKILL", "lasts")


def test_a_unit_has_its_instance_its_folder_and_the_values_of_its_files_and_nothing_of_ours(
    folder: Path,
) -> None:
    (folder / "values").write_text('# a remark\nNAME="Ada Winters"\nCODE=1:abc=\n')
    told = f"Environment=PORT=%i\nEnvironmentFile={folder}/values\nWorkingDirectory={folder}\n"
    write(folder, "tells@", f"[Service]\nType=oneshot\n{told}ExecStart=/usr/bin/env\nExecStart=/bin/pwd\n")
    ask(folder, "start", "tells@8001")
    said = (folder / units.LOGS / "tells@8001.log").read_text().splitlines()
    assert {"PORT=8001", "NAME=Ada Winters", "CODE=1:abc=", str(folder)} <= set(said)
    assert {line.partition("=")[0] for line in said} <= {"PORT", "NAME", "CODE", "PATH", "LANG", str(folder)}


def test_a_unit_that_should_do_something_once_has_to_succeed(folder: Path) -> None:
    write(folder, "fails", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo why; exit 3'\n")
    with pytest.raises(UserFacingError, match=r"fails failed:\nwhy"):
        ask(folder, "start", "fails")


def test_a_timer_starts_its_unit_at_its_time_and_not_once_it_is_stopped(folder: Path) -> None:
    write(folder, "nightly", f"[Service]\nType=oneshot\nExecStart=/usr/bin/touch {folder}/done\n")
    soon = datetime.now(UTC) + timedelta(seconds=2)
    (folder / "nightly.timer").write_text(f"[Timer]\nOnCalendar={soon:{units.EVERY_DAY}}\n")
    ask(folder, "enable", "--now", "nightly.timer")
    assert not (folder / "done").exists()
    until((folder / "done").exists)
    ask(folder, "disable", "--now", "nightly.timer")


def test_a_timer_is_due_each_day_at_its_time() -> None:
    folder, timer = ROOT / "docs/deploying", "dslogon-backup.timer"
    due = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)
    assert units.next_time(folder, timer, due - timedelta(seconds=1)) == due
    assert units.next_time(folder, timer, due) == due + timedelta(days=1)


def test_units_start_after_those_that_they_name() -> None:
    folder = ROOT / "docs/deploying"
    names = ["dslogon-web@8001", "dslogon-counters", "dslogon-pgbouncer"]
    order = [unit.name for unit in in_order({name: read_unit(folder, name) for name in names})]
    assert order[-1] == "dslogon-web@8001"


def test_a_line_that_is_not_known_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "odd", f"{LASTS}WatchdogSec=5\n")
    with pytest.raises(UserFacingError, match="WatchdogSec=5"):
        read_unit(tmp_path, "odd")
    with pytest.raises(UserFacingError, match="no unit"):
        read_unit(tmp_path, "nowhere")


def test_every_unit_that_lasts_starts_again_however_often_it_ends() -> None:
    files = sorted((ROOT / "docs/deploying").glob("*.service"))
    assert len(files) == 9
    for file in files:
        unit, text = read_unit(file.parent, file.stem.replace("@", "@1")), file.read_text()
        assert unit.oneshot or (unit.restart and unit.restart_seconds == 1 and "StartLimitIntervalSec=0" in text), file
        assert unit.user.endswith("_USER}}"), file
        for line in ("NoNewPrivileges=yes", "ProtectSystem=full", "PrivateTmp=yes", "UMask=0077"):
            assert line in text, file
