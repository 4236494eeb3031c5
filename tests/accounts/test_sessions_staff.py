"""The staff's zone under /admin/: its own sign-in, its own cookie and a shorter session."""

import re
import time

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory

from accounts.models import Account
from accounts.sessions.store import SessionStore, StaffSessionStore
from accounts.sign_in import session
from accounts.urls import with_session
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import STAFF_DOOR, WRONG, give_password, holder, is_signed_in, premium, signed_in, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db: None) -> Account:
    return staff("Supervisor")


def session_of(browser: Client) -> StaffSessionStore:
    return StaffSessionStore(browser.cookies["admin"].value)


def test_staff_have_a_cookie_that_only_goes_to_the_admin(agent):
    browser = signed_in(agent)
    cookie = browser.cookies["admin"]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("/admin/", "Strict", True)
    assert "sessionid" not in browser.cookies
    assert browser.get("/admin/").status_code == 200


def test_the_key_of_one_zone_opens_nothing_in_the_other(agent):
    theirs, hers = signed_in(agent), signed_in(premium(PEOPLE["grace"]))
    swapped = Client()
    swapped.cookies["sessionid"] = theirs.cookies["admin"].value
    swapped.cookies["admin"] = hers.cookies["sessionid"].value
    assert not is_signed_in(swapped)
    assert swapped.get("/admin/").status_code == 302


def test_at_the_public_door_staff_are_led_to_their_own_and_no_session_begins(agent):
    browser = Client()
    response = give_password(browser, agent.username)
    assert response["Location"] == f"{STAFF_DOOR}?staff_only=1"
    assert "Staff sign in here." in walk.text_of(browser.get(response["Location"]))
    assert not {"sessionid", "admin"} & set(browser.cookies)


def test_a_wrong_password_at_the_public_door_does_not_tell_who_is_staff(agent):
    page = walk.text_of(give_password(Client(), agent.username, WRONG))
    assert "The username or the password is not right." in page


def test_a_beneficiary_at_the_staff_door_is_answered_like_a_stranger():
    grace = premium(PEOPLE["grace"])
    right, unknown = (give_password(Client(), name, door=STAFF_DOOR) for name in (grace.username, "nobody.here"))
    assert "The username or the password is not right." in walk.text_of(right)
    assert walk.text_of(right).replace(grace.username, "") == walk.text_of(unknown).replace("nobody.here", "")
    assert AuditEvent.objects.filter(event="sign-in.failed", account_id=grace.pk).exists()


@pytest.mark.parametrize(("store", "is_staff"), [(SessionStore, True), (StaffSessionStore, False)])
def test_no_session_begins_in_the_wrong_zone_even_by_mistake(store, is_staff):
    request = RequestFactory().get("/")
    request.session = store()
    with pytest.raises(PermissionDenied):
        session.begin(request, Account(is_staff=is_staff), None)


@pytest.mark.parametrize(
    ("kept", "age", "goes_on"),
    [
        (session.SEEN, policy.STAFF_SESSION_IDLE.total_seconds() - 5, True),
        (session.SEEN, policy.STAFF_SESSION_IDLE.total_seconds() + 1, False),
        (session.BEGAN, policy.STAFF_SESSION_LIFE.total_seconds() - 5, True),
        (session.BEGAN, policy.STAFF_SESSION_LIFE.total_seconds() + 1, False),
    ],
)
def test_the_session_of_staff_is_shorter(agent, kept, age, goes_on):
    browser = signed_in(agent)
    store = session_of(browser)
    store[kept] = int(time.time() - age)
    store.save()
    assert (browser.get("/admin/").status_code == 200) is goes_on
    assert policy.STAFF_SESSION_IDLE < policy.SESSION_IDLE
    assert policy.STAFF_SESSION_LIFE < policy.SESSION_LIFE


def test_the_own_account_of_staff_is_under_admin_with_all_its_links(agent):
    browser = signed_in(agent)
    for page in (
        "account/",
        "account/security/",
        "account/sessions/",
        "account/activity/",
        "account/security/password/",
    ):
        shown = browser.get(f"/admin/{page}")
        assert shown.status_code == 200, page
        links = shown.content.decode().split("<main")[1].split("</main")[0]
        assert 'href="/admin/account/' in links
        assert 'href="/account/' not in links
    assert browser.get("/account/").status_code == 302


def test_the_links_of_staff_pages_do_not_leak_into_everybody_elses(agent, client):
    signed_in(agent).get("/admin/account/")
    client.get("/admin/sign-in/")
    assert 'href="/admin/' not in client.get("/").content.decode()
    assert 'href="/admin/' not in signed_in(holder(PEOPLE["rosa"])).get("/account/").content.decode()


def test_staff_sign_out_at_their_own_door(agent):
    browser = signed_in(agent)
    assert browser.post("/admin/sign-out/").status_code == 200
    assert browser.get("/admin/").status_code == 302
    assert not browser.cookies["admin"].value


def test_a_new_level_or_zone_never_keeps_a_planted_key(agent):
    browser = Client()
    browser.cookies["admin"] = "a" * 32
    give_password(browser, agent.username, door=STAFF_DOOR)
    assert browser.cookies["admin"].value != "a" * 32


def test_the_clock_of_staff_is_their_own(agent):
    left = signed_in(agent).get("/admin/session/left/").json()["seconds_left"]
    assert 0 < left <= policy.STAFF_SESSION_IDLE.total_seconds()


@pytest.mark.parametrize("entry", with_session, ids=lambda entry: str(entry.pattern))
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_session_the_staffs_addresses_tell_nothing_of_an_account(client, entry, method):
    path = re.sub(r"<\w+:\w+>", "00000000-0000-4000-8000-000000000000", f"/admin/{entry.pattern}")
    response = getattr(client, method)(path)
    at_the_door = response.status_code in (200, 403, 405) and "/account/" not in path
    with_a_link_that_is_none = response.status_code == 410 and "<str:token>" in str(entry.pattern)
    assert at_the_door or with_a_link_that_is_none or response["Location"].startswith("/admin/sign-in/")
