"""A copy of the repository in a folder of its own, so that starting and killing it touches no one's data."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = ("var", ".git", "tests", "docs", "bench", "__pycache__", ".*_cache", ".env")


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources copied, the installed packages and the fetched design system shared."""
    copy = tmp_path_factory.mktemp("house") / "dslogon"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED, ".venv", "node_modules"))
    for shared in (".venv", "node_modules"):
        (copy / shared).symlink_to(ROOT / shared)
    return copy


@pytest.fixture
def env() -> dict[str, str]:
    """The environment of somebody who has set nothing for this site; kept small: no demo, one web process."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "DATABASE_", "PYTEST_"))
    }
    return kept | {"DSLOGON_DEMO": "0", "WEB_CONCURRENCY": "1"}


def ended(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and returns what it said."""
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=600)
