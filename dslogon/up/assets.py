"""The design system: npm fetches it into node_modules, then it is collected with our own files into var/static.

Each step is repeated only when its sources have changed. A stamp file next to each result says so.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from dslogon.up.errors import run_quietly, say

ROOT = Path(__file__).resolve().parents[2]
# The style sheet does not use these: sources, older font formats, and icons that the sprite already has.
LEFT_OUT = (
    "*.scss",
    "*.ttf",
    "*.woff",
    "theme",
    "components",
    "public-sans",
    "material-icons*",
    "uswds-icons",
    "favicons",
)
LEFT_OUT_UNMINIFIED = ("uswds.css", "uswds.js", "uswds-init.js")


def fetch(*, for_tests: bool = False) -> None:
    """Bring node_modules to the state of package-lock.json. No package's scripts are run.

    `for_tests` includes what only the tests use.
    """
    stamp = ROOT / "node_modules" / ".dslogon"
    lock = fingerprint([ROOT / "package-lock.json"])
    whole = f"{lock} with what tests use"
    if stamp.exists() and stamp.read_text() in ((whole,) if for_tests else (whole, lock)):
        return
    say("Fetching the design system ...")
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    left_out = [] if for_tests else ["--omit=dev"]
    run_quietly([*command, *left_out], cwd=ROOT, failure="npm could not fetch the design system:")
    stamp.write_text(whole if for_tests else lock)


def npm() -> list[str]:
    """Return the npm command: the machine's, or one from the pinned wheel, which is installed if needed."""
    found = shutil.which("npm")
    if found:
        return [found]
    beside = Path(sys.executable).with_name("npm")
    if not beside.exists():
        say("There is no Node here: installing one into .venv ...")
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ]
        wanted = ["--require-hashes", "--only-binary", ":all:", "-r", "requirements/node.txt"]
        run_quietly([*pip, *wanted], cwd=ROOT, failure="Node could not be installed:")
    return [sys.executable, str(beside)]


def collect() -> None:
    """Fill var/static with everything that the pages load, with hashed names and compressed copies."""
    stamp = ROOT / "var" / "static.stamp"
    sources = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    state = fingerprint([ROOT / "package-lock.json", Path(__file__), *sorted(sources)])
    if stamp.exists() and stamp.read_text() == state and (ROOT / "var/staticfiles.json").exists():
        return
    say("Gathering style sheets, scripts and images ...")
    ignored = [word for pattern in (*LEFT_OUT, *LEFT_OUT_UNMINIFIED) for word in ("--ignore", pattern)]
    command = [sys.executable, "manage.py", "collectstatic", "--clear", "--noinput", "--skip-checks", "--verbosity=0"]
    # Base settings, because the local ones serve files without collecting them until there is a first collection.
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "dslogon.settings.base"}
    run_quietly([*command, *ignored], env=env, cwd=ROOT, failure="The static files could not be gathered:")
    stamp.write_text(state)


def fingerprint(files: list[Path]) -> str:
    """Return one hash over names and contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
