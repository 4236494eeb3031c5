"""`make check`: one line for each check, and a failed one does not hide the others."""

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
