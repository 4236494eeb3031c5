"""Choosing a username and a password: each rule has its own sentence, and nothing secret is shown again."""

import re

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client

from accounts.models import Account, RegistrationDraft
from demo.people import PEOPLE
from tests import people, walk
from tests.accounts.holders import address, give_password, holder, proven, signed_in

pytestmark = pytest.mark.django_db

LONG = "correct horse battery staple"


@pytest.fixture
def draft(client: Client) -> RegistrationDraft:
    return proven(client, people.load("rosa"))


def choose(client: Client, draft: RegistrationDraft, username: str, password: str, again: str | None = None) -> str:
    """What the page says; "opened" if the account is open."""
    typed = {"username": username, "password": password, "password_again": password if again is None else again}
    response = client.post(address(draft, "credentials"), typed)
    if response.status_code == 302:
        return "opened"
    page = response.content.decode()
    assert not password or password not in page
    return walk.text_of(response)


USERNAMES = {
    "": "Choose a username.",
    "five5": "use at least 6 characters.",
    "x" * 21: "use at most 20 characters.",
    "x" * 10_000: "use at most 20 characters.",
    "has blank": "Use only letters A to Z, digits, dots, dashes and underscores.",
    "josé.garcía": "Use only letters A to Z, digits, dots, dashes and underscores.",
    "аdmin.one": "Use only letters A to Z, digits, dots, dashes and underscores.",
    "a@mail.example": "Use only letters A to Z, digits, dots, dashes and underscores.",
    "rosa\u200bh1": "Use only letters A to Z, digits, dots, dashes and underscores.",
    "rosa.h\x00": "Null characters are not allowed.",
}


@pytest.mark.parametrize(("username", "sentence"), USERNAMES.items(), ids=[name[:12] for name in USERNAMES])
def test_a_username_that_will_not_do_says_why(client, draft, username, sentence):
    assert sentence in choose(client, draft, username, LONG)
    assert not Account.objects.exists()


PASSWORDS = {
    "": "Choose a password.",
    "fourteen chars": "Your password has 14 characters. Use at least 15 characters.",
    "xy" * 65: "Use at most 128 characters.",
    "xy" * 5_000: "Use at most 128 characters.",
    "my tricare password": "Leave “tricare” out of your password.",
    "I am rosa.hid and glad": "Leave your name and username out of your password.",
    "NUL\x00 in the middle of it": "Null characters are not allowed.",
}


@pytest.mark.parametrize(("password", "sentence"), PASSWORDS.items(), ids=[name[:14] for name in PASSWORDS])
def test_a_password_that_will_not_do_says_why(client, draft, password, sentence):
    assert sentence in choose(client, draft, "rosa.hid", password)
    assert not Account.objects.exists()


def test_a_password_may_not_hold_the_persons_own_names_or_email(client, draft):
    rosa = PEOPLE["rosa"]
    kinds = {rosa.name.last: "name", rosa.email: "email address", rosa.email.split("@")[0].upper(): "email address"}
    for word, kind in kinds.items():
        page = choose(client, draft, "somebody.else", f"the {word} of my house")
        found = re.search(r"Leave your ([\w ]+) out of your password\.", page)
        assert found
        assert kind in found[1]


def test_a_common_password_is_refused(client, draft):
    assert "Many people use this password" in choose(client, draft, "rosa.h", "1q2w3e4r5t6y7u8i9o0p")


@pytest.mark.parametrize(
    "password", ["passwordpassword", "a" * 20, "123456789012345678", "Abcdefghijklmnop", "987654321" * 2]
)
def test_a_short_password_made_long_is_refused(client, draft, password):
    page = choose(client, draft, "rosa.h", password)
    assert "Many people use this password" in page or "This password is easy to guess." in page


def test_two_different_passwords_are_refused_beside_the_second(client, draft):
    assert "The two passwords are not the same." in choose(client, draft, "rosa.h", LONG, LONG + "!")


@pytest.mark.parametrize(
    "password",
    [
        "  blanks at both ends  ",
        "пароль на русском языке",
        "😀🐎🔋📎 x 15 letters",
        "Die Sonne und der Nordwind stritten, wer der Stärkere sei.",
    ],
)
def test_any_letters_may_be_in_a_password_and_none_are_taken_away(client, draft, password):
    assert choose(client, draft, "rosa.h", password) == "opened"
    assert check_password(password, Account.objects.get().password)
    assert not check_password(password.strip() + "x", Account.objects.get().password)


@pytest.mark.parametrize("typed", ["rosa.taken", "ROSA.TAKEN", "Rosa.Taken"])
def test_a_taken_username_is_refused_whatever_its_case(client, draft, typed):
    holder(PEOPLE["grace"], username="Rosa.Taken")
    assert "This username is taken. Choose another." in choose(client, draft, typed, LONG)


def test_the_username_is_kept_and_the_password_is_not(client, draft):
    page = client.post(
        address(draft, "credentials"),
        {"username": "rosa.kept", "password": "Kurz und gut", "password_again": "Kurz und gut"},
    ).content.decode()
    assert 'value="rosa.kept"' in page
    assert "Kurz" not in page


def test_the_hash_is_kept_and_never_the_password(client, draft):
    choose(client, draft, "rosa.h", LONG)
    account = Account.objects.get()
    assert LONG not in account.password
    assert check_password(LONG, account.password)


def test_a_premium_registration_keeps_only_the_hash_while_the_factor_is_owed(client):
    draft = proven(client, people.load("rosa"), level=2)
    assert choose(client, draft, "rosa.h", LONG) == "opened"
    assert not Account.objects.exists()
    draft.refresh_from_db()
    assert LONG not in draft.password_hash
    page = client.get(address(draft, "credentials")).content.decode()
    assert 'value="rosa.h"' in page
    assert draft.password_hash not in page


def change(client: Client, new: str) -> str:
    response = client.post("/account/security/password/", {"password": new, "password_again": new})
    return "changed" if response.status_code == 302 else walk.text_of(response)


def test_a_new_password_ends_the_other_sessions_and_not_this_one():
    account = holder(PEOPLE["rosa"])
    here, elsewhere = signed_in(account), signed_in(account)
    key = here.session.session_key
    assert change(here, LONG) == "changed"
    assert account.sessions.count() == 1
    assert here.get("/account/").status_code == 200
    assert here.session.session_key != key
    assert elsewhere.get("/account/").status_code == 302


def test_a_username_of_digits_shares_no_counter_with_an_account_number():
    account, other = holder(PEOPLE["rosa"]), holder(PEOPLE["grace"])
    Account.objects.filter(pk=other.pk).update(username=str(account.pk).rjust(6, "0"))
    Account.objects.filter(pk=account.pk).update(username="rosa.same")
    here = signed_in(Account.objects.get(pk=account.pk))
    for _ in range(5):
        give_password(Client(), str(account.pk), "a guess at something")
    assert here.post("/sign-in/again/", {"password": walk.PASSWORD}).status_code == 302


def test_the_person_hears_of_a_new_password():
    account = holder(PEOPLE["rosa"])
    change(signed_in(account), LONG)
    assert [message.subject for message in walk.deliver_mail()] == ["Your DS Logon password was changed"]
