"""The table of who opens what: as the gate answers now, and with the lines that must never change."""

from io import StringIO

import pytest
from django.core.management import call_command

from demo.management.commands import draw_access
from portal.family.access import ACTS

pytestmark = pytest.mark.django_db


def test_the_page_in_the_docs_says_what_the_gate_says():
    call_command("draw_access", check=True, stdout=StringIO())


def cells(page: str, title: str) -> dict[str, dict[str, str]]:
    """The rows of one table by page, each with its cells by person."""
    lines = page.partition(f"## {title}\n")[2].partition("\n## ")[0].strip().splitlines()
    head, _, *rows = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines)
    return {row[0].strip("`"): dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def test_nobody_opens_what_was_not_given_and_staff_open_nothing():
    others = cells(draw_access.PAGE.read_text(), "The record of another person")
    assert len(others) > 30
    for path, row in others.items():
        for person, said in row.items():
            if person.startswith("Staff"):
                assert said == "refused"
            if person in ("Stranger", "The owner", "Parent of an adult"):
                assert said == "not found"
            if person.startswith("Delegate, to") and said.startswith("sees"):
                assert path.partition("/")[0] in draw_access.GIVEN
            if person in ("Delegate, stopped", "Delegate, after the last day", "Delegate of a frozen owner"):
                assert said == "refused"
    acting = {path for path, row in others.items() if "acts" in row["Delegate, to act"]}
    assert {path.partition("/")[0] for path in acting} == set(ACTS)
    assert len(acting) == sum(map(len, ACTS.values()))
    assert not any("acts" in row["Delegate, to see"] for row in others.values())
