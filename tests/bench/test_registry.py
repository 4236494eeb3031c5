"""The bench of the registry: records can be imported, people are found, and a lookup keeps to its queries."""

import json
from pathlib import Path

import pytest

from bench import deers, imports, lookups
from deers.loading import files
from deers.loading.steps import Piece
from demo.invent import registry

pytestmark = pytest.mark.django_db


def test_its_file_is_imported_without_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text(imports.lines(Piece(0, 100, 0)))
    run = files.import_file(path, files.NDJSON, tmp_path / "report.csv")
    assert run == (100, 0)


def test_its_people_are_found_and_its_other_numbers_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "SMALL", 200)
    monkeypatch.setattr(lookups, "ASKED", 50)
    registry.enter(200, imports.SEED)
    hits, misses = lookups.hits(), lookups.misses()
    assert len(hits) == len(misses) > 20
    assert len(lookups.keys()) > 20
    assert deers.asked_of_database(hits[0]) == deers.asked_of_database(misses[0]) == 1


def test_what_was_measured_before_an_interruption_is_told_and_not_measured_again(tmp_path: Path) -> None:
    kept = tmp_path / "10000.txt"
    interrupted = deers.once(kept, lambda: iter(["a lookup", "an import"]))
    next(interrupted)
    del interrupted
    assert list(deers.once(kept, lambda: iter(["a lookup", "an import"]))) == ["a lookup", "an import"]
    assert list(deers.once(kept, lambda: iter(["another lookup"]))) == ["a lookup", "an import"]


def test_an_import_that_is_over_is_not_done_again(tmp_path: Path) -> None:
    speed = imports.Speed(20_000, 0.0001, 200)
    (tmp_path / "import-10000.json").write_text(json.dumps(speed))
    assert imports.grown(tmp_path, 0, 10_000) == speed
