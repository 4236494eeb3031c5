"""Cases: anyone can open one, only reference and code find it, it is decided once, and never shows who is in DEERS."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import policy
from core.policy import Level
from deers import lookup
from deers.registry import Record
from idproofing import cases, reviewing
from idproofing.case_states import OVER, START, TRANSITIONS, State
from idproofing.cases import Moved, NotFound, NotNow, Opened, Typed, Wait
from idproofing.models import Case, CaseMove
from idproofing.reviewing import Decision, NotFitting, NotYours, Reason
from idproofing.second_reviews import doubts_about
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests import people
from tests.idproofing.reviewers import ANN, BOB, approve, emily_typed, open_case, taken
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def test_every_state_can_be_reached_and_every_move_has_its_event():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(TRANSITIONS.values()) <= set(EVENTS)
    assert {State.CONTINUED, State.DECLINED, State.IN_PERSON, State.EXPIRED} == OVER


def test_what_was_typed_is_encrypted_and_found_with_both_codes_only():
    opened, typed = open_case(), emily_typed()
    raw: Any = Case.objects.values_list("typed", flat=True).get()
    assert typed.ssn.encode() not in bytes(raw)
    assert found(opened).number == opened.case.number
    assert cases.read_typed(found(opened)) == typed
    assert found(opened, opened.case.reference.lower().replace("0", "o")).number == opened.case.number
    assert opened.code.replace("-", "") not in str(Case.objects.values().get())


def found(opened: Opened, reference: str = "", code: str = "", address: str = "192.0.2.1") -> Any:
    return cases.find(reference or opened.case.reference, code or opened.code, address=address)


def test_neither_a_wrong_code_nor_anothers_opens_a_case():
    hers, his = open_case(), open_case(replace(emily_typed(), ssn="910124999", email="his@mail.example"))
    assert isinstance(found(hers, code=his.code), NotFound)
    assert isinstance(found(hers, reference=his.case.reference), NotFound)


@pytest.mark.parametrize("odd", ["\x00", "x" * 10_000, "\u202e", "\ud800", "🙂"], ids=range(5))
def test_odd_input_finds_nothing_and_does_no_harm(odd):
    opened = open_case()
    assert isinstance(found(opened, code=odd), NotFound)
    assert isinstance(found(opened, reference=odd), NotFound)


def test_guesses_from_many_networks_do_not_keep_out_who_knows_the_code():
    opened = open_case()
    for number in range(policy.CASE_TRIES_PER_ADDRESS.times):
        assert isinstance(found(opened, opened.case.reference, "WRONG", f"192.0.2.{number}"), NotFound)
    assert isinstance(found(opened, address="192.0.2.99"), Case)


def test_right_codes_are_not_counted_as_guesses():
    opened = open_case()
    for _ in range(policy.CASE_TRIES_PER_ADDRESS.times + 1):
        assert isinstance(found(opened), Case)


def test_a_person_who_guesses_references_has_to_wait():
    opened = open_case()
    for number in range(policy.CASE_TRIES_PER_ADDRESS.times):
        assert isinstance(found(opened, f"{number:010d}", "WRONG"), NotFound)
    assert isinstance(found(opened), Wait)
    assert isinstance(found(opened, address="192.0.2.2"), Case)


def test_a_reference_that_does_not_exist_costs_as_many_queries_as_a_wrong_code():
    opened, counts = open_case(), []
    for address, reference in (("192.0.2.1", opened.case.reference), ("192.0.2.2", "0123456789")):
        with CaptureQueriesContext(connection) as asked:
            found(opened, reference, "WRONG", address)
        counts.append([query["sql"][:40] for query in asked])
    assert counts[0] == counts[1]


def test_a_case_opens_without_asking_deers(monkeypatch):
    monkeypatch.setattr(lookup, "ask", None)
    assert open_case().case.state == State.OPEN


def test_a_second_request_about_the_same_number_looks_like_the_first_and_reaches_nobody():
    first, second = open_case(), open_case(replace(emily_typed(), email="other@mail.example"))
    assert (first.case.state, second.case.state) == (State.OPEN, State.REPEATED)
    assert found(second).due_at - second.case.opened_at == first.case.due_at - first.case.opened_at
    assert isinstance(reviewing.take(second.case.number, by=BOB), NotNow)


def test_of_thirty_requests_at_once_about_one_number_one_reaches_the_reviewers(transactional_db):
    in_parallel(lambda _: open_case())
    assert Case.objects.filter(state=State.OPEN).count() == 1
    assert Case.objects.filter(state=State.REPEATED).count() == 29


def test_the_database_keeps_one_open_case_a_number():
    case = open_case().case
    case.number, case.reference = cases.next_number(), "0000000001"
    with pytest.raises(IntegrityError, match="case_one_a_subject"):
        case.save(force_insert=True)


def test_an_approval_ends_what_repeated_the_case():
    people.load("emily")
    first, second = open_case(), open_case(replace(emily_typed(), email="other@mail.example"))
    outcome = approve(first.case)
    assert isinstance(outcome, Moved)
    assert [(one.case.number, one.email) for one in outcome.also] == [(second.case.number, "other@mail.example")]
    assert found(second).state == State.IN_PERSON


def test_a_person_who_asks_first_with_somebody_elses_number_does_not_stop_its_owner():
    stranger, owner = open_case(), open_case()
    taken(stranger.case)
    reviewing.decide(stranger.case.number, Decision.DECLINE, Reason.MIXED, by=ANN)
    cases.end_what_is_late()
    assert found(owner).state == State.OPEN
    assert isinstance(reviewing.take(owner.case.number, by=ANN), Moved)


def test_too_many_requests_from_one_address_wait_and_sooner_about_one_number():
    typed = emily_typed()
    for _ in range(policy.CASES_PER_NUMBER.times):
        assert cases.too_many(typed, address="192.0.2.1") is None
    assert isinstance(cases.too_many(typed, address="192.0.2.1"), Wait)
    assert cases.too_many(replace(typed, ssn="910124000"), address="192.0.2.1") is None
    assert isinstance(cases.too_many(replace(typed, ssn="910124001"), address="192.0.2.1"), Wait)


def test_a_stranger_who_asks_with_emilys_number_and_mailbox_does_not_keep_her_from_asking():
    typed = emily_typed()
    for _ in range(policy.CASES_PER_ADDRESS.times):
        cases.too_many(typed, address="192.0.2.1")
    assert cases.too_many(typed, address="192.0.2.2") is None


def record_of(dod_id: str) -> Record | None:
    return lookup.record(dod_id=dod_id)


def test_one_reviewer_decides_at_basic():
    emily, opened = people.load("emily"), open_case()
    outcome = approve(opened.case)
    assert isinstance(outcome, Moved)
    case = Case.objects.get()
    assert (case.state, case.dod_id, case.reason) == (State.APPROVED, emily.dod_id, Reason.FORMER_NAME)
    assert outcome.email == emily_typed().email
    assert list(case.history.values_list("state", "by")) == [("open", None), ("taken", ANN.pk), ("approved", ANN.pk)]


def test_premium_takes_two_reviewers_and_never_one_twice():
    emily, opened = people.load("emily"), open_case(level=Level.PREMIUM)
    assert approve(opened.case).case.state == State.PROPOSED
    record = record_of(emily.dod_id)
    assert isinstance(reviewing.confirm(opened.case.number, record, by=ANN), NotYours)
    assert isinstance(reviewing.confirm(opened.case.number, None, by=BOB), NotFitting)
    assert isinstance(reviewing.confirm(opened.case.number, record, by=BOB), Moved)
    case = Case.objects.get()
    assert (case.state, case.decided_by, case.confirmed_by) == (State.APPROVED, ANN.pk, BOB.pk)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"confirmed_by": ANN.pk}, "case_confirmed_by_another"),
        ({"confirmed_by": None}, "case_premium_takes_two|case_doubtful_takes_two"),
        ({"dod_id": ""}, "case_approved_by_somebody"),
        ({"decision": "decline"}, "case_approved_by_somebody|case_record_when_approved"),
        ({"holder": "1001124999", "dod_id": "1001124011"}, "case_upgrades_its_own_holder"),
    ],
    ids=["oneself", "alone", "nobody", "declined", "another's"],
)
def test_the_database_refuses_an_approval_that_breaks_the_rules(broken, rule):
    emily, opened = people.load("emily"), open_case(level=Level.PREMIUM)
    approve(opened.case)
    reviewing.confirm(opened.case.number, record_of(emily.dod_id), by=BOB)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Case.objects.update(**broken)


def approved_as(typed: Typed, key: str = "emily") -> tuple[str, set[str]]:
    """The state after one reviewer approved this at Basic for the person, and the doubts there were."""
    case = taken(open_case(typed).case)
    record = record_of(people.load(key).dod_id)
    assert record
    doubts = doubts_about(case, record)
    reviewing.decide(case.number, Decision.APPROVE, Reason.FORMER_NAME, record, by=ANN, doubts=doubts)
    return Case.objects.get(pk=case.pk).state, {doubt.value for doubt in doubts}


def test_a_woman_under_her_former_name_needs_one_reviewer_at_basic():
    people.load("emily")
    assert approved_as(emily_typed()) == (State.APPROVED, set())


@pytest.mark.parametrize("born", ["1993-12-10", "1990-01-01"], ids=["swapped", "another"])
def test_a_person_who_typed_another_birth_date_is_approved_by_two_at_basic_too(born):
    people.load("emily")
    assert approved_as(replace(emily_typed(), date_of_birth=born)) == (State.PROPOSED, {"birth-date"})


def test_nobody_is_approved_by_one_reviewer_with_the_number_of_somebody_else():
    people.load("emily")
    kai = people.load("kai")
    assert approved_as(replace(emily_typed(), ssn=kai.ssn)) == (State.PROPOSED, {"other-record"})
    with_number = replace(emily_typed(), ssn="", dod_id=kai.dod_id, email="two@mail.example")
    assert approved_as(with_number) == (State.PROPOSED, {"other-record"})


def test_nobody_is_approved_by_one_reviewer_while_another_has_the_very_name_and_birth_date():
    people.load("emily")
    grace = people.load("grace")
    typed = replace(
        emily_typed(), first_name=grace.name.first, last_name=grace.name.last, date_of_birth=grace.born.isoformat()
    )
    state, doubts = approved_as(typed)
    assert (state, doubts) == (State.PROPOSED, {"birth-date", "other-record"})


def test_an_approval_about_whose_doubts_nobody_asked_takes_two():
    emily = people.load("emily")
    case = taken(open_case().case)
    reviewing.decide(case.number, Decision.APPROVE, Reason.SLIP, record_of(emily.dod_id), by=ANN)
    assert Case.objects.get().state == State.PROPOSED


def test_while_deers_is_silent_one_reviewer_is_not_enough(settings):
    record = record_of(people.load("emily").dod_id)
    case = taken(open_case().case)
    settings.DEERS_FAULT = "unavailable"
    assert record
    assert {doubt.value for doubt in doubts_about(case, record)} == {"silent"}


def test_the_database_too_wants_two_where_there_is_a_doubt():
    emily = people.load("emily")
    approved_as(replace(emily_typed(), date_of_birth="1990-01-01"))
    with pytest.raises(IntegrityError, match="case_doubtful_takes_two"), transaction.atomic():
        Case.objects.update(state=State.APPROVED)
    case = Case.objects.get()
    assert isinstance(reviewing.confirm(case.number, record_of(emily.dod_id), by=ANN), NotYours)
    assert isinstance(reviewing.confirm(case.number, record_of(emily.dod_id), by=BOB), Moved)


def test_a_case_that_is_sent_back_keeps_no_doubt():
    people.load("emily")
    approved_as(replace(emily_typed(), date_of_birth="1990-01-01"))
    number = Case.objects.get().number
    assert isinstance(reviewing.send_back(number, by=BOB), Moved)
    assert Case.objects.get().takes_two is False


def test_a_second_reviewer_may_send_it_back_and_nothing_of_the_proposal_stays():
    people.load("emily")
    opened = open_case(level=Level.PREMIUM)
    approve(opened.case)
    assert isinstance(reviewing.send_back(opened.case.number, by=BOB), Moved)
    case = Case.objects.get()
    assert (case.state, case.decision, case.dod_id, case.decided_by, case.taken_by) == (State.OPEN, "", "", None, None)


def test_only_who_took_a_case_decides_it():
    opened = open_case()
    assert isinstance(reviewing.decide(opened.case.number, Decision.DECLINE, Reason.MIXED, by=ANN), NotNow)
    taken(opened.case)
    assert isinstance(reviewing.decide(opened.case.number, Decision.DECLINE, Reason.MIXED, by=BOB), NotYours)
    assert isinstance(reviewing.put_back(opened.case.number, by=BOB), Moved)
    assert isinstance(reviewing.decide(opened.case.number, Decision.DECLINE, Reason.MIXED, by=ANN), NotNow)


def test_a_reason_must_be_one_for_that_decision():
    case = taken(open_case().case)
    assert isinstance(reviewing.decide(case.number, Decision.DECLINE, Reason.FORMER_NAME, by=ANN), NotFitting)
    assert isinstance(reviewing.decide(case.number, "delete", Reason.MIXED, by=ANN), NotFitting)


@pytest.mark.parametrize("key", ["judith", "victor", "sofia"])
def test_nobody_is_approved_to_whom_deers_allows_no_account(key):
    record = record_of(people.load(key).dod_id)
    case = taken(open_case().case)
    assert isinstance(reviewing.decide(case.number, Decision.APPROVE, Reason.SLIP, record, by=ANN), NotFitting)
    assert isinstance(reviewing.decide(case.number, Decision.APPROVE, Reason.SLIP, None, by=ANN), NotFitting)
    assert Case.objects.get().state == State.TAKEN


def test_an_upgrade_is_approved_for_the_accounts_own_person_only():
    emily, kai = people.load_all("emily", "kai")
    opened = open_case(journey=Case.Journey.UPGRADE, level=Level.PREMIUM, account_id=7, holder=emily.dod_id)
    case = taken(opened.case)
    other = record_of(kai.dod_id)
    assert isinstance(reviewing.decide(case.number, Decision.APPROVE, Reason.SLIP, other, by=ANN), NotFitting)
    assert isinstance(approve(case, take=False), Moved)


def test_of_thirty_reviewers_who_take_a_case_at_once_one_has_it(transactional_db):
    number = open_case().case.number
    outcomes = in_parallel(lambda worker: reviewing.take(number, by=replace(ANN, pk=worker + 1)))
    assert sum(isinstance(outcome, Moved) for outcome in outcomes) == 1


def test_of_thirty_decisions_at_once_one_stands(transactional_db):
    emily, opened = people.load("emily"), open_case(level=Level.PREMIUM)
    taken(opened.case)
    record, number = record_of(emily.dod_id), opened.case.number

    def decide(worker: int) -> object:
        if worker % 2:
            return reviewing.decide(number, Decision.APPROVE, Reason.FORMER_NAME, record, by=ANN)
        return reviewing.decide(number, Decision.DECLINE, Reason.MIXED, by=ANN)

    assert sum(isinstance(outcome, Moved) for outcome in in_parallel(decide)) == 1
    record = record if Case.objects.get().dod_id else None

    def judge(worker: int) -> object:
        by = replace(BOB, pk=100 + worker)
        return reviewing.confirm(number, record, by=by) if worker % 2 else reviewing.send_back(number, by=by)

    assert sum(isinstance(outcome, Moved) for outcome in in_parallel(judge)) == 1
    assert AuditEvent.objects.filter(event__startswith="case.").count() == CaseMove.objects.count() == 4


@pytest.mark.parametrize(("decision", "reason"), [("decline", "mixed"), ("in_person", "papers")])
def test_what_was_typed_is_wiped_when_a_case_is_over(decision, reason):
    opened = open_case()
    outcome = reviewing.decide(taken(opened.case).number, decision, reason, by=ANN)
    assert isinstance(outcome, Moved)
    assert outcome.email == emily_typed().email
    case = found(opened)
    assert (case.typed, case.subject, cases.read_typed(case)) == (None, None, None)


def test_a_case_ends_when_its_time_is_over_and_an_approval_has_a_time_of_its_own():
    people.load("emily")
    late, approved = open_case(), open_case(replace(emily_typed(), ssn="910124999"))
    approve(approved.case)
    now = timezone.now()
    assert cases.end_what_is_late(now + policy.CASE_GO_ON_LIFE - timedelta(minutes=5)) == []
    assert [one.case.number for one in cases.end_what_is_late(now + policy.CASE_GO_ON_LIFE)] == [approved.case.number]
    assert [one.case.number for one in cases.end_what_is_late(now + policy.CASE_LIFE)] == [late.case.number]
    assert not Case.objects.exclude(state=State.EXPIRED).exists()
    assert not Case.objects.filter(typed__isnull=False).exists()


def test_an_approval_is_used_once_and_in_time(transactional_db):
    people.load("emily")
    opened = open_case()
    approve(opened.case)
    too_late = timezone.now() + policy.CASE_GO_ON_LIFE
    assert isinstance(cases.use(opened.case.number, by="visitor", now=too_late), NotNow)
    outcomes = in_parallel(lambda _: cases.use(opened.case.number, by="visitor"))
    assert sum(isinstance(outcome, Moved) for outcome in outcomes) == 1
