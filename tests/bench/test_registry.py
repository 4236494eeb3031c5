"""The bench of the registry: its records are importable, its people are found, and a lookup keeps to its queries."""

from pathlib import Path

import pytest

from bench import deers, imports, lookups
from deers.loading import files, invented
from deers.loading.steps import Piece

pytestmark = pytest.mark.django_db


def test_its_file_is_imported_without_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text(imports.lines(Piece(0, 100, 0)))
    run = files.import_file(path, files.NDJSON, tmp_path / "report.csv")
    assert run == (100, 0)


def test_its_people_are_found_and_its_other_numbers_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "SMALL", 200)
    monkeypatch.setattr(lookups, "ASKED", 50)
    invented.enter(200, imports.SEED)
    hits, misses = lookups.hits(), lookups.misses()
    assert len(hits) == len(misses) > 20
    assert len(lookups.keys()) > 20
    assert deers.asked_of_database(hits[0]) == deers.asked_of_database(misses[0]) == 1
