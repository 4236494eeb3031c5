"""The reviewers' pages: the queue, what was typed next to what is on record, and the decisions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Notice
from core.policy import Level
from demo.people import PEOPLE
from idproofing.case_states import State
from idproofing.models import Case
from safeguards.models import AuditEvent
from service_center.cases import comparing
from service_center.cases.admin import FOLLOWS
from tests import people, walk
from tests.accounts.holders import signed_in, staff
from tests.idproofing.reviewers import emily_typed, open_case
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

QUEUE = "/admin/idproofing/case/"
APPROVE = {"decision": "approve", "reason": "former-name", "dod_id": PEOPLE["emily"].dod_id}
DECLINE = {"decision": "decline", "reason": "no-record"}


@pytest.fixture
def ann(db: None) -> Client:
    return signed_in(staff("Proofing reviewer", "ann.reviewer"))


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in(staff("Proofing reviewer", "bob.reviewer"))


@pytest.fixture
def case(db: None) -> Case:
    people.load("emily")
    return open_case(level=Level.PREMIUM).case


def page(case: Case, action: str = "change") -> str:
    return f"{QUEUE}{case.pk}/{action}/"


def state(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


def listed(browser: Client, **asked: str) -> list[int]:
    return [row.number for row in browser.get(QUEUE, asked).context["cl"].result_list]


def test_two_reviewers_settle_a_premium_case_and_the_person_hears_of_each_step(ann, bob, case):
    ann.post(page(case, "take"))
    ann.post(page(case, "decide"), APPROVE)
    assert state(case) == State.PROPOSED
    assert "Another reviewer has to confirm" in walk.text_of(ann.get(page(case)))
    ann.post(page(case, "confirm"), WHY["confirm"])
    assert state(case) == State.PROPOSED
    assert "Confirm the decision" in walk.text_of(bob.get(page(case)))
    assert "Case Case" not in walk.text_of(bob.get(page(case, "confirm")))
    bob.post(page(case, "confirm"), WHY["confirm"])
    assert state(case) == State.APPROVED
    assert Notice.objects.filter(kind="case-changed").count() == 3


def test_a_person_hears_at_the_address_of_record_that_a_stranger_was_approved_in_her_name(ann):
    emily = people.load("emily")
    case = open_case(replace(emily_typed(), email="thief@mail.example")).case
    ann.post(page(case, "take"))
    ann.post(page(case, "decide"), APPROVE)
    assert state(case) == State.APPROVED
    told = {message.to[0]: message.subject for message in walk.deliver_mail()}
    assert told[emily.email] == "A review in your name was approved"
    assert "thief@mail.example" in told


def test_the_address_of_record_hears_at_premium_when_the_second_reviewer_confirms_and_not_before(ann, bob, case):
    ann.post(page(case, "take"))
    ann.post(page(case, "decide"), APPROVE)
    assert not Notice.objects.filter(kind="review-approved").exists()
    bob.post(page(case, "confirm"), WHY["confirm"])
    assert Notice.objects.filter(kind="review-approved").count() == 1


def test_a_person_who_gave_the_address_of_record_gets_one_email(ann):
    emily = people.load("emily")
    case = open_case(replace(emily_typed(), email=emily.email.upper())).case
    ann.post(page(case, "take"))
    ann.post(page(case, "decide"), APPROVE)
    assert state(case) == State.APPROVED
    assert not Notice.objects.filter(kind="review-approved").exists()


def test_a_reviewer_reads_why_a_colleague_has_to_confirm_at_basic(ann):
    people.load("emily")
    case = open_case(replace(emily_typed(), date_of_birth="1990-01-01")).case
    ann.post(page(case, "take"))
    assert "The birth date on record is not the one that was typed." in walk.text_of(ann.get(page(case)))
    shown = walk.text_of(ann.post(page(case, "decide"), APPROVE, follow=True))
    assert "A second reviewer has to confirm it." in shown
    assert state(case) == State.PROPOSED


def test_the_second_may_send_it_back(ann, bob, case):
    ann.post(page(case, "take"))
    ann.post(page(case, "decide"), DECLINE)
    bob.post(page(case, "send-back"), WHY["send-back"])
    assert state(case) == State.OPEN


def test_a_supervisor_sees_cases_and_decides_none(case):
    browser = signed_in(staff("Supervisor"))
    assert listed(browser) == [case.pk]
    assert "Take up this case" not in walk.text_of(browser.get(page(case)))
    for action in ("take", "put-back", "compare", "decide", "confirm", "send-back"):
        assert browser.post(page(case, action), DECLINE).status_code == 403
    assert state(case) == State.OPEN


@pytest.mark.parametrize("role", ["Service center agent", "Auditor", "Care team"])
def test_other_roles_see_no_case(case, role):
    browser = signed_in(staff(role))
    assert browser.get(QUEUE).status_code == 403
    assert browser.get(page(case)).status_code == 403
    assert browser.post(page(case, "take")).status_code == 403


def test_the_queue_is_sorted_by_due_date_and_says_what_is_overdue(ann, case):
    later = open_case(replace(emily_typed(), ssn="910124999"), now=timezone.now() - timedelta(days=9)).case
    repeated = open_case().case
    assert repeated.state == State.REPEATED
    assert listed(ann) == [later.pk, case.pk]
    assert listed(ann, q=repeated.shown_reference) == [case.pk]
    said = walk.text_of(ann.get(QUEUE))
    assert said.count("(overdue)") == 1
    assert "Tran" not in said
    assert listed(ann, queue="late") == [later.pk]
    ann.post(page(case, "take"))
    assert listed(ann, queue="mine") == [case.pk]
    assert "Sam Worker" in walk.text_of(ann.get(QUEUE))
    ann.post(page(case, "decide"), DECLINE)
    assert listed(ann, queue="second") == []
    assert listed(signed_in(staff("Proofing reviewer", "cid.reviewer")), queue="second") == [case.pk]
    assert listed(ann, q=case.shown_reference) == listed(ann, q=str(case.pk)) == [case.pk]
    assert listed(ann, q="\u202e") == []


def test_the_case_page_sets_typed_and_on_record_side_by_side(ann, case):
    ann.post(page(case, "take"))
    shown = ann.get(page(case))
    lines = {line.what: line for line in shown.context["lines"]}
    assert lines["First name"].verdict == comparing.SAME
    assert lines["Last name"].verdict == comparing.DIFFERENT
    assert lines["Former name"].verdict == comparing.SAME
    assert lines["Date of birth"].verdict == comparing.SAME
    assert lines["Social Security number"].on_record == "The number that was typed"
    assert lines["Email"].verdict == comparing.DIFFERENT
    assert "Different" in walk.text_of(shown)
    assert PEOPLE["emily"].ssn not in shown.content.decode()
    assert f"***-**-{PEOPLE['emily'].ssn[-4:]}" in shown.content.decode()


@pytest.mark.parametrize(
    ("typed", "verdicts"),
    [
        ({"date_of_birth": "1993-12-10"}, {"Date of birth": "Nearly the same"}),
        ({"last_name": "Castelano"}, {"Last name": "Nearly the same", "Former name": "Different"}),
        ({"middle_name": ""}, {"Middle name": "Not given"}),
        ({"first_name": "ÉMILY"}, {"First name": "Same"}),
    ],
    ids=["swapped", "letter", "left out", "accent"],
)
def test_each_detail_has_its_verdict(ann, typed, verdicts):
    people.load("emily")
    case = open_case(replace(emily_typed(), **typed)).case
    lines = {line.what: line.verdict for line in ann.get(page(case)).context["lines"]}
    assert {what: lines[what] for what in verdicts} == verdicts


def test_a_former_name_is_no_difference_where_the_name_of_today_was_typed(ann):
    people.load("emily")
    case = open_case(replace(emily_typed(), last_name="Castellano", date_of_birth="1993-12-10")).case
    verdicts = {line.what: line.verdict for line in ann.get(page(case)).context["lines"]}
    assert verdicts["Last name"] == comparing.SAME
    assert "Former name" not in verdicts


def test_who_has_the_number_and_who_has_the_name_are_proposed(ann):
    emily, kai = people.load_all("emily", "kai")
    typed = replace(emily_typed(), last_name="Castellano", ssn=kai.ssn)
    case = open_case(typed).case
    shown = ann.get(page(case)).context
    assert [one.person.dod_id for one in shown["candidates"]] == [kai.dod_id, emily.dod_id]
    ann.post(page(case, "take"))
    other = ann.post(page(case, "compare"), {"dod_id": emily.dod_id}).context
    number = next(line for line in other["lines"] if line.what == "Social Security number")
    assert number.on_record == "Somebody else has the number that was typed"


@pytest.mark.parametrize("text", ["Castellano", PEOPLE["emily"].dod_id, PEOPLE["emily"].ssn[-4:]])
def test_a_reviewer_searches_deers_by_name_number_and_last_four(ann, case, text):
    ann.post(page(case, "take"))
    found = ann.post(page(case, "compare"), {"search": text})
    assert [person.dod_id for person in found.context["found"]["people"]] == [PEOPLE["emily"].dod_id]
    assert PEOPLE["emily"].ssn not in found.content.decode()
    assert AuditEvent.objects.filter(event="support.person-searched").exists()


def test_nobody_looks_through_deers_in_a_case_that_is_not_theirs(ann, bob, case):
    for asked in ({"search": "Castellano"}, {"dod_id": PEOPLE["emily"].dod_id}):
        assert ann.post(page(case, "compare"), asked).status_code == 403
    bob.post(page(case, "take"))
    assert ann.post(page(case, "compare"), {"search": "Castellano"}).status_code == 403
    assert not AuditEvent.objects.filter(event__in=["support.person-searched", "case.compared"]).exists()


@pytest.mark.parametrize("text", ["\x00", "x" * 10_000, "\u202e", "🙂", "'; drop table"], ids=range(5))
def test_odd_searches_find_nobody(ann, case, text):
    ann.post(page(case, "take"))
    assert ann.post(page(case, "compare"), {"search": text}).status_code == 200
    assert ann.post(page(case, "compare"), {"dod_id": text}).status_code == 200
    assert ann.post(page(case, "decide"), {**APPROVE, "dod_id": text[:99]}).status_code in (200, 302)
    assert state(case) == State.TAKEN


@pytest.mark.parametrize(("key", "offered"), [("judith", {"decline"}), ("sofia", {"decline", "in_person"})])
def test_whom_deers_allows_no_account_is_offered_the_fitting_decisions_only(ann, key, offered):
    person = people.load(key)
    case = open_case(replace(emily_typed(), ssn=person.ssn, last_name=person.name.last)).case
    ann.post(page(case, "take"))
    shown = ann.get(page(case))
    assert "DEERS:" in shown.context["ineligibility"]
    assert {form.initial["decision"] for form in shown.context["forms"]} == offered
    ann.post(page(case, "decide"), {**APPROVE, "dod_id": person.dod_id})
    assert state(case) == State.TAKEN


def test_while_deers_is_silent_nobody_is_said_to_be_missing_and_nothing_is_decided(ann, case, settings):
    ann.post(page(case, "take"))
    settings.DEERS_FAULT = "unavailable"
    shown = ann.get(page(case))
    assert "DEERS is not answering right now" in walk.text_of(shown)
    assert "No one in DEERS" not in walk.text_of(shown)
    assert shown.context["forms"] == []
    ann.post(page(case, "decide"), APPROVE)
    assert state(case) == State.TAKEN


def test_looking_at_a_case_and_comparing_it_is_audited(ann, case):
    ann.get(page(case))
    seen = AuditEvent.objects.filter(event__in=["case.viewed", "case.compared"])
    assert [(one.event, one.details["case"]) for one in seen.order_by("pk")] == [
        ("case.viewed", case.pk),
        ("case.compared", case.pk),
    ]


def test_what_was_typed_is_gone_from_the_page_when_the_case_is_over(ann):
    people.load("emily")
    case = open_case().case
    ann.post(page(case, "take"))
    ann.post(page(case, "decide"), DECLINE)
    shown = walk.text_of(ann.get(page(case)))
    assert "What was typed has been deleted" in shown
    assert "Castellano" not in shown
    assert listed(ann) == []
    assert listed(ann, queue="all") == listed(ann, q=case.reference) == [case.pk]


def test_nothing_is_moved_by_looking(ann, case):
    for action in ("take", "compare", "decide"):
        assert ann.get(page(case, action)).status_code == 405
    for action in ("put-back", "confirm", "send-back"):
        ann.get(page(case, action))
    assert state(case) == State.OPEN


def queries(browser: Client, address: str, counted: Any) -> int:
    with counted(40, exact=False) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_the_queue_and_the_case_page_cost_as_many_queries_with_more_cases(ann, case, django_assert_num_queries):
    before = [queries(ann, address, django_assert_num_queries) for address in (QUEUE, page(case))]
    for number in range(5):
        open_case(replace(emily_typed(), ssn=f"91012491{number}"))
    after = [queries(ann, address, django_assert_num_queries) for address in (QUEUE, page(case))]
    assert before == after
    assert max(after) <= 20


def test_a_reviewer_who_forgets_the_reason_finds_the_case_as_it_was(ann, case):
    people.load("rosa")
    ann.post(page(case, "take"))
    rosa = PEOPLE["rosa"].dod_id
    shown = ann.post(page(case, "decide"), {"decision": "approve", "dod_id": rosa})
    assert shown.context["record"].person.dod_id == rosa
    assert "Choose a reason." in walk.text_of(shown)
    assert 'href="#approve-reason"' in shown.content.decode()
    assert state(case) == State.TAKEN


def test_a_decision_without_a_reason_that_does_not_fit_the_record_is_refused(ann, case):
    people.load("judith")
    ann.post(page(case, "take"))
    shown = ann.post(page(case, "decide"), {"decision": "approve", "dod_id": PEOPLE["judith"].dod_id})
    assert "DEERS does not allow it" in walk.text_of(shown)


def test_a_case_that_a_reviewer_has_not_taken_up_is_no_way_to_browse_deers(ann, case):
    people.load("judith")
    sent = {"decision": "approve", "dod_id": PEOPLE["judith"].dod_id}
    refused = ann.post(page(case, "decide"), sent)
    assert (refused.status_code, refused["Location"]) == (302, page(case, "change"))


def test_each_decision_says_what_it_does_and_one_of_them_stands_out(ann, case):
    ann.post(page(case, "take"))
    shown = ann.get(page(case, "change"))
    assert {form.follows for form in shown.context["forms"]} == set(FOLLOWS.values())
    assert all(form.follows in walk.text_of(shown) for form in shown.context["forms"])
    decisions = shown.content.decode().partition('id="decide"')[2].partition("</section>")[0]
    assert decisions.count('class="button"') == 1
    assert decisions.count('class="button button--quiet"') == 2
