"""What the registry's tables refuse, and how they store Social Security numbers."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from deers.models import Eligibility, LegalName, Person, Plan, Region
from tests.deers.registered import registered, sponsored

pytestmark = pytest.mark.django_db


def refused(make: Any, *args: Any, **details: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make(*args, **details)


def test_a_social_security_number_is_kept_encrypted_and_read_back() -> None:
    ada = registered(ssn="901234567")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ssn, ssn_index, ssn_last4_index FROM deers_person")
        stored = b"".join(bytes(value) for value in cursor.fetchone())
    assert b"4567" not in stored
    assert Person.objects.get(pk=ada.pk).ssn == "901234567"


def test_no_two_people_share_a_social_security_number_but_many_may_have_none() -> None:
    registered(ssn="901234567")
    refused(registered, ssn="901234567")
    registered(ssn="")
    registered(ssn="")


@pytest.mark.parametrize("dod_id", ["", "123456789", "12345678X0", "١٢٣٤٥٦٧٨٩٠"])
def test_a_dod_id_number_has_ten_digits(dod_id: str) -> None:
    refused(Person(dod_id=dod_id, date_of_birth=date(1958, 3, 14)).save)


def test_nobody_dies_before_birth() -> None:
    refused(registered, date_of_death=date(1957, 1, 1))


def test_a_person_bears_one_name_at_a_time() -> None:
    refused(LegalName.objects.create, person=registered(), first="Eva", last="Winters")


def test_a_period_is_entered_once_and_does_not_end_before_it_begins() -> None:
    ada = registered()
    period = {"person": ada, "plan": Plan.SELECT, "region": Region.EAST}
    refused(Eligibility.objects.create, **period, begin=date(2000, 1, 1), end=date(2001, 1, 1))
    refused(Eligibility.objects.create, **period, begin=date(2010, 1, 1))
    refused(Eligibility.objects.create, **period, begin=date(2010, 1, 1), end=date(2009, 1, 1))


def test_nobody_sponsors_himself_or_one_dependent_twice_or_has_two_spouses() -> None:
    marcus, tess, ruth = registered("Marcus"), registered("Tess"), registered("Ruth")
    sponsored(marcus, tess, "spouse")
    refused(sponsored, marcus, marcus, "child")
    refused(sponsored, marcus, tess, "ward")
    refused(sponsored, marcus, ruth, "spouse")
    sponsored(marcus, ruth, "spouse", begin=date(1990, 1, 1), end=date(1999, 1, 1))
