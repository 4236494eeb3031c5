"""What happens to a deployment on a bad day, and what has to be so again after each of it."""

import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dslogon.up import cluster as clusters
from dslogon.up.cluster import CATCHER, Cluster
from dslogon.up.errors import UserFacingError
from tests.deploying.visitor import Visitor

SILENCE = 3
"""Seconds for which something does not answer, or the disk is full."""
LAG = 0.2
"""Seconds that something slow waits between two moments in which it does some of its work."""
MOMENT = 0.02
SLOW = 5
"""Seconds for which something is slow."""
RECOVERY = 120
"""Seconds that the site may take to be ready again. Somebody waits that long for a page."""
NEW_VERSION = "A new version"
AHEAD = "+2d"
FAKETIME = "faketime"
"""What runs a command with another clock. Debian's package has the same name."""


def primary(cluster: Cluster) -> str:
    """Return the unit of the server that takes writes."""
    return f"dslogon-postgres@{cluster.primary}"


def units_of(cluster: Cluster) -> dict[str, list[str]]:
    """Return by what it is each part that can be killed."""
    return {
        "a web server": list(cluster.web),
        "a worker": ["dslogon-worker@1", "dslogon-worker@2"],
        "the database": [primary(cluster)],
        "the pool": ["dslogon-pgbouncer"],
        "the counters": ["dslogon-counters"],
        "the proxy": ["dslogon-haproxy"],
        "the mail server": [CATCHER],
    }


def kill(what: str, cluster: Cluster, luck: random.Random) -> None:
    """Kill a part, as a lack of memory does."""
    clusters.kill(cluster, luck.choice(units_of(cluster)[what]))


def kill_child(what: str, cluster: Cluster, luck: random.Random) -> None:
    """Kill one of the processes that a part has started, while its main process lives on."""
    main = clusters.processes(cluster)[luck.choice(units_of(cluster)[what])].pid
    if children := children_of(main):
        send(luck.choice(children), signal.SIGKILL)


def silence(what: str, cluster: Cluster, luck: random.Random) -> None:
    """Let a part be silent for a while, as behind a network that loses everything."""
    main = clusters.processes(cluster)[luck.choice(units_of(cluster)[what])].pid
    send_to_family(main, signal.SIGSTOP)
    time.sleep(SILENCE)
    send_to_family(main, signal.SIGCONT)


def slow_down(what: str, cluster: Cluster, luck: random.Random) -> None:
    """Let a part take and give everything late for a while, as on a slow line."""
    main = clusters.processes(cluster)[luck.choice(units_of(cluster)[what])].pid
    ends = time.monotonic() + SLOW
    while time.monotonic() < ends:
        send_to_family(main, signal.SIGSTOP)
        time.sleep(LAG)
        send_to_family(main, signal.SIGCONT)
        time.sleep(MOMENT)


def send_to_family(main: int, number: signal.Signals) -> None:
    """Send a signal to a process and to all that it started. It comes first, so that a stopped one starts no more."""
    send(main, number)
    for child in children_of(main):
        send_to_family(child, number)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, which may have ended."""
    try:
        if pid:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def children_of(pid: int) -> list[int]:
    """Return the processes that a process started. One that has ended has none."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children")) if pid else []
        return [int(child) for file in files for child in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def kill_session(cluster: Cluster, luck: random.Random) -> None:
    """Kill one session of the database. PostgreSQL then ends all others and recovers."""
    sessions = [pid for pid in servers(cluster) if b"dslogon_web" in command_of(pid)]
    if sessions:
        os.kill(luck.choice(sessions), signal.SIGKILL)


def fill_disk(cluster: Cluster, luck: random.Random) -> None:
    """Let the database write nothing for a while, as on a full disk."""
    allow_writes(cluster, 1)
    time.sleep(SILENCE)
    allow_writes(cluster, resource.RLIM_INFINITY)


def allow_writes(cluster: Cluster, size: int) -> None:
    """Limit the size of files to which the processes of the database write. Those that it starts inherit that."""
    for pid in servers(cluster):
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        except ProcessLookupError:
            pass


def servers(cluster: Cluster) -> list[int]:
    """Return the main process of the primary, and its children."""
    main = clusters.processes(cluster)[primary(cluster)].pid
    return [main, *children_of(main)] if main else []


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def promote(cluster: Cluster, luck: random.Random) -> None:
    """Let the standby take the place of the primary while everybody is at work, and make a new one."""
    clusters.promote_standby(cluster)
    clusters.make_new_standby(cluster)


def roll(cluster: Cluster, luck: random.Random) -> None:
    """Bring a new version out, as the page says."""
    _pull, steps = clusters.blocks(cluster, NEW_VERSION)
    clusters.run_blocks(cluster, [*clusters.blocks(cluster, clusters.LATER), steps])


def run_ahead(cluster: Cluster, luck: random.Random) -> None:
    """Let a machine whose clock is two days ahead do what cannot be taken back. It has to refuse."""
    command = [FAKETIME, "-f", AHEAD, str(cluster.folder / "manage"), "shell", "-v", "0", "-c"]
    ends = time.monotonic() + RECOVERY
    while time.monotonic() < ends:  # the database may still be away from what happened before
        run = subprocess.run(
            [*command, "from safeguards import seal; seal.seal_due()"], capture_output=True, text=True, check=False
        )
        if "ClocksDifferError" in run.stderr:
            return
        if run.returncode == 0:
            raise AssertionError("It was sealed by a clock that is two days ahead.")
        time.sleep(1)
    raise AssertionError(f"Nobody said that the clocks differ. {run.stderr[-500:]}")


Happening = Callable[[Cluster, random.Random], None]
KILLED = ("a web server", "a worker", "the database", "the pool", "the counters", "the proxy", "the mail server")
SILENT = ("a web server", "a worker", "the database", "the pool", "the counters", "the mail server")
MANY = ("a web server", "a worker")
SLOWED = ("a web server", "the pool", "the counters", "the mail server")
SUDDEN: dict[str, Happening] = {
    **{f"{what} is killed": partial(kill, what) for what in KILLED},
    **{f"a process of {what} is killed": partial(kill_child, what) for what in MANY},
    **{f"{what} is silent": partial(silence, what) for what in SILENT},
    **{f"{what} is slow": partial(slow_down, what) for what in SLOWED},
    "a session of the database is killed": kill_session,
    "the disk is full": fill_disk,
}
"""What comes without warning, at any moment."""
PLANNED: dict[str, Happening] = {
    "a clock is two days ahead": run_ahead,
    "a new version comes out": roll,
    "the standby becomes the primary": promote,
}


def happen(cluster: Cluster, name: str, luck: random.Random) -> float:
    """Let something happen, wait until the site is ready again, and return the seconds that this took.

    Raise AssertionError if it does not get ready in RECOVERY.
    """
    began = time.monotonic()
    try:
        (SUDDEN | PLANNED)[name](cluster, luck)
    except UserFacingError as gone:
        if "does not run" not in str(gone):  # it was killed a moment ago, and is about to start again
            raise
    while trouble := unready(cluster):
        if time.monotonic() - began > RECOVERY:
            raise AssertionError(f"After this the site did not get ready: {name}. {trouble}")
        time.sleep(0.2)
    return time.monotonic() - began


def unready(cluster: Cluster) -> str:
    """Return "" if the site serves, seen from outside, and what it answers otherwise."""
    visitor = Visitor(cluster)
    try:
        return "" if visitor.get("/readyz") == 200 else visitor.page
    except OSError as failure:
        return str(failure)
