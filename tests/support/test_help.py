"""The help center: topics, articles and help codes, open to everyone and made without the database."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from core import center
from core.help_codes import BY_CODE, MAILS, PAGES
from support import articles, guides, help_views

ROOT = Path(settings.BASE_DIR)
SLUGS = sorted(articles.all_articles())
TAG = re.compile(r'{% help_code "([\w-]+)" %}')


def page(client: Client, slug: str, **query: str) -> str:
    answer = client.get(reverse("help-article", args=[slug]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_visitor_finds_every_article_and_guide_and_how_to_call(client: Client) -> None:
    html = client.get(reverse("support")).content.decode()
    assert center.PHONE in html
    assert center.TTY in html
    assert reverse("contact") in html
    for slug in guides.GUIDES:
        assert reverse("guide", args=[slug]) in html
        assert reverse("guide-pdf", args=[slug]) in html
    for slug in SLUGS:
        assert f'href="{reverse("help-article", args=[slug])}"' in html
    assert len(SLUGS) >= 25


def test_what_people_look_for_most_comes_in_its_order(client: Client) -> None:
    places = [article.popular for article in articles.popular_articles()]
    assert places == list(range(1, len(places) + 1))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_visitor_reads_an_article(client: Client, slug: str) -> None:
    html = page(client, slug)
    article = articles.all_articles()[slug]
    assert f"<h1>{article.title}</h1>" in html
    for section in articles.article_html(article)[1]:
        assert html.count(f'id="{section.id}"') == 1
    for related in article.related:
        assert reverse("help-article", args=[related]) in html


def test_an_article_says_what_the_policy_says(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.policy.QUIZ_ATTEMPTS", 7)
    assert "You have 7 attempts" in page(client, "identity-questions")


def test_an_article_that_does_not_exist_is_not_found(client: Client) -> None:
    for address in ("/support/articles/travel/", "/support/articles/travel/helpful/", "/support/articles/levels.md/"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("code", BY_CODE)
def test_each_code_leads_to_its_article(client: Client, code: str) -> None:
    answer = client.get(BY_CODE[code].address, follow=True)
    assert answer.status_code == 200
    assert BY_CODE[code].address == reverse("help-code", args=[code])
    assert f"<strong>{code}</strong> is the code of" in answer.content.decode()


@pytest.mark.parametrize("typed", ["H-12", "h12", " h 12 ", "H\u201112", "Ｈ-12"])
def test_a_code_is_found_however_it_is_typed(client: Client, typed: str) -> None:
    answer = client.get(reverse("support"), {"q": typed}, follow=True)
    assert answer.redirect_chain[-1][0] == "/support/articles/error-pages/?code=H-12"


@pytest.mark.django_db
def test_a_code_that_we_do_not_have_gets_a_clear_answer(client: Client) -> None:
    answer = client.get("/support/code/H-999/")
    assert answer.status_code == 404
    assert "We do not know the code H-999" in answer.content.decode()
    assert client.get("/support/code/%3Cb%3E/").content.decode().count("<b>") == 0


def test_each_error_page_carries_a_code_and_each_code_of_a_page_is_carried() -> None:
    texts = {file: file.read_text() for file in sorted((ROOT / "templates").rglob("*.html"))}
    assert [file.name for file, text in texts.items() if file.parent.name == "errors" and not TAG.search(text)] == []
    carried = [code for text in texts.values() for code in TAG.findall(text)]
    assert sorted(carried) == sorted(PAGES)


def test_each_mail_has_a_code_of_its_own() -> None:
    """An email lies in a mailbox for longer than its template is used, so there may be more codes."""
    kinds = {file.stem for file in (ROOT / "templates/mail").glob("*.md") if file.read_text().startswith("# ")}
    assert kinds - set(MAILS) == set()
    assert len(BY_CODE) == len(PAGES) + len(MAILS)


def test_a_way_to_us_is_shown_only_where_its_page_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(help_views, "WAYS_TO_US", (("contact", "Write", ""), ("no-such-page", "Send a pigeon", "")))
    html = client.get(reverse("support")).content.decode()
    assert "Write</a>" in html
    assert "pigeon" not in html


def test_the_telephone_numbers_are_invented() -> None:
    for number in (center.PHONE, center.TTY, center.FROM_ABROAD):
        assert re.search(r"-555-01\d\d$", number)
