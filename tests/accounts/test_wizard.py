"""The two phases of an answer: what each costs, and what another tab may do between them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.forms import BaseForm
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.journeys import drafts
from accounts.journeys.registration.steps import REGISTRATION
from accounts.journeys.upgrade.steps import UPGRADE
from accounts.journeys.wizard import Journey
from accounts.models import Account, AuthenticatorApp, RegistrationDraft, UpgradeDraft
from accounts.second_factors import authenticator_apps
from core.policy import Level
from idproofing import codes
from idproofing.models import Question, Quiz
from idproofing.routes import Route
from tests import people, walk
from tests.accounts.holders import BY_LETTER, KEY, address, holder, proven, registering, signed_in, upgrading

pytestmark = pytest.mark.django_db

Fields = dict[str, Any]
AnyDraft = RegistrationDraft | UpgradeDraft

# For each step, how far a draft has to have come for it, and what leads on from there.
SENT: dict[str, tuple[Fields, Callable[[AnyDraft], Fields]]] = {
    "tell-me": ({"email": "rosa@mail.example"}, lambda draft: {}),
    "details": ({}, lambda draft: details_for(draft)),
    "way": ({}, lambda draft: {"route": Route.LETTER}),
    "questions": ({}, lambda draft: {"action": "start"}),
    "delivery": ({"quiz_passed_at": timezone.now(), "code_delivery": ""}, lambda draft: {"code_delivery": "email"}),
    "letter": (BY_LETTER, lambda draft: {}),
    "visit": ({"route": Route.IN_PERSON}, lambda draft: {"action": "slip"}),
    "code": ({"has_code": True}, lambda draft: {"code": code_for(draft)}),
    "credentials": ({"code_redeemed_at": timezone.now()}, lambda draft: walk.credentials("rosa.new")),
    "second-factor": (
        {"level": Level.PREMIUM, "code_redeemed_at": timezone.now(), "authenticator_key": KEY},
        lambda draft: {"otp_token": walk.token_for(KEY)},
    ),
    "give-back": ({"code_redeemed_at": timezone.now(), "gives_back": True}, lambda draft: with_frozen_account(draft)),
}
STEPS = [(journey, step.name) for journey in (REGISTRATION, UPGRADE) for step in journey.steps]


def details_for(draft: AnyDraft) -> Fields:
    rosa = people.load("rosa")
    return walk.details_of(rosa) if isinstance(draft, RegistrationDraft) else walk.upgrade_details_of(rosa)


def with_frozen_account(draft: AnyDraft) -> Fields:
    actions.freeze(holder(people.load("rosa")), by="visitor")
    return {"first": "none"}


def code_for(draft: AnyDraft) -> str:
    return codes.issue(draft.dod_id, Level(draft.level), "screen", "", by="visitor").text


def at_step(journey: Journey, name: str) -> tuple[Client, AnyDraft]:
    """Rosa's browser with a draft for which this step is open."""
    rosa, client, come = people.load("rosa"), Client(), SENT[name][0]
    if journey is UPGRADE:
        account = holder(rosa)
        client = signed_in(account)
        return client, upgrading(client, account, **{"dod_id": rosa.dod_id, "email": rosa.email, **come})
    chosen = {"username": "rosa.h", "password_hash": "x"} if name == "second-factor" else {}
    return client, registering(client, rosa, **come, **chosen)


@pytest.fixture
def forms_built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The forms that were made since the test began, by the names of their classes."""
    built: list[str] = []
    make = BaseForm.__init__

    def made(form: BaseForm, *args: Any, **kwargs: Any) -> None:
        built.append(type(form).__name__)
        make(form, *args, **kwargs)

    monkeypatch.setattr(BaseForm, "__init__", made)
    return built


def loads_of(draft: AnyDraft, captured: CaptureQueriesContext) -> list[str]:
    """How the draft's row was read in these queries: freely, or with a lock."""
    reads = [query["sql"] for query in captured if f'FROM "{draft._meta.db_table}"' in query["sql"]]
    return ["locked" if sql.endswith("FOR UPDATE") else "free" for sql in reads]


@pytest.mark.parametrize(("journey", "name"), STEPS, ids=[f"{journey.begin}-{name}" for journey, name in STEPS])
def test_an_answer_reads_the_draft_once_a_phase_and_builds_one_form(
    journey: Journey, name: str, forms_built: list[str]
) -> None:
    client, draft = at_step(journey, name)
    data = SENT[name][1](draft)
    forms_built.clear()
    with CaptureQueriesContext(connection) as captured:
        walk.send(client, address(draft, name), data)
    assert loads_of(draft, captured) == ["free", "locked"]
    assert len(forms_built) == 1


@pytest.mark.parametrize("journey", [REGISTRATION, UPGRADE], ids=["register", "upgrade"])
@pytest.mark.parametrize("name", ["details", "way", "code"])
def test_a_form_that_is_not_filled_in_locks_nothing(journey: Journey, name: str, forms_built: list[str]) -> None:
    client, draft = at_step(journey, name)
    forms_built.clear()
    with CaptureQueriesContext(connection) as captured:
        page = client.post(address(draft, name), {})
    assert page.context["form"].errors
    assert loads_of(draft, captured) == ["free"]
    assert len(forms_built) == 1


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Takes what another tab does: it is done when the next answer has been asked about and is not yet saved."""
    waiting: list[Callable[[], object]] = []
    find = drafts.find

    def found(*args: Any, lock: bool = False) -> Any:
        if lock and waiting:
            waiting.pop()()
        return find(*args, lock=lock)

    monkeypatch.setattr(drafts, "find", found)
    return waiting.append


@pytest.fixture
def here(client: Client) -> str:
    """The address of the questions of a registration for Rosa; the first one is on the page."""
    here = address(registering(client, people.load("rosa")), "questions")
    walk.send(client, here, {"action": "start"})
    client.get(here)
    return here


def asked_on(client: Client, here: str) -> Question:
    return client.get(here).context["question"]


def test_a_question_that_another_tab_answers_first_keeps_that_answer(client, here, meanwhile):
    first = asked_on(client, here)
    meanwhile(lambda: client.post(here, walk.answer_to(first, 1)))
    assert walk.send(client, here, walk.answer_to(first, 0)) == here
    assert list(Question.objects.exclude(choice=None).values_list("position", "choice")) == [(0, 1)]


def test_an_answer_is_not_taken_for_the_quiz_that_another_tab_has_begun_since(client, here, meanwhile):
    first = asked_on(client, here)

    def begin_another() -> None:
        Question.objects.update(deadline=timezone.now() - timedelta(seconds=1))
        client.post(here, {"action": "start"})

    meanwhile(begin_another)
    assert walk.send(client, here, walk.answer_to(first, 0)) == here
    assert "earlier attempt" in walk.text_of(client.get(here))
    assert Quiz.objects.count() == 2
    assert not Question.objects.exclude(choice=None).exists()


def test_an_answer_to_questions_that_another_tab_has_left_leads_to_the_other_routes(client, here, meanwhile):
    first = asked_on(client, here)
    meanwhile(lambda: client.post(here, {"action": "leave"}))
    assert walk.send(client, here, walk.answer_to(first, 0)).endswith("/way/")
    assert not Question.objects.exclude(choice=None).exists()


def test_a_start_that_another_tab_makes_first_is_no_second_one(client, meanwhile):
    here = address(registering(client, people.load("rosa")), "questions")
    meanwhile(lambda: client.post(here, {"action": "start"}))
    assert walk.send(client, here, {"action": "start"}) == here
    assert Quiz.objects.count() == 1


def test_a_password_is_not_kept_when_another_tab_has_given_other_details(client, meanwhile):
    rosa = people.load("rosa")
    draft = proven(client, rosa)
    meanwhile(lambda: client.post(address(draft, "details"), walk.details_of(rosa, email="other@mail.example")))
    assert walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h")) == address(draft, "questions")
    assert RegistrationDraft.objects.get().password_hash == ""
    assert not Account.objects.exists()


def test_a_username_that_somebody_takes_meanwhile_has_to_be_another(client, meanwhile):
    rosa, grace = people.load_all("rosa", "grace")
    draft = proven(client, rosa)
    meanwhile(lambda: holder(grace, username="Wanted.One"))
    here = address(draft, "credentials")
    assert walk.send(client, here, walk.credentials("wanted.one")) == here
    assert "Somebody else has just taken this username." in walk.text_of(client.get(here))
    assert not Account.objects.filter(dod_id=rosa.dod_id).exists()


def test_an_authenticator_that_is_added_meanwhile_is_the_one_that_is_asked_for(meanwhile):
    rosa = people.load("rosa")
    account = holder(rosa)
    browser = signed_in(account)
    draft = upgrading(browser, account, dod_id=rosa.dod_id, **SENT["second-factor"][0])
    meanwhile(lambda: authenticator_apps.enroll(account, "31" * 20, step_used=-1, by="mock"))
    page = browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert page.context["form"].errors
    assert AuthenticatorApp.objects.get().key == "31" * 20
    account.refresh_from_db()
    assert account.level == Level.BASIC
    walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for("31" * 20)})


def test_nothing_is_saved_on_a_route_that_another_tab_has_changed(client, meanwhile):
    draft = registering(client, people.load("rosa"), **BY_LETTER)
    meanwhile(lambda: client.post(address(draft, "way"), {"route": Route.QUESTIONS}))
    assert walk.send(client, address(draft, "letter"), {}) == address(draft, "questions")
    assert RegistrationDraft.objects.get().ended == ""
