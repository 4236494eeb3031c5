"""The desk of surrogates: two members of staff with the paper in hand, and nobody close to either person."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from deers.models import Person
from idproofing.cases import Typed
from portal.family import surrogates
from portal.family.models import Surrogacy
from portal.family.surrogate_states import State
from tests import people, walk
from tests.accounts.holders import premium, signed_in, staff
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

PAPER = {"paper_number": "File 77-A", "paper_date": "2006-09-12"}


@pytest.fixture
def row(db: None) -> Surrogacy:
    """Anita asks to act for her brother Leonard."""
    leonard = people.load("leonard")
    typed = Typed(leonard.born.isoformat(), "", "Leonard", last_name="Marsh", dod_id=leonard.dod_id)
    asker = premium(people.load("anita"))
    asked = surrogates.ask(asker, typed, Surrogacy.Ground.GUARDIAN, Surrogacy.Showing.PERSON)
    assert asked
    return asked


def reviewer(name: str) -> Client:
    return signed_in(staff("Proofing reviewer", f"{name}.reviewer"))


def page(row: Surrogacy, action: str = "change") -> str:
    return f"/admin/family/surrogacy/{row.pk}/{action}/"


def approval(**other: Any) -> dict[str, Any]:
    ends = (timezone.localdate() + timedelta(days=30)).isoformat()
    return (
        PAPER | {"reason": "original", "sees": ["labs", "medications"], "acts": ["medications"], "ends": ends} | other
    )


def state(row: Surrogacy) -> str:
    row.refresh_from_db()
    return row.state


def test_two_reviewers_open_it_and_the_second_has_to_have_seen_the_same_paper(row):
    ann, bob = reviewer("ann"), reviewer("bob")
    shown = walk.text_of(ann.get(page(row)))
    assert "on record for Leonard Eugene Marsh" in shown
    assert "Propose to approve it" in shown
    ann.post(page(row, "approve"), approval())
    assert state(row) == State.PROPOSED
    ann.post(page(row, "confirm"), PAPER | WHY["confirm"])
    assert state(row) == State.PROPOSED
    wrong = walk.text_of(bob.post(page(row, "confirm"), PAPER | WHY["confirm"] | {"paper_number": "File 77-B"}))
    assert "not those that your colleague entered" in wrong
    bob.post(page(row, "confirm"), PAPER | WHY["confirm"] | {"paper_number": "file 77 a"})
    assert state(row) == State.OPEN
    assert (row.sees, row.acts) == (["labs", "medications"], ["medications"])
    agent = signed_in(staff("Service center agent", "carl.agent"))
    agent.post(page(row, "stop"), WHY["stop"])
    assert state(row) == State.STOPPED


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"reason": ""}, "Choose a reason"),
        ({"sees": []}, "Choose at least one part"),
        ({"sees": ["labs"]}, "nobody can act where they see nothing"),
        ({"ends": "2999-01-01"}, "Enter a day from today on"),
        ({"paper_number": ""}, "Enter what is on the paper"),
        ({"paper_date": "2999-01-01"}, "past"),
    ],
    ids=str,
)
def test_a_bad_approval_gets_a_sentence_and_opens_nothing(row, other, said):
    assert said in walk.text_of(reviewer("ann").post(page(row, "approve"), approval(**other)))
    assert state(row) == State.ASKED


def test_two_reviewers_decline_it_with_a_reason(row):
    ann, bob = reviewer("ann"), reviewer("bob")
    assert "Choose a reason" in walk.text_of(ann.post(page(row, "decline"), {"reason": "original"}))
    ann.post(page(row, "decline"), {"reason": "no-paper"})
    assert "the paper was not shown" in walk.text_of(bob.get(page(row, "confirm")))
    bob.post(page(row, "confirm"), WHY["confirm"])
    assert state(row) == State.DECLINED
    assert "What was typed has been deleted" in walk.text_of(bob.get(page(row)))


@pytest.mark.parametrize("who", ["anita", "leonard"])
def test_a_reviewer_who_is_close_to_either_person_decides_nothing(row, who):
    holder = Account.objects.get(username="anita.holder")
    if who == "anita":
        Account.objects.filter(pk=holder.pk).update(email="ann.reviewer@staff.example")
    else:
        Person.objects.filter(dod_id=people.load("leonard").dod_id).update(email="ann.reviewer@staff.example")
    ann = reviewer("ann")
    response = ann.post(page(row, "approve"), approval(), follow=True)
    assert "A colleague has to do that" in walk.text_of(response)
    assert state(row) == State.ASKED


def test_what_does_not_fit_is_only_declined(row):
    typed = Typed("1980-01-01", "", "Leonard", last_name="Marsh", dod_id="4040404040")
    other = surrogates.ask(row.asker, typed, Surrogacy.Ground.COURT, Surrogacy.Showing.MAIL)
    assert other
    ann = reviewer("ann")
    shown = walk.text_of(ann.get(page(other)))
    assert "No record has the number" in shown
    assert "Propose to approve it" not in shown
    ann.post(page(other, "approve"), approval())
    assert state(other) == State.ASKED


@pytest.mark.parametrize("role", ["Service center agent", "Supervisor"])
def test_who_only_watches_decides_nothing(row, role):
    browser = signed_in(staff(role))
    assert browser.get(page(row)).status_code == 200
    for action in ("approve", "decline", "confirm", "send-back"):
        assert browser.post(page(row, action), approval()).status_code == 403
