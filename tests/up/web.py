"""A web server of the site in processes of its own, as `./run` starts it, and what it answers."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dslogon.up import serve

PATIENCE = 100
"""How often a probe is asked until it says what is waited for: each time it may take AT_ONCE."""
AT_ONCE = 5
"""Seconds. On this machine other tests run, and no probe needs a hundredth of it."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port: int, path: str, host: str = "localhost") -> tuple[int, str]:
    """The status and the text of an answer."""
    web = HTTPConnection("127.0.0.1", port, timeout=AT_ONCE)
    web.request("GET", path, headers={"Host": host})
    answer = web.getresponse()
    return answer.status, answer.read().decode()


class Web:
    """A web server, and what it answers."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process

    def ask(self, path: str) -> tuple[int, dict]:
        """Ask for a probe as a load balancer does, which knows nothing of host names. It has to answer at once."""
        status, body = get(self.port, path, "balancer.example")
        return status, json.loads(body)

    def wait_until(self, holds: Callable[[list[str]], bool]) -> tuple[int, dict]:
        """Ask until what is wrong is as it should be."""
        for _ in range(PATIENCE):
            told = self.ask("/readyz")
            if holds(told[1]["wrong"]):
                return told
            self.pause()
        raise AssertionError(told)

    def pause(self) -> None:
        """Let a moment pass, in which the server must not end."""
        with pytest.raises(subprocess.TimeoutExpired):
            self.process.wait(0.3)


@contextmanager
def web_server(folder: Path, env: dict[str, str]) -> Iterator[Web]:
    """Run a web server for the length of the block."""
    port = free_port()
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *serve.WEB],
            cwd=serve.ROOT,
            env=env | {"PORT": str(port)},
            stdout=log,
            stderr=log,
            process_group=0,
        )
    web = Web(port, process)
    try:
        for _ in range(PATIENCE):
            try:
                web.ask("/healthz")
                break
            except OSError:
                web.pause()
        yield web
    finally:
        serve.end_group(process)
