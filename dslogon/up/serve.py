"""The site on one's own machine: database, job worker and web server, started together and ended together."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import environ

from dslogon.up import assets, health, port, postgres
from dslogon.up.errors import DISK_FULL, UserFacingError, end_with_parent_command, say

ROOT = assets.ROOT
VAR = ROOT / "var"
PREPARE = ["-m", "dslogon.up.prepare"]
WORKER = ["manage.py", "procrastinate", "worker"]
WEB = ["-m", "dslogon.web"]
# With large pages for malloc, each Argon2 hash takes a quarter less time.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
PATIENCE = 30
"""Seconds that the web server may take until its first answer."""
GRACE = 7
"""Seconds that the web server and the worker may take to end: a little more than an open request gets."""


class AlreadyRuns(UserFacingError):
    """Another run holds this folder."""


class Ended(BaseException):
    """The site was asked to end: by Ctrl-C, a closed terminal or a polite kill."""


def serve() -> None:
    """Run the site until it is told to end or one of its processes dies, which raises UserFacingError.

    On return, all processes have ended.
    """
    environ.Env.read_env(ROOT / ".env")
    number = port.chosen()
    address = f"http://localhost:{number}"  # not an IP address: browsers refuse passkeys there
    listen_for_the_end()
    with alone(address), ExitStack() as running:
        port.claim()
        assets.fetch()
        assets.collect()
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "dslogon.settings.local",
            "PORT": str(number),
            "SITE_ADDRESS": address,
        }
        shutil.rmtree(VAR / "metrics", ignore_errors=True)  # what the processes of the last run have counted
        children: dict[str, subprocess.Popen[bytes]] = {}
        if not env.get("DATABASE_URL"):
            say("Starting PostgreSQL ...")
            server = running.enter_context(postgres.running(VAR))
            env["DATABASE_URL"] = server.url
            children["PostgreSQL"] = server.process
        persona = prepared(env)
        children["The job worker"] = running.enter_context(child("worker", WORKER, env, orphan="KILL"))
        children["The web server"] = running.enter_context(child("web", WEB, env | LARGE_PAGES))
        wait_until_it_answers(children)
        print(f"\nDS Logon is ready at {address}   (Ctrl-C ends it; its logs are in var)\n{persona}", flush=True)
        while True:
            stop_if_any_died(children)
            time.sleep(0.2)


@contextmanager
def database() -> Iterator[str]:
    """Yield the address of the site's database for a single command.

    That is the running database, or one that is started for the block.
    """
    environ.Env.read_env(ROOT / ".env")
    with ExitStack() as running:
        if os.environ.get("DATABASE_URL"):
            url = os.environ["DATABASE_URL"]
        else:
            try:
                running.enter_context(alone("no address, for a single command"))
                url = running.enter_context(postgres.running(VAR)).url
            except AlreadyRuns:
                url = postgres.address(postgres.socket_folder(VAR))
        yield url


def listen_for_the_end() -> None:
    """End the site in the same way on Ctrl-C, a polite kill and a closed terminal."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def end(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind whatever is going on. A second signal changes nothing, because the end is already under way."""
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, lambda *_: None)
    raise Ended


@contextmanager
def alone(address: str, folder: Path = VAR) -> Iterator[None]:
    """Hold the lock of a folder for the length of the block. Raise AlreadyRuns if another run has it.

    The system releases the lock when the process ends.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRuns(f"The site of this folder already runs at {lock.read().strip()}.") from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def prepared(env: Mapping[str, str]) -> str:
    """Migrate and load the people, and return the lines about one of them to try.

    The preparation shows its own progress.
    """
    command = [*end_with_parent_command("KILL"), sys.executable, *PREPARE]
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, process_group=0
    )
    if done.returncode:
        raise UserFacingError("The database could not be prepared; the lines above say why.")
    return done.stdout


@contextmanager
def child(
    name: str, arguments: list[str], env: Mapping[str, str], orphan: str = "TERM"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python process of the site for the length of the block, with its output in var/<name>.log.

    At the end, the process and all that it started are ended politely, or with force if that fails. The process has a
    process group of its own, so that Ctrl-C reaches only us and we decide the order of ending. `orphan` is the signal
    that it gets if we are killed. The job worker needs a hard one: without a database it would wait politely, and long.
    """
    with log_of(name).open("wb") as out:
        process = subprocess.Popen(
            [*end_with_parent_command(orphan), sys.executable, *arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        yield process
    finally:
        end_group(process)


def log_of(name: str) -> Path:
    """Return the log file of a process. What it wrote in the previous run is kept next to it."""
    log = VAR / f"{name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(GRACE)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def wait_until_it_answers(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Wait until the web server answers anything at all."""
    deadline = time.monotonic() + PATIENCE
    while health.answer() is None:
        stop_if_any_died(children)
        if time.monotonic() > deadline:
            raise UserFacingError("The web server does not answer; var/web.log may say why.")
        time.sleep(0.1)


def stop_if_any_died(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Raise UserFacingError, which ends all the others, as soon as one of the processes is gone."""
    for name, process in children.items():
        if process.poll() is not None:
            if shutil.disk_usage(VAR).free < 2**24:
                raise UserFacingError(DISK_FULL)
            how = f"was killed ({signal.Signals(-process.returncode).name})" if process.returncode < 0 else "ended"
            raise UserFacingError(
                f"{name} {how}, so the rest was ended too; nothing saved is lost, and var holds the logs."
            )
