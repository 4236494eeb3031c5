"""The worker and the mail: killed while it sends, refused by the mail server, and what is known is sent once."""

import signal
import smtplib
import subprocess
import sys
from pathlib import Path

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
from safeguards.models import AuditEvent
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


def send(kind: str = "your-username", account: Account | None = None) -> None:
    about = {"first_name": "Rosa", "username": "rosa.reader"}
    notices.send(kind, to="rosa@mail.example", account_id=account.pk if account else None, **about)


def die(folder: Path, backend: str) -> None:
    """Let a worker be killed at its first email, and give its job to the others."""
    env = environment(folder, settings.FIELD_KEYS)
    worker = WORKER_THAT_DIES.replace("KillsTheWorker", backend)
    died = subprocess.run([sys.executable, "-c", worker], env=env, cwd=ROOT, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert [status for status, _ in jobs()] == ["doing"]
    assert Notice.objects.get().sent_at is None
    work()
    assert mail.outbox == []
    take_up_stalled()


def take_up_stalled() -> None:
    make_time_pass()
    async_to_sync(tasks.take_up_stalled.func)(0)
    work()


@pytest.mark.parametrize("kind", ["your-username", "password-changed"])
def test_mail_of_a_worker_that_was_killed_before_the_mail_server_had_it_is_sent_once_by_the_next(tmp_path, kind):
    send(kind)
    die(tmp_path, "KillsTheWorkerBefore")
    assert [message.to for message in mail.outbox] == [["rosa@mail.example"]]
    assert "You may have received this email before" not in mail.outbox[0].body
    assert [status for status, _ in jobs()] == ["succeeded"]
    assert Notice.objects.get().sent_at
    take_up_stalled()
    assert len(mail.outbox) == 1


def test_a_code_that_rosa_can_ask_for_again_is_not_sent_twice_when_nobody_knows_whether_it_is_out(tmp_path):
    rosa = holder(PEOPLE["rosa"])
    send("your-username", rosa)
    die(tmp_path, "KillsTheWorker")
    assert mail.outbox == []
    notice = Notice.objects.get()
    assert notice.given_up_at
    assert (notice.to, notice.context, notice.sent_at) == ("", "{}", None)
    event = AuditEvent.objects.get(event="mail.given-up")
    assert (event.account_id, event.details) == (rosa.pk, {"kind": "your-username"})
    take_up_stalled()
    assert mail.outbox == []
    assert AuditEvent.objects.filter(event="mail.given-up").count() == 1


def test_a_warning_to_rosa_is_sent_again_when_nobody_knows_whether_it_is_out_and_says_so(tmp_path):
    send("password-changed")
    die(tmp_path, "KillsTheWorker")
    assert [message.to for message in mail.outbox] == [["rosa@mail.example"]]
    assert "You may have received this email before" in mail.outbox[0].body
    assert Notice.objects.get().sent_at
    take_up_stalled()
    assert len(mail.outbox) == 1


def fail_at_first(monkeypatch: pytest.MonkeyPatch, failure: Exception, times: int = 3) -> list[int]:
    """Have the mail server fail so many times when it is given an email; the tries are counted in the list."""
    tries: list[int] = []

    def moody(backend: EmailBackend, messages: list) -> int:
        tries.append(len(messages))
        if len(tries) <= times:
            raise failure
        return sends(backend, messages)

    sends = EmailBackend.send_messages
    monkeypatch.setattr(EmailBackend, "send_messages", moody)
    return tries


REFUSED = smtplib.SMTPRecipientsRefused({"rosa@mail.example": (450, b"Come back later.")})


@pytest.mark.parametrize("kind", ["your-username", "password-changed"])
@pytest.mark.parametrize("failure", [REFUSED, smtplib.SMTPDataError(451, "Come back later.")])
def test_mail_that_the_server_refuses_at_first_is_tried_again_and_sent_once(monkeypatch, kind, failure):
    tries = fail_at_first(monkeypatch, failure)
    send(kind)
    for _ in range(6):
        work()
        make_time_pass()
    assert (tries, len(mail.outbox)) == ([1, 1, 1, 1], 1)
    assert "You may have received this email before" not in mail.outbox[0].body
    assert jobs() == [("succeeded", 4)]


@pytest.mark.parametrize(("kind", "sent"), [("activation-code", 0), ("your-username", 0), ("account-frozen", 1)])
@pytest.mark.parametrize(
    "failure", [smtplib.SMTPServerDisconnected("gone"), TimeoutError("silent"), ConnectionResetError()]
)
def test_mail_whose_server_goes_silent_while_it_has_it_is_sent_again_only_if_it_warns(monkeypatch, failure, kind, sent):
    tries = fail_at_first(monkeypatch, failure, times=1)
    send(kind)
    for _ in range(4):
        work()
        make_time_pass()
    assert (len(tries), len(mail.outbox)) == (1 + sent, sent)
    assert jobs()[0][0] == "succeeded"


def test_every_kind_that_is_sent_at_most_once_is_one_that_people_ask_for():
    assert set(notices.ASKED_FOR) <= {path.stem for path in (ROOT / "templates/mail").glob("*.md")}


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


def test_a_worker_that_begins_knows_every_job_before_any_page_is_drawn():
    """A job that is learned only when a page is imported would be unknown to it, and new ones stop its calendar."""
    known = "sorted(app.tasks), sorted(map(str, app.periodic_registry.periodic_tasks))"
    script = f"""
import importlib, pkgutil, django
django.setup()
from procrastinate.contrib.django import app
before = {known}
for room in ("accounts", "deers", "idproofing", "portal", "safeguards", "service_center", "support"):
    for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{{room}}."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
import dslogon.urls
after = {known}
assert before[0] and before == after, [sorted({{*b}} - {{*a}}) for a, b in zip(before, after)]
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-400:]
