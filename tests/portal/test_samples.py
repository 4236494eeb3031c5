"""The record behind the previews is valid, in order, and tells one story."""

import pytest
from django.db.models import Model

from core.policy import Level
from portal import codes, sample_record, samples
from portal.features import FEATURES, Feature
from portal.models import Report

FEW = 3
LISTS = {
    name: getattr(sample_record, name)
    for name in (
        *("ALLERGIES", "CONDITIONS", "MEDICATIONS", "IMMUNIZATIONS", "PROCEDURES"),
        *("VITAL_SIGNS", "REPORTS", "DOCUMENTS", "GOALS", "THREADS"),
    )
}
WHEN = {"THREADS": "last_sent_at"}
# What only the record of the samples can say.
SHOWN = {
    "messages": ["How often do I need an eye examination?", "November 5, 2025"],
    "medications": ["Metformin hydrochloride", "Supply ends soon", "March 8, 2026"],
    "conditions": ["Type 2 diabetes mellitus", "Since September 1998"],
    "labs": ["Hemoglobin A1c 6.9 percent", "Glucose 114 mg/dL", "All 4 results are in the usual range."],
    "vitals": ["131 over 82", "Above the usual range", "Oct 28, 2024"],
    "notes": ["Eye examination, August 19, 2025", "By Dr. Victor Amari"],
    "procedures": ["Colonoscopy", "No polyps were found."],
    "record": ["Allergy to grass pollen", "Flu, high dose", "131 over 82"],
    "tools": ["You have 1 refill left", "Hemoglobin A1c below 7 percent"],
    "family": ["Rosa Samplewood"],
}


def results(reports: list[Report]) -> list[Model]:
    return [line for report in reports for line in report.lines]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_short_newest_first_and_ends_today(name):
    rows = LISTS[name]
    whens = [getattr(row, WHEN.get(name) or row.when) for row in rows]
    assert whens == sorted(whens, reverse=True)
    assert f"{whens[0]:%Y-%m-%d}" <= f"{sample_record.TODAY:%Y-%m-%d}"
    assert len(set(whens) if name == "VITAL_SIGNS" else rows) <= FEW


def test_what_is_filled_in_is_valid():
    rows = [row for some in LISTS.values() for row in some] + results(sample_record.REPORTS)
    for row in rows:
        row.clean_fields(exclude=[field.name for field in row._meta.fields if not getattr(row, field.attname)])
    assert len({row.pk for row in rows}) == len(rows)
    assert {row.patient for row in rows} == {sample_record.NOBODY}


def test_every_measure_is_taken_at_each_visit():
    readings = samples.vitals()["page"].rows
    assert len(readings) == FEW
    assert all(cell.lines for _, cells in readings for cell in cells)
    assert len(sample_record.VITAL_SIGNS) == FEW * len(codes.VITALS)


def test_the_body_mass_index_follows_from_weight_and_height():
    for _, cells in samples.vitals()["page"].rows:
        value = {cell.column: float(cell.lines[0].value) for cell in cells}
        assert value["Body mass index"] == round(703 * value["Weight"] / value["Height"] ** 2, 1)


def test_every_prescription_is_for_one_of_the_conditions():
    assert {row.reason for row in sample_record.MEDICATIONS} == {row.display for row in sample_record.CONDITIONS}


def test_one_refill_is_near_and_the_flu_vaccine_is_given():
    shown = samples.tools()
    assert [row.display for row in shown["refills"]] == ["Lisinopril 10 MG Oral Tablet"]
    assert not shown["flu_due"]


@pytest.mark.parametrize(
    "feature", [feature for feature in FEATURES if feature.level == Level.PREMIUM], ids=lambda feature: feature.slug
)
def test_a_preview_shows_the_sample_record(client, ruth_basic, feature: Feature):
    client.force_login(ruth_basic)
    shown = " ".join(client.get(feature.url).content.decode().split())
    assert [words for words in SHOWN[feature.slug] if words not in shown] == []
    assert "Not recorded" not in shown
    assert "None recorded" not in shown
