"""The bench's own parts work, and the pages keep to the queries and commits that it sets as goals."""

import pytest

from bench import counts, pages, people
from dslogon.demo.people import PEOPLE
from dslogon.demo.population import load

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("bench.urls")]


@pytest.fixture
def compared() -> dict[str, pages.Comparison]:
    """The comparisons over Grace and one account to sign in to."""
    load(PEOPLE["grace"])
    people.basic_account(0).save()
    all_four = pages.comparisons(1, people.begun_registration(), people.graces_session(), allauth_session="")
    return {each.key: each for each in all_four}


def test_the_pages_keep_to_the_queries_and_commits_that_are_their_goals(
    compared: dict[str, pages.Comparison],
) -> None:
    for each in compared.values():
        counted = counts.counted(each.page)
        assert each.queries_at_most is not None
        assert counted.queries <= each.queries_at_most, each.key
        assert each.commits in (None, counted.commits), each.key


def test_an_empty_view_behind_all_of_the_middleware_asks_the_database_nothing() -> None:
    assert counts.counted(pages.EMPTY) == counts.Counted(queries=0, commits=0)


def test_one_verified_password_asks_the_database_nothing() -> None:
    page = pages.Page("one hash", "/bench/one-hash/", form=pages.posted(iter(["anybody"] * counts.TIMES)))
    assert counts.counted(page).queries == 0
