"""The bench of the registry: its records are importable, its people are found, and a lookup keeps to its queries."""

from pathlib import Path

import pytest

from bench import deers
from deers.loading import files, invented

pytestmark = pytest.mark.django_db


def test_its_file_is_imported_without_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text("".join(deers.lines(100)))
    run = files.import_file(path, files.NDJSON, tmp_path / "report.csv")
    assert (run.people, run.problems) == (100, 0)


def test_its_people_are_found_and_its_other_numbers_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deers, "SMALL", 200)
    monkeypatch.setattr(deers, "ASKED", 50)
    invented.enter(200, deers.SEED)
    hits, misses, keys = deers.questions()
    assert len(hits) == len(misses) == len(keys) > 20
    assert deers.queries(hits[0]) == deers.queries(misses[0]) == 1
