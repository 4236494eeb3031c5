"""The frame around every page, the home page, and the error pages."""

import re
import time

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from accounts.models import Account
from accounts.sessions.store import BEGAN, SEEN, SessionStore
from core import policy, views

INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\bstyle=|\son[a-z]+=|javascript:")


def signed_in(**account: object) -> HttpRequest:
    """A request of somebody who signed in just now."""
    request = RequestFactory().get("/")
    request.user = Account(username="rosa.lopez", first_name="Rosa", last_name="López", **account)
    request.session = SessionStore()
    request.session._session_cache = {BEGAN: time.time(), SEEN: time.time()}  # type: ignore[attr-defined]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.django_db
def test_the_home_page_shows_both_ways_in_and_asks_the_database_nothing(
    client: Client, django_assert_num_queries: pytest.FixtureRequest
):
    with django_assert_num_queries(0):  # type: ignore[operator]
        page = client.get("/").content.decode()
    assert 'href="/sign-in/">Sign in</a>' in page
    assert 'href="/register/">Register</a>' in page
    assert "Basic" in page
    assert "Premium" in page


def test_the_numbers_on_the_home_page_are_those_of_the_policy(client: Client):
    page = client.get("/").content.decode()
    questions = [policy.STRENGTH[level].questions for level in policy.Level]
    assert "Answer {} or {} questions".format(*questions) in page
    assert f"a password of {policy.PASSWORD_MIN_LENGTH} characters" in page


def test_a_visitor_is_not_given_a_session(client: Client):
    assert not client.get("/").cookies


def test_the_ribbon_says_that_all_is_invented_only_in_the_demonstration(
    client: Client, settings: pytest.FixtureRequest
):
    assert "Every person and record here is invented" in client.get("/").content.decode()
    settings.DEMO = False  # type: ignore[attr-defined]
    assert "invented" not in client.get("/").content.decode()


def test_only_an_official_site_says_that_it_is_one_and_flies_the_flag(client: Client, settings: pytest.FixtureRequest):
    official = ("An official website of the United States government", "us_flag_small.png", "www.defense.gov")
    settings.DEMO = False  # type: ignore[attr-defined]
    page = client.get("/").content.decode()
    assert not [word for word in official if word in page]
    assert '<p class="identity__name">DS Logon</p><p>Military health sign-in</p>' in page
    settings.OFFICIAL_SITE = True  # type: ignore[attr-defined]
    page = client.get("/").content.decode()
    assert [word for word in official if word in page] == list(official)
    assert 'class="identity"' not in page


def test_the_demonstration_is_never_official(client: Client, settings: pytest.FixtureRequest):
    settings.OFFICIAL_SITE = True  # type: ignore[attr-defined]
    page = client.get("/").content.decode()
    assert "official website" not in page
    assert "A demonstration. Everyone in it is invented." in page


@pytest.mark.django_db
def test_a_person_who_reads_the_notice_hears_whether_the_site_is_official(
    client: Client, settings: pytest.FixtureRequest
):
    said = "not an official website of the United States government"
    assert f"This is a demonstration, {said}." in client.get("/sign-in/").content.decode()
    settings.DEMO, settings.OFFICIAL_SITE = False, True  # type: ignore[attr-defined]
    assert said not in client.get("/sign-in/").content.decode()


def test_the_keyboard_reaches_the_content_first(client: Client):
    page = client.get("/").content.decode()
    first = re.search(r'<a [^>]*href="([^"]*)"', page)
    assert first
    assert first[1] == "#main-content"
    assert '<main id="main-content" tabindex="-1">' in page


def test_somebody_signed_in_sees_their_name_and_the_way_out():
    page = render_to_string("home.html", request=signed_in())
    assert "Rosa López" in page
    assert '<form class="nav-person" id="sign-out" method="post" action="/sign-out/">' in page
    assert "Register</a>" not in page.split("<footer")[0]


def test_a_staff_member_is_led_to_the_service_center_rather_than_a_health_record():
    page = render_to_string("home.html", request=signed_in(is_staff=True)).split("<main")[0]
    assert 'href="/admin/"' in page
    assert 'href="/portal/"' not in page


def test_the_parts_that_are_kept_hold_nothing_of_the_person_who_came_first():
    template = Template("{% once %}Hello {{ user.first_name }}, {{ policy.BACKUP_CODES }} codes{% endonce %}")
    first = template.render(Context({"user": Account(first_name="Rosa")}))
    assert first == template.render(Context({"user": Account(first_name="June")}))
    assert first == f"Hello , {policy.BACKUP_CODES} codes"


def test_the_warning_before_the_end_of_a_session_knows_the_server_s_clock():
    request = signed_in()
    long_ago = time.time() - policy.SESSION_LIFE.total_seconds() + 90
    request.session[BEGAN] = long_ago
    seconds = re.search(r'data-seconds="(\d+)"', render_to_string("home.html", request=request))
    assert seconds
    assert int(seconds[1]) <= 90


def test_a_visitor_has_no_session_to_be_warned_of(client: Client):
    assert "<dialog" not in client.get("/").content.decode()


def test_a_page_with_mistakes_says_so_in_its_title():
    class Wrong:
        errors = {"name": ["Enter your name."]}

    request = signed_in()
    assert "<title>Error: " in render_to_string("errors/404.html", {"form": Wrong()}, request=request)


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        ("errors/400.html", "We could not read that request"),
        ("errors/403.html", "You cannot open this page"),
        ("errors/404.html", "Page not found"),
        ("errors/csrf.html", "This page was open for too long"),
        ("errors/429.html", "Please wait before you try again"),
        ("errors/500.html", "Something went wrong on our side"),
        ("home.html", "Your military health record, behind one sign-in"),
    ],
)
def test_a_page_says_what_it_is_without_inline_script_or_style(page: str, heading: str):
    for request in (signed_in(), None):
        html = render_to_string(page, {"policy": policy, "wait_minutes": 5}, request=request)
        assert f"<h1>{heading}</h1>" in html
        assert html.count("<h1") == 1
        assert not INLINE.search(html), INLINE.search(html)


def test_the_wait_is_told_in_minutes():
    said = render_to_string("errors/429.html", {"wait_minutes": 1}, request=signed_in())
    assert "for 1 minute." in said


def test_an_address_that_is_not_there_answers_404(client: Client):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_a_form_from_elsewhere_is_explained(client: Client):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in/", {"username": "rosa.lopez"})
    assert answer.status_code == 403
    assert "What you typed may still be there" in answer.content.decode()


@pytest.mark.parametrize("path", ["/static/css/old.1234.css", "/static/no-such/", "/static/../x.js"])
def test_nobody_remembers_that_a_file_is_missing(client: Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer["Cache-Control"] == "no-store"


def test_the_page_for_our_own_mistakes_needs_nothing_that_may_have_failed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.context_processors.site", lambda request=None: 1 / 0)
    answer = views.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "This is not your fault" in answer.content.decode()
