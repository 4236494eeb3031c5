"""SECURITY.md names a test for each defense, and each of these tests is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line
    for line in (ROOT / "SECURITY.md").read_text().partition("## Defenses")[2].splitlines()
    if line.startswith("| ") and not line.startswith("| defense")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_defense_names_tests_that_are_there(row: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+?\.py)(?:::(\w+))?`", row.split("|")[2])
    assert named
    for file, test in named:
        assert (ROOT / file).is_file(), file
        if test:
            assert f"def {test}(" in (ROOT / file).read_text(), test


def test_the_page_has_a_row_for_each_kind_of_attacker_that_it_names() -> None:
    assert len(ROWS) > 25
