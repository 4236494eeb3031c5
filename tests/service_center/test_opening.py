"""The opening page of the desk: what waits, what one has taken, and where everything is, by role."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Notice
from core import policy
from service_center import roles, waiting
from service_center.contact import desk
from support import contact
from support.models import ContactMessage
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.idproofing import reviewers
from tests.idproofing.letter_people import asked

pytestmark = pytest.mark.django_db

MESSAGES = "/admin/support/contactmessage/"


def written(*, ago: timedelta = timedelta()) -> ContactMessage:
    typed: dict[str, Any] = {"name": "Opal", "email": "opal@example.com", "topic": "other", "body": "Where is it?"}
    return contact.receive(uuid.uuid4(), **typed, now=timezone.now() - ago, confirm=False)


def counted(account: Account, title: str, kinds: Any = waiting.KINDS) -> waiting.Waiting:
    [found] = [one for one in waiting.count_waiting(kinds, account) if one.kind.title == title]
    return found


def failed_job() -> None:
    """A job that the worker has given up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, status, args, queue_name) "
            "VALUES ('accounts.tasks.send_notice', 'failed', '{\"secret\": 1}', 'default')"
        )


def test_an_agent_sees_that_nothing_waits_and_where() -> None:
    page = walk.text_of(signed_in(staff("Service center agent")).get("/admin/"))
    assert "Nothing waits here:" in page
    assert "Messages to the service center" in page
    assert "Nothing is assigned to you." in page


def test_what_has_just_come_waits_for_less_than_a_minute() -> None:
    written()
    page = signed_in(staff("Service center agent")).get("/admin/")
    assert "the oldest less than a minute" in walk.text_of(page)


def test_what_waits_is_counted_with_its_age_and_overdue_in_words() -> None:
    for days in (4, 1, 0):
        written(ago=timedelta(days=days, minutes=1))
    page = signed_in(staff("Service center agent")).get("/admin/")
    assert "3 Messages to the service center the oldest 4 days, 1 overdue" in walk.text_of(page)
    assert f'href="{MESSAGES}"' in page.content.decode()


def test_a_count_ends_at_a_hundred() -> None:
    some = waiting.Waiting(waiting.KINDS[0], policy.WAITING_COUNTED + 1, 0, None)
    assert some.shown == "99+"


def test_what_somebody_has_taken_is_theirs() -> None:
    agent, other = staff("Service center agent"), staff("Service center agent", "other.agent")
    desk.take(written(), by=agent)
    assert counted(agent, "Messages to the service center", waiting.OWN).count == 1
    assert counted(other, "Messages to the service center", waiting.OWN).count == 0
    page = signed_in(agent).get(f"{MESSAGES}?queue=mine")
    assert len(page.context["cl"].result_list) == 1


def somebody_with_every_role() -> Account:
    """A member of staff with every role but that of the print room, which goes with no other."""
    account = staff("Supervisor", "does.everything")
    account.groups.set(Group.objects.exclude(name=roles.PRINT_ROOM))
    return account


def one_of_each() -> None:
    """Something of every kind that service center staff see."""
    written()
    failed_job()
    Notice.objects.create(kind="new-device", to="a@b.example", context="{}", created_at=timezone.now() - timedelta(1))
    people.load_all("emily", "judith")
    reviewers.open_case()
    asked("rosa", now=timezone.now())
    actions.freeze(holder(people.load("nora")), by="system")


def test_each_count_leads_to_a_list_of_just_that() -> None:
    one_of_each()
    everybody = somebody_with_every_role()
    client = signed_in(everybody)
    seen = 0
    for one in waiting.count_waiting(waiting.KINDS, everybody):
        page = client.get(one.page.partition("#")[0], follow=True)
        assert page.status_code == 200, one.kind.title
        if "cl" in page.context:
            assert len(page.context["cl"].result_list) == one.count, one.kind.title
            seen += one.count
    assert seen >= 4


@pytest.mark.parametrize("role", roles.ROLES)
def test_each_role_sees_only_what_it_may_open(role: str) -> None:
    one_of_each()
    client = signed_in(staff(role))
    page = client.get("/admin/").content.decode()
    inside = page[page.index('class="opening"') : page.index("</main>")]
    links = set(re.findall(r'href="([^"#]+)', inside))
    assert links or role == "Auditor"
    assert {link: client.get(link, follow=True).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_page_takes_one_query_for_each_kind() -> None:
    one_of_each()
    account = staff("Supervisor")
    client = signed_in(account)
    client.get("/admin/")
    kinds = sum(waiting.may_see(kind, account) for kind in (*waiting.KINDS, *waiting.OWN))
    with CaptureQueriesContext(
        connection,
    ) as asked_for:
        client.get("/admin/")
    of_tables = [
        one["sql"] for one in asked_for.captured_queries if f"LIMIT {policy.WAITING_COUNTED + 1}" in one["sql"]
    ]
    assert len(of_tables) == kinds
    assert len(asked_for) <= kinds + 8


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("chat_chat", "chat_waiting"),
        ("support_callback", "call_back_"),
        ("support_contactmessage", "contact_waiting"),
        ("procrastinate_jobs", "desk_jobs_failed"),
        ("accounts_notice", "notice_waiting"),
        ("accounts_freeze", "freeze_one_live"),
        ("idproofing_case", "case_queue"),
        ("idproofing_letter", "letter_waiting"),
        ("idproofing_visit", "visit_one_attended"),
        ("family_surrogacy", "surrogacy_due"),
    ],
)
def test_each_count_has_an_index_of_what_waits(table: str, index: str) -> None:
    account = somebody_with_every_role()
    with CaptureQueriesContext(connection) as asked_for:
        waiting.count_waiting(waiting.KINDS, account)
    plans = []
    with connection.cursor() as cursor:
        # Of two indexes that fit, the one in whose order the list is: on an empty table both cost the same.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for query in [one["sql"] for one in asked_for.captured_queries if f'FROM "{table}"' in one["sql"]]:
            cursor.execute(f"EXPLAIN {query}".replace("%", "%%"))
            plans += [line for (line,) in cursor.fetchall()]
    assert any(index in line for line in plans), plans


def test_places_stand_by_what_they_are_for() -> None:
    page = walk.text_of(signed_in(staff("Supervisor")).get("/admin/"))
    for title in ("People and their accounts", "Proving who somebody is", "Messages and requests"):
        assert title in page
    assert "Idproofing" not in page
    assert "More" not in page


@pytest.mark.parametrize("room", ["accounts", "chat", "idproofing", "safeguards", "support"])
def test_the_page_of_a_room_of_the_code_leads_to_the_desk(room: str) -> None:
    """Django would list its models there, on a page without anything that waits, as if nothing did."""
    assert signed_in(staff("Service center agent")).get(f"/admin/{room}/")["Location"] == "/admin/"


def test_the_way_back_from_a_list_is_to_the_desk_alone() -> None:
    page = signed_in(staff("Service center agent")).get(MESSAGES).content.decode()
    assert re.search(
        r'<div class="breadcrumbs"><a href="/admin/">Home</a> &rsaquo; Messages to the service center</div>', page
    )
