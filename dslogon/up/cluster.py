"""The whole deployment on one's own machine: docs/deploying.md, followed word for word on ports of the loopback.

Nothing is told twice here: the blocks of that page are run as they stand, with other values in the first one, and
units.py obeys the units that they install. `./run cluster` keeps it up for a person, and the tests break its parts.
"""

import getpass
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dslogon.up import port, postgres, units
from dslogon.up.assets import ROOT
from dslogon.up.errors import UserFacingError, end_with_parent_command, say, sentence_for
from dslogon.up.serve import VAR, alone, listen_for_the_end

RECIPE = "docs/deploying.md"
SET_UP, FIRST_STAFF, LATER = "Set up", "The first member of staff", "In a later shell"
FAIL_OVER, NEW_STANDBY = "When the primary dies", "A new standby"
BACK_UP, PRACTICE, SWITCH_OVER = "Back up", "Practice it", "Switch over to what was restored"
PARTS = ("HTTPS", "HTTP", "STATE", "WEB_1", "WEB_2", "DB_1", "DB_2", "POOL", "COUNTERS")
"""What has a port of its own: one after the other from the chosen one on, and after them the mail catcher."""
PROGRAMS = {"HAPROXY": ("haproxy",), "PGBOUNCER": ("pgbouncer",), "COUNTERS_SERVER": ("valkey-server", "redis-server")}
"""What Debian has and we do not bring. Any of the names will do, and the last one is the package."""
OF_A_SERVER = re.compile(r"(?<=[@/_ ])[12](?=_PORT|\b)")
"""The number of a database server in a block: in its unit, its folder, its values, and alone."""
CATCHER = "mail-catcher"
PATIENCE = 30
"""Seconds that the supervisor may take to listen."""


@dataclass
class Cluster:
    """A deployment: its folder, the values of its first block, and the folder of the code that it runs."""

    folder: Path
    values: dict[str, str]
    code: Path

    @property
    def address(self) -> str:
        """Where people reach it."""
        return self.values["SITE_ADDRESS"]

    @property
    def certificate(self) -> Path:
        """What a browser has to trust."""
        return self.folder / "etc/site.crt"

    @property
    def mailbox(self) -> Path:
        """The folder (a maildir) with every mail that was sent."""
        return self.folder / "mail"

    @property
    def units(self) -> Path:
        """The folder of the units, and of their logs."""
        return Path(self.values["UNITS"])

    @property
    def primary(self) -> str:
        """The number of the server that takes writes."""
        return "2" if self.values.get("PRIMARY") == "$DB_2" else "1"

    @property
    def web(self) -> tuple[str, str]:
        """The units of the two web servers."""
        return f"dslogon-web@{self.values['WEB_1_PORT']}", f"dslogon-web@{self.values['WEB_2_PORT']}"


def serve() -> None:
    """Run the cluster of var/cluster until the end is asked for."""
    listen_for_the_end()
    number = port.chosen()
    folder = VAR / "cluster"
    with alone(f"https://localhost:{number}", folder):
        say(f"Following {RECIPE} (about a minute) ...")
        with running(folder, number) as cluster:
            print(
                f"\nDS Logon is ready at {cluster.address}   (Ctrl-C ends it)\n"
                f"Its files are in {folder}: units and logs in {cluster.units.name}, mail in {cluster.mailbox.name},\n"
                f"its certificate, which no browser knows, and its settings in etc.\n"
                f"The first account is opened by {folder / 'manage'} open_staff_account ({RECIPE}).",
                flush=True,
            )
            while True:
                time.sleep(1)


@contextmanager
def running(folder: Path, first_port: int, code: Path = ROOT) -> Iterator[Cluster]:
    """Run the whole deployment for the length of the block. Its data stays in `folder`, for the next time."""
    missing = missing_programs()
    if missing:
        raise UserFacingError(f"A cluster needs {', '.join(missing)} (on Debian: apt-get install {' '.join(missing)}).")
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, values_here(folder, first_port, code), code)
    write_systemctl(cluster)
    write_mail_catcher(cluster, first_port + len(PARTS))
    with supervised(cluster):
        start(cluster, CATCHER)
        set_up(cluster)
        yield cluster


def missing_programs() -> list[str]:
    """Return the packages of Debian that a cluster needs and this machine does not have."""
    return [names[-1] for names in PROGRAMS.values() if not program(names)]


def program(names: tuple[str, ...]) -> str:
    """Return the path of the first of these programs that is there, or "" if none is."""
    path = os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), "")


def values_here(folder: Path, first_port: int, code: Path) -> dict[str, str]:
    """Return the values of the first block for a deployment in `folder`, run by us alone."""
    me = getpass.getuser()
    as_me = shlex.quote(" ".join(postgres.unprivileged()) or "env")
    return {
        "SITE": str(folder),
        "CODE": str(code),
        "UNITS": str(postgres.socket_folder(folder)),
        "BACKUPS": str(folder / "kept"),
        "FIGURES": str(folder / "figures"),
        "HOST": "localhost",
        "SITE_ADDRESS": f"https://localhost:{first_port}",
        "BALANCER": "127.0.0.1",
        **{f"{part}_PORT": str(first_port + number) for number, part in enumerate(PARTS)},
        "MAIL_FROM": "no-reply@dslogon.internal",
        "SERVICE_CENTER": "service-center@dslogon.internal",
        "MAIL": f"smtp://127.0.0.1:{first_port + len(PARTS)}",
        "PGBIN": str(postgres.binary("postgres").parent),
        **{name: program(names) for name, names in PROGRAMS.items()},
        **{f"{user}_USER": me for user in ("SITE", "DB", "BALANCER", "COUNTERS")},
        "AS_SITE": as_me,
        "AS_DB": as_me,
    }


def write_systemctl(cluster: Cluster) -> None:
    """Write a `systemctl` that asks our supervisor, for the shells that follow the page."""
    command = shlex.join([sys.executable, "-m", "dslogon.up.units", str(cluster.units)])
    file = cluster.folder / "bin/systemctl"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {command} "$@"\n')
    file.chmod(0o700)


def write_mail_catcher(cluster: Cluster, number: int) -> None:
    """Install the unit that stands for the mail server, which the page expects to be there."""
    text = Path(__file__).with_name(f"{CATCHER}.service").read_text()
    for name, value in (("PYTHON", sys.executable), ("PORT", number), ("MAILBOX", cluster.mailbox)):
        text = text.replace(f"{{{{{name}}}}}", str(value))
    (cluster.units / f"{CATCHER}.service").write_text(text)


@contextmanager
def supervised(cluster: Cluster) -> Iterator[None]:
    """Supervise the units of a cluster for the length of the block, and stop them all at its end."""
    log = cluster.folder / "supervisor.log"
    (cluster.units / units.CONTROL).unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*end_with_parent_command("TERM"), sys.executable, "-m", "dslogon.up.units", cluster.units, "serve"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (cluster.units / units.CONTROL).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise UserFacingError(sentence_for(log.read_text(), "The supervisor did not start:"))
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def set_up(cluster: Cluster) -> None:
    """Do what the page says, from the empty machine to the site that answers."""
    last = blocks(cluster, FIRST_STAFF)
    run_blocks(cluster, [block for block in blocks(cluster, SET_UP)[1:] if block not in last])


def follow(cluster: Cluster, heading: str, typed: str = "") -> str:
    """Do what the page says below one heading, in a new shell, and return what that says.

    `typed` is what a person answers there.
    """
    return run_blocks(cluster, [*blocks(cluster, LATER), *blocks(cluster, heading)], typed)


def blocks(cluster: Cluster, heading: str) -> list[str]:
    """Return the shell blocks of the page below a heading, in their order."""
    page = (cluster.code / RECIPE).read_text()
    wanted = rf"^(##+) (?:\d+\. )?{re.escape(heading)}$(.*?)(?=^\1 |^## |\Z)"
    found = re.search(wanted, page, re.DOTALL | re.MULTILINE)
    if not found:
        raise UserFacingError(f"{RECIPE} has no heading {heading!r}.")
    return re.findall(r"^```sh\n(.*?)^```$", found[2], re.DOTALL | re.MULTILINE)


def run_blocks(cluster: Cluster, wanted: list[str], typed: str = "") -> str:
    """Run blocks in one shell, after the first one with the values of this cluster. Return what they said.

    The first command that fails ends them, and UserFacingError repeats what was said.
    """
    first = with_values(blocks(cluster, SET_UP)[0], cluster.values)
    foreign = ("DJANGO_", "DATABASE_", "PYTEST_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env["PATH"] = f"{cluster.folder / 'bin'}:{env['PATH']}"
    command = [program(("bash",)), "-euo", "pipefail", "-c", "\n".join([first, *wanted])]
    done = subprocess.run(command, cwd=cluster.folder, env=env, input=typed, capture_output=True, text=True)
    if done.returncode:
        raise UserFacingError(f"{RECIPE} could not be followed.\n{done.stdout}{done.stderr}")
    return done.stdout


def with_values(block: str, values: Mapping[str, str]) -> str:
    """Return the first block with other values. Raise UserFacingError about one that it does not have."""
    lines = block.splitlines()
    for name, value in values.items():
        places = [number for number, line in enumerate(lines) if line.startswith(f"{name}=")]
        if len(places) != 1:
            raise UserFacingError(f"The first block of {RECIPE} should have one {name}.")
        lines[places[0]] = f"{name}={value}"
    return "\n".join(lines)


def start(cluster: Cluster, *names: str) -> None:
    """Start units that do not run."""
    units.ask(cluster.units, "start", *names)


def stop(cluster: Cluster, *names: str) -> None:
    """Stop units, until they are started again."""
    units.ask(cluster.units, "stop", *names)


def kill(cluster: Cluster, name: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to the main process of a unit. If that ends it, the supervisor starts it again."""
    units.ask(cluster.units, "kill", f"--signal={number.name}", name)


def processes(cluster: Cluster) -> dict[str, units.State]:
    """Return the main process of each unit that was started, and how often it was started again."""
    return {name: units.State(*state) for name, state in json.loads(units.ask(cluster.units, "show")).items()}


def promote_standby(cluster: Cluster) -> None:
    """Make the standby the primary, as the page says, and write that into the first block."""
    standby = "2" if cluster.primary == "1" else "1"
    follow_in_turn(cluster, FAIL_OVER, primary="1")
    cluster.values |= {"PRIMARY": f"$DB_{standby}", "PRIMARY_PORT": f"$DB_{standby}_PORT"}


def make_new_standby(cluster: Cluster) -> None:
    """Let the old primary follow the new one, as the page says."""
    follow_in_turn(cluster, NEW_STANDBY, primary="2")


def follow_in_turn(cluster: Cluster, heading: str, primary: str) -> None:
    """Do what the page says while that server is the primary. If it is the other one, 1 and 2 change places."""
    wanted = blocks(cluster, heading)
    if cluster.primary != primary:
        wanted = [OF_A_SERVER.sub(lambda found: "21"["12".index(found[0])], block) for block in wanted]
    run_blocks(cluster, [*blocks(cluster, LATER), *wanted])
