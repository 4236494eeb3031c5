"""Lines of the log as JSON, the name of a request on its way, and what an error collector is told."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from inspect import signature
from io import StringIO
from ipaddress import ip_network

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app

from accounts.mail import notices
from dslogon.up import check
from safeguards.jobs import ARGUMENT
from safeguards.logs import JsonFormatter
from tests import people, tripwire, walk
from tests.rules.test_no_personal_data import secrets_of

HERE, ELSEWHERE = ip_network("127.0.0.0/8"), ip_network("192.0.2.0/24")
OURS = "0123456789abcdef0123456789abcdef"
NAME = re.compile(r"[0-9a-f]{32}")
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
told_to_collector: list[dict] = []


def collect(event: dict) -> None:
    """A collector as a site may have one."""
    told_to_collector.append(event)


def fail(event: dict) -> None:
    raise ConnectionError("The collector is away.")


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the site writes with LOG_FORMAT=json."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def lines(log: StringIO) -> list[dict]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_line_is_an_object_with_its_time_in_utc(log):
    logging.getLogger("some.room").warning("Number %s\nof two lines", "900-12-3456")
    (line,) = lines(log)
    assert UTC.fullmatch(line.pop("at"))
    assert line == {"level": "WARNING", "logger": "some.room", "message": "Number [ssn]\nof two lines"}


def test_what_went_wrong_stands_in_its_line_and_is_redacted(log):
    try:
        raise ValueError("rosa@mail.example")
    except ValueError:
        logging.getLogger("some.room").exception("That failed.")
    (line,) = lines(log)
    assert "ValueError: [email]" in line["exception"]
    assert "rosa" not in log.getvalue()


def test_production_writes_json_unless_somebody_wants_lines():
    said = "import django, logging; django.setup(); logging.getLogger('some.room').warning('Here.')"

    def written(**env: str) -> str:
        command, given = [sys.executable, "-c", said], os.environ | env
        ran = subprocess.run(command, cwd=check.ROOT, env=given, capture_output=True, text=True)
        return ran.stderr.splitlines()[-1]

    assert json.loads(written(**check.production()))["message"] == "Here."
    assert written(**check.production(), LOG_FORMAT="line").endswith("WARNING some.room Here.")
    assert "LOG_FORMAT has to be one of json, line." in written(**check.production(), LOG_FORMAT="yaml")


@pytest.mark.parametrize(
    ("proxy", "given", "is_taken"),
    [
        (HERE, OURS, True),
        (HERE, "01234567-89ab-cdef-0123-456789abcdef", True),
        (ELSEWHERE, OURS, False),
        (HERE, "900-12-3456", False),
        (HERE, f"{OURS}\nERROR forged", False),
        (HERE, "rosa", False),
        (HERE, "", False),
    ],
)
def test_a_request_has_the_name_that_our_proxy_gave_it_and_otherwise_a_new_one(settings, proxy, given, is_taken):
    settings.TRUSTED_PROXIES = [proxy]
    named = Client().get("/", headers={"x-request-id": given})["X-Request-ID"]
    assert (named == given) == is_taken
    assert is_taken or NAME.fullmatch(named)


def test_every_answer_has_a_name_of_its_own():
    named = [Client().get(path)["X-Request-ID"] for path in ("/", "/", "/no-such-page/", "/static/none.css")]
    assert len(set(named)) == 4


@pytest.mark.django_db
def test_what_a_page_logs_names_it_and_its_request(log):
    answers = [Client().get(path) for path in ("/no-such-page/", "/recover/password/no-such-link/")]
    said = [line for line in lines(log) if line["logger"] == "django.request"]
    assert said
    assert {line["request_id"] for line in said} <= {answer["X-Request-ID"] for answer in answers}


@pytest.fixture
def no_other_jobs(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty queue, and no connection that outlives the worker's threads."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_events")
        cursor.execute("DELETE FROM procrastinate_jobs")


def work() -> None:
    """Let a worker do all that can be done now."""
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)


def done_for_requests(log: StringIO) -> list[tuple[str, str]]:
    """The jobs that were done, by the lines of the worker: for which request, and which one."""
    ended = [line for line in lines(log) if "ended with status: Success" in line["message"]]
    return [(line["request_id"], line["route"]) for line in ended]


def test_the_name_of_rosas_request_goes_with_her_mail_to_the_line_of_the_worker(no_other_jobs, log, settings):
    settings.TRUSTED_PROXIES = [HERE]
    Client().post("/recover/username/", {"email": "rosa@mail.example"}, headers={"x-request-id": OURS})
    work()
    assert (OURS, "accounts.tasks.answer_recovery") in done_for_requests(log)


def test_no_job_takes_the_name_of_the_request_for_an_argument_of_its_own():
    assert app.tasks
    assert not [name for name, task in app.tasks.items() if ARGUMENT in signature(task.func).parameters]


def test_a_job_that_was_queued_before_requests_had_names_is_done_under_its_own(no_other_jobs, log):
    notices.send("your-username", to="rosa@mail.example", first_name="Rosa", username="rosa.reader")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, args ? %s FROM procrastinate_jobs", [ARGUMENT])
        ((number, has_name),) = cursor.fetchall()
    assert not has_name
    work()
    assert (f"job-{number}", "accounts.tasks.send_notice") in done_for_requests(log)


@pytest.mark.django_db
def test_the_log_of_a_registration_says_nothing_about_rosa(log):
    rosa = people.load("rosa")
    with tripwire.no_secret_is_written(secrets_of(rosa)):
        walk.register_premium(Client(), rosa, "quiet.river.7")
        walk.deliver_mail()
    assert lines(log)
    assert all(line["request_id"] for line in lines(log) if "route" in line)
    assert not [secret for secret in secrets_of(rosa) if secret.lower() in log.getvalue().lower()]


@pytest.fixture
def errors() -> list[dict]:
    """What the error collector was told."""
    told_to_collector.clear()
    return told_to_collector


def break_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the judgment of details fail with all that was typed in its text."""

    def judge(draft: object, outcome: object, *more: object, **named: object) -> None:
        try:
            raise KeyError(str(outcome))
        except KeyError as first:
            raise ValueError(str(vars(draft))) from first

    monkeypatch.setattr("accounts.journeys.steps.details.judge_match", judge)


@pytest.mark.django_db
def test_the_error_collector_gets_the_places_in_the_code_and_nothing_that_rosa_typed(settings, monkeypatch, errors):
    settings.ERROR_COLLECTOR = "tests.safeguards.test_logs.collect"
    rosa, browser = people.load("rosa"), Client(raise_request_exception=False)
    here = walk.begin(browser)
    break_registration(monkeypatch)
    answer = browser.post(here, walk.details_of(rosa))
    assert answer.status_code == 500
    (event,) = errors
    assert event["request_id"] == answer["X-Request-ID"]
    assert event["message"] == "%s: %s"
    assert [one["class"] for one in event["exceptions"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert {"function": "judge"}.items() <= event["exceptions"][0]["frames"][-1].items()
    told = json.dumps(event).lower()
    assert not [secret for secret in secrets_of(rosa) if secret.lower() in told]


@pytest.mark.django_db
def test_a_collector_that_fails_changes_nothing_for_rosa(settings, monkeypatch, errors):
    settings.ERROR_COLLECTOR = "tests.safeguards.test_logs.fail"
    browser = Client(raise_request_exception=False)
    here = walk.begin(browser)
    break_registration(monkeypatch)
    assert browser.post(here, walk.details_of(people.load("rosa"))).status_code == 500
    assert errors == []


def test_a_stranger_who_asks_for_another_host_fills_no_collector(settings, errors):
    settings.ERROR_COLLECTOR = "tests.safeguards.test_logs.collect"
    assert Client().get("/", headers={"host": "elsewhere.example"}).status_code == 400
    assert errors == []
