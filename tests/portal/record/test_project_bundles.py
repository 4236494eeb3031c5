"""Real files of other systems, whole: every resource is somewhere, in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from portal.record import projecting
from portal.record.canonical import write_canonical
from portal.record.models import PROJECTIONS, Panel, Resource, Result
from portal.record.reading.reading import is_error
from tests.portal.record.conftest import RUTH

FILES = 12


def texts_of(row: models.Model) -> list[str]:
    values = [getattr(row, field.attname) for field in row._meta.concrete_fields]
    return [one for value in values for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


@pytest.mark.parametrize("number", range(FILES))
def test_every_resource_of_a_real_file_is_shown_in_words(
    number: int, shared_folder: Callable[[str], Path], keep_bundle: Callable[..., list[Resource]]
) -> None:
    path = sorted(shared_folder("fhir").glob("*.json"))[number]
    resources = keep_bundle(path)
    projecting.project_changed(RUTH, [one.id for one in resources])
    rows = [row for model in PROJECTIONS for row in model._base_manager.all()]
    assert {row.resource_id for row in rows} == {one.id for one in resources if not is_error(one.raw)}
    assert [row for row in rows if not row.display.strip()] == []
    # Some of these systems do answer "None" to a question.
    answered = {one.id for one in resources if "None" in write_canonical(one.raw)}
    assert [text for row in rows if row.resource_id not in answered for text in texts_of(row) if "None" in text] == []
    assert [text for row in rows for text in texts_of(row) if text.rstrip().endswith((",", ":", "("))] == []
    assert projecting.check_patient(RUTH) == []


def test_numbers_and_their_panels_come_out_of_a_real_file_unchanged(
    shared_folder: Callable[[str], Path], keep_bundle: Callable[..., list[Resource]]
) -> None:
    path = next(shared_folder("fhir").glob("synthea2019_Ad*"))
    resources = keep_bundle(path)
    projecting.project_patient(RUTH)
    pressure = Result.objects.filter(code="8480-6").order_by("at").first()
    assert pressure is not None
    assert pressure.value_said == "107.9863711688944"
    assert pressure.place == 2
    named: list[Any] = [one for one in resources if one.type == "DiagnosticReport"]
    for report in named:
        panel = Panel.objects.get(resource=report)
        assert panel.results == Result.objects.filter(panel=report).count() == len(report.raw["result"])


@pytest.mark.django_db
def test_the_command_finds_a_row_that_was_changed_and_makes_it_again(keep: Callable[..., Any]) -> None:
    glucose = {
        "resourceType": "Observation",
        "id": "1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]},
        "valueQuantity": {"value": 90, "unit": "mg/dL"},
    }
    keep(glucose)
    call_command("project_record")
    call_command("project_record", check=True)
    Result.objects.update(value=91)
    with pytest.raises(CommandError, match="1 differences"):
        call_command("project_record", check=True)
    call_command("project_record", person=RUTH)
    call_command("project_record", check=True)
    Result.objects.all().delete()
    with pytest.raises(CommandError):
        call_command("project_record", check=True)


@pytest.mark.django_db
def test_the_command_says_that_it_knows_nobody_of_this_number() -> None:
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("project_record", person="1111111111")
