"""The notice and consent banner before signing in, and half a sign-in that is continued."""

import hashlib
import time

import pytest
from django.test import Client

from accounts.models import Session
from accounts.sign_in import consent, session
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import (
    KEY,
    WRONG,
    address,
    give_password,
    give_token,
    holder,
    is_signed_in,
    premium,
    proven,
    upgrading,
)

pytestmark = pytest.mark.django_db

BANNER = "You are accessing a U.S. Government (USG) Information System"


@pytest.mark.parametrize("door", ["/sign-in/", "/admin/sign-in/"])
def test_a_person_who_wants_to_sign_in_reads_the_notice_first(client, door):
    page = client.get(door)
    assert BANNER in walk.text_of(page)
    assert 'name="password"' not in page.content.decode()
    assert f'action="{door}"' in page.content.decode()


def test_after_agreeing_once_nobody_is_asked_again_in_that_browser(client):
    assert client.post("/sign-in/", {"consent": "yes"})["Location"] == "/sign-in/"
    cookie = client.cookies[consent.COOKIE]
    assert cookie["httponly"]
    assert not cookie["max-age"]
    for door in ("/sign-in/", "/admin/sign-in/"):
        assert 'name="password"' in client.get(door).content.decode()


def test_the_consent_is_in_the_audit_and_needs_no_session(client):
    client.post("/sign-in/", {"consent": "yes"}, REMOTE_ADDR="203.0.113.7")
    event = AuditEvent.objects.get()
    assert (event.event, event.actor_kind, event.address) == ("consent.given", "visitor", "203.0.113.7")
    assert not Session.objects.exists()


def test_a_password_sent_without_consent_is_not_judged_and_the_way_on_is_kept(client):
    rosa = holder(PEOPLE["rosa"])
    typed = {"username": rosa.username, "password": walk.PASSWORD, "next": "/account/security/"}
    page = client.post("/sign-in/", typed)
    assert BANNER in walk.text_of(page)
    assert walk.PASSWORD not in page.content.decode()
    onwards = client.post("/sign-in/", {"consent": "yes", "next": page.context["next"]})["Location"]
    assert client.get(onwards).context["next"] == "/account/security/"
    assert not Session.objects.exists()


@pytest.mark.parametrize("value", ["given", "given:x:y", "", "\0"])
def test_a_consent_that_was_made_up_is_none(client, value):
    client.cookies[consent.COOKIE] = value
    assert BANNER in walk.text_of(client.get("/sign-in/"))


def test_a_browser_that_is_never_closed_is_asked_again_after_as_long_as_a_session_lasts(client, monkeypatch):
    walk.agree(client)
    later = time.time() + policy.SESSION_LIFE.total_seconds() + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert BANNER in walk.text_of(client.get("/sign-in/"))


def test_the_notice_leads_to_no_other_site(client):
    answer = client.post("/sign-in/", {"consent": "yes", "next": "//evil.example/"})
    assert answer["Location"] == "/sign-in/"


def test_a_person_who_closed_the_page_of_the_second_factor_comes_back_to_it():
    grace, client = premium(PEOPLE["grace"]), Client()
    give_password(client, grace.username, next="/account/")
    assert client.get("/account/")["Location"].startswith("/sign-in/")
    assert client.get("/sign-in/?next=/account/")["Location"] == "/sign-in/second-factor/"
    assert give_token(client, walk.token_for(KEY))["Location"] == "/account/"
    assert is_signed_in(client)


def test_somebody_else_at_the_same_browser_can_sign_in_instead():
    client = Client()
    give_password(client, premium(PEOPLE["grace"]).username)
    page = client.get("/sign-in/second-factor/").content.decode()
    assert 'href="/sign-in/?other=1"' in page
    assert 'name="password"' in client.get("/sign-in/?other=1").content.decode()
    rosa = holder(PEOPLE["rosa"])
    give_password(client, rosa.username)
    assert client.session["_auth_user_id"] == str(rosa.pk)
    assert session.HALF not in client.session


def test_too_many_wrong_codes_say_how_long_to_wait_and_are_on_the_trail():
    grace, client = premium(PEOPLE["grace"]), Client()
    give_password(client, grace.username)
    for _ in range(policy.TOTP_FAILURES.times):
        give_token(client, "000000")
    page = walk.text_of(give_token(client, walk.token_for(KEY)))
    assert "There were too many wrong codes. Wait" in page
    assert "Enter one of your backup codes instead" in page
    event = AuditEvent.objects.filter(event="limit.reached").get()
    assert (event.account_id, event.details) == (grace.pk, {"limit": policy.TOTP_FAILURES.name})
    assert not is_signed_in(client)


def test_an_upgrade_goes_on_after_the_session_ended_and_the_same_person_signed_in_again():
    rosa, client = holder(PEOPLE["rosa"]), Client()
    give_password(client, rosa.username)
    here = address(upgrading(client, rosa), "details")
    assert client.get(here).status_code == 200
    Session.objects.all().delete()
    asked = client.get(here)["Location"]
    assert asked.startswith("/sign-in/?next=/upgrade/")
    back = give_password(client, rosa.username, next=client.get(asked).context["next"])["Location"]
    assert back == here
    assert client.get(here).status_code == 200


def test_nobody_else_takes_up_that_upgrade_in_the_same_browser():
    rosa, client = holder(PEOPLE["rosa"]), Client()
    give_password(client, rosa.username)
    here = address(upgrading(client, rosa), "details")
    Session.objects.all().delete()
    give_password(client, holder(PEOPLE["marcus"]).username)
    assert client.get(here).status_code == 404


def test_a_form_that_arrives_after_the_end_leads_back_to_its_page():
    rosa, client = holder(PEOPLE["rosa"]), Client()
    give_password(client, rosa.username)
    Session.objects.all().delete()
    response = client.post("/account/security/password/", {"password": WRONG, "password_again": WRONG})
    assert response["Location"] == "/sign-in/?next=/account/security/password/&ended=elsewhere"


def test_a_person_who_registers_reads_the_notice_and_agrees_before_the_session_begins(client):
    here = address(proven(client, people.load("rosa")), "credentials")
    page = client.get(here)
    assert BANNER in walk.text_of(page)
    assert "I agree. Open my account" in walk.text_of(page)
    client.post(here, walk.credentials("r"))
    assert not AuditEvent.objects.filter(event="consent.given").exists()
    walk.send(client, here, walk.credentials("rosa.agrees"))
    agreed, signed_in = AuditEvent.objects.filter(event__in=("consent.given", "sign-in.succeeded")).order_by("pk")
    assert (agreed.event, signed_in.event) == ("consent.given", "sign-in.succeeded")
    client.post("/sign-out/")
    assert 'name="password"' in client.get("/sign-in/").content.decode()


def test_a_person_who_agreed_in_this_browser_is_not_asked_again_while_registering(client):
    walk.agree(client)
    here = address(proven(client, people.load("rosa")), "credentials")
    assert BANNER not in walk.text_of(client.get(here))
    walk.send(client, here, walk.credentials("rosa.agrees"))
    assert AuditEvent.objects.filter(event="consent.given").count() == 1


def test_the_notice_is_the_departments_own_to_the_letter(client):
    """The standard banner for systems that can show 1,300 characters (DTM 08-060, kept by DoDI 8500.01)."""
    text = walk.text_of(client.get("/sign-in/"))
    banner = text[text.index("You are accessing") : text.index("for details.") + len("for details.")]
    assert hashlib.sha256(banner.encode()).hexdigest()[:16] == "45dac26b3473e3d9"
