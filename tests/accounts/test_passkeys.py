"""Passkeys: used alone, used after the password, and created."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Account, Passkey, PasskeyHandle
from accounts.sessions.store import FACTOR
from core import policy
from demo.people import PEOPLE
from dslogon.settings.origin import relying_party
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import holder, is_signed_in, premium, signed_in
from tests.accounts.passkey_steps import (
    add_passkey,
    after_password,
    alone,
    enrolled,
    half_in,
    options,
    wrong_relying_party,
    wrong_scheme,
    wrong_site,
)
from tests.authenticator import Authenticator

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


@pytest.fixture
def grace(db: None) -> Account:
    return premium(PEOPLE["grace"])


def test_a_passkey_alone_signs_in_with_both_factors(rosa, client):
    device = enrolled(rosa)
    assert alone(client, device)["Location"] == "/portal/"
    assert FACTOR in client.session
    assert AuditEvent.objects.filter(event="passkey.passed", account_id=rosa.pk).count() == 1
    assert Passkey.objects.get().last_used_at is not None


def test_a_passkey_after_the_password_is_the_second_factor(grace):
    device = enrolled(grace)
    client = half_in(grace)
    assert not is_signed_in(client)
    assert after_password(client, device)["Location"] == "/portal/"
    assert is_signed_in(client)


def test_a_key_that_does_not_verify_its_holder_is_enough_after_the_password(grace):
    device = enrolled(grace, verifies=False)
    assert after_password(half_in(grace), device)["Location"] == "/portal/"


def test_a_basic_holder_with_a_passkey_is_asked_for_it(rosa):
    enrolled(rosa)
    assert not is_signed_in(half_in(rosa))


def test_signing_in_with_a_passkey_goes_on_to_the_page_that_asked_and_to_no_other_site(rosa):
    device = enrolled(rosa)
    for wanted, reached in (("/account/activity/", "/account/activity/"), ("https://evil.example/", "/portal/")):
        client = Client()
        device.uses += 1
        said = device.sign(options(client, "/sign-in/passkey/options/"))
        assert client.post("/sign-in/passkey/", {"passkey": said, "next": wanted})["Location"] == reached


def test_a_passkey_gives_the_session_a_new_key(rosa, client):
    device = enrolled(rosa)
    asked = options(client, "/sign-in/passkey/options/")
    before = client.cookies["sessionid"].value
    client.post("/sign-in/passkey/", {"passkey": device.sign(asked)})
    assert is_signed_in(client)
    assert client.cookies["sessionid"].value != before


def test_a_passkey_proves_again_that_it_is_still_the_same_person(rosa, monkeypatch):
    device = enrolled(rosa)
    client = Client()
    alone(client, device)
    monkeypatch.setattr("accounts.sign_in.fresh.proved_within", lambda request, age: False)
    assert client.get("/account/security/passkey/")["Location"].startswith("/sign-in/again/")
    device.uses += 1
    said = device.sign(options(client, "/sign-in/second-factor/options/"))
    again = client.post("/sign-in/again/", {"passkey": said, "next": "/account/security/passkey/"})
    assert again["Location"] == "/account/security/passkey/"


def test_a_passkey_that_never_counts_works_again_and_again(rosa):
    device = enrolled(rosa)
    for _ in range(2):
        client = Client()
        said = device.sign(options(client, "/sign-in/passkey/options/"))
        assert client.post("/sign-in/passkey/", {"passkey": said})["Location"] == "/portal/"


# What the page asks of the browser


@pytest.mark.parametrize(
    ("site", "host", "origin"),
    [
        ("https://dslogon.example", "dslogon.example", "https://dslogon.example"),
        ("https://dslogon.example:443", "dslogon.example", "https://dslogon.example"),
        ("https://dslogon.example/", "dslogon.example", "https://dslogon.example"),
        ("https://DSLogon.example:8443", "dslogon.example", "https://dslogon.example:8443"),
        ("http://localhost:8001", "localhost", "http://localhost:8001"),
        ("http://127.0.0.1:8001", "localhost", "http://localhost:8001"),
        ("http://[::1]:8001", "localhost", "http://localhost:8001"),
    ],
)
def test_passkeys_belong_to_the_host_of_the_site_and_to_localhost_on_one_s_own_machine(site, host, origin):
    assert relying_party(site) == (host, [origin])


def test_the_whole_sign_in_demands_that_the_holder_is_verified_and_names_nobody(rosa, client):
    enrolled(rosa)
    asked = options(client, "/sign-in/passkey/options/")
    assert asked["userVerification"] == "required"
    assert asked["allowCredentials"] == []
    assert asked["timeout"] == policy.PASSKEY_CHALLENGE_LIFE.total_seconds() * 1000


def test_the_second_step_names_the_account_s_own_passkeys(rosa):
    device = enrolled(rosa)
    asked = options(half_in(rosa), "/sign-in/second-factor/options/")
    assert asked["userVerification"] == "preferred"
    assert len(asked["allowCredentials"]) == 1
    assert device.sign(asked)


def test_the_handle_says_nothing_about_the_account_and_stays_the_same(rosa):
    browser = signed_in(rosa)
    first, second = (options(browser, "/account/security/passkey/options/") for _ in range(2))
    assert first["user"]["id"] == second["user"]["id"]
    assert len(PasskeyHandle.objects.get().handle) == 64
    assert first["user"]["name"] == rosa.username
    assert rosa.last_name not in json.dumps(first)
    assert first["challenge"] != second["challenge"]


def test_a_visitor_is_told_no_passkeys_of_anybody(client):
    assert client.post("/sign-in/second-factor/options/").status_code == 403
    assert client.post("/account/security/passkey/options/")["Location"].startswith("/sign-in/")


def test_the_sign_in_page_still_asks_the_database_nothing(client, django_assert_num_queries):
    walk.agree(client)
    assert "Use a passkey" in walk.text_of(client.get("/sign-in/"))
    with django_assert_num_queries(0):
        client.get("/sign-in/")


# Making one


def test_a_new_passkey_is_listed_told_by_mail_and_brings_backup_codes(rosa):
    browser = signed_in(rosa)
    page = add_passkey(browser, Authenticator(), name="My phone")
    assert "My phone" in walk.text_of(page)
    assert rosa.backup_codes.count() == policy.BACKUP_CODES
    assert "My phone" in walk.text_of(browser.get("/account/security/"))
    assert [mail.subject for mail in walk.deliver_mail()] == ["A second step was added to your DS Logon account"]
    assert AuditEvent.objects.filter(event="passkey.added", account_id=rosa.pk).count() == 1


@pytest.mark.parametrize("lie", [wrong_site, wrong_scheme, wrong_relying_party])
def test_a_lie_makes_no_passkey(rosa, lie: Callable[[Authenticator], None]):
    device = Authenticator()
    lie(device)
    assert "could not be set up" in walk.text_of(add_passkey(signed_in(rosa), device))
    assert not Passkey.objects.exists()


def test_a_passkey_made_for_a_challenge_of_another_session_is_refused(rosa, grace):
    device = Authenticator()
    made = device.make(options(signed_in(grace), "/account/security/passkey/options/"))
    browser = signed_in(rosa)
    options(browser, "/account/security/passkey/options/")
    assert "could not be set up" in walk.text_of(browser.post("/account/security/passkey/", {"passkey": made}))
    assert not Passkey.objects.exists()


def test_one_key_belongs_to_one_account_only(rosa, grace):
    device = enrolled(rosa)
    assert "could not be set up" in walk.text_of(add_passkey(signed_in(grace), device))
    assert Passkey.objects.get().user == rosa


def test_a_challenge_for_signing_makes_no_passkey(grace):
    browser = signed_in(grace)
    asked = options(browser, "/sign-in/second-factor/options/")
    asked["user"] = {"id": "AAAA"}
    browser.post("/account/security/passkey/", {"passkey": Authenticator().make(asked)})
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        "", "x", "null", "[]", "{}", '"text"', "1e999", "\x00", "[" * 5000, "é" * 9000, "{" * 19_999,
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response":'
        ' {"clientDataJSON": "A", "attestationObject": "é", "authenticatorData": "!", "signature": "AA"}}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response":'
        ' {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "AA", "signature": "AA",'
        ' "userHandle": "é"}}',
        '{"id": "A", "rawId": "A", "type": "public-key", "response":'
        ' {"clientDataJSON": "W10", "attestationObject": "oGNmbXQ", "authenticatorData": "AA", "signature": "AA",'
        ' "userHandle": "A"}}',
    ],
)  # fmt: skip
def test_anything_else_in_place_of_an_answer_is_refused_and_no_error(rosa, grace, client, sent):
    enrolled(grace)
    options(client, "/sign-in/passkey/options/")
    assert client.post("/sign-in/passkey/", {"passkey": sent}).status_code == 200
    half = half_in(grace)
    options(half, "/sign-in/second-factor/options/")
    assert half.post("/sign-in/second-factor/", {"passkey": sent}).status_code == 200
    browser = signed_in(rosa)
    options(browser, "/account/security/passkey/options/")
    assert browser.post("/account/security/passkey/", {"passkey": sent}).status_code == 200
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("uses", [2**31, 2**32 - 1])
def test_a_new_passkey_with_a_count_that_no_column_holds_is_refused_and_no_error(rosa, uses):
    assert "could not be set up" in walk.text_of(add_passkey(signed_in(rosa), Authenticator(uses=uses)))
