"""Refused passwords: each for a reason of its own, which the page tells before the form is sent."""

import re
import threading
from unittest.mock import patch

import pytest
from django.test import Client
from zxcvbn import matching

from accounts.models import Account, Link, RegistrationDraft
from accounts.passwords import validation
from accounts.passwords.validation import Owner
from accounts.recovery import password as recovery
from core import policy
from demo.people import PEOPLE
from tests import people, walk
from tests.accounts.holders import address, holder, proven, registering, signed_in
from tests.tripwire import no_secret_is_written

GOOD = "zebra quartz umbrella 51"
JOSE = Owner("J.Ortega77", "José", "Ann", "O'Hara-Müller", "joe.vet@mail.example")


def test_a_good_password_of_any_kind_passes():
    for password in (
        GOOD,
        "Die Sonne und der Nordwind",
        "пароль на русском",
        "😀🐎🔋📎 x 15 letters",
        "密码很长的一句话没有人猜得到吧",
    ):
        assert validation.problems(password, JOSE) == []


def test_fifteen_to_a_hundred_and_twenty_eight_characters():
    long = (GOOD + " ") * 6
    assert "has 14 characters" in validation.problems(GOOD[:14])[0]
    assert validation.problems("kx9 vq2 wz7 mj4") == []
    assert validation.problems(long[:128]) == []
    assert "too long" in validation.problems(long[:129])[0]
    assert "has 1 character." in validation.problems("a")[0]


def test_an_emoji_is_one_character():
    assert "has 14 characters" in validation.problems("😀🐎🔋📎🎷🧀🦔🪁🌋🛶🧵🪐🍋🦉")[0]


def test_no_ligature_makes_a_short_password_long():
    assert "has 2 characters" in validation.problems("\ufdfa\ufdfa")[0]


def test_a_long_password_of_a_mac_is_as_long_as_elsewhere():
    assert validation.problems("ü".join(GOOD * 4)[:128]) == []
    assert validation.problems("u\u0308".join(GOOD * 2)[:180]) == []


@pytest.mark.parametrize(
    "password",
    [
        "1q2w3e4r5t6y7u8i9o0p",
        "ManchesterUnited",
        "ｍａｎｃｈｅｓｔｅｒｕｎｉｔｅｄ",
        "dragon123chocolate",
        "qwertyuiopasdfghjkl",
    ],
)
def test_a_common_password_is_refused_in_any_case_and_width(password):
    assert validation.problems(password) == ["Many people use this password, or its two parts. Choose another."]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kzqkzqkzqkzqkzqkzq", "repeats the same thing"),
        ("bcdefghijklmnopq", "sequence"),
        ("rtyuiopasdfghjkl;", "keys of a keyboard"),
        ("unbelievable1234", "common words"),
    ],
)
def test_a_password_that_is_easy_to_guess_says_why(password, why):
    said = validation.problems(password)
    assert len(said) == 1
    assert said[0].startswith("This password is easy to guess.")
    assert why in said[0]


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("the jose of my village", "name"),
        ("the JOSÉ of my village", "name"),
        ("the ｊｏｓｅ of my village", "name"),
        ("the J0$3 of my village", "name"),
        ("the ohara of my village", "name"),
        ("the muller of my village", "name"),
        ("a river for ann in may", "name"),
        ("tower j.ortega77 tower", "username"),
        ("tower J Ortega 77 tower", "username"),
        ("violin joe.vet violin x", "email address"),
        ("violin J0E-VET violin x", "email address"),
    ],
)
def test_the_persons_own_words_are_refused_in_whatever_writing(password, kind):
    assert validation.problems(password, JOSE) == [f"Leave your {kind} out of your password."]
    assert validation.problems(password) == []


def test_a_short_name_inside_other_words_is_no_own_word():
    assert validation.problems("planning a channel tunnel", JOSE) == []


@pytest.mark.parametrize("word", policy.SERVICE_WORDS)
def test_the_words_of_the_service_are_refused_by_name(word):
    for written in (word, word.upper(), word.replace("e", "3"), word.replace(" ", "-")):
        said = validation.problems(f"horses like {written} quite well", JOSE)
        assert len(said) == 1
        assert "out of your password. It belongs to this service" in said[0]


def test_every_kind_of_own_word_is_named_and_each_word_once():
    said = validation.problems("jose j.ortega77 joe.vet tricare", JOSE)
    assert said[0] == "Leave your name, username and email address out of your password."
    assert said[1].startswith("Leave “tricare” out")
    assert len(said) == 2
    rosa = Owner("rosa.hid", "Rosa", "", "Hidalgo", "rosa@mail.example")
    assert validation.problems("the rosa of my house", rosa) == ["Leave your name out of your password."]


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("jose loves it", ["has 13 characters", "your name"]),
        ("password", ["has 8 characters", "Many people use"]),
        ("tricare jose", ["has 12 characters", "your name", "“tricare”"]),
        ("jose jose jose jose", ["repeats the same thing", "your name"]),
        ("x" * 129, ["too long", "repeats the same thing"]),
        ("kx9 vq2", ["has 7 characters"]),
        ("qwertyuiopasdfghjkl", ["Many people use"]),
        ("tricare websites", ["“tricare”"]),
    ],
)
def test_all_faults_are_said_at_once_and_none_twice(password, faults):
    said = validation.problems(password, JOSE)
    assert len(said) == len(faults)
    for fault, sentence in zip(faults, said, strict=True):
        assert fault in sentence


def test_what_zxcvbn_would_accept_is_refused_when_the_guesser_knows_the_person():
    password, zofia = "wojciechowska2019", Owner(last_name="Wojciechowska")
    assert validation.easy_to_guess(password, validation.guesses_from(zofia))
    assert not validation.easy_to_guess(password, validation.guesses_from(None))


def test_two_people_at_once_do_not_share_their_words():
    before = {name: len(words) for name, words in matching.RANKED_DICTIONARIES.items()}
    judges = [threading.Thread(target=validation.problems, args=(GOOD, Owner(username=f"user{n}"))) for n in range(4)]
    for judge in judges:
        judge.start()
    for judge in judges:
        judge.join()
    assert {name: len(words) for name, words in matching.RANKED_DICTIONARIES.items()} == before


def test_a_password_full_of_look_alikes_keeps_nobody_busy():
    nasty = "4@8({[<36901!|75$+%2" * 5
    ways = matching.enumerate_l33t_subs(matching.relevant_l33t_subtable(nasty, matching.L33T_TABLE))
    assert len(ways) <= 32
    with patch.object(matching, "omnimatch", side_effect=matching.omnimatch) as judged:
        validation.problems(nasty)
    assert len(judged.call_args_list[0][0][0]) == policy.PASSWORD_JUDGED_LENGTH


# What is told before the form is sent.


@pytest.fixture
def draft(client: Client, db: None) -> RegistrationDraft:
    return proven(client, people.load("rosa"))


def told(client: Client, page: str, password: str, username: str = "") -> list[str]:
    """The sentences that the page's script gets for this password."""
    response = client.post(f"{page}judge/", {"password": password, "username": username})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert not password or password not in response.content.decode()
    return response.json()["problems"]


SEVERAL = ["", "short", GOOD, "x" * 129, "my tricare password", "I am rosa.hid and glad", "qwertyuiopasdfghjkl",
           "the Ｒosa of my house", "NUL\x00 in the middle of it", "aaaaaaaaaaaaaaaaaa", "x" * 10_000]  # fmt: skip


def test_what_is_told_before_is_what_the_form_says(client, draft):
    page = address(draft, "credentials")
    for password in SEVERAL:
        before = told(client, page, password, "rosa.hid")
        if not before:
            continue
        after = client.post(page, {"username": "rosa.hid", "password": password, "password_again": password})
        assert after.context["form"].errors == {"password": [" ".join(before)]}
    assert told(client, page, GOOD) == []


@pytest.mark.django_db
def test_who_changes_the_password_is_told_too():
    client = signed_in(holder(PEOPLE["rosa"], username="rosa.hid"))
    for password in SEVERAL[1:]:
        before = told(client, "/account/security/password/", password)
        if before:
            typed = {"password": password, "password_again": password}
            after = client.post("/account/security/password/", typed)
            assert after.context["form"].errors == {"password": [" ".join(before)]}


@pytest.mark.django_db
def test_who_comes_with_a_link_is_told_too(client):
    holder(PEOPLE["rosa"], username="rosa.hid")
    recovery.send_link("rosa.hid")
    link = re.search(r"/recover/password/[\w-]+/", walk.deliver_mail()[-1].body)
    assert link
    assert told(client, link[0], "the house of rosa") == ["Leave your name out of your password."]
    Link.objects.update(expires_at="2020-01-01T00:00Z")
    assert client.post(f"{link[0]}judge/", {"password": GOOD}).status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "box", "sentence"),
    [
        ("", "", "password", "Choose a password."),
        ("", GOOD, "password", "Choose a password."),
        ("short", "", "password", "Your password has 5 characters."),
        ("short", "shorter", "password", "Your password has 5 characters."),
        (GOOD, "", "password_again", "Enter the password again."),
        (GOOD, f"{GOOD}1", "password_again", "The two passwords are not the same."),
    ],
)
def test_one_password_is_one_error(client, draft, password, again, box, sentence):
    typed = {"username": "rosa.hid", "password": password, "password_again": again}
    page = client.post(address(draft, "credentials"), typed)
    assert list(page.context["form"].errors) == [box]
    assert "There is a problem" in walk.text_of(page)
    assert f'<a href="#id_{box}">{sentence}' in page.content.decode()


def test_only_who_may_set_a_password_is_told_anything(client, draft):
    early = registering(client, people.load("grace"))
    assert client.post(f"{address(early, 'credentials')}judge/", {"password": GOOD}).status_code == 404
    page = f"{address(draft, 'credentials')}judge/"
    assert Client().post(page, {"password": GOOD}).status_code == 404
    assert client.get(page).status_code == 405
    assert Client(enforce_csrf_checks=True).post(page, {"password": GOOD}).status_code == 403
    assert client.post("/account/security/password/judge/", {"password": GOOD}).status_code == 302


def test_after_many_questions_the_site_is_silent_and_the_form_still_works(client, draft, monkeypatch):
    monkeypatch.setattr(policy, "PASSWORD_JUDGEMENTS", policy.Limit("password-judgements", 2, policy.SESSION_IDLE))
    page = address(draft, "credentials")
    for _ in range(2):
        told(client, page, GOOD)
    response = client.post(f"{page}judge/", {"password": GOOD})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert client.post(page, {"username": "rosa.h", "password": GOOD, "password_again": GOOD}).status_code == 302


def test_no_password_is_written_down_on_its_way(client, draft):
    refused = "qwertyuiopasdfghjkl"
    with no_secret_is_written([GOOD, refused]):
        told(client, address(draft, "credentials"), refused)
        told(client, address(draft, "credentials"), GOOD)
        typed = {"username": "rosa.h", "password": GOOD, "password_again": GOOD}
        assert client.post(address(draft, "credentials"), typed).status_code == 302
    draft.refresh_from_db()
    assert GOOD not in str(draft.__dict__)
    assert GOOD not in Account.objects.get().password


def test_a_password_manager_finds_its_way(client, draft):
    page = client.get(address(draft, "credentials")).content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert page.count('autocomplete="username"') == 1
    box = re.search(r'<input[^>]*id="id_password"[^>]*>', page)
    assert box
    assert f'minlength="{policy.PASSWORD_MIN_LENGTH}"' in box[0]
    assert "maxlength" not in box[0]  # it would cut a pasted password short without a word
    walk.agree(client)
    assert 'autocomplete="current-password"' in client.get("/sign-in/").content.decode()


@pytest.mark.django_db
def test_a_password_manager_is_led_to_the_page_for_changing_it(client):
    assert client.get("/.well-known/change-password")["Location"] == "/account/security/password/"
    page = signed_in(holder(PEOPLE["rosa"])).get("/account/security/password/").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="new-password"' in page
    assert page.count('autocomplete="new-password"') == 2
