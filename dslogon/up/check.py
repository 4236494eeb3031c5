"""What must hold before a change is handed over, besides the tests. All checks run, and each reports in one line."""

import base64
import os
import re
import secrets
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dslogon.up import assets
from dslogon.up.assets import ROOT

ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
IMPORT_CONTRACT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def check() -> int:
    """Run every check. Return 0 if all of them passed."""
    assets.fetch(for_tests=True)  # the deployment check looks for the design system
    python = sys.executable
    djade = str(Path(python).with_name("djade"))
    checks = {
        "style": [python, "-m", "ruff", "check", "."],
        "format": [python, "-m", "ruff", "format", "--check", "."],
        "types": [python, "-m", "mypy", *ROOMS, "tests"],
        "import contract": [python, "-c", IMPORT_CONTRACT],
        "migrations": [python, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
        "live tables": [python, "-m", "dslogon.up.live_tables"],
        "deployment": [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        "templates": [djade, "--check", "--target-version", "5.2", *templates()],
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [pool.submit(outcome, name, command) for name, command in checks.items()]
    passed = [told(name, result.result()) for name, result in zip(checks, results, strict=True)]
    passed.append(told("lock files", "\n".join(registries())))
    return 0 if all(passed) else 1


def outcome(name: str, command: list[str]) -> str:
    """Return what a check complains about. An empty string means that it passed."""
    env = os.environ | (production() if name == "deployment" else testing())
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip() or "failed without a word" if done.returncode else ""


def told(name: str, complaint: str) -> bool:
    """Print the line of one check, with its complaint below. Return whether it passed."""
    print(f"{'failed' if complaint else 'passed'}  {name}", *complaint.splitlines(), sep="\n        ", flush=True)
    return not complaint


def templates() -> list[str]:
    """Return the names of all templates, as djade wants them."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))


def testing() -> Mapping[str, str]:
    """Return settings for checks that look at no data."""
    return {"DJANGO_SETTINGS_MODULE": "dslogon.settings.test", "DATABASE_URL": "postgres:///none"}


def production() -> Mapping[str, str]:
    """Return production settings with newly made values, so that the check sees what will be deployed."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "DJANGO_SETTINGS_MODULE": "dslogon.settings.production",
        "DSLOGON_DEMO": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": f"1:{key()}",
        "INDEX_KEY": key(),
        "ALLOWED_HOSTS": "dslogon.example",
        "SITE_ADDRESS": "https://dslogon.example",
        "DEFAULT_FROM_EMAIL": "DS Logon <no-reply@dslogon.internal>",
        "SERVICE_CENTER_EMAIL": "service-center@dslogon.internal",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": "postgres://dslogon@/dslogon?host=/nowhere",
        "EMAIL_URL": "smtp+tls://mail.dslogon.example:587",
    }


def registries() -> list[str]:
    """Return a complaint for each line of the lock files that names a host.

    A lock file says what to install, never from where.
    """
    locks = [ROOT / "package-lock.json", *sorted((ROOT / "requirements").glob("*.txt"))]
    return [
        f"{lock.relative_to(ROOT)}:{number} names a host"
        for lock in locks
        for number, line in enumerate(lock.read_text().splitlines(), 1)
        if re.search(r"https?://", line)
    ]
