"""Everything is killed at random moments of registrations, messages, refills, copies, imports and sealing."""

import os
import random
import subprocess
import sys

import pytest

from dslogon.up.assets import ROOT
from dslogon.up.cluster import Cluster, program
from tests.conftest import CI
from tests.resilience.run import go_through, random_moments
from tests.resilience.trouble import FAKETIME, PLANNED, SUDDEN

NIGHT = int(os.environ.get("RESILIENCE_MOMENTS", "0"))
"""RESILIENCE_MOMENTS=500 is for a night."""
MOMENTS = NIGHT or 16
SEED = int(os.environ.get("RESILIENCE_SEED", "0")) or (random.SystemRandom().randrange(2, 1_000_000) if NIGHT else 1)
"""Each night is another one. A failure says which seed it was, so that the same can happen again."""


def test_whatever_is_killed_and_whenever_nothing_is_lost_or_done_twice(deployed: Cluster) -> None:
    if not program((FAKETIME,)):
        (pytest.fail if CI else pytest.skip)(f"This machine lacks {FAKETIME} (on Debian: apt-get install {FAKETIME}).")
    luck = random.Random(SEED)
    happenings = random_moments(luck, MOMENTS)
    for name in PLANNED:
        happenings.insert(luck.randrange(len(happenings) + 1), name)
    verdict = go_through(deployed, happenings, SEED, print)  # a failure shows what came before it
    assert verdict.faults == [], SEED
    for done in ("accounts", "messages", "copies", "imports of people", "sealings"):
        assert verdict.told.get(done), (SEED, verdict)


def test_the_command_for_it_starts_without_settings_and_a_database() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "DATABASE_"))}
    done = subprocess.run([sys.executable, "-c", "import tests.resilience.__main__"], cwd=ROOT, env=env, check=False)
    assert done.returncode == 0


def test_every_trouble_comes_as_often_as_any_other() -> None:
    happenings = random_moments(random.Random(1), 3 * len(SUDDEN))
    assert {name: happenings.count(name) for name in SUDDEN} == dict.fromkeys(SUDDEN, 3)
