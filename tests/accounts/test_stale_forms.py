"""A form that was open in another tab while the person signed in: shown again with a sentence, and nothing done."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from tests import people, walk
from tests.accounts.holders import give_password, holder

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
OURS: dict[str, Any] = {"HTTP_ORIGIN": SITE, "HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_SEC_FETCH_MODE": "navigate"}
OLD = {"csrfmiddlewaretoken": "x" * 64}


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def browser(rosa: Account) -> Client:
    """Rosa's browser, in which the forms that were open before she signed in have an old token."""
    client = Client()
    give_password(client, rosa.username)
    client.handler.enforce_csrf_checks = True
    return client


@pytest.mark.parametrize(
    ("page", "shown"),
    [("/sign-in/", "/sign-in/"), ("/sign-in/second-factor/", "/sign-in/"), ("/sign-in/passkey/", "/sign-in/")],
)
def test_rosa_who_signs_in_in_two_tabs_comes_to_the_portal_in_both(browser, page, shown):
    answer = browser.post(page, {**OLD, "username": "rosa", "password": walk.PASSWORD}, **OURS)
    assert answer["Location"] == shown
    assert browser.get("/sign-in/")["Location"] == "/portal/"


def test_a_form_from_another_tab_is_shown_again_with_a_sentence_and_what_rosa_typed(browser, rosa):
    page = "/account/phone/"
    answer = browser.post(page, {**OLD, "phone": "210-555-0142"}, HTTP_REFERER=SITE + page, **OURS)
    assert answer["Location"] == page
    shown = browser.get(page)
    assert "You signed in after this page was opened" in walk.text_of(shown)
    assert 'value="210-555-0142"' in shown.content.decode()
    rosa.refresh_from_db()
    assert rosa.phone != "210-555-0142"


def test_a_password_is_not_kept_for_her(browser):
    browser.post("/account/security/password/", {**OLD, "password": "four quiet otters"}, **OURS)
    assert "four quiet otters" not in browser.get("/account/security/password/").content.decode()


def test_the_page_with_the_form_is_shown_and_not_where_the_form_was_sent(browser):
    asked = {"HTTP_REFERER": f"{SITE}/account/?from=here", **OURS}
    assert browser.post("/session/extend/", OLD, **asked)["Location"] == "/account/?from=here"


@pytest.mark.parametrize("referer", ["http://evil.example/account/", f"{SITE}//evil.example/", "javascript:x", "\x00"])
def test_nobody_is_led_to_another_site(browser, referer):
    answer = browser.post("/account/phone/", OLD, HTTP_REFERER=referer, **OURS)
    assert answer["Location"] == "/account/phone/"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"HTTP_ORIGIN": "http://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {**OURS, "HTTP_SEC_FETCH_SITE": "cross-site"},
        {**OURS, "HTTP_SEC_FETCH_SITE": "same-site"},
        {**OURS, "HTTP_SEC_FETCH_MODE": "cors"},
    ],
)
def test_a_form_of_another_site_and_a_script_are_refused_as_ever_and_leave_nothing(browser, sent):
    given: Any = sent
    assert browser.post("/account/phone/", {**OLD, "phone": "210-555-0199"}, **given).status_code == 403
    assert "210-555-0199" not in browser.get("/account/phone/").content.decode()


def test_a_visitor_is_refused_as_ever(rosa):
    visitor = Client(enforce_csrf_checks=True)
    assert visitor.post("/register/", OLD, **OURS).status_code == 403
