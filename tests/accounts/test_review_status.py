"""The status page: open to reference and code, the same for every wrong pair, and with nothing personal on it."""

import time

import pytest
from django.test import Client

from core import policy
from idproofing import cases, reviewing
from idproofing.models import Case
from tests import walk
from tests.idproofing.reviewers import ANN, emily_typed, open_case, taken

pytestmark = pytest.mark.django_db
STATUS = "/support/cases/status/"


def opens(browser: Client, reference: str, code: str):
    return browser.post("/support/cases/", {"reference": reference, "continuation_code": code})


@pytest.fixture
def opened(db: None) -> cases.Opened:
    return open_case()


@pytest.fixture
def browser(opened: cases.Opened) -> Client:
    browser = Client()
    assert opens(browser, opened.case.shown_reference, opened.code)["Location"] == STATUS
    return browser


def test_a_wrong_code_and_an_unknown_reference_get_the_same_page(opened):
    pages = []
    for reference in (opened.case.shown_reference, "00000-00000"):
        page = opens(Client(), reference, "AAAAA-AAAAA")
        pages.append((page.status_code, walk.text_of(page), page.cookies.keys()))
    assert pages[0] == pages[1]
    assert "We could not find a request" in pages[0][1]


def test_codes_are_not_shown_again_and_empty_fields_have_their_sentences(opened):
    page = opens(Client(), opened.case.shown_reference, "AAAAA-AAAAA").content.decode()
    assert "AAAAA-AAAAA" not in page
    said = walk.text_of(Client().post("/support/cases/", {}))
    assert "Enter the reference of your request." in said
    assert "Enter the continuation code of your request." in said


def test_a_reference_or_code_of_the_wrong_length_costs_no_try(opened):
    for _ in range(policy.CASE_TRIES_PER_ADDRESS.times):
        said = walk.text_of(opens(Client(), opened.case.reference, "AAA"))
        assert "Continuation code: it has 10 letters and digits. You entered 3." in said
    assert opens(Client(), opened.case.reference, opened.code)["Location"] == STATUS


def test_guessing_has_to_wait(opened):
    for _ in range(policy.CASE_TRIES_PER_ADDRESS.times):
        opens(Client(), opened.case.reference, "AAAAA-AAAAA")
    page = opens(Client(), opened.case.reference, opened.code)
    assert page.status_code == 429
    assert "too many tries" in walk.text_of(page)


def test_the_status_page_says_where_the_request_stands_and_nothing_personal(browser, opened):
    page = browser.get(STATUS)
    assert page["Cache-Control"].find("no-store") >= 0
    said, typed = walk.text_of(page), emily_typed()
    assert "We have your request" in said
    assert "We answer by" in said
    for secret in (typed.ssn, typed.first_name, typed.email, typed.date_of_birth, opened.code):
        assert secret not in page.content.decode()


def test_each_step_stands_in_the_timeline_and_an_ending_says_only_what_to_do_next(browser, opened):
    taken(opened.case)
    reviewing.put_back(opened.case.number, by=ANN)
    taken(opened.case)
    reviewing.decide(opened.case.number, "decline", "hindered", by=ANN)
    page = browser.get(STATUS)
    words = [entry.words for entry in page.context["timeline"]]
    assert len(words) == 5
    assert words[2] == "Another reviewer will look at your request."
    said = walk.text_of(page)
    assert "Visit an ID card office" in said
    assert "DEERS does not allow" not in said
    assert "Continue your" not in said


def test_a_request_that_waited_behind_another_reads_like_any_other(opened):
    second, browser = open_case(), Client()
    opens(browser, second.case.reference, second.code)
    before = walk.text_of(browser.get(STATUS))
    taken(opened.case)
    reviewing.decide(opened.case.number, "decline", "mixed", by=ANN)
    cases.end_what_is_late()
    assert Case.objects.get(pk=second.case.number).state == Case.State.OPEN
    assert walk.text_of(browser.get(STATUS)) == before


def test_without_the_code_the_page_stays_shut_and_a_forged_cookie_opens_nothing(opened):
    browser = Client()
    assert browser.get(STATUS)["Location"] == "/support/cases/"
    for forged in (opened.case.reference, f"{opened.case.reference}:1tXyz:AAAA", "\x00"):
        browser.cookies["case"] = forged
        assert browser.get(STATUS)["Location"] == "/support/cases/"
        assert browser.post(STATUS)["Location"] == "/support/cases/"


def test_the_page_shuts_by_itself_and_by_its_button(browser):
    assert browser.get(STATUS).status_code == 200
    browser.post(STATUS, {"action": "close"})
    assert browser.get(STATUS)["Location"] == "/support/cases/"


def test_an_old_cookie_opens_nothing(browser, monkeypatch):
    later = time.time() + policy.CASE_PAGE_OPEN.total_seconds() + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert browser.get(STATUS)["Location"] == "/support/cases/"


def test_the_help_leads_to_the_status_page():
    assert 'href="/support/cases/"' in Client().get("/support/").content.decode()


def test_the_status_page_asks_few_queries(browser, opened, django_assert_num_queries):
    taken(opened.case)
    with django_assert_num_queries(2):
        browser.get(STATUS)
    assert Case.objects.count() == 1
