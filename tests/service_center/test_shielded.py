"""Judith's record is shielded, because somebody is looking for her. No page of the desk shows anything of it."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from core.policy import Level
from deers.models import Person
from demo.people import PEOPLE
from idproofing import visits
from idproofing.cases import Typed
from idproofing.models import ActivationCode, Case, Proofing
from idproofing.routes import Route
from portal.family import surrogates
from portal.family.models import Surrogacy
from service_center.audit_viewer import searching
from service_center.care_team import desk
from service_center.person import keys
from service_center.requests.desk import describe_person
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.idproofing.reviewers import emily_typed, open_case
from tests.portal.messages.conversations import team, treats, works_in
from tests.service_center.test_visits import ATTEND, SLIP, papers

pytestmark = pytest.mark.django_db

JUDITH = PEOPLE["judith"]
OF_HER = (
    JUDITH.name.last, JUDITH.dod_id, JUDITH.dod_id[-4:], JUDITH.ssn[-4:], JUDITH.email, JUDITH.phone,
    JUDITH.address.street, JUDITH.address.city, str(JUDITH.born.year),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _judith_is_in_deers(db: None) -> None:
    people.load("judith")


def said_of_her(text: str) -> list[str]:
    """What a text says of all that DEERS has of her."""
    return [detail for detail in OF_HER if detail in text]


@pytest.mark.parametrize("typed", [JUDITH.ssn, JUDITH.dod_id, JUDITH.email, JUDITH.phone, JUDITH.name.last])
def test_the_search_finds_a_record_and_says_nothing_of_it(typed):
    Proofing.objects.create(dod_id=JUDITH.dod_id, level=Level.BASIC)
    answer = signed_in(staff("Service center agent")).post("/admin/search/", {"q": typed}, follow=True)
    (line,) = answer.context["found"][0].lines
    assert line.title == "A shielded record"
    assert not said_of_her(line.about)
    assert not said_of_her(answer.content.decode().partition('class="found"')[2].partition("</section>")[0])


def test_her_page_says_nothing_of_her_even_if_she_has_died():
    agent = staff("Service center agent")
    Person.objects.filter(pk=JUDITH.dod_id).update(date_of_death=timezone.localdate())
    text = walk.text_of(signed_in(agent).get(keys.page_of_person(JUDITH.dod_id, agent)))
    assert "A shielded record" in text
    assert not said_of_her(text)


def test_who_searches_the_audit_trail_by_a_part_of_her_number_reads_no_part_of_another_one():
    meant = searching.people_meant(JUDITH.ssn[-4:])
    assert [one.label for one in meant] == ["A shielded record"]


def reviewer_of(case: Case) -> Client:
    ann = signed_in(staff("Proofing reviewer", "ann.reviewer"))
    ann.post(f"/admin/idproofing/case/{case.pk}/take/")
    return ann


def test_a_reviewer_sees_what_was_typed_beside_nothing():
    case = open_case(replace(emily_typed(), ssn=JUDITH.ssn)).case
    ann = reviewer_of(case)
    for answer in (
        ann.get(f"/admin/idproofing/case/{case.pk}/change/"),
        ann.post(f"/admin/idproofing/case/{case.pk}/compare/", {"dod_id": JUDITH.dod_id}),
    ):
        text = walk.text_of(answer)
        assert "What was typed" in text
        assert "A shielded record" in text
        assert "decline" in text
        assert said_of_her(text) == [JUDITH.ssn[-4:]]  # as it was typed, masked
        assert {line.verdict for line in answer.context["lines"]} == {"Not given"}


def test_a_reviewer_who_searches_deers_finds_a_record_without_a_name_number_or_year():
    case = open_case().case
    answer = reviewer_of(case).post(f"/admin/idproofing/case/{case.pk}/compare/", {"search": JUDITH.dod_id})
    row = answer.content.decode().partition("Found for")[2].partition("<tbody>")[2].partition("</table>")[0]
    assert "<td>A shielded record</td><td></td><td></td>" in row
    assert not said_of_her(row.replace(f'name="dod_id" value="{JUDITH.dod_id}"', ""))


def test_a_reviewer_of_a_surrogate_sees_what_was_typed_beside_nothing():
    typed = Typed("1960-01-01", "", "Leonard", last_name="Marsh", dod_id=JUDITH.dod_id)
    asker = premium(people.load("anita"))
    row = surrogates.ask(asker, typed, Surrogacy.Ground.GUARDIAN, Surrogacy.Showing.PERSON)
    assert row
    answer = signed_in(staff("Proofing reviewer")).get(f"/admin/family/surrogacy/{row.pk}/change/")
    text = walk.text_of(answer)
    assert "nobody may learn from us about this record" in text
    assert said_of_her(text) == [JUDITH.dod_id, JUDITH.dod_id[-4:]]  # as it was typed
    assert "Propose to approve it" not in text


def test_at_a_visit_nothing_is_compared_with_her_record_and_no_code_is_sent():
    booked = visits.book(JUDITH.dod_id, Level.BASIC, Route.IN_PERSON, "j@mail.example", by="visitor")
    assert isinstance(booked, visits.Booked)
    agent = signed_in(staff("Service center agent"))
    walk.send(agent, ATTEND, {"reference": booked.visit.reference})
    text = walk.text_of(agent.get(SLIP))
    assert "This record is shielded" in text
    assert not said_of_her(text)
    assert walk.send(agent, SLIP, papers()) == SLIP
    assert not ActivationCode.objects.exists()


def test_a_care_team_reads_the_name_of_her_account_alone():
    judith = holder(people.load("judith"), level=Level.PREMIUM)
    nurse = works_in(treats(team(), JUDITH.dod_id), staff("Care team", "nurse.teresa"))
    client = signed_in(nurse)
    answer = client.post("/admin/secure_messages/thread/patients/", {"words": judith.last_name})
    assert "Not known now" in walk.text_of(answer)
    assert said_of_her(walk.text_of(answer)) == [JUDITH.name.last]
    Account.objects.filter(pk=judith.pk).delete()
    assert desk.names_of({JUDITH.dod_id}) == {JUDITH.dod_id: "A shielded record"}


def test_a_request_for_a_visit_or_a_refill_names_nobody():
    assert describe_person(JUDITH.dod_id) == "A shielded record"
