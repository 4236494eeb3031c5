"""Prometheus asks a real site: two web processes and a worker, which tell their figures at one port."""

import re
import subprocess

import pytest
from django.conf import settings
from django.db import connection

from accounts.mail import notices
from tests.safeguards.databases import MANAGE, ROOT, environment
from tests.up.web import PATIENCE, Web, free_port, get, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("site")]

VISITS = 12


def value(port: int, sample: str) -> float | None:
    """The value of a sample, as Prometheus finds it."""
    found = re.search(rf"^{re.escape(sample)} (\S+)$", get(port, "/metrics")[1], re.MULTILINE)
    return float(found[1]) if found else None


def wait_for(web: Web, port: int, sample: str) -> float:
    """Ask until the process that has the port has looked."""
    for _ in range(PATIENCE):
        try:
            if (number := value(port, sample)) is not None:
                return number
        except ConnectionRefusedError:
            pass
        web.pause()
    raise AssertionError(sample)


def test_what_all_processes_have_done_is_told_at_one_port_and_names_nobody(tmp_path):
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    notices.send("your-username", to="rosa@mail.example", first_name="Rosa", username="rosa.reader")
    port = free_port()
    env = environment(tmp_path, settings.FIELD_KEYS) | {
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
        "WEB_CONCURRENCY": "2",
    }
    with web_server(tmp_path, env) as web:
        assert wait_for(web, port, 'dslogon_jobs_waiting{queue="mail"}') == 1
        for _ in range(VISITS):
            assert get(web.port, "/")[0] == 200
        assert get(web.port, "/rosa@mail.example/")[0] == 404
        worker = [*MANAGE, "procrastinate", "worker", "--one-shot", "--no-listen-notify"]
        done = subprocess.run(worker, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert value(port, 'dslogon_requests_total{method="read",route="home",status="200"}') == VISITS
        assert value(port, 'dslogon_request_seconds_count{route="home"}') == VISITS
        sent = 'dslogon_jobs_total{outcome="succeeded",task="accounts.tasks.send_notice"}'
        assert value(port, sent) == value(port, 'dslogon_mail_total{outcome="sent"}') == 1
        assert value(port, "dslogon_hashes_waiting") == 0
        text = get(port, "/metrics")[1].lower()
        assert not [word for word in ("rosa", "mail.example", "127.0.0.1") if word in text]
