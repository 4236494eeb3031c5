"""One run: people at work, trouble, and the verdict."""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from dslogon.up import units
from dslogon.up.assets import ROOT
from dslogon.up.cluster import Cluster
from tests.resilience.trouble import SUDDEN, happen

WARM_UP = 10
"""Seconds in which everybody comes to work before anything happens."""
BREATH = (0.0, 1.5)
"""Seconds between two happenings, from and to."""


@dataclass(frozen=True)
class Verdict:
    """What was done meanwhile, and everything that is wrong after it."""

    told: dict[str, int]
    gave_up: dict[str, int]
    asked_again: int
    faults: list[str]


def random_moments(luck: random.Random, count: int) -> list[str]:
    """Return as many happenings in any order, each kind as often as any other, or once more."""
    kinds = luck.sample(list(SUDDEN), len(SUDDEN))
    return luck.sample([kinds[number % len(kinds)] for number in range(count)], count)


def go_through(
    cluster: Cluster, happenings: Iterable[str], seed: int, say: Callable[[str], object] = lambda line: None
) -> Verdict:
    """Let people work while these things happen one after the other, and return the verdict."""
    luck = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="dslogon-at-work-") as folder:
        file = Path(folder) / "cluster.json"
        about = {
            "folder": str(cluster.folder),
            "code": str(cluster.code),
            "values": cluster.values,
            "seed": seed,
        }
        file.write_text(json.dumps(about))
        at_work = subprocess.Popen(
            [sys.executable, "-m", "tests.resilience.at_work", str(file)],
            cwd=ROOT,
            env=environment_of_site(cluster),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            time.sleep(WARM_UP)
            for name in happenings:
                say(f"{name}: ready again after {happen(cluster, name, luck):.1f} s")
                time.sleep(luck.uniform(*BREATH))
            said, _ = at_work.communicate("\n")
        finally:
            at_work.kill()
            at_work.wait()
    return Verdict(**json.loads(said.splitlines()[-1]))


def environment_of_site(cluster: Cluster) -> dict[str, str]:
    """Return the environment of those who bring the database up to date, and import."""
    return units.environment_of(units.read_unit(cluster.units, "dslogon-migrate"))
