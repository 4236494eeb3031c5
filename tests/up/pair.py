"""A primary and a standby that follows it: two servers of one's own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from dslogon.up import postgres
from dslogon.up.postgres import Server


@dataclass(frozen=True)
class Pair:
    """Two servers, of which the second began as a copy of the first."""

    primary: Server
    standby: Server

    def url(self, wanted: str) -> str:
        """An address that leads to whichever of the two is `wanted`, as libpq's target_session_attrs says it."""
        hosts = ",".join(quote(str(socket_of(server)), safe="") for server in (self.primary, self.standby))
        return f"postgres://dslogon@/dslogon?host={hosts}&target_session_attrs={wanted}"

    def promote(self) -> None:
        """End the primary at once, and let the standby take its place."""
        self.primary.process.kill()
        self.primary.process.wait()
        on(self.standby, "SELECT pg_promote()")


@contextmanager
def running(folder: Path) -> Iterator[Pair]:
    """Run both for the length of the block."""
    with postgres.running(folder / "1", throwaway=True) as primary:
        on(primary, "SELECT pg_create_physical_replication_slot('standby')")
        copied = folder / "2/postgres"
        copied.parent.mkdir()
        command: list[str | Path] = [
            *postgres.unprivileged(),
            postgres.binary("pg_basebackup"),
            "-D",
            copied,
            "--write-recovery-conf",
        ]
        at: list[str | Path] = [
            "-h",
            socket_of(primary),
            "-U",
            "dslogon",
            "--slot=standby",
            "--checkpoint=fast",
            "--no-sync",
        ]
        subprocess.run([*command, *at], check=True, capture_output=True)
        with postgres.running(folder / "2", throwaway=True) as standby:
            yield Pair(primary, standby)


def socket_of(server: Server) -> Path:
    """The folder with a server's socket."""
    return postgres.socket_folder(server.log.parent)


def on(server: Server, statement: str) -> tuple[object, ...] | None:
    """Run a statement on one of the servers, and return the first row if it has rows."""
    with psycopg.connect(server.url, autocommit=True) as link:
        done = link.execute(statement)
        return done.fetchone() if done.description else None
