"""Where an account is signed in: the list, ending one or all other sessions, and what the table reveals."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.models import Account, Session
from accounts.sessions.store import SessionStore
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import KEY, give_password, give_token, holder, is_signed_in, premium, signed_in
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

PAGE = "/account/sessions/"
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"}
IPHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"}


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


def browser(account: Account, device: dict[str, str], address: str) -> Client:
    client = Client(headers=device, REMOTE_ADDR=address)
    give_password(client, account.username)
    return client


def row_of(client: Client) -> str:
    return SessionStore.row_key(client.session.session_key)


def test_each_session_says_which_device_where_and_since_when(rosa):
    here = browser(rosa, FIREFOX, "203.0.113.7")
    browser(rosa, IPHONE, "198.51.100.9")
    page = walk.text_of(here.get(PAGE))
    for said in ("Firefox on Windows", "203.0.113.7, the one you use now", "Safari on iPhone", "198.51.100.9"):
        assert said in page
    assert page.count("You are using this one now.") == 1
    assert here.get("/account/").content.decode().count(f'href="{PAGE}"') == 1


def test_a_session_with_a_second_factor_says_so_and_half_a_sign_in_is_none():
    grace = premium(PEOPLE["grace"])
    here = signed_in(grace)
    give_password(Client(), grace.username)
    page = walk.text_of(here.get(PAGE))
    assert page.count("with a second step") == 1
    assert "End this session" not in page


def test_one_of_them_can_be_ended_and_the_others_go_on(rosa):
    here, lost, third = signed_in(rosa), signed_in(rosa), signed_in(rosa)
    assert here.post(PAGE, {"session": row_of(lost)})["Location"] == PAGE
    assert [is_signed_in(one) for one in (here, lost, third)] == [True, False, True]
    event = AuditEvent.objects.get(event="session.ended")
    assert (event.account_id, event.details) == (rosa.pk, {"sessions": 1})


def test_all_others_can_be_ended_at_once(rosa):
    here, *others = [signed_in(rosa) for _ in range(4)]
    here.post(PAGE, {"session": "others"})
    assert is_signed_in(here)
    assert not any(is_signed_in(one) for one in others)
    assert list(rosa.sessions.values_list("pk", flat=True)) == [row_of(here)]


def test_nobody_ends_the_session_of_somebody_else(rosa):
    marcus = signed_in(holder(PEOPLE["marcus"]))
    signed_in(rosa).post(PAGE, {"session": row_of(marcus)})
    signed_in(rosa).post(PAGE, {"session": "others"})
    assert is_signed_in(marcus)
    assert not AuditEvent.objects.filter(event="session.ended", account_id=marcus.session["_auth_user_id"]).exists()


@pytest.mark.parametrize("named", ["", "\0", "x" * 10_000, "‮", "' OR 1=1", None])
def test_a_session_that_is_none_ends_nothing(rosa, named):
    here, other = signed_in(rosa), signed_in(rosa)
    assert here.post(PAGE, {} if named is None else {"session": named}).status_code == 302
    assert is_signed_in(other)


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_thirty_times_at_once_is_ended_and_noted_once():
    rosa = holder(PEOPLE["rosa"])
    here, lost = signed_in(rosa), signed_in(rosa)
    key, row = here.cookies["sessionid"].value, row_of(lost)

    def end(number: int) -> int:
        client = Client()
        client.cookies["sessionid"] = key
        return client.post(PAGE, {"session": row}).status_code

    assert set(in_parallel(end)) == {302}
    assert AuditEvent.objects.filter(event="session.ended").count() == 1


def test_what_a_reader_of_the_table_finds_opens_no_session(rosa):
    here = signed_in(rosa)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key, encode(session_data, 'escape') FROM accounts_session")
        key, data = cursor.fetchone()
    assert here.session.session_key not in (key, data)
    assert "_auth_user_hash" not in data
    thief = Client()
    thief.cookies["sessionid"] = key
    assert not is_signed_in(thief)


def test_what_one_session_holds_cannot_be_moved_into_another(rosa):
    marcus = signed_in(holder(PEOPLE["marcus"]))
    signed_in(rosa)
    mine, hers = Session.objects.get(pk=row_of(marcus)), Session.objects.get(account=rosa)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_session SET session_data = hers.session_data"
            " FROM accounts_session hers WHERE hers.session_key = %s AND accounts_session.session_key = %s",
            [hers.pk, mine.pk],
        )
    assert not is_signed_in(marcus)


def test_ended_sessions_are_cleared_away_once_their_holders_need_not_be_told_why(rosa):
    here, old = signed_in(rosa), signed_in(rosa)
    Session.objects.filter(pk=row_of(old)).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert walk.text_of(here.get(PAGE)).count("Last used") == 1
    tasks.purge_drafts(timestamp=0)
    assert Session.objects.count() == 2
    Session.objects.filter(pk=row_of(old)).update(expire_date=timezone.now() - policy.ENDED_SESSIONS_KEPT)
    tasks.purge_drafts(timestamp=0)
    assert list(Session.objects.values_list("pk", flat=True)) == [row_of(here)]


def test_the_second_factor_gives_the_session_another_key_and_the_old_one_is_gone():
    grace, client = premium(PEOPLE["grace"]), Client()
    give_password(client, grace.username)
    half = row_of(client)
    give_token(client, walk.token_for(KEY))
    assert not Session.objects.filter(pk=half).exists()
    assert grace.sessions.get().with_factor
