"""A site that is measured: the web server as `./run` starts it but with one worker, and the processor time it uses."""

import ctypes
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import psutil
import psycopg

from dslogon.up import serve
from dslogon.up.errors import UserFacingError

PATIENCE = 60
"""Seconds that a site may take until its first answer."""


@dataclass(frozen=True)
class Site:
    """A served site: its port, its one worker, and a connection that shows which database processes serve it."""

    port: int
    worker: int
    database: psycopg.Connection

    def cpu(self) -> float:
        """Return the seconds of processor time that the worker used, including ended threads."""
        return cpu_of(self.worker)

    def database_cpu(self) -> float | None:
        """Return the same for the database processes that serve this site, or None if they are on another machine."""
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        try:
            return sum(cpu_of(pid) for (pid,) in self.database.execute(asked))
        except OSError:
            return None


def cpu_of(pid: int) -> float:
    """Return the seconds of processor time by the kernel's clock of that process.

    The clock counts nanoseconds, while /proc counts in steps of 10 ms.
    """
    return time.clock_gettime(cpu_clock(pid))


def cpu_clock(pid: int) -> int:
    """Return the clock itself, for code that reads it often.

    Raise OSError if it cannot be read, for example because the process is on another machine.
    """
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return clock.value


@contextmanager
def serving(
    name: str, env: Mapping[str, str], server: Sequence[str] = serve.WEB, *, workers: int = 1
) -> Iterator[Site]:
    """Yield a site that has answered once, with its first worker. Its log is var/bench-<name>.log."""
    port = free_port()
    env = {**os.environ, **serve.LARGE_PAGES, **env, "PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    command = [word.format(port=port, workers=workers) for word in server]
    with (
        serve.child(f"bench-{name}", command, env) as process,
        psycopg.connect(env["DATABASE_URL"], autocommit=True) as database,
    ):
        wait_for(port, name)
        # The last child of a server is a worker, and the first one of some is not.
        *_, worker = psutil.Process(process.pid).children() or [process]
        yield Site(port, worker.pid, database)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, name: str) -> None:
    """Wait until the site answers anything at all."""
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
