"""Notices to everybody: shown while they last and where they belong, and never the reason why a page fails."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from core import policy
from safeguards.models import AuditEvent
from support import dated_notices
from support.models import DatedNotice
from tests import walk
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def published(title: str = "DEERS is down on Sunday", **changed: Any) -> DatedNotice:
    now = timezone.now()
    lasts = {"begins_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    notice = DatedNotice(**{"kind": "outage", "title": title, "text": "From **2 a.m.** on.", **lasts, **changed})
    dated_notices.publish_notice(notice, by="system")
    dated_notices.forget_notices()
    return notice


def shown(client: Client, address: str) -> bool:
    walk.agree(client)
    return "DEERS is down on Sunday" in client.get(address).content.decode()


def test_a_notice_is_shown_where_it_belongs(client: Client) -> None:
    notice = published(on_help=True, on_home=False, on_sign_in=False)
    assert [shown(client, page) for page in ("/support/", "/support/articles/levels/", "/", "/sign-in/")] == [
        True, True, False, False,
    ]  # fmt: skip
    dated_notices.withdraw_notice(notice, by="system", reason="over")
    published(on_help=False, on_home=True, on_sign_in=True)
    assert [shown(client, page) for page in ("/support/", "/", "/sign-in/")] == [False, True, True]


@pytest.mark.parametrize(("begins", "ends"), [(1, 2), (-2, -1)])
def test_a_notice_is_not_shown_before_or_after_its_time(client: Client, begins: int, ends: int) -> None:
    now = timezone.now()
    published(begins_at=now + timedelta(hours=begins), ends_at=now + timedelta(hours=ends))
    assert not shown(client, "/support/")


def test_what_does_not_work_comes_first_and_only_a_few_are_shown() -> None:
    published("A change", kind="change")
    for number in range(policy.DATED_NOTICES_SHOWN):
        published(f"Outage {number}")
    kinds = [notice.kind for notice in dated_notices.current_notices("help")]
    assert kinds == ["outage"] * policy.DATED_NOTICES_SHOWN


def test_markup_in_a_notice_is_shown_not_obeyed(client: Client) -> None:
    published(text="<script>alert(1)</script> [x](javascript:alert(1))")
    html = client.get("/support/").content.decode()
    assert "<script>alert(1)" not in html
    assert 'href="javascript' not in html


def test_a_process_asks_the_database_only_now_and_then(django_assert_num_queries: Any) -> None:
    published()
    with django_assert_num_queries(1):
        assert dated_notices.current_notices("help")
        assert dated_notices.current_notices("home") == []


def test_without_the_database_the_page_shows_what_was_read_last(client: Client) -> None:
    dated_notices.forget_notices()
    with mock.patch.object(DatedNotice.objects, "filter", side_effect=OperationalError("gone")):
        assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_thirty_who_withdraw_it_at_once_withdraw_it_once() -> None:
    notice = published()
    done = in_parallel(lambda number: dated_notices.withdraw_notice(notice, by="system", reason="over"))
    assert sum(done) == 1
    assert AuditEvent.objects.filter(event="support.notice-withdrawn").count() == 1
