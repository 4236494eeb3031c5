"""Nobody at the desk decides about themselves, about people close to them, or about those who watch over them."""

from typing import Any

import pytest
from django.test import Client

from accounts import actions
from accounts.models import Account, Assistance, State
from core.policy import Level
from deers import lookup
from deers.mock import MockRegistry
from deers.models import Person as Registered
from deers.registry import RegistryUnavailableError
from demo.people import PEOPLE
from idproofing import codes, visits
from idproofing.case_states import State as CaseState
from idproofing.models import ActivationCode, Case, Proofing, Visit
from idproofing.routes import Route
from safeguards.models import AuditEvent
from service_center import conflicts
from service_center.conflicts import Conflict
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.idproofing.reviewers import open_case
from tests.service_center.callers import known_to
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

NOT_YOU = "this may be you, somebody of your household or somebody at your address"


def works_here(role: str = "Supervisor", username: str = "works.here", **known: str) -> Account:
    """A staff member of whom this is known: an email address, a phone number, a name."""
    account = staff(role, username)
    Account.objects.filter(pk=account.pk).update(**known)
    account.refresh_from_db()
    return account


def conflict(by: Account, key: str, **more: Any) -> Conflict | None:
    return conflicts.conflict_with_person(by, people.load(key).dod_id, **more)


def test_an_agent_who_is_a_stranger_to_a_person_may_decide():
    assert conflict(works_here(), "rosa") is None


@pytest.mark.parametrize(
    "known",
    [
        {"email": PEOPLE["rosa"].email.upper()},
        {"phone": "1-931-555-0111"},
    ],
    ids=["email of record", "phone of record"],
)
def test_an_agent_whose_address_or_phone_deers_has_for_a_person_does_not_decide_about_that_person(known):
    assert conflict(works_here(**known), "rosa") == Conflict.CLOSE


def test_an_agent_does_not_decide_about_a_person_who_gave_the_agents_own_mailbox_for_the_code():
    agent = works_here()
    assert conflict(agent, "rosa", mailbox=f" {agent.email.upper()}") == Conflict.CLOSE


def test_an_agent_does_not_decide_about_the_holder_of_an_account_with_the_agents_address():
    holder(people.load("rosa"), email="at.home@mail.example")
    assert conflict(works_here(email="at.home@mail.example"), "rosa") == Conflict.CLOSE


@pytest.mark.parametrize("key", ["marcus", "lucia", "mateo"])
def test_an_agent_with_an_account_of_her_own_decides_about_nobody_of_her_family(key):
    holder(people.load("rosa"), email="at.home@mail.example")
    assert conflict(works_here(email="at.home@mail.example"), key) == Conflict.CLOSE


def test_an_agent_whom_deers_knows_by_name_and_phone_does_not_decide_about_her_husband():
    agent = works_here(first_name="Rosa", last_name="Delgado", phone=PEOPLE["rosa"].phone)
    assert conflict(agent, "marcus") == Conflict.CLOSE


def test_a_former_wife_does_not_decide_about_her_former_husband():
    patricia = people.load("patricia")
    agent = works_here(first_name="Patricia", last_name=patricia.name.last, email=patricia.email)
    assert conflict(agent, "gerald") == Conflict.CLOSE


def test_an_agent_does_not_decide_about_a_lodger_at_her_own_address():
    people.load_all("rosa", "grace")
    rosa, grace = PEOPLE["rosa"], PEOPLE["grace"]
    Registered.objects.filter(pk=grace.dod_id).update(
        street=rosa.address.street.upper().replace("LANE", "Lane,"), city=rosa.address.city, postal_code="37042-1199"
    )
    holder(rosa, email="at.home@mail.example")
    assert conflict(works_here(email="at.home@mail.example"), "grace") == Conflict.CLOSE


def test_a_namesake_of_a_person_may_decide_about_that_person():
    assert conflict(works_here(first_name="Rosa", last_name="Delgado"), "rosa") is None


def test_while_deers_is_silent_nobody_is_taken_for_a_stranger(settings):
    agent, rosa = works_here(), people.load("rosa")
    settings.DEERS_FAULT = "unavailable"
    assert conflicts.conflict_with_person(agent, rosa.dod_id) == Conflict.SILENT


@pytest.mark.parametrize("question", ["search", "kin"])
def test_a_question_that_deers_leaves_unanswered_makes_nobody_a_stranger(monkeypatch, question):
    def silent(*_: Any, **__: Any) -> None:
        raise RegistryUnavailableError

    holder(people.load("rosa"), email="at.home@mail.example")
    agent = works_here(email="at.home@mail.example")
    monkeypatch.setattr(MockRegistry, question, silent)
    assert conflict(agent, "grace") == Conflict.SILENT


def test_while_deers_is_silent_a_frozen_or_locked_person_is_helped_all_the_same(settings):
    agent, account = works_here(), premium(people.load("grace"))
    settings.DEERS_FAULT = "unavailable"
    assert conflicts.conflict_with_account(agent, account) is None


# ---- What the desk does with it ----


@pytest.fixture
def wife(db: None) -> Client:
    """A supervisor who is Marcus's wife Rosa: her work address is also that of her own account."""
    holder(people.load("rosa"), email="works.here@staff.example")
    return signed_in(staff("Supervisor"))


def page(account: Account, action: str = "change") -> str:
    return f"/admin/accounts/account/{account.pk}/{action}/"


@pytest.mark.parametrize(("action", "state"), [("unlock", State.LOCKED), ("freeze", State.ACTIVE)])
def test_a_supervisor_neither_freezes_nor_unlocks_her_husband(wife, action, state):
    marcus = premium(people.load("marcus"))
    Account.objects.filter(pk=marcus.pk).update(state=state)
    shown = walk.text_of(wife.get(page(marcus)))
    assert NOT_YOU in shown
    assert "Freeze the account" not in shown
    known_to("works.here", marcus)
    assert NOT_YOU in walk.text_of(wife.post(page(marcus, action), {"first": "none", **WHY[action]}, follow=True))
    marcus.refresh_from_db()
    assert marcus.state == state
    event = AuditEvent.objects.get(event="support.conflict-found")
    assert (event.account_id, event.details) == (marcus.pk, {"why": "close", **WHY[action]})


def test_a_supervisor_asks_for_no_help_for_her_husband_and_approves_none(wife):
    marcus = premium(people.load("marcus"), email="other@mail.example")
    asked = {"kind": "email-of-record", "reason": "mailbox-lost"}
    wife.post(page(marcus, "help"), asked)
    assert not Assistance.objects.exists()
    signed_in(staff("Supervisor", "bob.supervisor")).post(page(marcus, "help"), asked)
    wife.post(page(marcus, "approve"), WHY["approve"])
    wife.post(page(marcus, "decline"), WHY["decline"])
    assert Assistance.objects.get().decided_at is None


def test_a_supervisor_sends_no_code_again_for_her_husband(wife):
    marcus = people.load("marcus")
    before = codes.issue(marcus.dod_id, Level.PREMIUM, "email", marcus.email, by="mock")
    here = f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/resend/"
    known_to("works.here", Proofing.objects.get())
    assert NOT_YOU in walk.text_of(wife.post(here, WHY["resend"], follow=True))
    assert ActivationCode.objects.count() == 1
    assert before.text


def slip(key: str) -> Visit:
    person = people.load(key)
    booked = visits.book(person.dod_id, Level.PREMIUM, Route.IN_PERSON, "typed@mail.example", by="visitor")
    assert isinstance(booked, visits.Booked)
    return booked.visit


def test_an_agent_opens_no_slip_of_her_own_household_and_settles_none(wife):
    visit = slip("marcus")
    attend = "/admin/idproofing/visit/attend/"
    assert NOT_YOU in walk.text_of(wife.post(attend, {"reference": visit.reference}))
    assert wife.get(f"{attend}slip/")["Location"] == attend
    Visit.objects.update(state="held", agent=1)
    wife.post(f"/admin/idproofing/visit/{visit.pk}/use-again/", WHY["use-again"])
    assert Visit.objects.get().state == "held"


def test_a_reviewer_takes_no_case_of_her_own_household():
    people.load("emily")
    case = open_case().case
    account = works_here("Proofing reviewer", email=PEOPLE["emily"].email)
    her = signed_in(account)
    here = f"/admin/idproofing/case/{case.pk}/"
    assert NOT_YOU in walk.text_of(her.post(f"{here}take/", follow=True))
    assert Case.objects.get().state == CaseState.OPEN


def test_a_reviewer_approves_no_record_of_her_own_household_in_a_strangers_case():
    emily = people.load("emily")
    case = open_case().case
    her = signed_in(works_here("Proofing reviewer"))
    here = f"/admin/idproofing/case/{case.pk}/"
    her.post(f"{here}take/")
    Account.objects.filter(is_staff=True).update(email=emily.email)
    her.post(f"{here}decide/", {"decision": "approve", "reason": "former-name", "dod_id": emily.dod_id})
    assert Case.objects.get().state == CaseState.TAKEN


def test_nobody_acts_on_who_watches_over_them():
    supervisor, auditor = staff("Supervisor"), staff("Auditor", "amos.auditor")
    agent, colleague = staff("Service center agent", "an.agent"), staff("Supervisor", "bob.supervisor")
    watched = {
        (supervisor, auditor): Conflict.WATCHER,
        (agent, supervisor): Conflict.WATCHER,
        (supervisor, supervisor): Conflict.OWN,
        (supervisor, agent): None,
        (supervisor, colleague): None,
    }
    for (by, account), why in watched.items():
        assert conflicts.conflict_with_account(by, account) == why


def test_kin_are_asked_for_by_number_alone_and_silence_is_not_nobody(settings):
    rosa, marcus = people.load_all("rosa", "marcus")
    assert lookup.kin(rosa.dod_id) == [marcus.dod_id]
    settings.DEERS_FAULT = "unavailable"
    assert lookup.kin(rosa.dod_id) is None


def test_the_public_ways_of_the_holder_are_no_conflict():
    rosa = holder(people.load("rosa"))
    assert isinstance(actions.freeze(rosa, by=rosa), actions.Done)
