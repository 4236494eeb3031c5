"""The two clocks that people see: before a session ends, and for an identity question. We set the browser's time."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route, expect

from accounts.sign_in.session import BEGAN, SEEN
from core import policy
from tests.core.test_frame import signed_in

pytestmark = pytest.mark.browser
SCRIPTS = Path(settings.BASE_DIR) / "static/js"
IDLE, WARNING = policy.SESSION_IDLE.total_seconds(), policy.SESSION_WARNING.total_seconds()
FOR_A_QUESTION = policy.QUIZ_QUESTION_TIME.total_seconds()
ANSWERS = Template("{% errors form %}{% field form.choice %}")
QUESTION = """<!DOCTYPE html><title>{% if form.errors %}Error: {% endif %}Question</title>
{{ answers }}
<div data-deadline-seconds="{{ policy.QUIZ_QUESTION_TIME|seconds }}"
data-warning-seconds="{{ policy.QUIZ_WARNING|seconds }}">
<form method="post" action="/question/"><p data-left role="status">You have two minutes.</p>
<button name="action" value="more-time">I need more time</button></form></div>
<script src="/static/js/quiz.js" defer></script>"""
# Two seconds are left, as the other tab says; done when that is heard.
SIGNED_OUT_ELSEWHERE = """() => new Promise((heard) => {
    const tabs = document.getElementById("session").dataset.left;
    const other = new BroadcastChannel(tabs);
    new BroadcastChannel(tabs).onmessage = heard;
    other.postMessage(2);
})"""


class ChoiceForm(forms.Form):
    choice = forms.ChoiceField(
        choices=[("1", "An answer"), ("2", "Another")],
        widget=forms.RadioSelect,
        help_text="See your letter.",
        error_messages={"required": "Choose one of the answers."},
    )


def question(sent: dict[str, str]) -> str:
    """The page of a question, after this was sent."""
    context = Context({"policy": policy, "form": ChoiceForm(sent or None)})
    context["answers"] = ANSWERS.render(context)
    return Template(QUESTION).render(context)


class Site:
    """Answers the browser in place of a server: pages and scripts from here, and the session's clock as set."""

    def __init__(self) -> None:
        request = signed_in()
        request.session.update({BEGAN: time.time(), SEEN: time.time()})
        self.pages = {
            "/": render_to_string("home.html", request=request),
            "/question/": question({}),
            "/question/unanswered/": question({"choice": ""}),
            "/sign-in/": "<!DOCTYPE html><title>Sign in</title><h1>Sign in</h1>",
        }
        self.seconds_left = 0.0
        self.extended_to = IDLE
        self.posted: list[str] = []

    def __call__(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.method == "POST":
            self.posted.append(route.request.post_data or "")
        if path == "/session/extend/":
            self.seconds_left = self.extended_to
        if path.startswith("/session/"):
            route.fulfill(json={"seconds_left": self.seconds_left})
        elif path in self.pages:
            route.fulfill(body=self.pages[path], content_type="text/html")
        elif path.startswith("/static/js/"):
            route.fulfill(path=SCRIPTS / Path(path).name, content_type="text/javascript")
        else:
            route.fulfill(status=404)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(base_url="http://dslogon.test")
    context.route("**/*", site)
    page = context.new_page()
    # Time stands still but for pass_time(), so that no machine is too slow for a test.
    page.clock.install(time=0)
    page.clock.pause_at(1)
    yield page
    context.close()


def pass_time(page: Page, seconds: float) -> None:
    page.clock.run_for(int(seconds * 1000))


def near_the_end(page: Page, site: Site) -> None:
    """Read the home page until the warning comes."""
    page.goto("/")
    site.seconds_left = WARNING
    pass_time(page, IDLE - WARNING + 3)
    expect(page.get_by_role("alertdialog")).to_be_visible()


def test_nobody_is_warned_while_there_is_time(page: Page, site: Site):
    page.goto("/")
    pass_time(page, IDLE - WARNING - 5)
    expect(page.get_by_role("alertdialog")).not_to_be_visible()


def test_the_warning_comes_in_time_and_one_can_stay(page: Page, site: Site):
    near_the_end(page, site)
    warning = page.get_by_role("alertdialog", name="Are you still there?")
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("we sign you out in 2 minutes")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    with page.expect_response("**/session/extend/"):
        page.get_by_role("button", name="Stay signed in").click()
    expect(warning).not_to_be_visible()
    assert "csrfmiddlewaretoken" in site.posted[0]


def test_the_escape_key_means_that_one_is_there(page: Page, site: Site):
    near_the_end(page, site)
    with page.expect_response("**/session/extend/"):
        page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).not_to_be_visible()
    assert len(site.posted) == 1


def test_the_end_leads_to_sign_in_and_says_why(page: Page, site: Site):
    near_the_end(page, site)
    site.seconds_left = 0
    with page.expect_navigation(url="**/sign-in/?timed_out=1&next=%2F"):
        pass_time(page, WARNING + 12)


def test_a_slow_sign_in_page_is_asked_for_once_and_waited_for(page: Page, site: Site):
    near_the_end(page, site)
    page.evaluate("() => { asked = 0; navigation.onnavigate = (move) => { move.preventDefault(); asked += 1; }; }")
    site.seconds_left = 0
    pass_time(page, WARNING + 12)
    page.wait_for_function("asked")
    pass_time(page, 3)
    pass_time(page, 3)
    assert page.evaluate("asked") == 1


def test_somebody_busy_in_another_tab_is_not_warned(page: Page, site: Site):
    page.goto("/")
    site.seconds_left = IDLE
    with page.expect_response("**/session/left/"):
        pass_time(page, IDLE - WARNING + 3)
    expect(page.get_by_role("alertdialog")).not_to_be_visible()


def test_signing_out_in_another_tab_counts_also_while_the_server_is_asked(page: Page, site: Site):
    page.goto("/")
    site.seconds_left = WARNING
    held: list[Route] = []
    page.route("**/session/left/", lambda route: held.append(route))
    with page.expect_request("**/session/left/"):
        pass_time(page, IDLE - WARNING + 3)
    page.evaluate(SIGNED_OUT_ELSEWHERE)
    with page.expect_response("**/session/left/"):
        site(held[0])
    with page.expect_navigation(url="**/sign-in/?timed_out=1&next=%2F"):
        pass_time(page, 8)


def test_staying_in_one_tab_ends_the_warning_in_the_other(page: Page, site: Site):
    near_the_end(page, site)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    other = page.context.new_page()
    other.goto("/")
    expect(page.get_by_role("alertdialog")).not_to_be_visible()


def test_a_session_that_lasted_as_long_as_it_may_says_so(page: Page, site: Site):
    near_the_end(page, site)
    site.extended_to = WARNING - 30
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_text("A session can last up to 12 hours")).to_be_visible()
    expect(page.get_by_role("button", name="Stay signed in")).not_to_be_visible()


def test_a_question_warns_before_its_time_is_over(page: Page, site: Site):
    page.goto("/question/")
    pass_time(page, FOR_A_QUESTION - policy.QUIZ_WARNING.total_seconds() - 3)
    expect(page.get_by_role("status")).to_have_text("You have two minutes.")
    pass_time(page, 4)
    expect(page.get_by_role("status")).to_contain_text("seconds left for this question")


def test_more_time_keeps_what_was_chosen(page: Page, site: Site):
    page.goto("/question/")
    page.get_by_label("An answer").check()
    pass_time(page, FOR_A_QUESTION - 5)
    page.get_by_role("button", name="I need more time").click()
    expect(page.get_by_role("status")).to_have_text("You have more time now.")
    expect(page.get_by_label("An answer")).to_be_checked()
    assert "more-time" in site.posted[0]


def test_more_time_ends_what_was_said_of_an_earlier_answer(page: Page, site: Site):
    page.goto("/question/unanswered/")
    expect(page.get_by_text("Choose one of the answers.")).to_have_count(2)
    page.get_by_label("Another").check()
    page.get_by_role("button", name="I need more time").click()
    expect(page.get_by_role("status")).to_have_text("You have more time now.")
    expect(page.get_by_text("Choose one of the answers.")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("group", name="Choice")).to_have_accessible_description("See your letter.")
    expect(page).to_have_title("Question")
    expect(page.get_by_label("Another")).to_be_checked()


def test_a_question_says_when_its_time_is_over(page: Page, site: Site):
    page.goto("/question/")
    pass_time(page, FOR_A_QUESTION + 2)
    expect(page.get_by_role("status")).to_contain_text("The time for this question is over.")
    expect(page.get_by_role("button", name="I need more time")).to_have_count(0)
