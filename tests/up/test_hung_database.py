"""The probes of a real web server while its database accepts, says nothing, stops in the middle and goes on."""

import os
import signal
import socket

import psutil
import pytest

from dslogon.up import postgres
from tests.up.web import web_server

pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture
def env(env, tmp_path) -> dict[str, str]:
    """A site of its own, with keys of its own."""
    return env | {
        "DJANGO_SETTINGS_MODULE": "dslogon.settings.local",
        "DSLOGON_KEYS_FILE": str(tmp_path / "keys.json"),
    }


def test_the_probes_answer_while_the_database_has_stopped_and_tell_when_it_goes_on(tmp_path, env) -> None:
    database = postgres.running(tmp_path, throwaway=True)
    with database as server, web_server(tmp_path, env | {"DATABASE_URL": server.url}) as web:
        web.wait_until(lambda wrong: wrong == ["schema-older"])
        processes = [server.process.pid, *postgres_children(server.process.pid)]
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            status, told = web.wait_until(lambda wrong: "database" in wrong)
            assert (status, told["status"]) == (503, "not ready")
            assert web.ask("/healthz") == (200, {"status": "ok"})
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)
        web.wait_until(lambda wrong: wrong == ["schema-older"])


def postgres_children(pid: int) -> list[int]:
    """The processes of a database server, which stop each by themselves."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def test_the_probes_answer_while_the_database_accepts_and_says_nothing(tmp_path, env) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = f"postgres://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        with web_server(tmp_path, env | {"DATABASE_URL": database}) as web:
            assert web.ask("/healthz") == (200, {"status": "ok"})
            status, told = web.wait_until(lambda wrong: wrong == ["database"])
            assert (status, told["status"]) == (503, "not ready")
