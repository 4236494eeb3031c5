"""A review when the details match no one: asking for it, hearing about it, and continuing after an approval."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.journeys.reviews.messages import act_and_notify, end_late_cases
from accounts.models import Account, RegistrationDraft, UpgradeDraft
from core import policy
from deers import lookup
from deers.models import Person as Registered
from demo.people import PEOPLE
from demo.people.person import Person
from idproofing import reviewing
from idproofing.case_states import State
from idproofing.models import Case
from idproofing.second_reviews import doubts_about
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder, signed_in
from tests.idproofing.reviewers import ANN, BOB
from tests.parallel import in_parallel
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db


# What the first of several tests has seen, for the others to see the same.
WORDS: dict[str, str] = {}


@pytest.fixture
def emily(db: None) -> Person:
    return people.load("emily")


@pytest.fixture
def browser() -> Client:
    return Client()


def mismatched(browser: Client, person: Person, level: int = 1, **typed: str) -> str:
    """Send details that match nobody; the address of the details page comes back."""
    here = walk.begin(browser, level)
    typed = {"last_name": "Tran", **typed}
    assert "Ask for a review" in walk.text_of(browser.post(here, walk.details_of(person, **typed)))
    return here


def ask(browser: Client, here: str) -> Any:
    """Select the button "Ask for a review"; the page with reference and code comes back."""
    return browser.get(walk.send(browser, here.replace("/details/", "/review/"), {}))


def asked(browser: Client, person: Person, level: int = 1, **typed: str) -> tuple[str, str]:
    """A request for a review; its reference and continuation code come back, as the page shows them."""
    page = ask(browser, mismatched(browser, person, level, **typed))
    assert page.context["draft"].continuation_code in walk.text_of(page)
    return page.context["draft"].case.shown_reference, page.context["draft"].continuation_code


def approved(person: Person) -> None:
    """Two reviewers agree that this is the person."""
    case, record = Case.objects.latest("number"), lookup.record(dod_id=person.dod_id)
    act_and_notify(lambda: reviewing.take(case.number, by=ANN))
    decision = reviewing.Decision.APPROVE, reviewing.Reason.FORMER_NAME
    assert record
    doubts = doubts_about(case, record)
    act_and_notify(lambda: reviewing.decide(case.number, *decision, record, by=ANN, doubts=doubts))
    if doubts:
        act_and_notify(lambda: reviewing.confirm(case.number, record, by=BOB))
    case.refresh_from_db()
    assert case.state == State.APPROVED


def opens(browser: Client, codes: tuple[str, str]) -> str:
    """The status page, opened with reference and code."""
    return walk.send(browser, "/support/cases/", {"reference": codes[0], "continuation_code": codes[1]})


def test_emily_registers_under_the_name_before_her_marriage(emily, browser):
    codes = asked(browser, emily)
    approved(emily)
    at_home = Client()
    status = opens(at_home, codes)
    assert "Your request is approved" in walk.text_of(at_home.get(status))
    here = walk.send(at_home, status, {})
    assert here.endswith("/questions/")
    here = walk.answer_all(at_home, here, emily)
    here = walk.send(at_home, here, {"code": walk.code_on(at_home, here)})
    walk.send(at_home, here, walk.credentials("emily.c"))
    account = Account.objects.get()
    assert (account.dod_id, account.last_name) == (emily.dod_id, "Castellano")


def test_asking_uses_no_attempt_and_leaves_nothing_typed_in_the_draft(emily, browser):
    asked(browser, emily)
    draft = RegistrationDraft.objects.get()
    assert draft.ended == draft.Ended.REVIEW
    assert (draft.dod_id, draft.ssn, draft.first_name, draft.email) == ("", "", "", "")
    assert not AuditEvent.objects.filter(event__startswith="quiz.").exists()


@pytest.mark.parametrize(
    ("key", "typed"),
    [("emily", {}), ("emily", {"last_name": "Nobody"}), ("judith", {"last_name": "Amberley"}), ("sofia", {}), ("", {})],
    ids=["near", "none", "protected", "ended", "unknown"],
)
def test_whatever_the_reason_page_words_and_mail_are_the_same(emily, browser, key, typed):
    person = people.load(key) if key else PEOPLE["kai"]
    here = walk.begin(browser)
    page = browser.post(here, walk.details_of(person, **{"last_name": person.name.last, **typed, "middle_name": "Q"}))
    said = walk.text_of(page).partition("Your name")[0]
    assert "We could not match these details with a DEERS record that can have an account here." in said
    assert "Ask for a review" in said
    page = ask(browser, here)
    draft = page.context["draft"]
    words = walk.text_of(page).replace(draft.case.shown_reference, "R").replace(draft.continuation_code, "C")
    assert words == WORDS.setdefault("page", words)
    letter = walk.deliver_mail()[-1].body.replace(draft.case.shown_reference, "R")
    assert letter == WORDS.setdefault("letter", letter)
    for name in (*walk.details_of(person).values(), "Q"):
        assert name == "" or f" {name} " not in letter


def test_nobody_asks_before_a_mismatch_nor_after_a_match(emily, browser):
    here = walk.begin(browser)
    assert walk.send(browser, here.replace("/details/", "/review/"), {}) == here
    there = walk.send(browser, here, walk.details_of(emily))
    assert walk.send(browser, here.replace("/details/", "/review/"), {}) == there
    assert not Case.objects.exists()


def test_silence_of_deers_is_not_a_mismatch(emily, browser, settings):
    here = mismatched(browser, emily)
    settings.DEERS_FAULT = "unavailable"
    browser.post(here, walk.details_of(emily, last_name="Changed"))
    assert walk.send(browser, here.replace("/details/", "/review/"), {}) == here
    assert not Case.objects.exists()


def test_another_browser_cannot_ask_with_somebodys_draft(emily, browser):
    here = mismatched(browser, emily)
    assert Client().post(here.replace("/details/", "/review/")).status_code == 404
    assert not Case.objects.exists()


def test_a_double_click_is_one_case_and_the_page_stays_while_the_browser_is_at_it(transactional_db):
    browser, person = Client(), people.load("emily")
    here = mismatched(browser, person)
    token = browser.cookies

    def click(_: int) -> str:
        again = Client()
        again.cookies = token
        return walk.send(again, here.replace("/details/", "/review/"), {})

    pages = set(in_parallel(click, workers=2))
    assert Case.objects.count() == 1
    assert all(browser.get(page).status_code == 200 for page in pages)


def test_a_person_who_asks_again_sees_the_same_words_but_has_other_codes(emily, monkeypatch):
    moment = timezone.now()  # the page says the minute
    monkeypatch.setattr(timezone, "now", lambda: moment)
    first, second = (asked(Client(), emily) for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]
    texts = []
    for codes in (first, second):
        browser = Client()
        page = walk.text_of(browser.get(opens(browser, codes)))
        texts.append(page.replace(codes[0], "R"))
    assert texts[0] == texts[1]


def test_after_several_requests_one_has_to_wait(emily, browser):
    for _ in range(policy.CASES_PER_NUMBER.times):
        asked(browser, emily)
    here = mismatched(browser, emily, email="x@mail.example")
    said = walk.text_of(browser.post(here.replace("/details/", "/review/"), follow=True))
    assert "There were several requests for a review. Try again after" in said
    assert "What you can do now" in said
    assert Case.objects.count() == policy.CASES_PER_NUMBER.times


def test_a_mailbox_that_got_many_references_gets_no_more_and_its_owner_may_still_ask(emily, browser):
    for number in range(policy.CASE_CONFIRMATIONS.times):
        asked(Client(REMOTE_ADDR=f"192.0.2.{number}"), emily)
    asked(browser, emily)
    assert Case.objects.count() == policy.CASE_CONFIRMATIONS.times + 1
    assert len(walk.deliver_mail()) == policy.CASE_CONFIRMATIONS.times


def test_the_link_back_works_once_however_many_browsers_use_it_at_once(transactional_db):
    person = people.load("emily")
    codes = asked(Client(), person)
    approved(person)
    before = RegistrationDraft.objects.count()

    def go_on(_: int) -> bool:
        browser = Client()
        browser.cookies["case"] = cookie
        return browser.post("/support/cases/status/").status_code == 302

    first = Client()
    opens(first, codes)
    cookie = first.cookies["case"].value
    assert sum(in_parallel(go_on)) == 1
    assert RegistrationDraft.objects.count() == before + 1
    assert "You continued" in walk.text_of(first.get("/support/cases/status/"))


def test_nobody_goes_on_before_the_approval_or_when_deers_has_changed_its_mind(emily, browser):
    codes = asked(browser, emily)
    status = opens(browser, codes)
    assert browser.post(status).status_code == 200
    approved(emily)
    Registered.objects.filter(pk=emily.dod_id).update(locked=True)
    assert "You cannot continue from here right now" in walk.text_of(browser.post(status))
    assert Case.objects.get().state == State.APPROVED
    Registered.objects.filter(pk=emily.dod_id).update(locked=False)
    assert walk.send(browser, status, {}).endswith("/questions/")


def test_the_same_details_sent_again_keep_what_the_reviewer_found_and_others_do_not(emily, browser):
    codes = asked(browser, emily)
    approved(emily)
    here = walk.send(browser, opens(browser, codes), {})
    details = here.replace("/questions/", "/details/")
    assert walk.send(browser, details, walk.details_of(emily, last_name="Tran")) == here
    other = people.load("kai")
    assert "could not match" in walk.text_of(browser.post(details, walk.details_of(other, last_name="Wrong")))
    assert not RegistrationDraft.objects.latest("created_at").dod_id


def test_every_change_is_mailed_with_the_reference_alone(emily, browser):
    reference, code = asked(browser, emily, level=2)
    approved(emily)
    letters = walk.deliver_mail()
    assert len(letters) == 4
    assert {letter.to[0] for letter in letters} == {emily.email}
    assert all(reference in letter.body and code not in letter.body for letter in letters)
    assert "Your request is approved" in letters[-1].body
    assert "A second reviewer is checking" in letters[-2].body


def test_a_request_that_nobody_answered_ends_and_says_so(emily, browser):
    asked(browser, emily)
    Case.objects.update(expires_at="2026-01-01T00:00:00Z")
    end_late_cases(0)
    assert Case.objects.get().state == State.EXPIRED
    assert "This request has expired" in walk.deliver_mail()[-1].body


def test_no_personal_data_is_written_on_the_way(emily, browser):
    secrets = [emily.ssn, "Tran", "Castellano", emily.email, emily.born.isoformat(), emily.dod_id]
    with no_secret_is_written(secrets):
        codes = asked(browser, emily)
        approved(emily)
        walk.send(browser, opens(browser, codes), {})
    with no_secret_is_written([*codes, *(code.replace("-", "") for code in codes)]):
        pass


def upgrade_asked(browser: Client, person: Person) -> tuple[str, str]:
    here = walk.send(browser, "/upgrade/", {"code_delivery": "screen"})
    moved = {"phone": "", "postal_code": "99999", "email": "moved@mail.example"}
    assert "Ask for a review" in walk.text_of(browser.post(here, walk.upgrade_details_of(person, **moved)))
    draft = ask(browser, here).context["draft"]
    return draft.case.shown_reference, draft.continuation_code


def test_an_upgrade_goes_on_in_the_account_that_asked_and_in_no_other(emily):
    browser = signed_in(holder(emily))
    codes = upgrade_asked(browser, emily)
    approved(emily)
    stranger = Client()
    status = opens(stranger, codes)
    assert walk.send(stranger, status, {}) == f"/sign-in/?next={status}"
    other = signed_in(holder(people.load("kai")))
    opens(other, codes)
    assert "Sign in with the account that asked" in walk.text_of(other.post(status))
    assert Case.objects.get().state == State.APPROVED
    opens(browser, codes)
    assert walk.send(browser, status, {}).endswith("/questions/")
    assert UpgradeDraft.objects.latest("created_at").dod_id == emily.dod_id
    assert AuditEvent.objects.filter(event="case.approved", account_id=Account.objects.first().pk).exists()  # type: ignore[union-attr]


def test_a_person_who_is_signed_in_cannot_register_another_account_from_a_review(emily, browser):
    codes = asked(browser, emily)
    approved(emily)
    other = signed_in(holder(people.load("kai")))
    assert "You are signed in to an account" in walk.text_of(other.post(opens(other, codes)))
    assert Case.objects.get().state == State.APPROVED
