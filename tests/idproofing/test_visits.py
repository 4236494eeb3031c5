"""Visits: one slip for a person and level, found only by its reference, used once, with one person's documents."""

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core import policy
from core.policy import Level
from idproofing import visits
from idproofing.models import Document, Visit
from idproofing.routes import Route
from idproofing.visit_states import START, TRANSITIONS, State
from idproofing.visits import Shown
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests.idproofing.people import JUNE
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

ROSA = "1000000002"
AGENT, SUPERVISOR, COLLEAGUE = 7, 8, 9
PAPERS = (Shown("state-id", "T12-345 678", "VA"), Shown("account", "0044 1234"))
OTHER_PAPERS = (Shown("passport", "C01234567"), Shown("veteran", "V-9911"))


def slip(dod_id: str = JUNE, level: Level = Level.BASIC, email: str = "june@mail.example", **more) -> Visit:  # type: ignore[no-untyped-def]
    booked = visits.book(dod_id, level, Route.IN_PERSON, email, by="visitor", **more)
    assert isinstance(booked, visits.Booked)
    return booked.visit


def check(visit: Visit, papers: tuple[Shown, ...] = PAPERS, **more) -> object:  # type: ignore[no-untyped-def]
    return visits.verify(visit.pk, papers, by="system", agent=AGENT, **more)


def found(reference: str | None, **more) -> Visit | None:  # type: ignore[no-untyped-def]
    return visits.find(reference or "", by="system", **more)


def test_every_state_is_reached_and_every_move_has_an_event() -> None:
    assert {START, *(after for _, after in TRANSITIONS)} == set(State)
    assert set(TRANSITIONS.values()) <= set(EVENTS)


def test_a_slip_is_found_by_its_reference_however_it_is_typed() -> None:
    visit = slip(rng=random.Random(4))
    assert visit.reference
    for typed in (visit.reference, visit.reference.lower(), f" {visit.reference.replace('-', ' ')} "):
        assert found(typed) == visit


@pytest.mark.parametrize("typed", ["", "0", "AAAAA-AAAAA", "\x00", "x" * 10_000, "💌"])
def test_another_reference_finds_nothing(typed: str) -> None:
    slip()
    assert found(typed) is None


def test_no_reference_and_no_address_stands_in_the_table_in_clear() -> None:
    visit = slip()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row::text FROM idproofing_visit row")
        (row,) = cursor.fetchone()
    assert visit.reference not in row
    assert "june@mail.example" not in row


def test_right_documents_verify_the_person_and_wipe_the_slip() -> None:
    visit = slip()
    assert check(visit) == visits.Verified("june@mail.example")
    visit.refresh_from_db()
    assert (visit.state, visit.agent, visit.reference, visit.email) == (State.VERIFIED, AGENT, None, None)


def test_the_trail_says_which_kinds_were_shown_and_never_a_number() -> None:
    check(slip())
    event = AuditEvent.objects.get(event="visit.verified")
    assert event.details == {"level": 1, "route": "in_person", "document_1": "state-id", "document_2": "account"}


def test_a_slip_is_good_once() -> None:
    visit = slip()
    reference = visit.reference
    check(visit)
    assert check(visit) == visits.Over()
    assert found(reference) is None


def test_a_slip_is_good_until_its_last_moment_and_not_after() -> None:
    now = timezone.now()
    visit = slip(now=now)
    end = now + policy.VISIT_LIFE
    assert found(visit.reference, now=end - timedelta(seconds=1)) == visit
    assert found(visit.reference, now=end) is None
    assert check(visit, now=end) == visits.Over()
    assert visits.due(end) == [visit.pk]
    assert visits.expire(visit.pk, now=end) == visits.Settled("june@mail.example")
    assert visits.expire(visit.pk, now=end) == visits.Over()


def test_a_stranger_who_makes_a_slip_in_her_name_does_not_send_june_home_from_the_office() -> None:
    hers = slip()
    slip(email="stranger@mail.example")
    assert found(hers.reference) == hers
    assert check(hers) == visits.Verified("june@mail.example", withdrawn=("stranger@mail.example",))


@pytest.mark.parametrize("level", Level)
def test_the_slip_with_which_documents_are_looked_at_ends_the_others(level: Level) -> None:
    other, shown = slip(level=level, email="other@mail.example"), slip(level=level)
    assert check(shown).withdrawn == ("other@mail.example",)  # type: ignore[attr-defined]
    assert found(other.reference) is None
    assert check(other) == visits.Over()


def test_a_visit_that_is_held_leaves_no_other_slip_to_go_on_with() -> None:
    check(slip())
    spare, shown = slip(ROSA, email="spare@mail.example"), slip(ROSA, email="rosa@mail.example")
    assert check(shown) == visits.DocumentOfAnother("rosa@mail.example", withdrawn=("spare@mail.example",))
    assert check(spare, OTHER_PAPERS) == visits.Over()


def test_the_slips_of_two_levels_do_not_meet() -> None:
    basic, premium = slip(), slip(level=Level.PREMIUM)
    check(basic)
    premium.refresh_from_db()
    assert premium.state == State.OPEN


def test_the_same_person_may_show_the_same_documents_again() -> None:
    check(slip())
    assert isinstance(check(slip(level=Level.PREMIUM)), visits.Checked)
    assert Document.objects.count() == 2


@pytest.mark.parametrize(
    "shown",
    [
        (Shown("state-id", "t12345678", "VA"), OTHER_PAPERS[0]),
        (OTHER_PAPERS[0], Shown("account", "0044-1234")),
    ],
    ids=["typed-otherwise", "as-the-second"],
)
def test_a_document_of_somebody_else_holds_the_visit_and_claims_nothing(shown: tuple[Shown, ...]) -> None:
    check(slip())
    visit = slip(ROSA, email="rosa@mail.example")
    assert check(visit, shown) == visits.DocumentOfAnother("rosa@mail.example")
    visit.refresh_from_db()
    assert visit.state == State.HELD
    assert not Document.objects.filter(dod_id=ROSA).exists()
    assert check(visit, OTHER_PAPERS) == visits.Over()
    assert isinstance(visits.book(ROSA, Level.BASIC, Route.AGENT, "x@mail.example", by="visitor"), visits.Held)


def test_licenses_of_two_states_may_have_one_number() -> None:
    check(slip())
    shown = (Shown("state-id", "T12345678", "TX"), OTHER_PAPERS[0])
    assert isinstance(check(slip(ROSA), shown), visits.Verified)


def test_a_supervisor_makes_a_held_slip_good_again_and_the_agent_does_not() -> None:
    check(slip())
    visit = slip(ROSA)
    check(visit)
    assert visits.settle(visit.pk, again=True, by="system", supervisor=AGENT) == visits.Over()
    assert isinstance(visits.settle(visit.pk, again=True, by="system", supervisor=SUPERVISOR), visits.Settled)
    assert found(visit.reference) == visit
    assert isinstance(check(visit, OTHER_PAPERS), visits.Verified)


def test_a_supervisor_refuses_what_is_held() -> None:
    check(slip())
    visit = slip(ROSA)
    check(visit)
    assert isinstance(visits.settle(visit.pk, again=False, by="system", supervisor=SUPERVISOR), visits.Settled)
    visit.refresh_from_db()
    assert (visit.state, visit.reason, visit.email) == (State.REFUSED, "used-before", None)


def test_after_a_refusal_there_may_be_another_slip() -> None:
    visit = slip()
    assert isinstance(visits.refuse(visit.pk, "photo", by="system", agent=AGENT), visits.Settled)
    assert visits.refuse(visit.pk, "photo", by="system", agent=AGENT) == visits.Over()
    assert check(visit) == visits.Over()
    assert slip().state == State.OPEN


@pytest.mark.parametrize(
    ("kinds", "basic", "premium"),
    [
        (("passport", "account"), True, True),
        (("state-id", "account"), True, True),
        (("employer", "student"), True, False),
        (("employer", "account"), True, False),
        (("passport", "passport"), False, False),
        (("passport",), False, False),
    ],
)
def test_premium_needs_stronger_documents_than_basic(kinds: tuple[str, ...], basic: bool, premium: bool) -> None:
    assert (visits.shortfall(kinds, Level.BASIC) is None) == basic
    assert (visits.shortfall(kinds, Level.PREMIUM) is None) == premium


def second_look(visit: Visit, papers: tuple[Shown, ...] = PAPERS, *, agent: int = COLLEAGUE, **more) -> object:  # type: ignore[no-untyped-def]
    return visits.verify(visit.pk, papers, by="system", agent=agent, **more)


def premium() -> Visit:
    """A Premium slip whose documents one agent has accepted."""
    visit = slip(level=Level.PREMIUM)
    assert check(visit) == visits.Checked("june@mail.example")
    visit.refresh_from_db()
    return visit


def test_a_widow_is_proven_at_premium_only_after_two_agents_had_her_documents_in_hand() -> None:
    visit = premium()
    assert (visit.state, visit.agent, visit.email) == (State.CHECKED, AGENT, "june@mail.example")
    assert found(visit.reference) == visit
    assert second_look(visit) == visits.Verified("june@mail.example")
    visit.refresh_from_db()
    assert (visit.state, visit.second_agent, visit.reference, visit.email) == (State.VERIFIED, COLLEAGUE, None, None)
    assert AuditEvent.objects.get(event="visit.verified").details["second_look"] == "staff"


def test_an_agent_who_accepts_invented_documents_proves_nobody_alone() -> None:
    visit = premium()
    for _ in range(3):
        assert check(visit) == visits.CheckedByYou()
    visit.refresh_from_db()
    assert visit.state == State.CHECKED


def test_a_colleague_with_other_documents_in_hand_proves_nobody() -> None:
    visit = premium()
    assert second_look(visit, OTHER_PAPERS) == visits.NotTheSame()
    assert second_look(visit, (PAPERS[0], OTHER_PAPERS[1])) == visits.NotTheSame()
    assert second_look(visit, PAPERS[::-1]) == visits.Verified("june@mail.example")


def test_the_second_agent_may_refuse_what_the_first_accepted() -> None:
    visit = premium()
    assert isinstance(visits.refuse(visit.pk, "doubtful", by="system", agent=COLLEAGUE), visits.Settled)
    visit.refresh_from_db()
    assert (visit.state, visit.agent, visit.second_agent) == (State.REFUSED, AGENT, COLLEAGUE)


def test_a_person_whom_nobody_looks_at_twice_is_let_go_in_time_and_may_come_again() -> None:
    now = timezone.now()
    visit = slip(level=Level.PREMIUM, now=now)
    check(visit, now=now)
    end = now + policy.VISIT_SECOND_LOOK_WITHIN
    assert visits.due(end - timedelta(seconds=1)) == []
    assert visits.due(end) == [visit.pk]
    assert second_look(visit, now=end) == visits.Over()
    assert isinstance(visits.expire(visit.pk, now=end), visits.Settled)
    assert slip(level=Level.PREMIUM).state == State.OPEN


def test_another_slip_does_not_take_back_what_was_checked_once() -> None:
    visit = premium()
    spare = slip(level=Level.PREMIUM)
    assert isinstance(second_look(visit), visits.Verified)
    assert found(spare.reference) is None


def test_a_person_whose_documents_are_checked_anew_waits_with_the_newer_slip() -> None:
    visit = premium()
    assert isinstance(check(slip(level=Level.PREMIUM)), visits.Checked)
    assert second_look(visit) == visits.Over()


def test_what_a_reader_has_read_stands_for_the_second_look_once() -> None:
    visit = slip(level=Level.PREMIUM)
    assert check(visit, reading="passport-7") == visits.Verified("june@mail.example")
    assert AuditEvent.objects.get(event="visit.verified").details["second_look"] == "reader"
    again = slip(level=Level.PREMIUM)
    assert check(again, reading=" PASSPORT-7") == visits.Checked("june@mail.example")


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"second_agent": None}, "visit_premium_takes_two"),
        ({"second_agent": AGENT}, "visit_second_look_by_another"),
    ],
)
def test_the_database_too_wants_two_at_premium(broken: dict, rule: str) -> None:
    visit = premium()
    second_look(visit)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Visit.objects.update(**broken)


def test_a_veteran_whom_one_agent_proved_before_keeps_that() -> None:
    """The rule for Premium is not validated on rows from before it. On new and changed rows it holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT convalidated FROM pg_constraint WHERE conname = 'visit_premium_takes_two'")
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_second_looks_at_once_one_verifies() -> None:
    visit = premium()
    outcomes = in_parallel(lambda number: second_look(visit, agent=100 + number))
    assert sum(isinstance(outcome, visits.Verified) for outcome in outcomes) == 1
    assert sum(outcome == visits.Over() for outcome in outcomes) == 29
    assert AuditEvent.objects.filter(event="visit.verified").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_agents_at_once_one_verifies() -> None:
    visit = slip()
    outcomes = in_parallel(lambda number: visits.verify(visit.pk, PAPERS, by="system", agent=number + 1))
    assert sum(isinstance(outcome, visits.Verified) for outcome in outcomes) == 1
    assert sum(outcome == visits.Over() for outcome in outcomes) == 29
    assert AuditEvent.objects.filter(event="visit.verified").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_people_with_one_document_at_once_one_is_verified() -> None:
    slips = [slip(f"20000000{number:02}") for number in range(30)]
    outcomes = in_parallel(lambda n: check(slips[n], PAPERS if n % 2 else PAPERS[::-1]))
    assert sum(isinstance(outcome, visits.Verified) for outcome in outcomes) == 1
    assert Visit.objects.filter(state=State.HELD).count() == 29
    assert len(set(Document.objects.values_list("dod_id", flat=True))) == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_slips_of_one_person_looked_at_at_once_one_verifies() -> None:
    slips = [slip() for _ in range(30)]
    outcomes = in_parallel(lambda number: check(slips[number]))
    assert sum(isinstance(outcome, visits.Verified) for outcome in outcomes) == 1
    assert Visit.objects.filter(state=State.WITHDRAWN).count() == 29
