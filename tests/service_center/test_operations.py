"""The operator sees what failed and what waits, and nothing of people. A failed job runs again once, with a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.mail import notices
from accounts.models import Account, Notice
from safeguards.models import AuditEvent
from service_center import operations, waiting
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.parallel import in_parallel
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

HERE = "/admin/operations/"


@pytest.fixture
def gloria(db: None) -> Client:
    return signed_in(staff("Operator"))


@pytest.fixture
def failed(db: None) -> int:
    return make_job("failed")


def make_job(state: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) VALUES "
            "('default', 'accounts.tasks.send_notice', '{\"notice\": \"4711-of-rosa\"}', %s, 11) RETURNING id",
            [state],
        )
        return int(cursor.fetchone()[0])


def state_of(job: int) -> str:
    return ProcrastinateJob.objects.get(pk=job).status


def test_the_operator_sees_what_failed_and_what_waits_but_not_what_it_is_about(gloria, failed):
    rosa = holder(people.load("rosa"))
    notices.tell(rosa, "help-asked")
    page = walk.text_of(gloria.get(HERE))
    assert f"Send notice {failed} 11" in page
    assert "help-asked" in page
    for of_rosa in ("4711-of-rosa", rosa.email, rosa.username, rosa.last_name):
        assert of_rosa not in page


def test_a_failed_job_runs_again_once_and_the_trail_says_why(gloria, failed):
    again = f"{HERE}jobs/{failed}/retry/"
    assert "Choose why." in walk.text_of(gloria.post(again))
    assert state_of(failed) == "failed"
    assert "waits for the worker" in walk.text_of(gloria.post(again, WHY["retry"], follow=True))
    assert state_of(failed) == "todo"
    assert "no longer counts as failed" in walk.text_of(gloria.post(again, WHY["retry"], follow=True))
    event = AuditEvent.objects.get(event="jobs.retried")
    assert event.details == {"job": "send-notice", "tries": 11, **WHY["retry"]}
    assert event.actor_kind == "staff"


@pytest.mark.parametrize("state", ["todo", "doing", "succeeded"])
def test_a_job_that_has_not_failed_is_left_alone(gloria, state):
    job = make_job(state)
    gloria.post(f"{HERE}jobs/{job}/retry/", WHY["retry"])
    assert state_of(job) == state


@pytest.mark.django_db(transaction=True)
def test_of_thirty_operators_at_the_same_time_one_runs_it_again(failed):
    by = staff("Operator")
    job = operations.Job(failed, "send notice", 11, None)
    outcomes = in_parallel(lambda number: operations.retry(job, by=by))
    assert sum(isinstance(one, operations.Done) for one in outcomes) == 1
    assert AuditEvent.objects.filter(event="jobs.retried").count() == 1


def test_the_operator_opens_no_page_about_people(gloria):
    rosa = holder(people.load("rosa"))
    for page in ("accounts/account/", f"accounts/account/{rosa.pk}/change/", "support/contactmessage/", "figures/"):
        assert gloria.get(f"/admin/{page}").status_code == 403, page
    assert not Account.objects.get(pk=rosa.pk).is_staff


def test_emails_that_are_out_are_not_listed(gloria):
    notices.tell(holder(people.load("rosa")), "help-asked")
    walk.deliver_mail()
    assert not Notice.objects.filter(sent_at=None).exists()
    assert "Every email is out." in walk.text_of(gloria.get(HERE))


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "0"])
def test_an_odd_place_in_the_list_breaks_nothing(gloria, failed, before):
    assert gloria.get(HERE, {"before": before}).status_code == 200


def test_the_page_costs_as_many_queries_with_more_jobs(gloria, failed, django_assert_max_num_queries):
    for _ in range(3):
        make_job("failed")
    with django_assert_max_num_queries(20):
        assert gloria.get(HERE).status_code == 200


MANY_JOBS = """
    INSERT INTO procrastinate_jobs (task_name, status, args, queue_name)
    SELECT 'accounts.tasks.send_notice',
        (CASE WHEN n <= 3 THEN 'failed' ELSE 'succeeded' END)::procrastinate_job_status,
        '{}', 'default' FROM generate_series(1, 3000) AS n;
    ANALYZE procrastinate_jobs;
"""
ROWS_READ = """
    SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'procrastinate_jobs'
"""


def jobs_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(ROWS_READ)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("page", [lambda client: client.get(HERE), lambda client: client.get("/admin/")])
def test_however_often_they_are_asked_for_only_failed_jobs_are_read(gloria, page: Callable[[Client], Any]):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # of tests that committed
        cursor.execute(MANY_JOBS)
    before = jobs_read()
    for _ in range(12):  # from the ninth time on, a plan for all states would be used
        assert page(gloria).status_code == 200
    assert jobs_read() - before < 3000  # one look through all of them


def test_the_index_of_failed_jobs_serves_both_pages():
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        operations.failed_jobs()
        list(waiting.failed_jobs())
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        plans = []
        for query in [one["sql"] for one in asked.captured_queries[:2]]:
            cursor.execute(f"EXPLAIN {query}".replace("%", "%%"))
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert all("using desk_jobs_failed" in plan for plan in plans), plans
