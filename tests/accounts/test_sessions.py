"""Sessions: how they begin, how they end, and that no one can plant or keep one."""

import time

import pytest
from django.test import Client

from accounts.models import Account, Session
from accounts.sessions.store import SessionStore
from accounts.sign_in import session
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import KEY, give_password, give_token, holder, is_signed_in, premium, signed_in

pytestmark = pytest.mark.django_db

IDLE = int(policy.SESSION_IDLE.total_seconds())
WHOLE = int(policy.SESSION_LIFE.total_seconds())


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


def age(client: Client, *, seen: int = 0, began: int = 0) -> None:
    """Let the session have been seen, and begun, so many seconds ago."""
    kept, now = client.session, int(time.time())
    kept[session.SEEN], kept[session.BEGAN] = now - seen, now - max(began, seen)
    kept.save()


def test_signing_in_changes_the_session_key_at_each_half(client):
    grace = premium(PEOPLE["grace"])
    client.session.save()
    planted = client.session
    planted["planted"] = "by a thief"
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    keys = [planted.session_key]
    give_password(client, grace.username)
    keys.append(client.session.session_key)
    give_token(client, walk.token_for(KEY))
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3
    assert "planted" not in client.session
    assert not Session.objects.filter(pk__in=map(SessionStore.row_key, keys[:2])).exists()


def test_a_renewed_session_keeps_its_row_and_a_flushed_one_leaves_none():
    store = SessionStore()
    store["kept"] = "yes"
    store.save()
    first = store.session_key
    store.cycle_key()
    store.save()
    assert SessionStore(store.session_key)["kept"] == "yes"
    assert SessionStore(first).get("kept") is None
    assert Session.objects.count() == 1
    store.cycle_key()
    store.flush()
    assert not Session.objects.exists()


def test_a_session_that_was_ended_elsewhere_while_it_was_renewed_starts_over():
    store = SessionStore()
    store["kept"] = "yes"
    store.save()
    store.cycle_key()
    Session.objects.all().delete()
    store.save()
    assert SessionStore(store.session_key)["kept"] == "yes"


def test_a_session_key_that_was_made_up_is_never_taken(client, rosa):
    client.cookies["sessionid"] = "a" * 32
    give_password(client, rosa.username)
    assert client.session.session_key != "a" * 32


def test_nor_is_it_taken_before_anybody_signs_in(client):
    """What a visitor's session holds, such as the challenge for a passkey, stands under a key of ours."""
    client.cookies["sessionid"] = "a" * 32
    assert client.post("/sign-in/passkey/options/").status_code == 200
    assert client.cookies["sessionid"].value != "a" * 32


def test_signing_in_as_somebody_else_leaves_nothing_of_the_first(rosa):
    client = signed_in(rosa)
    kept = client.session
    kept["of the first"] = 1
    kept.save()
    give_password(client, holder(PEOPLE["marcus"]).username)
    assert "of the first" not in client.session


def test_fifteen_quiet_minutes_end_the_session(rosa):
    client = signed_in(rosa)
    age(client, seen=IDLE - 2)
    assert is_signed_in(client)
    age(client, seen=IDLE + 1)
    assert not is_signed_in(client)
    assert not Session.objects.exists()


def test_twelve_busy_hours_end_the_session(rosa):
    client = signed_in(rosa)
    age(client, began=WHOLE - 5)
    assert is_signed_in(client)
    age(client, began=WHOLE + 1)
    assert not is_signed_in(client)


def test_reading_a_page_moves_the_idle_end(rosa):
    client = signed_in(rosa)
    age(client, seen=300)
    client.get("/account/")
    assert client.get("/session/left/").json()["seconds_left"] > IDLE - 10


def test_asking_for_the_time_left_does_not_extend_it(rosa):
    client = signed_in(rosa)
    age(client, seen=300)
    for _ in range(2):
        assert client.get("/session/left/").json()["seconds_left"] <= IDLE - 300


def test_staying_extends_the_idle_end_but_never_the_whole(rosa):
    client = signed_in(rosa)
    age(client, seen=800)
    assert client.post("/session/extend/").json()["seconds_left"] > IDLE - 10
    age(client, seen=800, began=WHOLE - 60)
    assert client.post("/session/extend/").json()["seconds_left"] <= 60


def test_an_ended_session_cannot_be_extended(rosa):
    client = signed_in(rosa)
    age(client, seen=IDLE + 1)
    assert client.post("/session/extend/")["Location"].startswith("/sign-in/")
    assert client.get("/session/left/").json() == {"seconds_left": 0}


def test_extending_needs_a_post(rosa):
    assert signed_in(rosa).get("/session/extend/").status_code == 405


def test_only_a_post_signs_out(rosa):
    client = signed_in(rosa)
    assert client.get("/sign-out/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/sign-out/").status_code == 200
    assert not is_signed_in(client)
    assert not Session.objects.exists()
    assert AuditEvent.objects.latest("id").event == "sign-out.done"


def test_a_session_that_was_signed_out_stays_so_with_its_old_cookie(rosa):
    client, thief = signed_in(rosa), Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post("/sign-out/")
    assert not is_signed_in(thief)


def test_signing_out_twice_is_no_error(client):
    assert client.post("/sign-out/").status_code == 200
    assert client.get("/sign-out/")["Location"] == "/sign-in/"


def test_the_page_after_a_time_out_says_so(client):
    walk.agree(client)
    assert "signed out" in walk.text_of(client.get("/sign-in/?timed_out"))


def test_pages_of_the_account_are_kept_in_no_cache(rosa):
    client = signed_in(rosa)
    for address in ("/account/", "/account/security/", "/account/activity/", "/sign-in/"):
        assert "no-store" in client.get(address)["Cache-Control"], address


def test_the_activity_page_tells_what_happened_in_plain_words(rosa):
    client = signed_in(rosa)
    page = walk.text_of(client.get("/account/activity/"))
    assert "You signed in." in page
    assert "Your account was opened." in page
    assert client.get("/account/activity/?page=no").status_code == 200


def test_nobody_sees_the_activity_of_another_account(rosa):
    signed_in(holder(PEOPLE["marcus"])).post("/sign-out/")
    assert "You signed out." not in walk.text_of(signed_in(rosa).get("/account/activity/"))


def test_the_profile_shows_no_social_security_number(rosa):
    page = signed_in(rosa).get("/account/").content.decode()
    bare = PEOPLE["rosa"].ssn.replace("-", "")
    assert PEOPLE["rosa"].ssn not in page
    assert bare not in page
    assert rosa.email in page


def test_a_page_for_the_signed_in_costs_two_queries_before_its_own(rosa, django_assert_num_queries):
    client = signed_in(rosa)
    with django_assert_num_queries(2):
        client.get("/session/left/")
    with django_assert_num_queries(2):
        client.get("/")


def test_a_session_row_holds_no_password_and_no_name(rosa):
    signed_in(rosa)
    data = Session.objects.get().get_decoded()
    times = {session.BEGAN, session.SEEN, session.PROVED}
    assert set(data) - times <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}
