"""What DEERS says about a person it knows: the record, the coverage and the family, and what staff can search."""

from datetime import date
from typing import Any

import pytest

from deers import lookup
from deers.models import Eligibility, LegalName, Person, Plan, Region
from deers.registry import Beneficiary, FamilyMember, Period
from tests.deers.registered import TODAY, registered, sponsored

pytestmark = pytest.mark.django_db

ODD = ["", " ", "\x00", "x" * 10_000, "%", "_", "\u202e", "\ud800", ",", "1" * 10_000, "١٢٣٤", "🙂" * 100]


def found(text: str, most: int = 50) -> list[str]:
    return [person.full_name for person in lookup.search(text, most)]


def test_a_person_is_shown_under_the_present_name(django_assert_num_queries: Any) -> None:
    jenny = registered("Jenny", "Baker", former=("Jenny", "Johnson"), city="Norfolk")
    with django_assert_num_queries(1):
        record = lookup.person(jenny.dod_id)
    assert isinstance(record, Beneficiary)
    assert (record.full_name, record.city) == ("Jenny Baker", "Norfolk")


@pytest.mark.parametrize("dod_id", ["", "1", "9999999999", "\x00" * 10, "12345678901", "١٢٣٤٥٦٧٨٩٠"])
def test_a_number_that_is_nobodys_gives_nobody(dod_id: str) -> None:
    assert lookup.person(dod_id) is None
    assert lookup.coverage(dod_id) is None


def test_a_sponsor_sees_plan_periods_and_family(django_assert_num_queries: Any) -> None:
    marcus = registered("Marcus", "Reed", service_status="retired", covered=(date(2015, 1, 1), None))
    Eligibility.objects.create(
        person=marcus, plan=Plan.PRIME, region=Region.WEST, begin=date(1995, 1, 1), end=date(2014, 12, 31)
    )
    wife = registered("Tess", "Reed", born=date(1970, 5, 5))
    son = registered("Cole", "Reed", born=date(2010, 5, 5))
    grown = registered("Lena", "Reed", born=date(1995, 5, 5))
    hidden = registered("Faye", "Reed", born=date(2001, 5, 5), protected=True)
    dead = registered("Roy", "Reed", born=date(2002, 5, 5), date_of_death=date(2003, 5, 5))
    sponsored(marcus, son, "child")
    sponsored(marcus, wife, "spouse")
    sponsored(marcus, grown, "child", end=date(2016, 5, 5))
    sponsored(marcus, hidden, "child")
    sponsored(marcus, dead, "child")
    with django_assert_num_queries(4):
        coverage = lookup.coverage(marcus.dod_id, today=TODAY)
    assert coverage is not None
    assert (coverage.service_status, coverage.plan, coverage.region) == ("Retired", "TRICARE Select", "East")
    assert (coverage.sponsor, coverage.relationship) == (None, "")
    assert coverage.family == (
        FamilyMember(wife.dod_id, "Tess Reed", "Spouse", 1970),
        FamilyMember(son.dod_id, "Cole Reed", "Child", 2010),
    )
    assert coverage.periods == (
        Period(date(2015, 1, 1), None, "TRICARE Select"),
        Period(date(1995, 1, 1), date(2014, 12, 31), "TRICARE Prime"),
    )


def test_a_dependent_sees_the_sponsor_and_the_rest_of_the_family(django_assert_num_queries: Any) -> None:
    marcus, tess, cole = registered("Marcus", "Reed"), registered("Tess", "Reed"), registered("Cole", "Reed")
    sponsored(marcus, tess, "spouse")
    sponsored(marcus, cole, "child")
    sponsored(registered("Otto", "Reed"), cole, "stepchild", end=date(2010, 1, 1))
    with django_assert_num_queries(4):
        coverage = lookup.coverage(cole.dod_id, today=TODAY)
    assert coverage is not None
    assert coverage.sponsor is not None
    assert (coverage.sponsor.full_name, coverage.relationship) == ("Marcus Reed", "Child")
    assert [member.name for member in coverage.family] == ["Tess Reed"]


def test_a_former_spouse_neither_sees_the_family_nor_is_seen_in_it() -> None:
    marcus, tess, ruth = registered("Marcus", "Reed"), registered("Tess", "Reed"), registered("Ruth", "Grant")
    sponsored(marcus, tess, "spouse")
    sponsored(marcus, ruth, "former")
    for person, family in ((marcus, ["Tess Reed"]), (tess, []), (ruth, [])):
        coverage = lookup.coverage(person.dod_id, today=TODAY)
        assert coverage is not None
        assert [member.name for member in coverage.family] == family


def test_all_who_ever_were_of_one_family_are_kin(django_assert_num_queries: Any) -> None:
    """Children and a spouse of today, a former spouse, one who has died, and a protected one."""
    sponsor, spouse, former, child, stranger = (registered(first) for first in ("Ann", "Bob", "Cid", "Dee", "Eva"))
    dead, protected = registered("Flo", date_of_death=date(2019, 2, 2)), registered("Gus", protected=True)
    sponsored(sponsor, spouse, "spouse")
    sponsored(sponsor, former, "spouse", begin=date(1990, 1, 1), end=date(1999, 1, 1))
    for one in (child, dead, protected):
        sponsored(sponsor, one, "child")
    sponsored(stranger, registered("Hal"), "spouse")
    family = {one.pk for one in (sponsor, spouse, former, child, dead, protected)}
    for member in family:
        with django_assert_num_queries(1):
            assert set(lookup.registry().kin(member)) == family - {member}


def test_coverage_that_has_ended_shows_no_plan_but_its_periods() -> None:
    ended = registered(covered=(date(2000, 1, 1), date(2020, 1, 1)))
    coverage = lookup.coverage(ended.dod_id, today=TODAY)
    assert coverage is not None
    assert (coverage.plan, coverage.region, len(coverage.periods)) == ("", "", 1)


def test_staff_find_a_person_by_name_in_any_order_and_by_its_beginning(django_assert_num_queries: Any) -> None:
    registered("María", "De la Cruz", middle="Luz")
    registered("Ada", "Winters")
    for text in ("De la Cruz, Maria", "maria delacruz", "DELACRUZ MARÍA LUZ", "dela"):
        with django_assert_num_queries(1):
            assert found(text) == ["María Luz De la Cruz"]
    assert found("Quinones") == []


def test_a_former_name_finds_the_person_under_the_present_one() -> None:
    registered("Jenny", "Baker", former=("Jenny", "Johnson"))
    assert found("Johnson") == ["Jenny Baker"]


def test_staff_find_a_person_by_dod_id_number_or_the_last_four(django_assert_num_queries: Any) -> None:
    ada = registered("Ada", "Winters", ssn="901234444")
    registered("Bea", "Summers", ssn="901235555")
    for text in (ada.dod_id, f" {ada.dod_id[:5]} {ada.dod_id[5:]} ", "4444", "４４４４"):
        with django_assert_num_queries(1):
            assert found(text) == ["Ada Winters"]


@pytest.mark.parametrize(
    "typed", ["901234444", "901-23-4444", "901 23 4444", "***-**-4444", "XXX-XX-4444", "•••••4444"]
)
def test_staff_find_a_person_by_the_number_on_the_card_and_it_is_never_given_back(typed: str) -> None:
    registered("Ada", "Winters", ssn="901234444")
    registered("Bea", "Summers", ssn="901235555")
    assert found(typed) == ["Ada Winters"]
    assert "ssn" not in Beneficiary.__slots__


@pytest.mark.parametrize("typed", ["Ada@Mail.Example", "(931) 555-0111", "+1 931-555-0111", "931.555.0111"])
def test_staff_find_a_person_by_what_deers_would_write_or_call(typed: str, django_assert_num_queries: Any) -> None:
    ada = registered("Ada", "Winters")
    registered("Bea", "Summers")
    Person.objects.filter(pk=ada.pk).update(email="ada@mail.example", phone="1 (931) 555 0111")
    with django_assert_num_queries(1):
        assert found(typed) == ["Ada Winters"]


def test_ten_digits_are_a_person_s_number_or_a_phone_number() -> None:
    ada, bea = registered("Ada", "Winters"), registered("Bea", "Winters")
    Person.objects.filter(pk=bea.pk).update(phone=ada.pk)
    assert found(ada.pk) == ["Ada Winters", "Bea Winters"]


def test_a_search_gives_no_more_than_asked_in_order_of_names() -> None:
    for first in ("Cleo", "Abe", "Bea"):
        registered(first, "Winters")
    assert found("winters", most=2) == ["Abe Winters", "Bea Winters"]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_searches_find_nobody_and_never_raise(text: str) -> None:
    registered("Ada", "Winters")
    assert found(text) == []


def test_the_search_key_follows_the_name_however_it_is_written() -> None:
    ada = registered("Ada", "Winters")
    name = LegalName.objects.get(person=ada)
    name.last = "Summers"
    name.save()
    assert found("summers") == ["Ada Summers"]
    LegalName.objects.bulk_create([LegalName(person=ada, first="Ada", last="Springer", until=date(1980, 1, 1))])
    assert found("springer") == ["Ada Summers"]


def test_the_mock_serves_unless_another_registry_is_named(settings: Any) -> None:
    assert lookup.mock_serves()
    settings.DEERS_REGISTRY = "elsewhere.Registry"
    assert not lookup.mock_serves()
