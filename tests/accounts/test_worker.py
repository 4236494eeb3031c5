"""The worker and the mail: killed while it sends, refused by the mail server, and each mail still sent once."""

import signal
import smtplib
import subprocess
import sys

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from procrastinate.contrib.django import app

from accounts import actions
from accounts.mail import notices
from accounts.models import Account, Notice, State
from demo.people import PEOPLE
from safeguards import tasks
from tests.accounts.holders import holder
from tests.safeguards.databases import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

WORKER_THAT_DIES = """
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
settings.EMAIL_BACKEND = "tests.accounts.mailers.KillsTheWorker"
call_command("procrastinate", "worker", "--one-shot", "--no-listen-notify")
"""


@pytest.fixture(autouse=True)
def no_other_jobs(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty queue, and no connection that outlives the worker's threads."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    sql("DELETE FROM procrastinate_events")
    sql("DELETE FROM procrastinate_jobs")


def work() -> None:
    """Let a worker do all that can be done now."""
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)


def sql(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def jobs() -> list[tuple]:
    return sql("SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'accounts.tasks.send_notice'")


def make_time_pass() -> None:
    """Waiting times of jobs are over, and no heart of a dead worker has beaten for a minute."""
    sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")


def send() -> None:
    notices.send("your-username", to="rosa@mail.example", first_name="Rosa", username="rosa.reader")


def test_mail_of_a_worker_that_was_killed_while_it_sent_is_sent_once_by_the_next(tmp_path):
    send()
    env = environment(tmp_path, settings.FIELD_KEYS)
    died = subprocess.run([sys.executable, "-c", WORKER_THAT_DIES], env=env, cwd=ROOT, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert [status for status, _ in jobs()] == ["doing"]
    assert Notice.objects.get().sent_at is None
    work()
    assert mail.outbox == []
    make_time_pass()
    async_to_sync(tasks.take_up_stalled.func)(0)
    work()
    assert [message.to for message in mail.outbox] == [["rosa@mail.example"]]
    assert [status for status, _ in jobs()] == ["succeeded"]
    assert Notice.objects.get().sent_at
    make_time_pass()
    async_to_sync(tasks.take_up_stalled.func)(0)
    work()
    assert len(mail.outbox) == 1


def test_mail_that_the_server_refuses_at_first_is_tried_again_and_sent_once(monkeypatch):
    tries = []

    def moody(backend: EmailBackend, messages: list) -> int:
        tries.append(len(messages))
        if len(tries) < 4:
            raise smtplib.SMTPServerDisconnected("Come back later.")
        return sends(backend, messages)

    sends = EmailBackend.send_messages
    monkeypatch.setattr(EmailBackend, "send_messages", moody)
    send()
    for _ in range(6):
        work()
        make_time_pass()
    assert (tries, len(mail.outbox)) == ([1, 1, 1, 1], 1)
    assert jobs() == [("succeeded", 4)]


def test_a_change_that_is_taken_back_tells_nobody_and_one_that_stands_tells_in_the_end():
    account = holder(PEOPLE["rosa"])
    with transaction.atomic():
        actions.freeze(account, by="system")
        transaction.set_rollback(True)
    work()
    assert (mail.outbox, Account.objects.get().state) == ([], State.ACTIVE)
    actions.freeze(account, by="system")
    work()
    assert [message.subject for message in mail.outbox] == ["Your DS Logon account is frozen"]


def test_jobs_are_deleted_a_day_after_they_are_done_and_failed_ones_after_a_month():
    for status in ("succeeded", "failed", "todo"):
        send()
        sql(f"UPDATE procrastinate_jobs SET status = '{status}' WHERE id = (SELECT max(id) FROM procrastinate_jobs)")  # noqa: S608
    left = []
    for days in (0, 2, 31):
        sql(f"UPDATE procrastinate_events SET at = now() - interval '{days} days'")  # noqa: S608
        async_to_sync(tasks.remove_finished.func)(0)
        left.append(sorted(status for status, _ in jobs()))
    assert left == [["failed", "succeeded", "todo"], ["failed", "todo"], ["todo"]]
