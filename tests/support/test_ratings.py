"""Was this helpful? One answer of a browser a day, with a reason, and without a name."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import policy
from safeguards.models import AuditEvent
from support import articles, ratings
from support.models import Rating, Reason
from tests.parallel import in_parallel
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

ARTICLE = "levels"
RATE = f"/support/articles/{ARTICLE}/helpful/"


def say(client: Client, **answer: str) -> Any:
    client.get(reverse("help-article", args=[ARTICLE]))  # which gives the browser its cookie
    return client.post(RATE, answer)


def test_a_reader_says_that_it_helped(client: Client) -> None:
    answer = say(client, helpful="yes")
    assert answer["Location"] == f"{RATE}?said=yes"
    assert "Thank you" in client.get(answer["Location"]).content.decode()
    row = Rating.objects.get()
    assert (row.article, row.helpful, row.reason, row.remark) == (ARTICLE, True, "", None)


def test_a_reader_says_that_it_did_not_help_and_then_why(client: Client) -> None:
    answer = say(client, helpful="no")
    assert "Tell us what was wrong" in client.get(answer["Location"]).content.decode()
    assert Rating.objects.get().helpful is False
    say(client, reason="unclear", remark="What is a level?")
    row = Rating.objects.get()
    assert (row.helpful, row.reason, row.remark) == (False, Reason.UNCLEAR, "What is a level?")


def test_an_address_that_says_something_odd_asks_for_an_opinion(client: Client) -> None:
    page = client.get(RATE, {"said": "\U000e68cc"})
    assert page.status_code == 200
    assert "Your opinion on an article" in page.content.decode()


def test_the_last_answer_of_a_browser_on_a_day_counts(client: Client) -> None:
    say(client, helpful="no")
    say(client, helpful="yes")
    assert [row.helpful for row in Rating.objects.all()] == [True]
    say(Client(), helpful="no")
    assert Rating.objects.count() == 2


def test_on_another_day_and_about_another_article_a_browser_counts_again() -> None:
    first, second = articles.all_articles()["levels"], articles.all_articles()["refills"]
    for article, day in ((first, 1), (first, 2), (second, 1), (first, 1)):
        ratings.rate_article(article, browser="secret", helpful=True, today=date(2026, 3, day))
    assert Rating.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_thirty_clicks_at_once_count_once() -> None:
    article = articles.all_articles()[ARTICLE]
    in_parallel(lambda number: ratings.rate_article(article, browser="secret", helpful=number % 2 == 0))
    assert Rating.objects.count() == 1


def test_a_remark_is_sealed_and_neither_it_nor_the_browser_reaches_logs_or_audit(client: Client) -> None:
    with no_secret_is_written(["Marchetti"]):
        say(client, reason="other", remark="I am Opal Marchetti.")
    row: Any = Rating.objects.values().get()
    assert b"Marchetti" not in bytes(row["remark"])
    assert client.cookies["csrftoken"].value not in str(row)
    event = AuditEvent.objects.get(event="support.article-rated")
    assert event.details == {"article": ARTICLE, "helpful": False}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({}, "Choose yes or no."),
        ({"helpful": "maybe"}, "Choose yes or no."),
        ({"reason": "", "remark": "Kept words"}, "Choose what was wrong."),
        ({"reason": "weather", "remark": "Kept words"}, "Choose what was wrong from the list."),
        ({"reason": "other", "remark": "Kept words 900-12-3456"}, "looks like a Social Security number"),
        ({"reason": "other", "remark": "Kept words" * 200}, "Shorten this to 1000 characters. It has 2000."),
    ],
)
def test_bad_input_is_explained_and_what_was_typed_is_kept(
    client: Client, answer: dict[str, str], sentence: str
) -> None:
    page = say(client, **answer).content.decode()
    assert sentence in page
    assert "remark" not in answer or "Kept words" in page
    assert not Rating.objects.exists()


def test_too_many_opinions_have_to_wait(client: Client) -> None:
    for _ in range(policy.HELP_RATINGS_PER_ADDRESS.times):
        assert say(client, helpful="yes").status_code == 302
    answer = say(client, reason="other", remark="Kept words")
    assert answer.status_code == 429
    assert "There were many opinions from your network." in answer.content.decode()
    assert "Kept words" in answer.content.decode()
