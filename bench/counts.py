"""How often a page queries PostgreSQL, and how often it makes PostgreSQL write to the disk and wait."""

from dataclasses import dataclass

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.pages import Page

TIMES = 3
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK")
OWN = 3
"""Transactions between two readings of the count that come from the reading itself."""


@dataclass(frozen=True, order=True)
class Counted:
    """Statements without BEGIN and COMMIT, and transactions as PostgreSQL counts them, including read-only ones.

    `saves` are those that we began ourselves, to write something. For each, the server waits for the disk.
    """

    queries: int
    commits: int
    saves: int = 0


def counted(page: Page) -> Counted:
    """Return the lowest counts of a few runs.

    A vacuum of the server's own would count as well, and the first run warms caches.
    """
    return min(counted_once(page) for _ in range(TIMES))


def counted_once(page: Page) -> Counted:
    """Return the counts of one run."""
    before = commits()
    asked, saves = statements_and_saves(page)
    return Counted(len(asked), commits() - before - OWN, saves)


def statements(page: Page) -> list[str]:
    """Return the SQL statements of the page and of all pages that follow it."""
    return statements_and_saves(page)[0]


def statements_and_saves(page: Page) -> tuple[list[str], int]:
    """Return the SQL statements of the page and of all pages that follow it, and how many transactions were begun."""
    browser = Client()
    browser.cookies.load(page.cookies)
    with CaptureQueriesContext(connection) as captured:
        for each in (page, *page.then):
            if each.form:
                response = browser.post(each.path, next(each.form), headers=each.headers())
            else:
                response = browser.get(each.path, headers=each.headers())
            assert response.status_code == each.status, f"{each.path} answered {response.status_code}."
    made = [query["sql"] for query in captured.captured_queries]
    return [statement for statement in made if statement not in CONTROL], made.count("COMMIT")


def commits() -> int:
    """Return how many transactions this database has committed, including this connection's latest one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]
