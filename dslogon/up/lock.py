"""Renews the pinned requirements: the newest versions that the *.in files allow, with hashes and no host names."""

import subprocess
import sys
from pathlib import Path

from dslogon.up.assets import ROOT, npm
from dslogon.up.errors import run_quietly, say


def lock() -> None:
    """Write requirements/*.txt for every system and Python from 3.11 on, and package-lock.json."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_quietly([*pip, "uv"], failure="uv could not be installed:")
    how = ["--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade", "--no-emit-index-url"]
    quiet = ["--quiet", "--custom-compile-command", "make lock"]
    for source in ("requirements/run.in", "requirements/test.in", "requirements/node.in"):
        target = str(Path(source).with_suffix(".txt"))
        say(f"Renewing {target} ...")
        command = [sys.executable, "-m", "uv", "pip", "compile", *how, *quiet, source, "-o", target]
        run_quietly(command, cwd=ROOT, failure=f"{target} could not be renewed:")
    say("Renewing package-lock.json ...")
    run_quietly(
        [*npm(), "update", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, failure="npm could not renew its lock:"
    )
    subprocess.run(["git", "diff", "--stat", "--", "requirements", "package-lock.json"], cwd=ROOT, check=False)  # noqa: S607
