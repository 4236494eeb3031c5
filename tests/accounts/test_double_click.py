"""A form that begins a session may come twice, as by a double click: the second copy is answered like the first."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.models import Account, RegistrationDraft, Session
from core import policy
from core.policy import Level
from safeguards.cache import PostgresCache
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import (
    KEY,
    address,
    give_password,
    holder,
    is_signed_in,
    premium,
    proven,
    signed_in,
    upgrading,
)
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

SECOND_STEP = "/sign-in/second-factor/"


def twin(client: Client, **other: Any) -> Client:
    """The same browser as it was at this moment: what it sends when the button is pressed once more."""
    copy = Client(**other)
    copy.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    return copy


def send(client: Client, page: str, **fields: Any) -> Any:
    """Send a form as browsers do, and not as files."""
    return client.post(page, urlencode(fields), content_type="application/x-www-form-urlencoded")


def half_signed_in(account: Account) -> Client:
    browser = Client()
    give_password(browser, account.username)
    return browser


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def events(*names: str) -> int:
    return AuditEvent.objects.filter(event__in=names).count()


@pytest.fixture
def grace(db: None) -> Account:
    return premium(people.load("grace"))


def test_grace_clicks_twice_at_the_second_step_and_is_signed_in(grace):
    browser = half_signed_in(grace)
    copy, token = twin(browser), walk.token_for(KEY)
    assert send(browser, SECOND_STEP, otp_token=token)["Location"] == "/portal/"
    assert send(copy, SECOND_STEP, otp_token=token)["Location"] == "/portal/"
    assert is_signed_in(copy)
    assert key_of(copy) == key_of(browser)
    assert events("sign-in.succeeded") == 1
    assert events("second-factor.failed") == 0


@pytest.mark.django_db(transaction=True)
def test_thirty_clicks_at_once_at_the_second_step_are_one_sign_in():
    grace = premium(people.load("grace"))
    browser = half_signed_in(grace)
    copies, token = [twin(browser) for _ in range(30)], walk.token_for(KEY)
    answers = in_parallel(lambda number: send(copies[number], SECOND_STEP, otp_token=token))
    assert {answer.get("Location") for answer in answers} == {"/portal/"}
    assert len({key_of(copy) for copy in copies}) == 1
    assert all(map(is_signed_in, copies))
    assert events("sign-in.succeeded") == 1
    assert events("second-factor.failed") == 0
    assert Session.objects.filter(account=grace).count() == 1


@pytest.mark.django_db(transaction=True)
def test_rosa_clicks_twice_on_the_last_page_of_registration_and_sees_her_backup_codes():
    rosa, browser = people.load("rosa"), Client()
    browser.post("/sign-in/passkey/options/")  # a session from before, which the registration replaces
    draft = proven(browser, rosa, level=Level.PREMIUM)
    here = walk.send(browser, address(draft, "credentials"), walk.credentials("rosa.h"))
    token = walk.token_for(RegistrationDraft.objects.get().authenticator_key)
    copies = [twin(browser) for _ in range(30)]
    answers = in_parallel(lambda number: send(copies[number], here, otp_token=token))
    assert {answer.status_code for answer in answers} == {302}
    assert len({key_of(copy) for copy in copies}) == 1
    for copy, answer in zip(copies[:3], answers[:3], strict=True):
        assert 'id="backup-codes"' in copy.get(answer["Location"]).content.decode()
    assert Account.objects.count() == 1
    assert events("sign-in.succeeded") == 1


def test_june_clicks_twice_when_she_opens_a_basic_account_and_is_signed_in(client):
    draft = proven(client, people.load("june"))
    copy, here, chosen = twin(client), address(draft, "credentials"), walk.credentials("june.s")
    first = send(client, here, **chosen)
    assert send(copy, here, **chosen)["Location"] == first["Location"]
    assert is_signed_in(copy)


def test_rosa_clicks_twice_at_the_end_of_her_upgrade_and_sees_her_backup_codes():
    rosa = people.load("rosa")
    browser, now = signed_in(holder(rosa)), timezone.now()
    come = {"dod_id": rosa.dod_id, "quiz_passed_at": now, "code_redeemed_at": now, "authenticator_key": KEY}
    here = address(upgrading(browser, Account.objects.get(), **come), "second-factor")
    copy, token = twin(browser), walk.token_for(KEY)
    send(browser, here, otp_token=token)
    assert 'id="backup-codes"' in copy.get(send(copy, here, otp_token=token)["Location"]).content.decode()


def test_rosa_clicks_twice_when_she_is_asked_again_who_she_is_and_goes_on():
    browser = signed_in(holder(people.load("rosa")))
    copy, page = twin(browser), "/sign-in/again/?next=/account/email/"
    for window in (browser, copy):
        assert send(window, page, password=walk.PASSWORD)["Location"] == "/account/email/"
        assert is_signed_in(window)
    assert key_of(copy) == key_of(browser)


def test_rosa_clicks_twice_when_she_changes_her_password_and_stays_signed_in():
    browser = signed_in(holder(people.load("rosa")))
    copy, new = twin(browser), "four quiet otters in a canoe"
    for window in (browser, copy):
        answer = send(window, "/account/security/password/", password=new, password_again=new)
        assert answer["Location"] == "/account/security/"
        assert is_signed_in(window)
    assert events("password.changed") == 1


def test_the_copy_brings_the_new_secret_for_forms_so_that_the_next_form_is_accepted(grace):
    browser = half_signed_in(grace)
    browser.get(SECOND_STEP)
    copy = twin(browser, enforce_csrf_checks=True)
    fields = {"otp_token": walk.token_for(KEY), "csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    send(browser, SECOND_STEP, **fields)
    send(copy, SECOND_STEP, **fields)
    assert copy.cookies["csrftoken"].value == browser.cookies["csrftoken"].value
    form = {"csrfmiddlewaretoken": copy.cookies["csrftoken"].value}
    assert send(copy, "/session/extend/", **form).status_code == 200


@pytest.mark.parametrize(
    "thief",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"},
        {"without": "csrftoken"},
        {"otp_token": "000000"},
    ],
    ids=["from another network", "in another browser", "without its cookie for forms", "with another code"],
)
def test_a_thief_with_the_old_session_s_key_gets_nothing_of_grace_s_new_one(grace, thief):
    browser = half_signed_in(grace)
    browser.get(SECOND_STEP)
    token = walk.token_for(KEY)
    stolen = twin(browser, **{name: value for name, value in thief.items() if name.isupper()})
    stolen.cookies.pop(thief.get("without", ""), None)
    send(browser, SECOND_STEP, otp_token=token)
    assert send(stolen, SECOND_STEP, otp_token=thief.get("otp_token", token))["Location"].startswith("/sign-in/")
    assert not is_signed_in(stolen)
    assert is_signed_in(browser)


def test_once_grace_has_signed_out_a_copy_of_her_form_opens_nothing(grace):
    browser = half_signed_in(grace)
    copy, token = twin(browser), walk.token_for(KEY)
    send(browser, SECOND_STEP, otp_token=token)
    browser.post("/sign-out/")
    send(copy, SECOND_STEP, otp_token=token)
    assert not is_signed_in(copy)


def test_a_minute_later_a_copy_of_the_form_opens_nothing(grace, monkeypatch):
    monkeypatch.setattr(policy, "REPEATED_FORM", policy.REPEATED_FORM * 0)
    browser = half_signed_in(grace)
    copy, token = twin(browser), walk.token_for(KEY)
    send(browser, SECOND_STEP, otp_token=token)
    send(copy, SECOND_STEP, otp_token=token)
    assert not is_signed_in(copy)


def test_a_wrong_code_is_counted_each_time_it_is_sent(grace):
    browser = half_signed_in(grace)
    for _ in range(3):
        assert send(browser, SECOND_STEP, otp_token="000000").status_code == 200
    assert events("second-factor.failed") == 3


def test_what_is_remembered_shows_neither_the_session_nor_where_it_leads(grace, monkeypatch):
    kept = {}
    monkeypatch.setattr(PostgresCache, "set", lambda cache, key, value, *_: kept.update({key: value}))
    browser = half_signed_in(grace)
    send(browser, SECOND_STEP, otp_token=walk.token_for(KEY))
    [(place, sealed)] = [(key, value) for key, value in kept.items() if key.startswith("repeated-form")]
    assert key_of(browser) not in place + sealed
    assert "/portal/" not in bytes.fromhex(sealed).decode("latin-1")


def test_without_the_cache_a_form_is_judged_as_ever(grace, monkeypatch):
    def unreachable(*_: object) -> bool:
        raise RedisError

    browser = half_signed_in(grace)
    monkeypatch.setattr(PostgresCache, "add", unreachable)
    assert send(browser, SECOND_STEP, otp_token=walk.token_for(KEY))["Location"] == "/portal/"


def test_an_old_page_that_asks_how_long_the_session_lasts_does_not_take_the_new_cookie_away(grace):
    browser = half_signed_in(grace)
    old = twin(browser)
    send(browser, SECOND_STEP, otp_token=walk.token_for(KEY))
    answer = old.get("/session/left/")
    assert "sessionid" not in answer.cookies
