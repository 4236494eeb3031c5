"""Cells of files that people open in a spreadsheet."""

# What OWASP lists under CSV injection: full-width letters too, which some spreadsheets read as the plain ones.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defuse_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula. A number below zero stays a number."""
    is_number = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell.startswith(FORMULAS) and not is_number else cell


def restore_cell(cell: str) -> str:
    """Return a cell without the mark that keeps spreadsheets from taking it for a formula, as our own files have it."""
    return cell[1:] if cell.startswith("'") and defuse_cell(cell[1:]) == cell else cell
