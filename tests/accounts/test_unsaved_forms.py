"""What was being typed when a session ended comes back once after signing in, for the same person."""

import json
import time
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in.session import PROVED
from core import policy
from demo.people import PEOPLE
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff

pytestmark = pytest.mark.django_db

CONTACT = "/support/contact/"
TYPED = "It says that my code is not right."
KEPT = "We kept what you typed here before."


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


@pytest.fixture
def grace_browser(db: None) -> Client:
    return signed_in(premium(people.load("grace")))


def keep(browser: Client, page: str = CONTACT, *, at: str = "/session/keep/", **fields: str | list[str]) -> int:
    """What the page's script does before the session ends."""
    return browser.post(at, {"kept_page": page, **fields}).status_code


def test_a_message_being_written_is_there_again_after_signing_in(rosa):
    assert keep(signed_in(rosa), message=TYPED, topic="other") == 204
    browser = signed_in(rosa)
    page = walk.text_of(browser.get(CONTACT))
    assert TYPED in page
    assert KEPT in page
    assert TYPED not in walk.text_of(browser.get(CONTACT))


@pytest.mark.parametrize(("page", "field"), [("/account/email/", "email"), ("/account/phone/", "phone")])
def test_so_are_contact_details_being_changed(rosa, page, field):
    keep(signed_in(rosa), page, **{field: "555-0199"})
    assert 'value="555-0199"' in signed_in(rosa).get(page).content.decode()


def test_so_are_the_days_that_grace_wishes_for_a_visit_until_she_has_sent_them():
    grace, page = premium(people.load("grace")), "/portal/appointments/new/"
    soon = timezone.localdate() + timedelta(days=7)
    days = {"day1_month": str(soon.month), "day1_day": str(soon.day), "day1_year": str(soon.year)}
    typed = {**days, "way": "video", "part1": "afternoon", "why": "My knee hurts."}
    keep(signed_in(grace), page, **typed)
    browser = signed_in(grace)
    form = browser.get(page).context["form"]
    assert form["day1"].value() == list(days.values())
    assert [form[name].value() for name in ("way", "part1", "why")] == ["video", "afternoon", "My knee hurts."]
    keep(browser, page, **typed)
    assert browser.post(page, typed).status_code == 302
    assert KEPT not in walk.text_of(browser.get(page))


@pytest.mark.parametrize("page", ["/portal/tools/visit/", "/portal/tools/goals/new/"])
def test_so_is_what_grace_wrote_for_herself_and_it_is_not_in_the_way_of_what_she_saved(page):
    browser = signed_in(premium(people.load("grace")))
    assert "data-keep novalidate>" in browser.get(page).content.decode()
    keep(browser, page, text="Walk more")
    assert "Walk more" in browser.get(page).content.decode()
    keep(browser, page, text="Walk more")
    browser.post(page, {"text": "Walk less"})
    assert "Walk more" not in browser.get(page).content.decode()


def test_each_part_that_grace_ticked_is_ticked_again(grace_browser):
    page = "/portal/family/offer/"
    keep(grace_browser, page, sees=["labs", "vitals"], acts=["messages"], ends_year="2031")
    form = grace_browser.get(page).context["form"]
    assert [form[name].value() for name in ("sees", "acts")] == [["labs", "vitals"], ["messages"]]
    assert form["ends"].value() == ["", "", "2031"]


@pytest.mark.parametrize("page", ["/portal/family/offer/", "/portal/family/share/", "/portal/family/surrogate/"])
def test_what_grace_ticked_outlives_that_she_has_to_show_that_it_is_her(grace_browser, page):
    session = grace_browser.session
    session[PROVED] = 0
    session.save()
    asked = grace_browser.post(page, {"sees": ["labs", "vitals"], "first_name": "Earl"}, follow=True)
    assert "What you filled in stands there again after this." in walk.text_of(asked)
    assert "did not keep" not in walk.text_of(asked)
    session[PROVED] = int(time.time())
    session.save()
    shown = grace_browser.get(page)
    assert "data-keep novalidate>" in shown.content.decode()
    name, value = ("first_name", "Earl") if "surrogate" in page else ("sees", ["labs", "vitals"])
    assert shown.context["form"][name].value() == value


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("weight/", {"number": "182", "note": "After lunch"}),
        ("weight/target/", {"low": "160"}),
        ("weight/reminder/", {"days": ["0", "3"]}),
        ("weight/file/", {"text": "Date,Weight\n2026-03-14,182"}),
        ("new/", {"name": "Knee bend"}),
    ],
)
def test_what_grace_typed_into_a_tool_is_there_again(grace_browser, page, typed):
    keep(grace_browser, f"/portal/tools/{page}", **typed)
    shown = grace_browser.get(f"/portal/tools/{page}")
    assert "data-keep novalidate>" in shown.content.decode()
    assert {name: shown.context["form"][name].value() for name in typed} == typed


def test_a_code_to_another_record_is_not_kept(grace_browser):
    session = grace_browser.session
    session[PROVED] = 0
    session.save()
    asked = grace_browser.post("/portal/family/code/", {"code": "ABCD-EFGH"}, follow=True)
    assert "did not keep what you typed" in walk.text_of(asked)


def test_staff_get_theirs_back_in_their_own_zone():
    agent = staff("Auditor")
    keep(signed_in(agent), "/admin/account/phone/", at="/admin/session/keep/", phone="555-0199")
    assert 'value="555-0199"' in signed_in(agent).get("/admin/account/phone/").content.decode()


def test_nobody_else_gets_it(rosa):
    keep(signed_in(rosa), message=TYPED)
    for other in (signed_in(holder(PEOPLE["nora"])), Client()):
        assert TYPED not in walk.text_of(other.get(CONTACT))
    assert TYPED in walk.text_of(signed_in(rosa).get(CONTACT))


def test_once_the_message_is_sent_nothing_is_kept_of_it(rosa):
    browser = signed_in(rosa)
    keep(browser, message=TYPED)
    sent = {"name": "Rosa", "email": rosa.email, "topic": "other", "message": TYPED}
    walk.send(browser, CONTACT, sent)
    assert TYPED not in walk.text_of(browser.get(CONTACT))


def test_it_is_sealed_and_does_not_last(rosa, monkeypatch):
    kept = Mock(wraps=cache.set)
    monkeypatch.setattr(cache, "set", kept)
    keep(signed_in(rosa), message=TYPED)
    assert [call.args[2] for call in kept.mock_calls] == [policy.UNSAVED_FORM_LIFE.total_seconds()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT value::text FROM safeguards_cache WHERE key LIKE '%kept-typed%'")
        ((value,),) = cursor.fetchall()
    assert TYPED not in value
    assert TYPED.encode().hex() not in json.loads(value)


@pytest.mark.parametrize(
    "page", ["/account/security/password/", "/sign-in/", "/account/security/", "/no/such/page/", "", "\x00"]
)
def test_of_a_page_with_secrets_or_of_none_nothing_is_kept(rosa, page):
    browser = signed_in(rosa)
    assert keep(browser, page, password="a secret") == 400


def test_too_much_is_not_kept(rosa):
    assert keep(signed_in(rosa), message="x" * policy.UNSAVED_FORM_MAX) == 400


def test_keeping_a_form_does_not_lengthen_the_session(rosa):
    browser = signed_in(rosa)
    session = browser.session
    session["seen_at"] -= 300
    session.save()
    keep(browser, message=TYPED)
    assert browser.session["seen_at"] == session["seen_at"]
