"""A session that is over says why on the sign-in page, without any script, and in our own words only."""

import time

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Session
from accounts.sessions.store import SessionStore
from accounts.sign_in import session
from core import policy
from tests import people, walk
from tests.accounts.holders import holder, is_signed_in, premium, signed_in, staff

pytestmark = pytest.mark.django_db

IDLE = "You were signed out because nothing happened for 15 minutes."
OLD = "You were signed out because a session lasts 12 hours at most."
ELSEWHERE = "You are not signed in here any more."
PAGE = "/account/security/"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


def said(client: Client, page: str = PAGE) -> str:
    """What the sign-in page says to a person who asks for a page of theirs."""
    return walk.text_of(client.get(page, follow=True))


def test_rosa_reads_that_nothing_happened_for_too_long_and_comes_back_to_her_page(rosa):
    client = signed_in(rosa)
    Session.objects.update(expire_date=timezone.now())
    answer = client.get(PAGE)
    assert answer["Location"] == f"/sign-in/?next={PAGE}&ended=idle"
    assert IDLE in said(client)


def test_rosa_reads_that_her_day_was_over(rosa):
    client = signed_in(rosa)
    now = timezone.now()
    Session.objects.update(began_at=now - policy.SESSION_LIFE, expire_date=now)
    assert OLD in said(client)


@pytest.mark.parametrize(("seen", "began", "sentence"), [(16, 20, IDLE), (1, 12 * 60 + 1, OLD)])
def test_it_is_said_as_well_when_the_session_itself_knows_its_end(rosa, seen, began, sentence):
    client = signed_in(rosa)
    kept, now = client.session, int(time.time())
    kept[session.SEEN], kept[session.BEGAN] = now - seen * 60, now - began * 60
    kept.save()
    Session.objects.update(expire_date=timezone.now() + policy.SESSION_IDLE)
    assert sentence in said(client)


@pytest.mark.parametrize("how", ["ended from another device", "signed out in another tab", "password", "frozen"])
def test_rosa_reads_that_her_session_was_ended_elsewhere(rosa, how):
    client = signed_in(rosa)
    match how:
        case "ended from another device":
            signed_in(rosa).post("/account/sessions/", {"session": "others"})
        case "signed out in another tab":
            tab = Client()
            tab.cookies.load({"sessionid": client.cookies["sessionid"].value})
            tab.post("/sign-out/")
        case "password":
            actions.set_password(rosa, "four quiet otters in a canoe", by="system")
        case "frozen":
            actions.freeze(rosa, by="system")
    assert ELSEWHERE in said(client)


def test_a_session_that_ends_while_its_page_is_made_leads_to_the_sign_in_too(rosa, monkeypatch):
    client = signed_in(rosa)
    real = session.touch

    def ended_meanwhile(request, **how):
        real(request, every=0)
        request.session.modified = True
        Session.objects.all().delete()

    monkeypatch.setattr(session, "touch", ended_meanwhile)
    answer = client.get(PAGE)
    assert answer["Location"] == "/sign-in/?ended=elsewhere&next=%2Faccount%2Fsecurity%2F"


def test_staff_read_their_own_times_at_their_own_door(db):
    client = signed_in(staff("Supervisor"))
    Session.objects.update(expire_date=timezone.now())
    assert "nothing happened for 10 minutes" in said(client, "/admin/accounts/account/")


def test_a_visitor_who_was_never_signed_in_is_told_nothing_of_a_session(client):
    client.post("/sign-in/passkey/options/")
    assert "signed out" not in said(client)
    Session.objects.update(expire_date=timezone.now())
    assert "signed" not in said(client).replace("Before you sign in", "")


@pytest.mark.parametrize("told", ["<b>your account was hacked</b>", "Call 555-0199 now", "", "IDLE", "idle\x00"])
def test_nobody_can_have_our_page_say_words_of_theirs(client, told):
    walk.agree(client)
    page = client.get("/sign-in/", {"ended": told})
    assert "usa-alert" not in page.content.decode()


def test_the_script_s_word_for_it_gets_the_same_sentence(rosa):
    client = signed_in(rosa)
    Session.objects.update(expire_date=timezone.now())
    assert IDLE in said(client, "/sign-in/?timed_out=1")


def test_sessions_that_ended_are_deleted_once_nobody_needs_to_be_told(rosa):
    client, now = signed_in(rosa), timezone.now()
    Session.objects.update(expire_date=now - policy.ENDED_SESSIONS_KEPT / 2)
    SessionStore.clear_expired()
    assert not is_signed_in(client)
    assert Session.objects.count() == 1
    Session.objects.update(expire_date=now - policy.ENDED_SESSIONS_KEPT)
    SessionStore.clear_expired()
    assert not Session.objects.exists()


# Row 21 of the same story: the sign-in page and old forms, for a person who is signed in.


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/sign-in/", "/portal/"),
        ("/sign-in/?next=/account/email/", "/account/email/"),
        ("/sign-in/?next=//evil.example/", "/portal/"),
        ("/sign-in/?ended=idle&next=/account/", "/account/"),
    ],
)
def test_rosa_who_is_signed_in_goes_on_from_the_sign_in_page(rosa, asked, shown):
    assert signed_in(rosa).get(asked)["Location"] == shown


def test_staff_who_are_signed_in_go_on_to_the_desk(db):
    assert signed_in(staff("Supervisor")).get("/admin/sign-in/")["Location"] == "/admin/"


def test_grace_whose_second_step_is_left_is_not_sent_on(client):
    grace = premium(people.load("grace"))
    walk.agree(client)
    client.post("/sign-in/", {"username": grace.username, "password": walk.PASSWORD})
    assert client.get("/sign-in/")["Location"] == "/sign-in/second-factor/"
