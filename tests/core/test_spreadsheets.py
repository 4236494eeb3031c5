"""What a spreadsheet would take for a formula is text."""

import pytest

from core.spreadsheets import defuse_cell, restore_cell


@pytest.mark.parametrize("first", list("=+-@\t\r\n＝＋－＠"))
def test_a_cell_that_begins_like_a_formula_is_text(first: str) -> None:
    assert defuse_cell(f"{first}x") == f"'{first}x"


@pytest.mark.parametrize("cell", ["5", "-5.2", "120/80", "O'Hara", ""])
def test_a_number_below_zero_and_any_other_cell_stay_as_they_are(cell: str) -> None:
    assert defuse_cell(cell) == cell


@pytest.mark.parametrize("cell", ["=1", "@x", "+a", "-5.2", "'tis", "x"])
def test_a_file_of_ours_that_is_read_again_says_what_it_said(cell: str) -> None:
    assert restore_cell(defuse_cell(cell)) == cell
