"""A document reader stands for a second pair of eyes, if what it read is this person's, genuine, fresh and strong."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core import policy
from core.policy import Level
from deers import lookup
from deers.registry import Beneficiary
from idproofing import document_reader
from idproofing.document_reader import MockReader, NotRead, Read, judge_reading
from idproofing.visits import Shown
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Beneficiary:
    person = lookup.person(people.load("rosa").dod_id)
    assert person
    return person


def passport(person: Beneficiary) -> Shown:
    return Shown("passport", f"doc-{person.dod_id}")


def judge(scan: str, shown: Shown, person: Beneficiary, level: Level = Level.PREMIUM, **more: Any) -> Read | NotRead:
    return judge_reading(scan, shown, person, level, **more)


def test_a_passport_that_was_read_vouches_for_its_holder(rosa):
    assert judge(f"passport-{rosa.dod_id}-7", passport(rosa), rosa) == Read()
    license_ = Shown("state-id", f"DOC{rosa.dod_id}", "VA")
    assert judge(f" STATE-ID-{rosa.dod_id}", license_, rosa) == Read()


def test_nobody_is_vouched_for_by_the_passport_of_somebody_else(rosa):
    grace = lookup.person(people.load("grace").dod_id)
    assert grace
    assert judge(f"passport-{grace.dod_id}", passport(grace), rosa) == document_reader.SOMEBODY_ELSE
    assert judge(f"passport-{grace.dod_id}", passport(rosa), rosa) == document_reader.ANOTHER


def test_a_forged_or_expired_passport_vouches_for_nobody(rosa):
    for what in ("forged", "expired"):
        assert judge(f"{what}-{rosa.dod_id}", passport(rosa), rosa) == document_reader.DOUBTFUL


@pytest.mark.parametrize("scan", ["passport", "passport-1", "passport-9999999999", "\x00", "x" * 10_000, "library-1"])
def test_a_scan_that_nobody_made_vouches_for_nobody(rosa, scan):
    assert judge(scan, passport(rosa), rosa) == document_reader.UNKNOWN


def test_a_weak_document_is_not_enough_though_it_was_read(rosa):
    weak = Shown("veteran", f"DOC{rosa.dod_id}")
    assert judge(f"veteran-{rosa.dod_id}", weak, rosa) == document_reader.TOO_WEAK
    assert judge(f"veteran-{rosa.dod_id}", weak, rosa, Level.BASIC) == Read()


def test_a_reading_from_an_earlier_visit_is_too_old(rosa):
    scan, later = f"passport-{rosa.dod_id}", timezone.now() + policy.READING_LIFE + timedelta(seconds=1)
    assert judge(scan, passport(rosa), rosa, now=later) == document_reader.UNKNOWN


def test_a_reader_that_does_not_answer_or_is_not_there_leaves_it_to_a_colleague(rosa, settings):
    assert judge("broken", passport(rosa), rosa) == document_reader.SILENT
    settings.DOCUMENT_READER = ""
    assert judge(f"passport-{rosa.dod_id}", passport(rosa), rosa) == document_reader.SILENT


def test_a_machine_writes_names_without_accents_and_a_child_with_the_name_is_not_the_father(rosa):
    reading = MockReader().reading(f"passport-{rosa.dod_id}")
    assert reading
    assert document_reader.is_of(replace(reading, last_name="DELGADO", first_name="ROSA ELENA"), rosa)
    assert not document_reader.is_of(replace(reading, date_of_birth=rosa.date_of_birth + timedelta(days=1)), rosa)
    assert not document_reader.is_of(replace(reading, last_name="Delgad"), rosa)
