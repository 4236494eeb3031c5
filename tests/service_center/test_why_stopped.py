"""Why a person got no further: each reason has its row, and each person of the demo the one that their story says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts import actions
from accounts import states as account_states
from accounts.journeys import draft_states
from accounts.models import Account, Draft, LostFactor, RegistrationDraft
from accounts.sign_in import pauses
from core import policy
from core.policy import Level
from deers.registry import Reason
from demo import stopped
from demo.people import PEOPLE
from demo.people.stopped import PEOPLE as STOPPED
from idproofing import attempts, case_states, codes, letter_states, states, visit_states, visits
from idproofing.routes import Route
from safeguards import audit, limits
from safeguards.events import EVENTS
from service_center.person import buttons, stops, subject
from service_center.person.advice import ADVICE, OF_EVENTS
from tests import people
from tests.accounts.holders import holder, premium, registering, signed_in, staff, upgrading

pytestmark = pytest.mark.django_db

TABLES = {
    "account": account_states,
    "draft": draft_states,
    "proofing": states,
    "letter": letter_states,
    "visit": visit_states,
    "case": case_states,
}
# Who stands where in the demo: the first reason on the page, and words of what is said about it.
STORIES = {
    "dolores": ("proofing:cooling_down", "try again"),
    "hank": ("letter:sent", "should be with you by"),
    "loretta": ("letter:returned", "An ID card office can correct"),
    "curtis": ("code:live", "Your code works until"),
    "imani": ("code:expired", "its time is over"),
    "walt": ("visit:open", "bring your slip"),
    "bettina": ("visit:refused", "A document has expired."),
    "yolanda": ("case:open", "look at your details by"),
    "floyd": ("closed:in-a-row", "choose another way"),
    "marguerite": ("closed:stopped", "used the link"),
    "oscar": ("account:locked", "was locked"),
    "pearl": ("account:frozen", "My account is frozen"),
    "quentin": ("account:dormant", "rested"),
    "renata": ("mismatch:upgrade", "could not match"),
}


def person_at_desk(key: str) -> subject.Subject:
    """What the desk knows of this person, with the account if there is one."""
    account = Account.objects.filter(dod_id=PEOPLE[key].dod_id).first()
    by = Account.objects.filter(is_staff=True).first() or staff("Supervisor")
    found = subject.find_subject(account.pk if account else None, PEOPLE[key].dod_id, by)
    assert found is not None
    return found


def reasons(key: str) -> list[str]:
    return [stop.name for stop in stops.stops_of(person_at_desk(key))]


def said_to(key: str) -> str:
    return " ".join(stop.say for stop in stops.stops_of(person_at_desk(key)))


@pytest.mark.parametrize("thing", TABLES)
def test_every_state_that_a_person_can_come_to_has_a_row(thing):
    table = TABLES[thing]
    reached = {str(after) for _, after in table.TRANSITIONS} | {str(state) for state in table.State}
    assert [state for state in reached if f"{thing}:{state}" not in ADVICE] == []


def test_every_other_reason_has_a_row_too():
    blocked = [f"blocked:{one}" for one in Draft.Blocked.values]
    closed, ineligible = [f"closed:{one}" for one in attempts.Closure], [f"deers:{one}" for one in Reason]
    code = [f"code:{one}" for one in ("live", "used", "void", "expired")]
    assert {*blocked, *closed, *ineligible, *code, *OF_EVENTS.values()} <= ADVICE.keys()
    assert OF_EVENTS.keys() <= EVENTS.keys()


def test_every_event_that_ends_a_try_leads_to_a_row():
    """The ones that move a row lead to the row's state, and the others stand in a table of their own."""
    ends = (".failed", ".refused", ".expired", ".voided", ".returned", ".declined", ".not-matched", ".thin-file")
    rooms = ("registration.", "quiz.", "code.", "letter.", "visit.", "case.", "proofing.")
    of_tables = {event for table in TABLES.values() for event in table.TRANSITIONS.values() if isinstance(event, str)}
    of_tables |= {event for events in draft_states.TRANSITIONS.values() for event in events}
    ending = {event for event in EVENTS if event.startswith(rooms) and event.endswith(ends)}
    # A wrong code leaves the code as it was, a voided code is read from its row, and a wrong reference is nobody's.
    read_elsewhere = {"code.failed", "code.voided", "case.refused"}
    assert ending - of_tables - OF_EVENTS.keys() == read_elsewhere


@pytest.mark.parametrize("name", ADVICE)
def test_each_row_is_whole_sentences_and_its_button_is_one(name):
    stop = stops.Stop(name, 1, timezone.now(), timezone.now() + timedelta(days=3), reason="A document has expired.")
    for text in (stop.staff, stop.say, stop.step):
        assert not text[0].islower()
        assert text[-1] in ".!?”"
        assert "{" not in text
    assert stop.advice.button in {"", *buttons.WORDS}
    assert buttons.WORDS.keys() == buttons.PERMISSIONS.keys()


@pytest.mark.parametrize("name", [name for name in ADVICE if name.startswith(("mismatch", "draft:mis", "deers:p"))])
def test_what_is_said_of_a_mismatch_tells_nothing_that_deers_has(name):
    said = ADVICE[name].say.lower()
    assert not [word for word in ("birth", "name", "number", "shielded", "record of") if word in said]


@pytest.mark.parametrize("person", STOPPED, ids=lambda person: person.key)
def test_each_person_who_got_no_further_stands_where_the_story_says(person):
    people.load(person.key)
    stopped.stop(person)
    reason, words = STORIES[person.key]
    assert reasons(person.key)[0] == reason
    assert words in said_to(person.key)


def test_the_demo_has_a_story_for_each_of_them():
    assert STORIES.keys() == stopped.STANDS.keys() == {person.key for person in STOPPED}


def test_a_person_of_whom_nothing_is_known_is_told_to_start_again():
    people.load("rosa")
    assert reasons("rosa") == ["nothing:registration"]


def test_a_holder_whom_nothing_stops_is_told_so():
    holder(people.load("rosa"))
    premium(people.load("nora"))
    assert reasons("rosa") == ["nothing:basic"]
    assert reasons("nora") == ["nothing:premium"]


@pytest.mark.parametrize(
    ("key", "reason"), [("mateo", "minor"), ("thomas", "deceased"), ("sofia", "ended"), ("judith", "protected")]
)
def test_what_deers_does_not_allow_comes_first(key, reason):
    people.load(key)
    assert reasons(key)[0] == f"deers:{reason}"


def test_of_a_shielded_record_the_caller_hears_what_everybody_hears():
    people.load("judith")
    assert said_to("judith").startswith("We could not match these details")


def test_while_deers_does_not_answer_the_page_says_that():
    holder(people.load("rosa"))
    with override_settings(DEERS_FAULT="unavailable"):
        assert reasons("rosa")[0] == "deers:silent"


def test_a_draft_says_at_which_step_the_person_is():
    rosa = people.load("rosa")
    registering(Client(), rosa, quiz_passed_at=timezone.now(), code_redeemed_at=timezone.now())
    assert reasons("rosa") == ["draft:credentials"]


def test_an_upgrade_that_was_begun_says_so():
    account = holder(people.load("rosa"))
    upgrading(Client(), account, mismatched_at=timezone.now())
    assert reasons("rosa") == ["draft:mismatched"]


def test_details_that_did_not_match_lately_are_known_by_the_number_alone():
    rosa = people.load("rosa")
    limits.hit(policy.DEERS_PER_SSN, rosa.ssn)
    assert reasons("rosa") == ["mismatch:registration"]
    for _ in range(policy.DEERS_PER_SSN.times):
        limits.hit(policy.DEERS_PER_SSN, rosa.ssn)
    assert reasons("rosa") == ["mismatch:too-many"]


def test_staff_can_end_the_wait_after_mismatches_with_the_social_security_number():
    account = holder(people.load("rosa"))
    for _ in range(policy.DEERS_PER_SSN.times):
        limits.hit(policy.DEERS_PER_SSN, PEOPLE["rosa"].ssn)
    assert [pause.what for pause in pauses.of(account)] == [
        "Matching details with this Social Security number in DEERS"
    ]
    assert pauses.lift(account, by=staff("Supervisor"))
    assert pauses.of(account) == []


def test_a_level_that_is_reached_leaves_its_old_codes_and_letters_aside():
    rosa = people.load("rosa")
    codes.issue(rosa.dod_id, Level.BASIC, "email", rosa.email, by="visitor", now=timezone.now() - timedelta(days=3))
    assert reasons("rosa") == ["code:expired"]
    holder(rosa)
    assert reasons("rosa") == ["nothing:basic"]


def test_the_last_thing_that_was_tried_comes_first():
    rosa = people.load("rosa")
    then = timezone.now() - timedelta(days=2)
    visits.book(rosa.dod_id, Level.BASIC, Route.IN_PERSON, rosa.email, by="visitor", now=then)
    codes.issue(rosa.dod_id, Level.BASIC, "email", rosa.email, by="visitor")
    assert reasons("rosa") == ["code:live", "visit:open"]


def test_a_holder_who_waits_for_a_new_second_step_is_told_until_when():
    account = premium(people.load("nora"))
    LostFactor.objects.create(account=account, ready_at=timezone.now() + policy.LOST_FACTOR_WAIT)
    assert reasons("nora")[0] == "factor:waiting"


def test_a_closed_account_says_that_and_the_person_may_register_again():
    account = holder(people.load("rosa"))
    actions.close(account, by=account)
    assert reasons("rosa")[0] == "account:closed"


def test_a_try_to_register_again_is_seen_at_the_account():
    account = holder(people.load("rosa"))
    audit.record("registration.already-registered", by="visitor", account_id=account.pk)
    assert reasons("rosa") == ["draft:has_account"]
    signed_in(account)
    assert reasons("rosa") == ["nothing:basic"]


def test_a_person_who_has_their_account_back_is_told_of_the_password_until_they_have_signed_in():
    person = people.load("rosa")
    account = holder(person)
    given_back = {"ended": RegistrationDraft.Ended.GIVEN_BACK, "quiz_passed_at": timezone.now()}
    registering(Client(), person, **given_back)
    assert reasons("rosa") == ["draft:given_back"]
    signed_in(account)
    assert reasons("rosa") == ["nothing:basic"]


def test_everything_of_proofing_is_read_by_indexes_in_one_query(django_assert_num_queries):
    people.load("hank")
    stopped.stop(PEOPLE["hank"])
    found = person_at_desk("hank")
    assert found.number  # DEERS was asked
    with django_assert_num_queries(1) as asked:
        assert {step.kind for step in subject.steps_of(found)} == {"code", "letter", "proofing", "notice"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + asked.captured_queries[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan, plan
