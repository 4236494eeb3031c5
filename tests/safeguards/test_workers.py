"""Workers outlive a database that is away, a mail server that is silent and jobs that do not end. Nothing is lost."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import Mock

import psutil
import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.schema import SchemaManager

from accounts.mail import notices
from accounts.mail.notices import send_notice
from accounts.models import Notice
from core import policy
from dslogon.settings.queues import by_queue
from dslogon.up import postgres
from safeguards import readiness, workers
from safeguards.locks import HeldError, alone
from safeguards.models import AuditEvent
from safeguards.retry import BRIEFLY, PATIENTLY
from safeguards.tasks import seal_audit
from tests.parallel import in_parallel
from tests.safeguards.databases import ROOT, environment

PATIENCE = 120
"""Seconds until something that should happen has not happened."""
NOTED = "CREATE TABLE IF NOT EXISTS noted (id serial, word text)"
Sql = Callable[..., list[tuple]]


@dataclass(frozen=True)
class Crew:
    """Workers in processes of their own, and what they say."""

    process: subprocess.Popen[bytes]
    log: Path
    let_go: Path
    ahead: Path

    def said(self, words: str) -> int:
        """How often they have said this."""
        return len(re.findall(words, self.log.read_text()))

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


@contextmanager
def at_work(folder: Path, env: dict[str, str], *words: str) -> Iterator[Crew]:
    """Workers of these queues, or of all."""
    log = folder / "workers.log"
    command = [sys.executable, "-m", "tests.safeguards.short_workers", str(folder), *words]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        yield Crew(process, log, folder / "let-go", folder / "ahead")
    finally:
        process.kill()
        process.wait()


def until(happened: Callable[[], Any], crew: Crew) -> None:
    """Wait until something has happened."""
    ends = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < ends, crew.log.read_text()[-4000:]
        time.sleep(0.05)


def queue_job(sql: Sql, task: str, queue: str, args: str = "{}") -> None:
    sql("INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, %s, %s::jsonb)", queue, task, args)


def words_of(sql: Sql) -> list[str]:
    return [word for (word,) in sql("SELECT word FROM noted ORDER BY id")]


def outcomes(sql: Sql, task: str) -> list[tuple]:
    statement = "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = %s ORDER BY id"
    return sql(statement, task)


@pytest.fixture
def sql(transactional_db: None) -> Iterator[Sql]:
    """The database of the tests, without any job."""

    def run(statement: str, *values: Any) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def clear() -> None:
        for table in ("periodic_defers", "events", "jobs", "workers"):
            run(f"DELETE FROM procrastinate_{table}")  # noqa: S608 - our own names

    clear()
    run(NOTED)
    yield run
    run("DROP TABLE noted")
    clear()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, settings.FIELD_KEYS)


@contextmanager
def database(folder: Path) -> Iterator[Sql]:
    """A PostgreSQL of its own with the tables of the jobs. Its address is the same at each start."""
    with (
        postgres.running(folder, throwaway=True) as server,
        psycopg.connect(server.url, autocommit=True) as line,
    ):

        def run(statement: str, *values: Any) -> list[tuple]:
            cursor = line.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        if not run("SELECT 1 FROM pg_class WHERE relname = 'procrastinate_jobs'"):
            line.execute(SchemaManager.get_schema())
            line.execute(NOTED)
            line.execute("CREATE TABLE django_migrations (app text, name text)")
            for migration in readiness.last_migrations().items():
                line.execute("INSERT INTO django_migrations VALUES (%s, %s)", migration)
        yield run


def test_workers_outlive_a_database_that_is_away_and_do_again_what_they_had_begun(tmp_path):
    folder = tmp_path / "database"
    folder.mkdir()
    url = postgres.address(postgres.socket_folder(folder))
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "dslogon.settings.test", "DATABASE_URL": url}
    with at_work(tmp_path, env) as crew:
        until(lambda: crew.said(r"Try 5\."), crew)  # they begin before the database does
        with database(folder) as sql:
            queue_job(sql, "tests.wait", "letters")
            until(lambda: words_of(sql) == ["begun"], crew)
        crew.let_go.touch()
        until(lambda: crew.said("has lost the database") == len(policy.QUEUES), crew)
        tries = crew.said("Try ")
        until(lambda: crew.said("Try ") > tries + 20, crew)
        assert crew.said("The workers wait. The database cannot be used") == 1  # and again in a minute
        with database(folder) as sql:
            until(lambda: outcomes(sql, "tests.wait") == [("succeeded", 2)], crew)
            assert words_of(sql) == ["begun", "begun", "ended"]
            queue_job(sql, "tests.note", "exports", '{"word": "later"}')
            until(lambda: "later" in words_of(sql), crew)
            assert crew.process.poll() is None


def test_a_worker_that_is_killed_is_replaced_and_its_job_is_done(sql, env, tmp_path):
    with at_work(tmp_path, env) as crew:
        queue_job(sql, "tests.wait", "letters")
        until(lambda: words_of(sql) == ["begun"] and len(crew.workers()) == len(policy.QUEUES), crew)
        for process in crew.workers():
            process.kill()
        crew.let_go.touch()
        until(lambda: outcomes(sql, "tests.wait") == [("succeeded", 2)], crew)
        until(lambda: crew.said(r"The worker of \w+ had ended \(-9\)") == len(policy.QUEUES), crew)


def test_workers_end_with_the_one_who_watches_them(sql, env, tmp_path):
    with at_work(tmp_path, env) as crew:
        until(lambda: crew.said("Starting worker") == len(policy.QUEUES), crew)
        left = crew.workers()
        crew.process.kill()
        assert not psutil.wait_procs(left, timeout=PATIENCE)[1]


def test_a_worker_that_is_told_to_end_finishes_its_job_first(sql, env, tmp_path):
    with at_work(tmp_path, env, "--queues", "letters") as crew:
        queue_job(sql, "tests.wait", "letters")
        until(lambda: words_of(sql) == ["begun"], crew)
        for process in (*crew.workers(), psutil.Process(crew.process.pid)):
            process.send_signal(signal.SIGTERM)  # as to a whole group; ours passes it on as well
        until(lambda: crew.said("Stop requested"), crew)
        crew.let_go.touch()
        assert crew.process.wait(PATIENCE) == 0
        assert outcomes(sql, "tests.wait") == [("succeeded", 1)]
        assert sql("SELECT * FROM procrastinate_workers") == []


def test_jobs_from_before_there_were_queues_are_done_too(sql, env, tmp_path):
    """The web servers of the old release go on to use the default queue until they are replaced."""
    with at_work(tmp_path, env) as crew:
        queue_job(sql, "tests.note", "default", '{"word": "old"}')
        until(lambda: words_of(sql) == ["old"], crew)


def test_a_job_that_does_not_end_fails_and_the_next_ones_are_done(sql, env, tmp_path):
    with at_work(tmp_path, env | {"JOB_DEADLINE_SECONDS": "letters=1"}) as crew:
        queue_job(sql, "tests.wait", "letters")
        until(lambda: outcomes(sql, "tests.wait")[0][1], crew)
        assert crew.said("did not end within the deadline of the queue letters")
        queue_job(sql, "tests.note", "letters", '{"word": "next"}')
        until(lambda: "next" in words_of(sql), crew)
        assert crew.said("The worker of letters had ended")
        crew.let_go.touch()
        until(lambda: outcomes(sql, "tests.wait")[0][0] == "succeeded", crew)


def test_the_database_ends_what_a_job_asks_it_for_too_long(sql, env, tmp_path):
    asked = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%pg_sleep%%' AND pid <> pg_backend_pid()"
    with at_work(tmp_path, env | {"JOB_DEADLINE_SECONDS": "exports=2"}, "--queues", "exports") as crew:
        queue_job(sql, "tests.ask", "exports")
        until(lambda: outcomes(sql, "tests.ask")[0][1], crew)
        until(lambda: not sql(f"{asked} AND state = 'active' AND query_start < now() - interval '3 seconds'"), crew)


def test_while_the_clocks_differ_no_worker_works_and_then_all_is_done(sql, env, tmp_path):
    with at_work(tmp_path, env) as crew:
        until(lambda: crew.said("Starting worker") == len(policy.QUEUES), crew)
        crew.ahead.touch()
        until(lambda: crew.said("Stopped worker") == len(policy.QUEUES), crew)
        assert crew.said("The workers wait. The clock of this machine is ahead of the database's by 172,800 seconds.")
        queue_job(sql, "tests.note", "exports", '{"word": "later"}')
        tries = crew.said("Try ")
        until(lambda: crew.said("Try ") > tries + 10, crew)
        assert words_of(sql) == []
        crew.ahead.unlink()
        until(lambda: words_of(sql) == ["later"], crew)


# Mail servers.


class Mailbox:
    """A mail server on this machine, as well or as ill as `answer` says."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.mails = line, 0
        self.calls: list[socket.socket] = []
        self.answer: Callable[[Mailbox, socket.socket], None] = Mailbox.say_nothing
        Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):  # the end of the test
            while True:
                self.calls.append(self.line.accept()[0])
                Thread(target=self.talk, args=(self.calls[-1],), daemon=True).start()

    def talk(self, call: socket.socket) -> None:
        with suppress(OSError):
            self.answer(self, call)

    def say_nothing(self, call: socket.socket) -> None:
        """Accept, and never answer."""

    def greet_for_ever(self, call: socket.socket) -> None:
        """Say one line of a greeting after the other, so that nobody can call it silent."""
        while True:
            call.sendall(b"220-wait\r\n")
            time.sleep(0.1)

    def take(self, call: socket.socket) -> None:
        """Take whatever comes."""
        words, in_mail = call.makefile("rwb", buffering=0), False
        words.write(b"220 here\r\n")
        for line in words:
            ended = in_mail and line == b".\r\n"
            if not in_mail or ended:
                self.mails += ended
                in_mail = line.strip().upper() == b"DATA"
                words.write(b"354 go on\r\n" if in_mail else b"250 yes\r\n")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as line:
        mailbox = Mailbox(line)
        yield mailbox
        for call in mailbox.calls:
            call.close()


def with_mail(env: dict[str, str], mailbox: Mailbox, **more: str) -> dict[str, str]:
    return env | {"EMAIL_URL": "smtp://{}:{}".format(*mailbox.line.getsockname())} | more


def write_to_rosa(times: int) -> None:
    for _ in range(times):
        notices.send("password-changed", to="rosa@mail.example", first_name="Rosa", username="rosa.reader")


SEND = "accounts.tasks.send_notice"


@pytest.mark.parametrize("ill", [Mailbox.say_nothing, Mailbox.greet_for_ever])
def test_a_mail_server_that_never_comes_to_the_point_holds_nothing_up_and_its_mail_goes_out_in_the_end(
    sql, env, tmp_path, mailbox, ill
):
    mailbox.answer = ill
    write_to_rosa(policy.QUEUES["mail"].at_once + 2)
    with at_work(tmp_path, with_mail(env, mailbox, JOB_DEADLINE_SECONDS="mail=4")) as crew:
        until(lambda: mailbox.calls, crew)
        queue_job(sql, "tests.note", "exports", '{"word": "meanwhile"}')
        until(lambda: words_of(sql) == ["meanwhile"], crew)
        until(lambda: all(tries for _, tries in outcomes(sql, SEND)), crew)
        assert not Notice.objects.filter(sent_at__isnull=False).exists()
        mailbox.answer = Mailbox.take

        def are_sent() -> bool:
            sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
            return {status for status, _ in outcomes(sql, SEND)} == {"succeeded"}

        until(are_sent, crew)
    assert mailbox.mails == policy.QUEUES["mail"].at_once + 2
    assert not Notice.objects.filter(sent_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_work_somebody_else_has_begun_is_tried_again():
    """Otherwise its mail would be lost if that one dies."""
    write_to_rosa(1)
    notice = str(Notice.objects.get().pk)

    def second(number: int) -> object:
        with pytest.raises(HeldError):
            notices.send_notice.func(notice)
        return None

    with alone("notice", notice):
        in_parallel(second, workers=1)
    notices.send_notice.func(notice)
    assert Notice.objects.get().sent_at


# Giving jobs back.


def make_job(sql: Sql, *, attempts: int = 0, silent: int | None = 31) -> None:
    """A job that a worker has begun who has been silent for so many seconds, or who is gone."""
    worker = None
    if silent is not None:
        heard = (
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id"
        )
        ((worker,),) = sql(heard, silent)
    sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts, worker_id) "
        "VALUES ('mail', 'tests.job', 'doing', %s, %s)",
        attempts,
        worker,
    )


@pytest.mark.parametrize(
    ("attempts", "silent", "then"),
    [
        (0, 31, ("todo", 1)),
        (0, None, ("todo", 1)),
        (3, 31, ("todo", 4)),
        (0, 20, ("doing", 0)),
        (policy.JOB_TRIES, 31, ("failed", policy.JOB_TRIES + 1)),
    ],
)
def test_the_jobs_of_dead_workers_are_given_back_unless_they_kill_each_of_them(sql, attempts, silent, then):
    make_job(sql, attempts=attempts, silent=silent)
    async_to_sync(workers.give_back_stalled)()
    assert outcomes(sql, "tests.job") == [then]


def test_of_thirty_who_give_a_job_back_one_does(sql):
    make_job(sql)
    in_parallel(lambda number: async_to_sync(workers.give_back_stalled)())
    assert outcomes(sql, "tests.job") == [("todo", 1)]


# What is said of queues.


def test_every_job_names_its_queue_and_only_old_ones_are_in_the_default_queue():
    ours = {name: task for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))}
    assert len(ours) > 30
    assert {
        name: task.queue for name, task in ours.items() if task.queue not in policy.QUEUES.keys() - {"default"}
    } == {}


def test_every_job_that_fails_is_tried_again_for_a_day_unless_the_calendar_soon_queues_it_anyway():
    workers.let_calendar_try_again()
    calendar = {name: periodic.cron for (name, _), periodic in app.periodic_registry.periodic_tasks.items()}
    ours = {name: task for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))}
    briefly = {name for name, task in ours.items() if task.retry_strategy is BRIEFLY}
    assert briefly == {name for name, cron in calendar.items() if cron.startswith("*")}
    assert {name for name, task in ours.items() if task.retry_strategy is not PATIENTLY} == briefly


def test_a_job_of_the_calendar_that_met_trouble_is_tried_again(sql, monkeypatch):
    monkeypatch.setattr(AuditEvent.objects, "aggregate", trouble := Mock(side_effect=OperationalError("away")))
    seal_audit.configure().defer(timestamp=0)
    assert workers.work_once(["housekeeping"], {})
    assert trouble.called
    # From twenty past each hour on, the calendar queues one of its own.
    ours = "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = %s AND args = '{\"timestamp\": 0}'"
    assert sql(ours, seal_audit.name) == [("todo", 1)]


@pytest.mark.parametrize(
    ("text", "mail", "exports"), [("", 4, 2), ("8", 8, 8), ("mail=8", 8, 2), ("3, exports=1,mail=9", 9, 1)]
)
def test_numbers_of_queues_come_from_the_environment(text, mail, exports):
    found = by_queue("JOBS_AT_ONCE", text, {"mail": 4, "exports": 2})
    assert found == {"mail": mail, "exports": exports}


@pytest.mark.parametrize("text", ["0", "-1", "x", "mail=", "mail=0", "post=3", "=3", "mail=1=2", "mail=٣"])
def test_a_number_of_a_queue_that_cannot_be_used_stops_the_start_with_a_sentence(text):
    with pytest.raises(ImproperlyConfigured, match=r"JOBS_AT_ONCE has to be .* The queues are mail, exports\."):
        by_queue("JOBS_AT_ONCE", text, {"mail": 4, "exports": 2})


def test_the_command_refuses_queues_that_are_not_there_and_one_number_for_all():
    with pytest.raises(CommandError, match=r"There is no queue post\. The queues are mail, letters"):
        call_command("procrastinate", "worker", "--queues", "mail,post")
    with pytest.raises(CommandError, match="set JOBS_AT_ONCE"):
        call_command("procrastinate", "worker", "--concurrency", "4")


def test_the_waits_between_two_tries_grow_to_half_a_minute_and_differ():
    assert all(0.5 <= workers.pause(1) <= 1 for _ in range(20))
    assert all(15 <= workers.pause(tries) <= 30 for tries in (6, 10, 100, 10_000))
    assert len({workers.pause(9) for _ in range(20)}) > 1


def test_what_a_job_queues_is_queued_in_its_own_transaction(sql: Sql) -> None:
    notice = "7f1c2f9e-8d3b-4a7c-9a55-3f0f6a1f2b11"
    with app.replace_connector(workers.connector()):
        with transaction.atomic():
            send_notice.defer(notice_id=notice)
            assert outcomes(sql, send_notice.name) == [("todo", 0)]
            transaction.set_rollback(True)
        assert outcomes(sql, send_notice.name) == []
        send_notice.defer(notice_id=notice)
    assert outcomes(sql, send_notice.name) == [("todo", 0)]
