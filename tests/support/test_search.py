"""Searching the help: by the words that people use, mistyped or not, and by nothing at all."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import policy
from support import articles, dated_notices
from support.index import fill_index
from support.models import HelpWord, IndexedPage
from support.search import marked, search_help
from tests import people
from tests.accounts.holders import holder, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _index(db: None) -> None:
    fill_index()


def found(client: Client, text: str) -> str:
    answer = client.get(reverse("support"), {"q": text})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("lost my phone", "lost-phone"),
        ("forgot password", "i-cannot-sign-in"),
        ("password requirements", "choose-a-good-password"),
        ("change address", "correct-your-deers-record"),
        ("milConnect", "correct-your-deers-record"),
        ("RAPIDS", "correct-your-deers-record"),
        ("refilling prescriptions", "refills"),
        ("child's record", "parents-and-children"),
        ("phishing", "false-emails-and-calls"),
        ("power of attorney", "act-for-a-patient"),
        ("covid card", "vaccine-card"),
        ("pasword rules", "choose-a-good-password"),
        ("autenticator", "set-up-a-second-step"),
        ("imunization", "vaccine-card"),
        ("apointment", "appointments"),
        ("refil", "refills"),
    ],
)
def test_people_find_what_they_look_for_among_the_first(typed: str, slug: str) -> None:
    addresses = [result.address for result in search_help(typed).found]
    assert reverse("help-article", args=[slug]) in addresses[:3], addresses


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("registration guide create account", "registration"),
        ("how to use a second step", "second-step"),
        ("share a health record with family", "family"),
        ("how to use your health record", "record"),
    ],
)
def test_a_guide_is_found_too(client: Client, typed: str, slug: str) -> None:
    assert f"/support/guides/{slug}/" in found(client, typed)


def test_what_was_searched_in_place_of_a_mistyped_word_is_said(client: Client) -> None:
    page = found(client, "pasword")
    assert "We searched for <strong>password</strong>." in page
    assert "<mark>" in page
    assert "We searched for" not in found(client, "passwords")


def test_if_no_article_has_all_words_those_with_some_are_shown(client: Client) -> None:
    assert "No article has all of your words." in found(client, "passkey qqqqq")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("qqqqq zzzzz", "No article has these words."),
        ("the", "No article has these words."),
        ("*", "There is no word in what you typed."),
        ("%_' OR 1=1 --", "No article has these words."),
        ("\x00", "There is no word in what you typed."),
        ("12345", "There is no word in what you typed."),
        ("&|!():*<->", "There is no word in what you typed."),
        ("\u202egnitirw", "No article has these words."),
    ],
)
def test_searching_for_what_finds_nothing_gets_a_clear_answer(client: Client, typed: str, said: str) -> None:
    page = found(client, typed)
    assert said in page
    assert "Common questions" in page


@pytest.mark.parametrize("typed", ["", "   "])
def test_searching_for_nothing_asks_for_words(client: Client, typed: str) -> None:
    assert "Type what you need help with, then search." in found(client, typed)


def test_a_NUL_among_words_does_not_hide_them(client: Client) -> None:
    assert "/support/articles/lost-phone/" in found(client, "lost\x00phone")


def test_ten_thousand_signs_are_cut_and_it_is_said(client: Client) -> None:
    page = found(client, "password " * 1_200)
    assert f'maxlength="{policy.HELP_SEARCH_MAX}"' in page  # or a browser's address would be too long for the server
    assert "That was a long text." in page
    assert "/support/articles/choose-a-good-password/" in page
    assert "That was a long text." in found(client, " ".join(f"word{letter}" for letter in "abcdefghijklmnopq"))


def test_markup_in_a_search_is_shown_not_obeyed(client: Client) -> None:
    page = found(client, '<script>alert("password")</script>')
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_an_excerpt_is_escaped_but_for_its_marks() -> None:
    assert marked("a < b & \ue000c\ue001") == "a &lt; b &amp; <mark>c</mark>"


def test_each_page_of_the_help_asks_the_database_at_most_four_times(client: Client) -> None:
    static = [
        reverse("support"),
        "/support/articles/levels/",
        "/support/code/H-12/",
        "/support/articles/levels/helpful/",
    ]
    for address, most in [*((one, 0) for one in static), ("/support/?q=autenticator+lost", 2), ("/support/?q=zzz", 2)]:
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        assert len(asked) <= most, address


def test_the_index_is_written_only_when_a_text_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert fill_index() == 0
    assert not [one for one in asked.captured_queries if one["sql"].startswith(("INSERT", "DELETE", "UPDATE"))]
    monkeypatch.setattr(policy, "QUIZ_ATTEMPTS", 7)
    assert fill_index() >= 1
    assert "You have 7 attempts" in IndexedPage.objects.get(place="article/identity-questions").body


def test_what_is_gone_is_found_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {slug: one for slug, one in articles.all_articles().items() if slug != "refills"}
    monkeypatch.setattr(articles, "all_articles", lambda: fewer)
    call_command("fill_help_index", verbosity=0)
    assert not IndexedPage.objects.filter(place="article/refills").exists()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (lambda: IndexedPage.objects.extra(where=["vector @@ plainto_tsquery('english', 'password')"]), "help_vector"),
        (lambda: HelpWord.objects.extra(where=["word %% 'pasword'"]), "help_word_trigrams"),
    ],
)
def test_the_indexes_can_answer_the_search(query: Any, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in query().explain()


def test_for_somebody_signed_in_each_page_asks_the_database_at_most_four_times() -> None:
    """Two of them find out who it is."""
    client = signed_in(holder(people.load("rosa")))
    dated_notices.forget_notices()
    client.get("/support/")  # which reads the notices to everybody
    for address, most in (("/support/", 2), ("/support/articles/levels/", 2), ("/support/?q=autenticator+lost", 4)):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        assert len(asked) <= most, [one["sql"][:80] for one in asked]
