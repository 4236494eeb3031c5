"""Runs the units of systemd where there is no systemd: the same files, read and obeyed by a process of one's own.

`python -m dslogon.up.units FOLDER serve` supervises the units in FOLDER. `python -m dslogon.up.units FOLDER start name`
and the like ask it, in the words of systemctl. What a unit says and this does not know is refused, so that no unit
relies on a line that was never obeyed here. What hardens a unit is left to systemd.
"""

import json
import os
import pwd
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from dslogon.up.errors import UserFacingError, end_with_parent_command
from dslogon.up.postgres import unprivileged

CONTROL = "control"
"""The name of the socket beside the units, and the folder of their logs."""
LOGS = "logs"
START_SECONDS = 600
"""How long a unit of Type=oneshot may take."""
TICK = 0.05
"""Seconds between two looks at the processes."""
SUFFIX = ".service"
TIMER = ".timer"
LISTS = ("ExecStart", "EnvironmentFile", "Environment", "After")
OBEYED = {
    *LISTS,
    "Description",
    "Type",
    "User",
    "WorkingDirectory",
    "ExecReload",
    "KillSignal",
    "KillMode",
    "TimeoutStopSec",
    "Restart",
    "RestartSec",
    "OnCalendar",
}
EVERY_DAY = "*-*-* %H:%M:%S UTC"
"""The one way in which our timers name their time."""
# Nothing of these is needed to run. StartLimitIntervalSec=0 is how we behave anyway.
LEFT_TO_SYSTEMD = {
    "AmbientCapabilities",
    "LimitNOFILE",
    "NoNewPrivileges",
    "OOMScoreAdjust",
    "Persistent",
    "PrivateDevices",
    "PrivateTmp",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectSystem",
    "RestrictSUIDSGID",
    "StartLimitIntervalSec",
    "UMask",
    "WantedBy",
}


@dataclass(frozen=True)
class Unit:
    """What a unit file says, with the instance in its place."""

    name: str
    commands: list[list[str]]
    after: list[str]
    oneshot: bool
    user: str
    folder: str
    environment: dict[str, str]
    environment_files: list[str]
    reload: list[str]
    stop_signal: int
    stop_whole_group: bool
    stop_seconds: float
    restart: bool
    restart_seconds: float


class State(NamedTuple):
    """What is known of a unit that was started: its main process (0 while it has none), and how often it came back."""

    pid: int
    restarts: int


@dataclass
class Part:
    """A unit that was started, its process, and when it starts again if that has ended."""

    unit: Unit
    process: subprocess.Popen[bytes] | None = None
    due: float | None = None
    restarts: int = 0

    def state(self) -> State:
        """Return what is known of it now."""
        return State(self.process.pid if self.process and self.process.poll() is None else 0, self.restarts)


def read_unit(folder: Path, name: str) -> Unit:
    """Read the file of the unit `name`: its own, or that of its template.

    Raise UserFacingError if there is none, or if it says what is not known here.
    """
    name = name.removesuffix(SUFFIX)
    said = read_lines(folder, name, SUFFIX)
    last = {key: values[-1] for key, values in said.items()}
    pairs = [word.split("=", 1) for value in said.get("Environment", []) for word in shlex.split(value)]
    return Unit(
        name=name,
        commands=[shlex.split(command) for command in said["ExecStart"]],
        after=[word.removesuffix(SUFFIX) for value in said.get("After", []) for word in value.split()],
        oneshot=last.get("Type") == "oneshot",
        user=last.get("User", ""),
        folder=last.get("WorkingDirectory", "/"),
        environment=dict(pairs),
        environment_files=said.get("EnvironmentFile", []),
        reload=shlex.split(last.get("ExecReload", "")),
        stop_signal=signal.Signals[last.get("KillSignal", "SIGTERM")],
        stop_whole_group=last.get("KillMode", "control-group") == "control-group",
        stop_seconds=float(last.get("TimeoutStopSec", 90)),
        restart=last.get("Restart") == "always",
        restart_seconds=float(last.get("RestartSec", 0.1)),
    )


def read_lines(folder: Path, name: str, suffix: str) -> dict[str, list[str]]:
    """Return what the file of a unit says, by key. Raise UserFacingError as `read_unit` does."""
    stem, at, instance = name.partition("@")
    file = folder / f"{stem}{at}{suffix}"
    if not file.exists():
        raise UserFacingError(f"There is no unit {name}.")
    said: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        key, equals, value = line.partition("=")
        if not line or line[0] in "#[":
            continue
        if not equals or key not in OBEYED | LEFT_TO_SYSTEMD:
            raise UserFacingError(f"{file.name} says {line!r}, which is not known here.")
        said.setdefault(key, []).append(value.replace("%i", instance))
    return said


def next_time(folder: Path, timer: str, now: datetime) -> datetime:
    """Return when a timer starts its unit next: each day at the time that its OnCalendar= names."""
    (said,) = read_lines(folder, timer.removesuffix(TIMER), TIMER)["OnCalendar"]
    today = datetime.combine(now, datetime.strptime(said, EVERY_DAY).time(), UTC)  # noqa: DTZ007 - EVERY_DAY says UTC
    return today if today > now else today + timedelta(days=1)


def environment_of(unit: Unit) -> dict[str, str]:
    """Return all that the unit's process gets: hardly anything that it does not name itself, as under systemd."""
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    env |= unit.environment
    for file in unit.environment_files:
        env |= read_environment(Path(file))
    return env


def read_environment(file: Path) -> dict[str, str]:
    """Return the values of a file that a unit names as its EnvironmentFile."""
    pairs = [line.partition("=") for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return {name: " ".join(shlex.split(value)) for name, _, value in pairs}


class Supervisor:
    """Keeps the units of a folder running, and does what is asked at its socket. One thread does it all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, Part] = {}
        self.timers: dict[str, datetime] = {}
        (folder / LOGS).mkdir(exist_ok=True)

    def serve(self) -> None:
        """Supervise until SIGTERM or SIGINT, and then stop everything, the last one that was started first."""
        path = self.folder / CONTROL
        path.unlink(missing_ok=True)
        ended: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, frame: ended.append(number))
        with socket.socket(socket.AF_UNIX) as control:
            control.bind(str(path))
            control.listen()
            while not ended:
                if select.select([control], [], [], TICK)[0]:
                    self.answer(control.accept()[0])
                self.look()
        path.unlink()
        self.stop(*reversed(self.parts))

    def answer(self, line: socket.socket) -> None:
        """Do what one caller asks, and say how it went."""
        with line, line.makefile("rwb") as words:
            verb, *names = json.loads(words.readline())
            try:
                said, status = self.do(verb, names) or "", 0
            except (UserFacingError, OSError, KeyError, ValueError) as trouble:
                said, status = str(trouble), 1
            words.write(json.dumps([status, said]).encode() + b"\n")

    def do(self, verb: str, words: list[str]) -> str | None:
        """Obey one command of systemctl."""
        options = [word for word in words if word.startswith("-")]
        names = [word.removesuffix(SUFFIX) for word in words if not word.startswith("-")]
        match verb, options:
            case ("start", []) | ("enable", ["--now"]):
                self.start(*names)
            case ("stop", []) | ("disable", ["--now"]):
                self.stop(*names)
            case "restart", []:
                self.stop(*names)
                self.start(*names)
            case "reload", []:
                for name in names:
                    main = str(self.running(name).pid)
                    subprocess.run(
                        [word.replace("$MAINPID", main) for word in self.parts[name].unit.reload], check=True
                    )
            case "kill", [option]:
                for name in names:
                    self.running(name).send_signal(signal.Signals[option.removeprefix("--signal=")])
            case "show", []:
                return json.dumps({name: part.state() for name, part in self.parts.items()})
            case "daemon-reload", []:
                pass  # files are read at each start
            case _:
                raise UserFacingError(f"This systemctl does not know {' '.join([verb, *options])}.")
        return None

    def running(self, name: str) -> subprocess.Popen[bytes]:
        """Return the main process of a unit. Raise UserFacingError while it has none."""
        part = self.parts.get(name)
        if part is None or part.process is None or part.process.poll() is not None:
            raise UserFacingError(f"{name} does not run.")
        return part.process

    def start(self, *names: str) -> None:
        """Start units in the order that After= wants. One of Type=oneshot is waited for, and has to succeed.

        A timer that is started waits for its time.
        """
        self.timers |= {name: next_time(self.folder, name, datetime.now(UTC)) for name in names if is_timer(name)}
        units = {name: read_unit(self.folder, name) for name in names if not is_timer(name)}
        for unit in in_order(units):
            part = self.parts.setdefault(unit.name, Part(unit))
            if part.process and part.process.poll() is None:
                continue
            self.parts[unit.name] = part = Part(unit)
            if not unit.oneshot:
                part.process = self.run(unit, unit.commands[0])
                continue
            for command in unit.commands:
                if self.wait(self.run(unit, command), START_SECONDS) != 0:
                    raise UserFacingError(f"{unit.name} failed:\n{self.log_of(unit).read_text(errors='replace')}")

    def run(self, unit: Unit, command: list[str]) -> subprocess.Popen[bytes]:
        """Start one command of a unit as its user, if we may choose that, with its output at the end of its log."""
        ours = pwd.getpwuid(os.geteuid()).pw_name
        other = unit.user and unit.user != ours and os.geteuid() == 0
        with self.log_of(unit).open("ab") as out:
            return subprocess.Popen(
                # Several of the programs refuse to run as root.
                [
                    *(unprivileged() if unit.user and not other else ()),
                    *end_with_parent_command("KILL"),
                    *command,
                ],
                cwd=unit.folder,
                env=environment_of(unit),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                process_group=0,
                user=unit.user if other else None,
                group=pwd.getpwnam(unit.user).pw_gid if other else None,
                extra_groups=[] if other else None,
            )

    def log_of(self, unit: Unit) -> Path:
        """Return the file that a unit writes to."""
        return self.folder / LOGS / f"{unit.name}.log"

    def stop(self, *names: str) -> None:
        """Stop units as they want it, one after the other. What does not end in its time is killed."""
        for name in names:
            self.timers.pop(name, None)
            part = self.parts.pop(name, None)
            if part is None or part.process is None:
                continue
            for number in (part.unit.stop_signal, signal.SIGKILL):
                if part.process.poll() is not None:
                    break
                whole = part.unit.stop_whole_group or number == signal.SIGKILL
                (os.killpg if whole else os.kill)(part.process.pid, number)
                self.wait(part.process, part.unit.stop_seconds)
            end_group(part.process.pid)

    def wait(self, process: subprocess.Popen[bytes], seconds: float) -> int | None:
        """Wait for the end of a process while the others are looked after. Return its status, or None."""
        ends = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < ends:
            time.sleep(TICK)
            self.look()
        return process.poll()

    def look(self) -> None:
        """Start what is due: what has ended by itself and wants to go on, and the units of timers."""
        now = time.monotonic()
        for part in self.parts.values():
            if part.process is None or part.process.poll() is None or not part.unit.restart:
                continue
            if part.due is None:
                part.due = now + part.unit.restart_seconds
                end_group(part.process.pid)
            if now >= part.due:
                part.process = self.run(part.unit, part.unit.commands[0])
                part.due, part.restarts = None, part.restarts + 1
        for timer, time_of_day in list(self.timers.items()):
            if datetime.now(UTC) >= time_of_day:
                self.timers[timer] = next_time(self.folder, timer, datetime.now(UTC))
                try:
                    self.start(timer.removesuffix(TIMER))
                except UserFacingError as trouble:  # as under systemd, its log says it, and the timer goes on
                    print(trouble, flush=True)


def is_timer(name: str) -> bool:
    """Return whether a unit is a timer."""
    return name.endswith(TIMER)


def in_order(units: dict[str, Unit]) -> Iterator[Unit]:
    """Yield units so that each comes after those that its After= names, as far as these are among them."""
    left = dict(units)
    while left:
        name = next((name for name, unit in left.items() if not left.keys() & set(unit.after)), None)
        if name is None:
            raise UserFacingError(f"These units wait for each other: {', '.join(left)}.")
        yield left.pop(name)


def end_group(leader: int) -> None:
    """Kill what a process that has ended left behind in its group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass


def ask(folder: Path, *words: str) -> str:
    """Ask the supervisor of a folder in the words of systemctl, and return what it says.

    Raise UserFacingError if it could not do it.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(folder / CONTROL))
        with line.makefile("rwb") as both:
            both.write(json.dumps(words).encode() + b"\n")
            both.flush()
            status, said = json.loads(both.readline())
    if status:
        raise UserFacingError(said)
    return said


if __name__ == "__main__":
    place, verb = Path(sys.argv[1]), sys.argv[2:]
    try:
        if verb == ["serve"]:
            Supervisor(place).serve()
        else:
            print(ask(place, *verb), end="")
    except UserFacingError as trouble:
        sys.exit(str(trouble))
