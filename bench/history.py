"""What earlier runs had: each figure goes to var/bench/history.jsonl, and theirs are told beside it.

A figure is compared with those of machines with as many cores and the same Python. The name of a machine is not kept.
"""

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from math import inf
from statistics import median

from dslogon.up.assets import ROOT
from dslogon.up.tests import KEPT

FILE = KEPT / "history.jsonl"
RUN = "BENCH_RUN"
"""The environment variable that holds when the run began. All of its processes inherit it."""
LAST = 5
"""How many earlier runs are looked at: own."""
BAND, BAND_FROM = 0.05, 3
"""How far beyond the least and the greatest of them a figure may be, as a share of 1, and how many it takes: own."""
HEADING = f"{'':<72}{'goal':>16}{'latest':>10}{'median':>10}{'worst':>10}{'runs':>6}  of"


@dataclass(frozen=True)
class Figure:
    """A figure of a run: its row of the table, what it is, and the goal, from `low` to `high`. None is no limit."""

    row: str
    what: str
    got: float
    low: float | None
    high: float | None
    at: str
    commit: str
    cores: int
    python: str

    @property
    def kind(self) -> tuple[str, str, int, str]:
        """Return what two figures have in common that can be compared."""
        return self.row, self.what, self.cores, self.python.rpartition(".")[0]


def goal(low: float | None, high: float | None) -> str:
    """Return a goal in words, or "" if there is none."""
    if low is None:
        return "" if high is None else f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def keep(row: str, what: str, got: float, *, low: float | None = None, high: float | None = None) -> str:
    """Append a figure to the history, and return what to print beside it: what earlier runs had, or ""."""
    figure = Figure(
        row, what, got, low, high, began(), commit(), len(os.sched_getaffinity(0)), platform.python_version()
    )
    before = [other.got for other in read() if other.kind == figure.kind and other.at != figure.at][-LAST:]
    FILE.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FILE.open("a") as history:
        history.write(json.dumps(asdict(figure)) + "\n")
    if not before:
        return ""
    return f"  [last {len(before)}: median {median(before):.3f}, worst {worst(figure, before):.3f}]{arrow(got, before)}"


def began() -> str:
    """Return when this run began, in UTC."""
    return os.environ.setdefault(RUN, datetime.now(UTC).isoformat(timespec="seconds"))


@cache
def commit() -> str:
    """Return the commit that is measured, with "-dirty" if files differ from it, or "" where there is no git."""
    try:
        command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def read() -> Iterator[Figure]:
    """Yield all figures, the oldest first. A line that a killed run left unfinished is passed over."""
    if not FILE.exists():
        return
    for line in FILE.read_text().splitlines():
        try:
            yield Figure(**json.loads(line))
        except (ValueError, TypeError):
            continue


def worst(figure: Figure, values: Sequence[float]) -> float:
    """Return the value that is nearest to missing the goal or furthest past it; without one, the most unusual."""
    if figure.low is None and figure.high is None:
        middle = median(values)
        return max(values, key=lambda value: abs(value - middle))
    low, high = (-inf if figure.low is None else figure.low), (inf if figure.high is None else figure.high)
    return max(values, key=lambda value: max(low - value, value - high))


def arrow(got: float, before: Sequence[float]) -> str:
    """Return an arrow if a figure has left the band in which it was, or ""."""
    if len(before) < BAND_FROM:
        return ""
    if got > max(before) * (1 + BAND):
        return " ↑"
    return " ↓" if got < min(before) * (1 - BAND) else ""


def table() -> Iterator[str]:
    """Yield the whole history: for each figure its latest value, and the median and the worst of the last runs."""
    kinds: dict[tuple[str, str, int, str], list[Figure]] = {}
    for figure in read():
        kinds.setdefault(figure.kind, []).append(figure)
    if not kinds:
        yield "There is no history yet: ./run bench measures."
        return
    yield HEADING
    for figures in kinds.values():
        latest, values = figures[-1], [figure.got for figure in figures]
        last, before = values[-LAST:], values[-LAST - 1 : -1]
        yield (
            f"{f'{latest.row}: {latest.what}':<72}{goal(latest.low, latest.high):>16}"
            f"{latest.got:>10.3f}{median(last):>10.3f}"
            f"{worst(latest, last):>10.3f}{len(values):>6}  {latest.at[:10]} {latest.commit}{arrow(latest.got, before)}"
        )
