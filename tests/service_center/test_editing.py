"""The editors' desk: publishing, replacing and withdrawing notices, and what people say about articles."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import policy
from safeguards.models import AuditEvent
from service_center.article_figures import helpfulness_by_article
from support import dated_notices
from support.models import DatedNotice, Rating
from tests.accounts.holders import signed_in, staff

pytestmark = pytest.mark.django_db

PUBLISH = "/admin/support/datednotice/publish/"


@pytest.fixture
def editor(db: None) -> Client:
    return signed_in(staff("Editor"))


def at(**later: int) -> str:
    return f"{timezone.localtime() + timedelta(**later):%Y-%m-%dT%H:%M}"


def told(**changed: Any) -> dict[str, Any]:
    words = {"kind": "outage", "title": "DEERS is down on Sunday", "text": "See [the help](/support/)."}
    return {**words, "begins_at": at(hours=-1), "ends_at": at(hours=5), "places": ["on_help", "on_home"], **changed}


def test_an_editor_publishes_a_notice_that_everybody_reads(editor: Client) -> None:
    answer = editor.post(PUBLISH, told())
    notice = DatedNotice.objects.get()
    assert answer["Location"] == f"/admin/support/datednotice/{notice.pk}/change/"
    assert (notice.on_help, notice.on_home, notice.on_sign_in) == (True, True, False)
    event = AuditEvent.objects.get(event="support.notice-published")
    assert event.details == {"kind": "outage", "notice": str(notice.pk)}
    assert "Shown" in editor.get(answer["Location"]).content.decode()
    dated_notices.forget_notices()
    assert "DEERS is down on Sunday" in Client().get("/").content.decode()


def test_an_editor_looks_at_it_before_it_is_published(editor: Client) -> None:
    page = editor.post(PUBLISH, told(look="1", text="It is **down**.")).content.decode()
    assert "This is what people will read" in page
    assert "<strong>down</strong>" in page
    assert not DatedNotice.objects.exists()


def test_a_notice_that_replaces_another_withdraws_it(editor: Client) -> None:
    editor.post(PUBLISH, told())
    before = DatedNotice.objects.get()
    page = f"{PUBLISH}?notice={before.pk}"
    assert 'value="DEERS is down on Sunday"' in editor.get(page).content.decode()
    editor.post(page, told(title="DEERS is down on Monday"))
    shown = DatedNotice.objects.filter(withdrawn_at=None)
    assert [notice.title for notice in shown] == ["DEERS is down on Monday"]


def test_an_editor_withdraws_a_notice_with_a_reason(editor: Client) -> None:
    editor.post(PUBLISH, told())
    row = f"/admin/support/datednotice/{DatedNotice.objects.get().pk}"
    assert "Choose why." in editor.post(f"{row}/withdraw/", {}).content.decode()
    editor.post(f"{row}/withdraw/", {"reason": "over"})
    assert DatedNotice.objects.get().withdrawn_at
    assert AuditEvent.objects.get(event="support.notice-withdrawn").details["reason"] == "over"
    editor.post(f"{row}/withdraw/", {"reason": "over"})
    assert AuditEvent.objects.filter(event="support.notice-withdrawn").count() == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title": ""}, "Enter a title."),
        ({"title": "x" * 101}, "Use no more than 100 characters for the title. It has 101."),
        ({"text": ""}, "Enter the text."),
        ({"text": "x" * 1001}, "Shorten the text to 1000 characters. It has 1001."),
        ({"text": "[our number](tel:+1-900-555-0199)"}, "The link tel:+1-900-555-0199 leads nowhere."),
        ({"text": "[x](/no/such/)"}, "The link /no/such/ leads nowhere."),
        ({"text": "[x](https://evil.example/)"}, "The link https://evil.example/ leads nowhere."),
        ({"kind": "weather"}, "Choose what it is about."),
        ({"places": []}, "Choose where it is shown."),
        ({"places": ["on_moon"]}, "Choose where it is shown."),
        ({"begins_at": "soon"}, "Write it such as"),
        ({"ends_at": ""}, "Enter until when it is shown."),
        ({"ends_at": at(hours=-1)}, "Enter a time in the future."),
        ({"begins_at": at(hours=6)}, "Enter a time after the first one."),
        ({"begins_at": at(days=200), "ends_at": at(days=201)}, "Check the year."),
        ({"begins_at": "9999-12-31T01:00", "ends_at": "9999-12-31T02:00"}, "Check the year."),
        ({"text": "![x](https://evil.example/x.png)"}, "A notice has no pictures."),
        ({"ends_at": at(days=200)}, "A notice lasts 90 days at most."),
    ],
)
def test_bad_input_is_explained_and_the_rest_is_kept(editor: Client, changed: dict[str, Any], sentence: str) -> None:
    page = editor.post(PUBLISH, told(**changed)).content.decode()
    assert sentence in page
    assert "title" in changed or "DEERS is down on Sunday" in page
    assert not DatedNotice.objects.exists()


@pytest.mark.parametrize("role", ["Service center agent", "Supervisor", "Auditor"])
def test_nobody_else_publishes(role: str) -> None:
    assert signed_in(staff(role)).post(PUBLISH, told()).status_code == 403
    assert not DatedNotice.objects.exists()
    assert signed_in(staff(role, "colleague")).get("/admin/support/rating/articles/").status_code == 403


@pytest.mark.parametrize("key", ["x", "00000000-0000-4000-8000-000000000000", "%00"])
def test_a_notice_that_is_not_there_is_not_replaced(editor: Client, key: str) -> None:
    assert editor.get(f"{PUBLISH}?notice={key}").status_code in (200, 400, 404)


def test_an_editor_sees_how_helpful_each_article_is(editor: Client) -> None:
    today = timezone.localdate()
    said = [("levels", True, ""), ("levels", False, "unclear"), ("refills", True, ""), ("gone-article", False, "")]
    for article, helpful, reason in said:
        Rating.objects.create(article=article, day=today, helpful=helpful, reason=reason)
    old = today - timedelta(days=policy.HELP_RATINGS_DAYS + 1)
    Rating.objects.create(article="refills", day=old, helpful=False)
    lines = [(line.slug, line.yes, line.no, line.percent) for line in helpfulness_by_article()]
    assert lines == [("gone-article", 0, 1, 0), ("levels", 1, 1, 50), ("refills", 1, 0, 100)]
    page = editor.get("/admin/support/rating/articles/").content.decode()
    assert "It is hard to understand: 1" in page
    assert "gone-article (gone)" in page
    shown = editor.get("/admin/support/rating/", {"article": "levels", "helpful__exact": "0"})
    assert [row.article for row in shown.context["cl"].result_list] == ["levels"]


def test_reading_a_remark_leaves_an_event(editor: Client) -> None:
    row = Rating.objects.create(article="levels", day=timezone.localdate(), helpful=False, remark="What is it?")
    assert "What is it?" in editor.get(f"/admin/support/rating/{row.pk}/change/").content.decode()
    assert AuditEvent.objects.get(event="support.rating-read").details == {"article": "levels"}


def test_the_desk_s_pages_ask_as_often_for_many_rows_as_for_one(editor: Client) -> None:
    now, pages = timezone.now(), ("datednotice/", "datednotice/publish/", "rating/", "rating/articles/")
    counts = []
    for _ in range(2):
        for _ in range(5):
            Rating.objects.create(article="levels", day=now.date(), helpful=True)
            DatedNotice.objects.create(
                kind="change", title="x", text="x", begins_at=now, ends_at=now + timedelta(hours=1)
            )
        counts.append([queries_of(editor, f"/admin/support/{page}") for page in pages])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 10, counts


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
