"""Lists of the desk go on from a row: each row comes once, nothing is counted, and the way back leads to the same."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from idproofing.models import Proofing
from service_center.audit_viewer.admin import AuditEventAdmin
from service_center.paging import PagedList
from tests.accounts.holders import signed_in, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/idproofing/proofing/"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
ROWS = 60
"""Two whole pages and a part of one. Always three rows have changed at the same moment."""


@pytest.fixture
def agent(db: None) -> Client:
    Proofing.objects.bulk_create(
        Proofing(dod_id=f"{8_000_000_000 + number}", level=1, changed_at=NOON - timedelta(minutes=number // 3))
        for number in range(ROWS)
    )
    return signed_in(staff("Service center agent"))


def page_at(browser: Client, address: str) -> PagedList:
    response = browser.get(LIST + address)
    assert response.status_code == 200
    return response.context["cl"]


def keys(page: PagedList) -> list[int]:
    return [row.pk for row in page.result_list]


def test_the_way_through_a_list_and_back_shows_every_row_once_and_in_order(agent):
    pages, address = [], "?"
    while address:
        pages.append(page_at(agent, address))
        address = pages[-1].next
    expected = list(Proofing.objects.order_by("-changed_at", "-pk").values_list("pk", flat=True))
    assert [len(keys(page)) for page in pages] == [25, 25, 10]
    assert [key for page in pages for key in keys(page)] == expected
    back = page_at(agent, pages[2].previous)
    assert keys(back) == keys(pages[1])
    first = page_at(agent, back.previous)
    assert keys(first) == keys(pages[0])
    assert first.previous == ""
    assert keys(page_at(agent, first.next)) == keys(pages[1])


def test_no_page_counts_the_rows_and_the_last_costs_as_much_as_the_first(agent):
    costs = []
    for address in ("?", page_at(agent, page_at(agent, "?").next).next):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page_at(agent, address)
        said = [query["sql"] for query in asked.captured_queries]
        assert not [sql for sql in said if re.search(r"COUNT\(| OFFSET ", sql)]
        costs.append(len(said))
    assert costs[1] <= costs[0] + 1  # the row to go on from


def test_a_filter_goes_along_and_begins_at_the_first_page(agent):
    second = page_at(agent, page_at(agent, "?level__exact=1").next)
    assert "level__exact=1" in second.next
    assert "after=" not in second.get_query_string({"level__exact": "2"})


@pytest.mark.parametrize("address", ["?after=x", "?after=", "?before=99999999", "?after=1e9", "?p=7", "?o=1", "?all="])
def test_a_row_that_is_not_there_leads_to_the_first_page(agent, address):
    assert keys(page_at(agent, address)) == keys(page_at(agent, "?"))


def test_every_list_of_the_desk_is_such_a_list_or_has_pages_of_its_own():
    request = RequestFactory().get("/admin/")
    for shown in admin.site._registry.values():
        lists = shown.get_changelist(request)
        assert issubclass(lists, PagedList) or type(shown) is AuditEventAdmin, shown
        assert lists is not ChangeList
        assert not shown.show_full_result_count
        assert not shown.date_hierarchy
