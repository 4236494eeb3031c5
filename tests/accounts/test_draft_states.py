"""The states of a draft: people walk every transition that the table lists, and none that it does not."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from copy import copy
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.core.signals import request_started
from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.test import Client, override_settings
from django.utils import timezone

from accounts.journeys.draft_states import BEFORE, ENDED, START, TRANSITIONS, State, state_of
from accounts.journeys.registration.steps import REGISTRATION
from accounts.journeys.upgrade.steps import UPGRADE
from accounts.models import Account, Draft, RegistrationDraft, UpgradeDraft
from core import policy
from core.policy import Level
from deers import lookup
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing import codes
from idproofing.models import Case, Fact, Proofing
from idproofing.routes import Route
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import BY_LETTER, KEY, address, holder, registering, signed_in, upgrading
from tests.accounts.test_drafts import same_browser
from tests.accounts.test_reviews import approved, opens

Fields = dict[str, Any]
AnyDraft = RegistrationDraft | UpgradeDraft
Send = Callable[[Client, Any, Person], object]

JOURNEYS = {RegistrationDraft: REGISTRATION, UpgradeDraft: UPGRADE}
OVER = {State.FINISHED, *ENDED.values()}


class Moves(defaultdict[tuple[str, str], list[set[str]]]):
    """The transitions that were seen, by the states before and after; for each time, what was recorded with it."""

    def __init__(self) -> None:
        super().__init__(list)


@contextmanager
def watched(moves: Moves) -> Iterator[None]:
    """Note every draft that goes from one state to another, with the events that its request has recorded by then."""
    recorded: set[str] = set()

    def begin(**_: Any) -> None:
        recorded.clear()

    def hear(instance: AuditEvent, **_: Any) -> None:
        recorded.add(instance.event)

    def note(sender: type[Draft], instance: Draft, **_: Any) -> None:
        if sender in JOURNEYS:
            row = sender._default_manager.filter(pk=instance.pk).first()
            pair = state_of(JOURNEYS[sender], row) if row else BEFORE, state_of(JOURNEYS[sender], instance)
            if pair[0] != pair[1]:
                moves[pair].append(set(recorded))

    request_started.connect(begin)
    post_save.connect(hear, AuditEvent)
    pre_save.connect(note)
    try:
        yield
    finally:
        request_started.disconnect(begin)
        post_save.disconnect(hear, AuditEvent)
        pre_save.disconnect(note)


# How far drafts have come, by their fields, and the same on other routes, which matters where details are given.
NOW = timezone.now()
WITH_CODE = {"has_code": True}
UNMATCHED = {"dod_id": ""}
MISMATCHED = {"dod_id": "", "mismatched_at": NOW}
PASSED = {"quiz_passed_at": NOW}
PROVEN = {"code_redeemed_at": NOW, "authenticator_key": KEY}
CHOSEN = {"level": Level.PREMIUM, "username": "rosa.chosen", "password_hash": "x"}
PLACES: tuple[Fields, ...] = (
    UNMATCHED,
    MISMATCHED,
    {},
    BY_LETTER,
    {"route": Route.AGENT},
    {"blocked": Draft.Blocked.LEFT},
    BY_LETTER | {"blocked": Draft.Blocked.NO_ADDRESS},
    {"code_delivery": ""},
    PASSED,
    PASSED | {"code_delivery": ""},
    WITH_CODE,
    PASSED | PROVEN,
    {"finished_at": NOW},
    {"ended": Draft.Ended.LETTER},
    {"ended": Draft.Ended.REVIEW},
)
OF_REGISTRATIONS: tuple[Fields, ...] = (
    PASSED | PROVEN | {"level": Level.PREMIUM},
    PASSED | PROVEN | CHOSEN,
    PASSED | PROVEN | {"gives_back": True},
    WITH_CODE | PROVEN | {"gives_back": True},
    WITH_CODE | PROVEN | CHOSEN,
    {"ended": Draft.Ended.HAS_ACCOUNT},
)
OF_UPGRADES: tuple[Fields, ...] = ({"ended": Draft.Ended.NOT_BASIC},)
ON_OTHER_ROUTES: tuple[Fields, ...] = (
    *(UNMATCHED | route for route in (BY_LETTER, {"route": Route.AGENT}, WITH_CODE)),
    *(MISMATCHED | route for route in (BY_LETTER, {"route": Route.AGENT}, WITH_CODE)),
    WITH_CODE | PROVEN,
)


def post(step: str, data: Fields) -> Send:
    return lambda client, draft, rosa: client.post(address(draft, step), data)


def give_details(**other: str) -> Send:
    def send(client: Client, draft: AnyDraft, rosa: Person) -> None:
        typed = walk.details_of if isinstance(draft, RegistrationDraft) else walk.upgrade_details_of
        client.post(address(draft, "details"), typed(rosa, **other))

    return send


def while_deers_is_silent(send: Send) -> Send:
    def sent(client: Client, draft: AnyDraft, rosa: Person) -> None:
        with override_settings(DEERS_FAULT="unavailable"):
            send(client, draft, rosa)
        lookup.breaker.reset()

    return sent


def after(change: Callable[[Person], object], send: Send) -> Send:
    """Let something happen in the world before the answer is sent."""

    def sent(client: Client, draft: AnyDraft, rosa: Person) -> None:
        change(rosa)
        send(client, draft, rosa)

    return sent


def answer_questions(client: Client, draft: AnyDraft, rosa: Person) -> None:
    """Start the questions and answer all of them rightly."""
    here = address(draft, "questions")
    client.post(here, {"action": "start"})
    while (page := client.get(here)).status_code == 200 and "question" in page.context:
        client.post(here, walk.answer_to(page.context["question"], walk.right_choice(rosa, page)))


def leave_questions_until_there_is_a_wait(client: Client, draft: AnyDraft, rosa: Person) -> None:
    for _ in range(2):
        client.post(address(draft, "questions"), {"action": "start"})
        client.post(address(draft, "questions"), {"action": "leave"})
        client.post(address(draft, "way"), {"route": Route.QUESTIONS})
    client.post(address(draft, "questions"), {"action": "start"})


def leave_questions_until_they_are_closed(client: Client, draft: AnyDraft, rosa: Person) -> None:
    for _ in range(policy.QUIZ_IN_A_ROW):
        client.post(address(draft, "questions"), {"action": "start"})
        client.post(address(draft, "questions"), {"action": "leave"})
        Proofing.objects.update(attempts_forgotten_at=timezone.now())
        client.post(address(draft, "way"), {"route": Route.QUESTIONS})
    client.post(address(draft, "questions"), {"action": "start"})


def enter_code(client: Client, draft: AnyDraft, rosa: Person) -> None:
    code = codes.issue(rosa.dod_id, Level(draft.level), "screen", "", by="visitor").text
    client.post(address(draft, "code"), {"code": code})


def give_token(client: Client, draft: AnyDraft, rosa: Person) -> None:
    client.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})


def ask_for_review(client: Client, draft: AnyDraft, rosa: Person) -> None:
    client.post(address(draft, "review"))


def in_two_tabs(send: Send) -> Send:
    """Send the same in another tab too, where somebody has come as far with a draft of its own."""

    def sent(client: Client, draft: AnyDraft, rosa: Person) -> None:
        other = copy(draft)
        other.pk = uuid4()
        kind: Any = type(draft)
        kind.objects.bulk_create([other])
        send(client, other, rosa)
        send(client, draft, rosa)

    return sent


def go_on_after_review(client: Client, draft: AnyDraft, rosa: Person) -> None:
    ask_for_review(client, draft, rosa)
    case = Case.objects.last()
    if case is not None:
        draft.refresh_from_db()
        approved(rosa)
        client.post(opens(client, (case.reference, draft.continuation_code or "")))


def open_account_of(rosa: Person) -> None:
    if not Account.objects.filter(dod_id=rosa.dod_id).exists():
        holder(rosa)


def freeze_account_of(rosa: Person) -> None:
    open_account_of(rosa)
    Account.objects.filter(dod_id=rosa.dod_id).update(state="frozen")


def freeze_premium_account_of(rosa: Person) -> None:
    freeze_account_of(rosa)
    Account.objects.filter(dod_id=rosa.dod_id).update(level=Level.PREMIUM)


def take_username(rosa: Person) -> None:
    holder(people.load("grace"), username=str(CHOSEN["username"]))


# In a registration the one is another answer, in an upgrade the other.
OTHER = {"email": "rosa.other@mail.example", "street": f"{people.PEOPLE['rosa'].address.street} West"}
DETAILS: dict[str, Send] = {
    "the same details": give_details(),
    "other details": give_details(**OTHER),
    "wrong details": give_details(ssn="900-11-2222"),
    "other details while DEERS is silent": while_deers_is_silent(give_details(**OTHER)),
    "a review that is approved": go_on_after_review,
}
# What a person may send, wherever the draft is; where the step is not open, the answer leads to the one that is.
ANSWERS: dict[str, Send] = {
    **DETAILS,
    "a wish for mail": while_deers_is_silent(post("tell-me", {})),
    "a review": ask_for_review,
    "a review in two tabs": in_two_tabs(ask_for_review),
    **{f"the route {route}": post("way", {"route": route}) for route in Route.values},
    "the questions": answer_questions,
    "the questions without facts": after(lambda rosa: Fact.objects.all().delete(), answer_questions),
    "the questions left": leave_questions_until_there_is_a_wait,
    "the questions left once too often": leave_questions_until_they_are_closed,
    "a delivery": post("delivery", {"code_delivery": "screen"}),
    "a letter": post("letter", {}),
    "a letter to nowhere": after(lambda rosa: Registered.objects.update(street=""), post("letter", {})),
    "a slip": post("visit", {"action": "slip"}),
    "a visit": post("visit", {"action": "have-code"}),
    "a code": enter_code,
    "a wrong code": post("code", {"code": "00000-00000"}),
    "another code": post("code", {"action": "again"}),
    "a code of somebody with an account": after(open_account_of, enter_code),
    "a code of somebody with a frozen account": after(freeze_account_of, enter_code),
    "a code of somebody with a frozen Premium account": after(freeze_premium_account_of, enter_code),
    "that all was me": after(freeze_account_of, post("give-back", {"first": "none"})),
    "that my mail is read": after(freeze_account_of, post("give-back", {"first": "none", "reads_along": "on"})),
    "that all was me, in another tab too": after(open_account_of, post("give-back", {"first": "none"})),
    "that all was me, of a closed account": post("give-back", {"first": "none"}),
    "a password": post("credentials", walk.credentials("rosa.new")),
    "a password of somebody with an account": after(open_account_of, post("credentials", walk.credentials("rosa.new"))),
    "a second factor": give_token,
    "a second factor of a taken username": after(take_username, give_token),
    "a second factor of somebody with an account": after(open_account_of, give_token),
    "a second factor in two tabs": in_two_tabs(give_token),
    "that the codes are saved": post("done", {"saved": "yes"}),
}


@contextmanager
def undone() -> Iterator[None]:
    """Take back afterwards whatever is written here."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def drafts_of_rosa() -> Iterator[tuple[Client, AnyDraft, Send]]:
    """Wherever a draft can be, in both journeys: its browser, the draft, and each thing that can be sent from there."""
    for fields, send in answers_at(*PLACES, *OF_REGISTRATIONS):
        with undone():
            client = Client()
            yield client, registering(client, people.load("rosa"), **fields), send
    account = holder(people.load("rosa"))
    browser = signed_in(account)
    for fields, send in answers_at(*PLACES, *OF_UPGRADES):
        with undone():
            client = same_browser(browser)
            come = {"dod_id": account.dod_id, "email": account.email, **fields}
            yield client, upgrading(client, account, **come), send


def answers_at(*places: Fields) -> Iterator[tuple[Fields, Send]]:
    yield from product(places, ANSWERS.values())
    yield from product(ON_OTHER_ROUTES, DETAILS.values())


@pytest.mark.django_db
def test_people_walk_every_transition_of_the_table_and_no_other() -> None:
    rosa, moves = people.load("rosa"), Moves()
    for client, draft, send in drafts_of_rosa():
        with watched(moves):
            send(client, draft, rosa)
    assert moves.keys() == TRANSITIONS.keys()
    assert {pair: named(pair, set().union(*moves[pair])) for pair in moves} == {
        pair: set(events) for pair, events in TRANSITIONS.items()
    }
    assert [
        pair for pair in moves if TRANSITIONS[pair] and not all(named(pair, events) for events in moves[pair])
    ] == []


def named(pair: tuple[str, str], recorded: Set[str]) -> set[str]:
    """Those of the recorded events that the table names for this transition."""
    return set(TRANSITIONS[pair]) & recorded


def test_every_state_can_be_reached_and_left_unless_the_journey_is_over_there() -> None:
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert {before for before, _ in TRANSITIONS} == {BEFORE, *State} - OVER


def test_every_event_of_the_table_can_be_read_by_people() -> None:
    assert set().union(*TRANSITIONS.values()) <= set(EVENTS)


@pytest.mark.parametrize("reason", Draft.Ended)
def test_every_reason_to_end_is_a_state_of_its_own(reason: Draft.Ended) -> None:
    assert state_of(REGISTRATION, RegistrationDraft(ended=reason, level=Level.BASIC)) == ENDED[reason]
    assert len(set(ENDED.values())) == len(ENDED)
