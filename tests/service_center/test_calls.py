"""The calls desk: who is calling, what may be done at which identity, calls back, and what is noted."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Notice, State
from core import center, policy
from demo.people.person import Person
from idproofing.models import Proofing
from safeguards.models import AuditEvent
from service_center.account_buttons import OF_ACCOUNTS
from service_center.calls import calling, calling_back
from service_center.calls.models import Call
from service_center.person.keys import page_of_account
from service_center.roles import ROLES
from support import call_backs, pins
from support.models import CallBack, SupportPin
from tests import people, walk
from tests.accounts.holders import WRONG, give_password, holder, premium, signed_in, staff
from tests.parallel import in_parallel
from tests.service_center.callers import known_to
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

DESK = "/admin/calls/call/"
PIN = "/admin/calls/pin/"
COMPARE = "/admin/calls/compare/"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def ann(db: None) -> Account:
    return staff("Service center agent", "ann.agent")


@pytest.fixture
def agent(ann: Account) -> Client:
    return signed_in(ann)


def page_of(account: Account, action: str = "change") -> str:
    return f"/admin/accounts/account/{account.pk}/{action}/"


def person_page(account: Account) -> str:
    return page_of_account(account.pk)


def pin_of(account: Account) -> str:
    made = pins.make_pin(account)
    assert isinstance(made, pins.NewPin)
    return made.digits


def said(person: Person, *details: str, **other: str) -> dict[str, str]:
    """What a caller says: name, date of birth, and the details that are named."""
    born = person.born
    every = {
        "dod_id": person.dod_id,
        "last_four": person.ssn[-4:],
        "postal_code": person.address.postal_code,
        "email": person.email,
        "phone": person.phone,
    }
    always = {
        "first_name": person.name.first,
        "last_name": person.name.last,
        "date_of_birth": born.isoformat(),
    }
    return {**always, **{name: every[name] for name in details}, **other}


def her_husbands_agent(rosa: Account) -> Client:
    """An agent whose work address is that of Rosa's own account, so Marcus may be her husband."""
    Account.objects.filter(pk=rosa.pk).update(email="ann.agent@staff.example")
    return signed_in(staff("Service center agent", "ann.agent"))


# ---- By PIN ----


def test_a_pin_call_ends_a_pause(rosa, agent, ann):
    """Strangers filled the limit of wrong passwords. She is still signed in on her tablet, and calls."""
    tablet = signed_in(rosa)
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        give_password(Client(), rosa.username, WRONG)
    phone = Client()
    assert give_password(phone, rosa.username).status_code == 200
    assert "First find out" in walk.text_of(agent.post(page_of(rosa, "lift"), {"reason": "called"}, follow=True))

    digits = tablet.post("/support/pin/").context["digits"]
    answer = agent.post(PIN, {"pin": f"{digits[:3]} {digits[3:]}", "claim": rosa.last_name.upper()}, follow=True)
    assert answer.redirect_chain[-1][0] == person_page(rosa)
    assert walk.text_of(answer).count(calling.SENTENCES[calling.Identity.PIN]) == 1
    assert "can try again now" in walk.text_of(agent.post(page_of(rosa, "lift"), {"reason": "called"}, follow=True))
    assert give_password(phone, rosa.username)["Location"] == "/portal/"

    agent.post(DESK, {"do": "end", "about": "sign-in", "outcome": "solved", "note": "On her tablet."})
    call = Call.objects.get()
    assert (call.identity, call.about, call.outcome, call.note) == ("pin", "sign-in", "solved", "On her tablet.")
    assert call.account == rosa
    assert calling.identity_of(ann, rosa) == "none"
    activity = walk.text_of(tablet.get("/account/activity/"))
    assert "You showed our staff who you are" in activity


@pytest.mark.parametrize("claim", ["{username}", "{last}", " {last} "])
def test_the_caller_claims_a_name_or_a_username(rosa, agent, claim):
    claim = claim.format(username=rosa.username, last=rosa.last_name)
    assert agent.post(PIN, {"pin": pin_of(rosa), "claim": claim})["Location"] == person_page(rosa)


@pytest.mark.parametrize("wrong", [{"claim": "Somebodyelse"}, {"pin": "000000"}])
def test_nothing_is_shown_until_both_are_right(rosa, agent, wrong):
    page = agent.post(PIN, {"pin": pin_of(rosa), "claim": rosa.last_name, **wrong})
    assert page.status_code == 200
    text = walk.text_of(page)
    assert "does not show who it is" in text
    assert rosa.first_name not in text
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"pin": "", "claim": "x"}, "Enter the six digits"),
        ({"pin": "12345", "claim": "x"}, "A PIN has 6 digits."),
        ({"pin": "1" * 5000, "claim": "x"}, "A PIN has 6 digits."),
        ({"pin": "123456", "claim": ""}, "Ask for the last name or username"),
        ({"pin": "12345\u202e6\x00", "claim": "x"}, ""),
    ],
)
def test_bad_input_at_the_pin_gets_a_sentence(agent, typed, says):
    assert says in walk.text_of(agent.post(PIN, typed))


def test_an_agent_who_guesses_pins_is_told_to_wait(rosa, agent):
    for _ in range(policy.SUPPORT_PIN_WRONG.times):
        agent.post(PIN, {"pin": "000000", "claim": rosa.last_name})
    page = agent.post(PIN, {"pin": pin_of(rosa), "claim": rosa.last_name})
    assert page.status_code == 429
    assert "too many wrong PINs" in walk.text_of(page)


def test_an_identity_counts_for_a_while_for_one_person_and_one_agent(rosa, ann):
    walter, bob = holder(people.load("walter")), staff("Service center agent", "bob.agent")
    call = known_to(ann, rosa)
    assert calling.identity_of(ann, rosa) == "compared"
    assert calling.identity_of(ann, walter) == calling.identity_of(bob, rosa) == "none"
    later = timezone.now() + policy.CALLER_KNOWN_FOR + timedelta(seconds=1)
    assert calling.identity_of(ann, rosa, now=later) == "none"
    calling.end_call(call, about="sign-in", outcome="solved", note="")
    assert calling.identity_of(ann, rosa) == "none"


def test_a_call_about_one_person_does_not_become_one_about_another_and_the_pin_still_works(rosa, agent, ann):
    known_to(ann, holder(people.load("walter")))
    typed = {"pin": pin_of(rosa), "claim": rosa.last_name}
    answer = agent.post(PIN, typed, follow=True)
    assert "Your call is about another person" in walk.text_of(answer)
    assert calling.identity_of(ann, rosa) == "none"
    agent.post(DESK, {"do": "end", "about": "other", "outcome": "solved", "note": ""})
    assert agent.post(PIN, typed)["Location"] == person_page(rosa)


def test_an_agent_identifies_nobody_of_her_own_household(rosa):
    agent, marcus = her_husbands_agent(rosa), premium(people.load("marcus"))
    typed = {"pin": pin_of(marcus), "claim": marcus.last_name}
    answer = agent.post(PIN, typed, follow=True)
    assert "A colleague has to do that." in walk.text_of(answer)
    assert not Call.objects.exists()
    colleague = signed_in(staff("Service center agent", "bob.agent"))
    assert colleague.post(PIN, typed)["Location"] == person_page(marcus)


def told() -> list[str]:
    """Whom the emails went to that tell of a call."""
    return [to for sent in walk.deliver_mail() for to in sent.to if "Someone called us" in sent.subject]


def test_the_holder_hears_once_of_a_call_and_can_freeze_the_account(rosa, agent):
    """First the details fit, then there is a PIN too."""
    person = people.load("rosa")
    Account.objects.filter(pk=rosa.pk).update(email="new@mail.example")
    agent.post(COMPARE, said(person, "dod_id", "postal_code", "phone"))
    assert sorted(told()) == sorted({"new@mail.example", person.email})
    agent.post(PIN, {"pin": pin_of(rosa), "claim": rosa.last_name})
    assert len(told()) == 2
    [freeze] = re.findall(r"https?://\S+/not-me/[^\s)]+", walk.deliver_mail()[-1].body)
    here = freeze.split("://")[1].partition("/")[2]
    Client().post(f"/{here}")
    rosa.refresh_from_db()
    assert rosa.state == State.FROZEN


def test_nobody_hears_of_a_call_in_which_nobody_showed_who_it_is(rosa, agent, ann):
    agent.post(PIN, {"pin": "000000", "claim": rosa.last_name})
    known_to(ann, holder(people.load("walter")))
    agent.post(PIN, {"pin": pin_of(rosa), "claim": rosa.last_name})
    assert not told()


def test_the_email_of_a_pin_call_says_nothing_of_it(rosa, agent):
    agent.post(PIN, {"pin": pin_of(rosa), "claim": rosa.last_name})
    assert told() == [rosa.email]
    sent = walk.deliver_mail()[-1]
    assert rosa.username not in sent.body
    assert "Sam" not in sent.body


@pytest.mark.django_db(transaction=True)
def test_of_thirty_agents_who_note_one_pin_at_once_one_has_a_call_of_it():
    rosa = holder(people.load("rosa"))
    agents = [staff("Service center agent", f"agent.{number}") for number in range(30)]
    pin = pins.find_pin(pin_of(rosa), fits=lambda account: True, by=agents[0])
    assert isinstance(pin, SupportPin)

    def note(number: int) -> Any:
        return calling.note_caller(agents[number], Call.Identity.PIN, account=rosa, dod_id=rosa.dod_id or "", pin=pin)

    noted = in_parallel(note)
    assert sum(isinstance(call, Call) for call in noted) == 1
    assert sum(isinstance(call, calling.PinOver) for call in noted) == 29
    assert Call.objects.get().account == rosa
    assert AuditEvent.objects.filter(event="support.pin-used", account_id=rosa.pk).count() == 1
    assert Notice.objects.filter(kind="caller-identified").count() == 1


# ---- By details ----


def test_enough_that_fits_identifies_and_the_agent_reads_nothing_of_it(rosa, agent):
    person = people.load("rosa")
    answer = agent.post(COMPARE, said(person, "dod_id", "postal_code", "phone"))
    assert answer["Location"] == person_page(rosa)
    assert Call.objects.get().identity == "compared"
    trail = AuditEvent.objects.filter(account_id=rosa.pk, event__startswith="support.caller").order_by("pk")
    assert [event.event for event in trail] == ["support.caller-fitting", "support.caller-identified"]


def test_one_detail_may_be_wrong_and_two_may_not(rosa, agent):
    person = people.load("rosa")
    fits = said(person, "dod_id", "last_four", "email", phone="202-555-0199")
    assert agent.post(COMPARE, {**fits, "username": "somebody.else"}).status_code == 200
    assert agent.post(COMPARE, fits).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"dod_id": "1234567890"},
        {"last_name": "Nobody"},
        {"date_of_birth": "1911-01-02"},
        {"postal_code": "00000", "last_four": "0000", "dod_id": ""},
    ],
)
def test_whatever_does_not_fit_the_answer_is_the_same(rosa, agent, wrong):
    page = agent.post(
        COMPARE, said(people.load("rosa"), "postal_code", "email", **{"dod_id": "", "username": "x", **wrong})
    )
    text = walk.text_of(page)
    assert page.status_code == 200
    assert "Not enough fits." in text
    assert not [event for event in AuditEvent.objects.filter(event="support.caller-not-fitting") if event.details]
    assert not Call.objects.exists()


def test_a_person_without_an_account_is_identified_too(agent, ann):
    person = people.load("nora")
    answer = agent.post(COMPARE, said(person, "dod_id", "postal_code", "last_four"))
    assert person.dod_id not in answer["Location"]
    assert calling.SENTENCES[calling.Identity.COMPARED] in walk.text_of(agent.get(answer["Location"]))
    assert Call.objects.get().dod_id == person.dod_id
    proofing = Proofing(dod_id=person.dod_id)
    assert calling.identity_of(ann, proofing) == "compared"


def test_strangers_who_call_in_her_name_shut_nobody_out(rosa, agent):
    person = people.load("rosa")
    for _ in range(policy.CALLER_NOT_FITTING_OF_PERSON.times):
        agent.post(COMPARE, said(person, "postal_code", dod_id="1234567890", username="x"))
    assert agent.post(COMPARE, said(person, "dod_id", "postal_code", "phone")).status_code == 200
    assert agent.post(COMPARE, said(person, "dod_id", "postal_code", "phone", "email")).status_code == 302


def test_an_agent_who_tries_details_out_is_told_to_wait(rosa, agent):
    person = people.load("rosa")
    for _ in range(policy.CALLER_NOT_FITTING.times):
        agent.post(COMPARE, said(person, "postal_code", "phone", username="x", last_name="Nobody"))
    page = agent.post(COMPARE, said(person, "dod_id", "postal_code", "phone", "email"))
    assert page.status_code == 429
    assert "Too many comparisons did not fit." in walk.text_of(page)


def test_while_deers_is_silent_nothing_is_compared_and_nothing_counted(rosa, agent, settings):
    person = people.load("rosa")
    settings.DEERS_FAULT = "unavailable"
    page = agent.post(COMPARE, said(person, "dod_id", "postal_code", "phone"))
    assert page.status_code == 503
    assert "DEERS does not answer right now" in walk.text_of(page)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Enter the first name."),
        ({"last_four": "12"}, "Enter four digits"),
        ({"last_four": "078-05-1120"}, ""),
        ({"email": "nowhere"}, "Enter an email address in the form"),
        ({"dod_id": "12"}, "A DoD ID number has 10 digits."),
    ],
)
def test_bad_input_at_the_comparison_gets_a_sentence(agent, typed, says):
    page = agent.post(COMPARE, typed)
    assert page.status_code == 200
    assert says in walk.text_of(page)


def test_too_few_details_are_not_compared(rosa, agent):
    page = agent.post(COMPARE, said(people.load("rosa"), "dod_id"))
    assert f"Ask for {policy.CALLER_DETAILS} more details" in walk.text_of(page)
    assert not AuditEvent.objects.filter(event__startswith="support.caller").exists()


# ---- What may be done at which identity ----


@pytest.mark.parametrize("button", [action for action in OF_ACCOUNTS if action.permission in calling.NEEDED])
def test_what_opens_an_account_is_not_done_for_a_caller_who_has_shown_nothing(rosa, button):
    boss = signed_in(staff("Supervisor"))
    actions.lock(rosa, by="system")
    before = Account.objects.values().get(pk=rosa.pk)
    assert "First find out in a call" in walk.text_of(boss.get(page_of(rosa, button.name)))
    answer = boss.post(page_of(rosa, button.name), {"reason": "called"}, follow=True)
    assert "Nothing was changed." in walk.text_of(answer)
    assert Account.objects.values().get(pk=rosa.pk) == before


def test_freezing_needs_no_identity(rosa):
    boss = signed_in(staff("Supervisor"))
    boss.post(page_of(rosa, "freeze"), {"first": "none", **WHY["freeze"]})
    rosa.refresh_from_db()
    assert rosa.state == State.FROZEN


def test_every_permission_in_the_table_is_one_of_a_role():
    assert calling.NEEDED.keys() <= {name for names in ROLES.values() for name in names}


# ---- Calls ----


def test_a_call_ends_with_reasons_and_its_note_is_sealed(agent):
    agent.post(DESK, {"do": "begin"})
    page = agent.post(DESK, {"do": "end", "note": "Kept."})
    assert "Choose what it was about." in walk.text_of(page)
    assert "Kept." in page.content.decode()
    assert "looks like a Social Security number" in walk.text_of(
        agent.post(DESK, {"do": "end", "about": "other", "outcome": "solved", "note": "078-05-1120"})
    )
    agent.post(DESK, {"do": "end", "about": "other", "outcome": "explained", "note": "Ring Ruth."})
    row: Any = Call.objects.values().get()
    assert b"Ruth" not in bytes(row["note"])
    event = AuditEvent.objects.get(event="support.call-ended")
    assert event.details == {"about": "other", "outcome": "explained", "identity": "none"}
    assert "You have no open call." in walk.text_of(agent.post(DESK, {"do": "end"}, follow=True))


def test_a_note_is_read_on_the_page_of_its_person_and_not_on_the_desk(rosa, agent, ann):
    call = known_to(ann, rosa)
    calling.end_call(call, about="other", outcome="explained", note="Prefers mornings.")
    assert "Prefers mornings." in walk.text_of(agent.get(person_page(rosa)))
    assert "Prefers mornings." not in walk.text_of(agent.get(DESK))


def test_a_supervisor_sees_the_calls_of_all_agents_and_an_agent_those_of_their_own(ann):
    boss = signed_in(staff("Supervisor", "bob.supervisor"))
    calling.end_call(calling.begin_call(ann), about="family", outcome="explained", note="")
    assert "A family member or a surrogate" in walk.text_of(boss.get(DESK, {"calls": "all"}))
    other = signed_in(staff("Service center agent", "cleo.agent"))
    assert "No call is noted." in walk.text_of(other.get(DESK, {"calls": "all"}))


@pytest.mark.django_db(transaction=True)
def test_an_agent_who_begins_thirty_times_at_once_has_one_call():
    ann = staff("Service center agent", "ann.agent")
    assert len({call.pk for call in in_parallel(lambda number: calling.begin_call(ann))}) == 1


def test_the_database_keeps_no_identity_without_a_person(ann):
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.create(staff=ann, identity="pin", identified_at=now, began_at=now)


@pytest.mark.parametrize("address", [DESK, PIN, COMPARE, f"/admin/calls/call-backs/{uuid.UUID(int=0)}/"])
@pytest.mark.parametrize("role", ["Auditor", "Proofing reviewer", "Print room"])
def test_only_who_takes_calls_sees_the_desk(role, address):
    assert signed_in(staff(role)).get(address).status_code == 403


# ---- Calls back ----


def asked(**other: Any) -> CallBack:
    region = center.REGIONS["conus"]
    slot = call_backs.free_slots(region, None, timezone.now())[0]
    given = {"name": "Opal Marchetti", "number": "(931) 555-0111", "topic": "sign-in", "zone": "America/Chicago"}
    row = call_backs.ask(uuid.uuid4(), region=region, starts_at=slot, **{**given, **other})
    assert isinstance(row, CallBack)
    return row


def its_page(row: CallBack) -> str:
    return f"/admin/calls/call-backs/{row.pk}/"


def state_of(row: CallBack) -> str:
    row.refresh_from_db()
    return row.state


def test_an_agent_takes_a_call_back_reaches_the_person_and_the_call_begins(agent):
    row = asked()
    assert row.reference in walk.text_of(agent.get(DESK))
    assert "555-0111" not in walk.text_of(agent.get(its_page(row)))
    taken = walk.text_of(agent.post(its_page(row), {"do": "take"}, follow=True))
    assert "(931) 555-0111" in taken
    assert "Opal Marchetti" in taken
    colleague = signed_in(staff("Service center agent", "bob.agent"))
    assert "555-0111" not in walk.text_of(colleague.get(its_page(row)))
    agent.post(its_page(row), {"do": "reached"})
    assert state_of(row) == "reached"
    call = Call.objects.get()
    assert (call.call_back, call.identity) == (row, "none")


def test_who_is_not_reached_is_tried_again_and_not_for_ever(agent):
    row = asked()
    for tries in range(1, policy.CALL_BACK_TRIES):
        agent.post(its_page(row), {"do": "take"})
        slot = agent.get(its_page(row)).context["slots"][-1]
        agent.post(its_page(row), {"do": "again", "slot": slot.isoformat()})
        assert (state_of(row), row.tries, row.starts_at, row.staff) == ("waiting", tries, slot, None)
    agent.post(its_page(row), {"do": "take"})
    page = agent.get(its_page(row))
    assert "try again then" not in walk.text_of(page)
    agent.post(its_page(row), {"do": "not-reached"})
    assert state_of(row) == "missed"


def test_a_call_back_stands_on_the_opening_page_and_is_found_by_its_reference(agent, ann):
    row = asked()
    assert "1 Calls that people asked for" in walk.text_of(agent.get("/admin/"))
    found = agent.post("/admin/search/", {"q": row.reference.lower()}, follow=True)
    assert f'href="{its_page(row)}"' in found.content.decode()
    CallBack.objects.update(starts_at=timezone.now() - policy.CALL_BACK_SLOT)
    calling_back.take(row, by=ann)
    assert "1 Calls that people asked for the oldest 30 minutes, overdue" in walk.text_of(agent.get("/admin/"))


def test_a_time_to_try_again_has_to_be_chosen(agent):
    row = asked()
    agent.post(its_page(row), {"do": "take"})
    assert "Choose a time." in walk.text_of(agent.post(its_page(row), {"do": "again"}))
    assert state_of(row) == "taken"


def test_a_call_back_goes_back_to_the_colleagues_or_is_taken_over_after_a_while(agent, ann):
    row, bob = asked(), staff("Service center agent", "bob.agent")
    agent.post(its_page(row), {"do": "take"})
    assert not calling_back.take(row, by=bob)
    agent.post(its_page(row), {"do": "put-back"})
    assert state_of(row) == "waiting"
    calling_back.take(row, by=ann)
    later = timezone.now() + policy.CALL_BACK_TAKEN_FOR + timedelta(minutes=1)
    assert calling_back.take(row, by=bob, now=later)
    row.refresh_from_db()
    assert row.staff == bob
    assert not calling_back.note_reached(row, by=ann)


@pytest.mark.parametrize("known_by", ["account", "number in DEERS", "number in an account", "own number"])
def test_an_agent_neither_reads_nor_takes_the_call_back_of_somebody_close(rosa, known_by):
    agent, marcus = her_husbands_agent(rosa), premium(people.load("marcus"))
    Account.objects.filter(username="ann.agent").update(phone="+1 555 555 0101")
    Account.objects.filter(pk=marcus.pk).update(phone="555-555-0102")
    asks: dict[str, dict[str, Any]] = {
        "account": {"by": marcus},
        "number in DEERS": {"number": people.load("marcus").phone},
        "number in an account": {"number": "(555) 555-0102"},
        "own number": {"number": "(555) 555-0101"},
    }
    row = asked(**asks[known_by])
    for answer in (agent.get(its_page(row), follow=True), agent.post(its_page(row), {"do": "take"}, follow=True)):
        assert "A colleague has to do that." in walk.text_of(answer)
        assert "Opal" not in walk.text_of(answer)
    assert state_of(row) == "waiting"
    colleague = signed_in(staff("Service center agent", "bob.agent"))
    assert "Opal Marchetti" in walk.text_of(colleague.post(its_page(row), {"do": "take"}, follow=True))


def test_a_call_back_that_an_agent_has_goes_back_once_it_is_of_somebody_close(rosa):
    agent, row = signed_in(staff("Service center agent", "ann.agent")), asked(by=premium(people.load("marcus")))
    agent.post(its_page(row), {"do": "take"})
    Account.objects.filter(pk=rosa.pk).update(email="ann.agent@staff.example")
    assert "Opal" not in walk.text_of(agent.get(its_page(row), follow=True))
    assert state_of(row) == "waiting"


def test_a_canceled_call_back_is_taken_by_nobody(agent):
    row = asked()
    call_backs.cancel(row, by="visitor")
    assert "Nothing was changed" in walk.text_of(agent.post(its_page(row), {"do": "take"}, follow=True))


def test_a_call_that_is_open_comes_first(agent):
    row = asked()
    agent.post(DESK, {"do": "begin"})
    agent.post(its_page(row), {"do": "take"})
    assert "End it first." in walk.text_of(agent.post(its_page(row), {"do": "reached"}, follow=True))
    assert state_of(row) == "taken"


@pytest.mark.django_db(transaction=True)
def test_of_thirty_agents_who_take_one_call_back_at_once_one_gets_it():
    row = asked()
    agents = [staff("Service center agent", f"agent.{number}") for number in range(30)]
    assert sum(in_parallel(lambda number: calling_back.take(row, by=agents[number]))) == 1


def test_the_desk_asks_as_much_for_many_calls_as_for_few(agent, ann):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked_of_database:
            assert agent.get(DESK).status_code == 200
        return len(asked_of_database)

    asked()
    few = queries()
    for _ in range(3):
        calling.end_call(calling.begin_call(ann), about="other", outcome="solved", note="")
    asked()
    assert queries() == few
    assert few <= 12


TYPED = {"do": "end", "about": "other", "outcome": "solved", "note": "Of Rosa."}


@pytest.mark.parametrize("has_next", [False, True])
def test_a_note_from_an_older_page_is_added_to_its_own_call_and_not_to_the_next(agent, ann, has_next):
    """The agent ended the call in another tab."""
    first = calling.begin_call(ann)
    assert str(first.pk) in agent.get(DESK).content.decode()
    calling.end_call(first, about="family", outcome="explained", note="Asked for a letter.")
    second = calling.begin_call(ann) if has_next else None
    page = agent.post(DESK, {**TYPED, "call": str(first.pk)}, follow=True)
    assert "This call had ended already, in another tab. What was noted then stays. Your note was added to it." in (
        walk.text_of(page)
    )
    first.refresh_from_db()
    assert (first.about, first.note) == ("family", "Asked for a letter.\nOf Rosa.")
    assert second is None or Call.objects.get(pk=second.pk).ended_at is None
    assert AuditEvent.objects.filter(event="support.call-noted-more").count() == 1


def test_an_unfinished_note_to_a_call_that_ended_elsewhere_is_shown_again(agent, ann):
    first = calling.begin_call(ann)
    calling.end_call(first, about="family", outcome="explained", note="")
    page = agent.post(DESK, {**TYPED, "about": "", "call": str(first.pk)})
    assert "A call that is not open any more" in walk.text_of(page)
    assert "Of Rosa." in page.content.decode()
    assert str(first.pk) in page.content.decode()


def test_a_note_to_the_call_of_a_colleague_is_kept_on_the_page_only(agent):
    other = calling.begin_call(staff("Service center agent", "bob.agent"))
    page = agent.post(DESK, {**TYPED, "call": str(other.pk)})
    assert "Nothing was noted: this is no call of yours." in walk.text_of(page)
    assert "Of Rosa." in page.content.decode()
    assert Call.objects.get().ended_at is None


def test_a_double_click_notes_a_call_once(agent, ann):
    call = calling.begin_call(ann)
    for _ in range(2):
        assert "The call is noted." in walk.text_of(agent.post(DESK, {**TYPED, "call": str(call.pk)}, follow=True))
    assert Call.objects.get().note == "Of Rosa."
    assert not AuditEvent.objects.filter(event="support.call-noted-more").exists()


def test_a_note_that_is_half_typed_when_the_session_ends_is_there_again(agent, ann):
    call = calling.begin_call(ann)
    agent.post("/admin/session/keep/", {**TYPED, "about": "", "call": str(call.pk), "kept_page": DESK})
    assert "Of Rosa." in agent.get(DESK).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_thirty_notes_to_one_call_at_once_one_ends_it_and_none_is_lost():
    ann = staff("Service center agent", "ann.agent")
    call = calling.begin_call(ann)

    def note(number: int) -> bool:
        typed = f"Note {number}."
        return calling.end_call(call, about="other", outcome="solved", note=typed) or calling.add_note(call, typed)

    assert all(in_parallel(note))
    noted = Call.objects.get().note or ""
    assert sorted(noted.splitlines()) == sorted(f"Note {number}." for number in range(30))
    assert AuditEvent.objects.filter(event="support.call-ended").count() == 1
