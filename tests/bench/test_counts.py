"""The bench's own parts work, and the pages keep to the queries and commits that it sets as goals."""

import re
from ipaddress import ip_network
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from bench import counts, pages, people, plans
from demo.people import PEOPLE
from demo.population import load
from tests.hashing import FastHasher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("bench.urls")]

HOLDERS = 10


@pytest.fixture
def compared(settings: Any) -> dict[str, pages.Comparison]:
    """The comparisons over Grace, one account without a second factor, and some with an authenticator."""
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    load(PEOPLE["grace"])
    people.basic_account(0).save()
    people.add_holders(connection.connection, range(HOLDERS))
    draft, session = people.begun_registration(), people.graces_session()
    compared = pages.comparisons(1, HOLDERS, draft, session, allauth="", team=people.graces_care_team())
    return {each.key: each for each in compared}


def test_the_pages_keep_to_the_queries_and_commits_that_are_their_goals(
    compared: dict[str, pages.Comparison],
) -> None:
    for each in compared.values():
        if each.queries_at_most is not None:
            counted = counts.counted(each.page)
            assert counted.queries <= each.queries_at_most, each.key
            assert each.commits in (None, counted.commits), each.key
            assert each.saves in (None, counted.saves), each.key


def test_a_wrong_password_costs_the_same_for_a_known_name_and_for_one_that_nobody_has(
    compared: dict[str, pages.Comparison],
) -> None:
    known, unknown = (work_of(page) for page in (compared["sign-in-wrong"].page, compared["sign-in-wrong"].measure))
    assert known == unknown
    assert known[1] == 1


def work_of(page: pages.Page) -> tuple[list[str], int]:
    """What a page does with which table, statement by statement, and how many hashes it makes."""
    with mock.patch.object(FastHasher, "encode", autospec=True, side_effect=FastHasher.encode) as encode:
        asked = counts.statements(page)
    return [
        " ".join(re.findall(r'^\w+|"accounts_\w+"|safeguards_\w+', statement)) for statement in asked
    ], encode.call_count


def test_a_whole_sign_in_finds_its_rows_by_indexes_however_many_accounts_there_are() -> None:
    connection.ensure_connection()
    people.add_holders(connection.connection, range(1000))
    asked = counts.statements(pages.with_factor(people.holders(1000)))
    with connection.cursor() as cursor:
        found = plans.found(asked, lambda explain: cursor.execute(explain).fetchone()[0])
    assert found.whole_tables == []
    assert "account_username_once" in found.indexes


def test_an_empty_view_behind_all_of_the_middleware_asks_the_database_nothing() -> None:
    assert counts.counted(pages.EMPTY) == counts.Counted(queries=0, commits=0)


def test_one_verified_password_asks_the_database_nothing() -> None:
    page = pages.Page("one hash", "/bench/one-hash/", form=pages.posted(iter(["anybody"] * counts.TIMES)))
    assert counts.counted(page).queries == 0
