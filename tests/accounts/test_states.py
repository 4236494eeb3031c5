"""The states of an account: the transitions between them, each audited once, even when many ask for them at once."""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts import actions
from accounts.models import Account, State
from accounts.states import START, TRANSITIONS
from demo.people import PEOPLE
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests.accounts.holders import holder
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def test_every_state_can_be_reached_and_all_but_the_last_left():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(State) - {before for before, _ in TRANSITIONS} == {State.CLOSED}


def test_every_move_has_an_event_that_people_can_read():
    assert set(TRANSITIONS.values()) <= set(EVENTS)


def test_the_diagram_in_the_docs_is_the_table_in_the_code():
    call_command("draw_states", "accounts.states", check=True, stdout=StringIO())


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_an_account_moves_as_the_table_says_and_in_no_other_way(before, after):
    account = holder(PEOPLE["rosa"])
    Account.objects.update(state=before, failures_in_a_row=7)
    outcome = actions.change_state(account, after, by="system")
    kept = Account.objects.get()
    event = AuditEvent.objects.exclude(event="account.opened").last()
    if (before, after) in TRANSITIONS:
        assert isinstance(outcome, actions.Done)
        assert (kept.state, kept.failures_in_a_row) == (after, 0)
        assert event is not None
        assert (event.event, event.account_id, event.details) == (
            TRANSITIONS[before, after],
            account.pk,
            {"was": before},
        )
    else:
        assert isinstance(outcome, actions.NotAllowed)
        assert (kept.state, kept.failures_in_a_row) == (before, 7)
        assert event is None


@pytest.mark.parametrize(
    ("before", "action", "event"),
    [
        (State.ACTIVE, actions.lock, "account.locked"),
        (State.LOCKED, actions.unlock, "account.unlocked"),
        (State.ACTIVE, actions.freeze, "account.frozen"),
        (State.ACTIVE, actions.close, "account.closed"),
    ],
)
def test_each_action_leaves_its_event(before, action, event):
    account = holder(PEOPLE["rosa"])
    Account.objects.update(state=before)
    assert isinstance(action(account, by="system"), actions.Done)
    assert AuditEvent.objects.latest("id").event == event


@pytest.mark.django_db(transaction=True)
def test_thirty_who_lock_one_account_at_once_leave_one_event():
    account = holder(PEOPLE["rosa"])
    outcomes = in_parallel(lambda number: actions.lock(Account.objects.get(pk=account.pk), by="system"))
    assert sum(isinstance(outcome, actions.Done) for outcome in outcomes) == 1
    assert AuditEvent.objects.filter(event="account.locked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_thirty_who_raise_one_account_at_once_leave_one_event():
    account = holder(PEOPLE["rosa"])
    outcomes = in_parallel(lambda number: actions.raise_level(Account.objects.get(pk=account.pk), by="system"))
    assert sum(isinstance(outcome, actions.Done) for outcome in outcomes) == 1
    assert AuditEvent.objects.filter(event="account.level-raised").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_open_an_account_for_one_person_at_once_one_does():
    person = PEOPLE["rosa"]

    def open_one(number: int) -> object:
        return actions.open_account(
            dod_id=person.dod_id,
            first_name="Rosa",
            last_name="Hernandez",
            level=actions.Level.BASIC,
            username=f"rosa.{number}",
            password_hash="!",
            email=person.email,
            by="system",
        )

    outcomes = in_parallel(open_one)
    assert sum(isinstance(outcome, actions.Opened) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, actions.PersonHasAccount) for outcome in outcomes) == 29
    assert AuditEvent.objects.filter(event="account.opened").count() == 1


def test_a_person_whose_account_was_closed_may_have_another():
    first = holder(PEOPLE["rosa"], username="rosa.first")
    actions.close(first, by=first)
    assert actions.account_of(first.dod_id or "") is None
    second = holder(PEOPLE["rosa"], username="rosa.second")
    assert actions.account_of(first.dod_id or "") == second
    assert isinstance(actions.unlock(first, by="system"), actions.NotAllowed)
