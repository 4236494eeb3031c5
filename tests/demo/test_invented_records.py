"""Invented records are consistent, and the same seed gives the same ones."""

from datetime import date, timedelta
from random import Random

import pytest

from demo.invent import records
from portal.codes import CONDITIONS, LABS, VACCINES, VITALS
from portal.models import Appointment, Condition, Immunization, Medication, Observation, Report

TODAY = date(2026, 11, 23)
LIVES = [(date(1939, 2, 3), "M"), (date(1961, 7, 30), "F"), (date(1988, 2, 29), "F"), (date(2005, 1, 1), "M")]
LIVES += [(date(2013, 5, 5), "M"), (date(2025, 12, 1), "F"), (date(2026, 11, 20), "M")]


def some(rows: list, kind: type) -> list:
    return [row for row in rows if isinstance(row, kind)]


@pytest.mark.parametrize(("born", "sex"), LIVES)
@pytest.mark.parametrize("theme", records.THEMES)
def test_every_row_is_valid_and_nothing_happens_before_birth_or_after_today(born, sex, theme):
    for row in records.record_for("1234567890", born, sex, Random(7), TODAY, theme=theme):
        row.clean_fields(exclude=["report", "thread"])
        when = getattr(row, getattr(row, "when", "pk"))
        if isinstance(row, Appointment | Report | Observation) and row.status != "booked":
            assert born <= when.date() <= TODAY
        elif isinstance(when, date) and not hasattr(when, "hour"):
            assert born <= when <= TODAY


def test_the_same_seed_gives_the_same_record():
    one, two = (records.record_for("1234567890", date(1950, 1, 1), "F", Random(3), TODAY) for _ in range(2))
    assert [vars(row) | {"_state": 0} for row in one if not hasattr(row, "report_id")] == [
        vars(row) | {"_state": 0} for row in two if not hasattr(row, "report_id")
    ]
    assert [row.pk for row in one] == [row.pk for row in two]


def test_two_people_with_one_seed_share_no_ids():
    one, two = (records.record_for(dod_id, date(1950, 1, 1), "F", Random(3), TODAY) for dod_id in ("1", "2"))
    assert not {row.pk for row in one} & {row.pk for row in two}


def test_a_person_with_diabetes_has_the_medication_and_a_falling_a1c():
    rows = records.record_for("1234567890", date(1952, 1, 1), "M", Random(5), TODAY, theme="diabetes")
    assert "44054006" in {row.code for row in some(rows, Condition)}
    assert "861007" in {row.code for row in some(rows, Medication)}
    a1c = sorted((row.effective, row.value) for row in some(rows, Observation) if row.code == "4548-4")
    assert len(a1c) >= 6
    assert a1c[0][1] > a1c[-1][1] > 5


def test_a_child_has_vaccines_by_schedule_and_no_medication_for_old_age():
    rows = records.record_for("1234567890", date(2016, 3, 1), "F", Random(5), TODAY)
    given = {row.code for row in some(rows, Immunization)}
    assert {"08", "20", "10", "03", "21"} <= given
    assert not given & {"187", "33", "135"}
    assert not {row.code for row in some(rows, Medication)} & {"314076", "617310", "861007"}


def test_every_code_is_one_of_ours():
    rows = records.record_for("1234567890", date(1945, 3, 1), "F", Random(9), TODAY)
    assert {row.code for row in some(rows, Observation)} <= {*LABS, *VITALS}
    assert {row.code for row in some(rows, Immunization)} <= {*VACCINES}
    assert {row.code for row in some(rows, Condition)} <= {*CONDITIONS}


def test_results_say_where_they_lie():
    for line in some(records.record_for("1", date(1945, 3, 1), "M", Random(2), TODAY, theme="diabetes"), Observation):
        if line.interpretation == "H":
            assert line.value > line.high
        if line.interpretation == "N":
            assert line.low is None or line.value >= line.low


def test_an_empty_theme_gives_an_empty_record():
    assert records.record_for("1", date(1945, 3, 1), "M", Random(2), TODAY, theme="empty") == []


def test_storing_twice_changes_nothing(db):
    rows = records.record_for("1234567890", date(1950, 1, 1), "F", Random(3), TODAY)
    records.store(rows)
    again = records.record_for("1234567890", date(1950, 1, 1), "F", Random(3), TODAY + timedelta(days=1))
    records.store(again)
    assert sum(model._default_manager.count() for model in records.MODELS) <= max(len(rows), len(again)) + 5
    records.store(rows)
    assert Report.objects.filter(patient="1234567890").count() >= len(some(rows, Report))
