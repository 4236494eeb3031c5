"""`make check`: one line for each check, and a failed one does not hide the others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dslogon.up import check


def test_no_lock_file_names_a_host() -> None:
    assert check.registries() == []


def test_a_lock_file_that_names_a_host_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "package-lock.json").write_text('{\n"resolved": "https://registry.example/a.tgz"\n}')
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert check.registries() == ["package-lock.json:2 names a host"]


def test_each_check_is_told_in_one_line_and_what_is_wrong_below(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.told("style", "")
    assert not check.told("types", "a.py:1: wrong\nb.py:2: wrong too")
    assert capsys.readouterr().out.splitlines() == [
        "passed  style",
        "failed  types",
        "        a.py:1: wrong",
        "        b.py:2: wrong too",
    ]


@pytest.mark.parametrize("name", sorted(check.production().keys() - {"DJANGO_SETTINGS_MODULE", "DSLOGON_DEMO"}))
def test_production_without_one_of_its_values_says_which_and_what_for(name: str) -> None:
    """EMAIL_URL among them: otherwise mail would be printed among the logs, codes and all."""
    given = os.environ | check.production()
    ran = subprocess.run(
        [sys.executable, "-c", "import dslogon.settings.production"],
        env={each: value for each, value in given.items() if each != name},
        cwd=check.ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode != 0
    assert f"{name} is not set: " in ran.stderr
