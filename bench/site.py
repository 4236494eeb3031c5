"""A site under measure: gunicorn as `./run` starts it but with one worker, and the processor time that it uses."""

import ctypes
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import psutil
import psycopg

from dslogon.up import serve
from dslogon.up.errors import UserFacingError

PATIENCE = 30
"""Seconds that a site may take to answer first."""


@dataclass(frozen=True)
class Site:
    """A served site: its port, its one worker, and a connection that can tell the database's processes."""

    port: int
    worker: int
    database: psycopg.Connection

    def cpu(self) -> float:
        """Seconds of processor time that the worker has used, ended threads included."""
        return cpu_of(self.worker)

    def database_cpu(self) -> float | None:
        """The same for the database's processes that serve this site; None if they are on another machine."""
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        try:
            return sum(cpu_of(pid) for (pid,) in self.database.execute(asked))
        except OSError:
            return None


def cpu_of(pid: int) -> float:
    """Seconds of processor time by the kernel's clock of that process, which knows nanoseconds (/proc: 10 ms)."""
    return time.clock_gettime(cpu_clock(pid))


def cpu_clock(pid: int) -> int:
    """The clock itself, for whoever looks at it often; OSError if it cannot be read, as on another machine."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return clock.value


@contextmanager
def serving(name: str, env: Mapping[str, str], application: str = "dslogon.wsgi") -> Iterator[Site]:
    """A site that has answered once; its log is var/bench-<name>.log."""
    port = free_port()
    env = {**os.environ, **serve.LARGE_PAGES, **env, "PORT": str(port), "WEB_CONCURRENCY": "1"}
    with (
        serve.child(f"bench-{name}", [*serve.WEB, application], env) as process,
        psycopg.connect(env["DATABASE_URL"], autocommit=True) as database,
    ):
        wait_for(port, name)
        (worker,) = psutil.Process(process.pid).children()
        yield Site(port, worker.pid, database)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, name: str) -> None:
    """Returns when the site answers anything at all."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/")
            connection.getresponse()
            return connection.close()
        except OSError:
            if time.monotonic() > deadline:
                raise UserFacingError(f"The site does not answer; var/bench-{name}.log may say why.") from None
            time.sleep(0.1)
