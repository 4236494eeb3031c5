"""Whose backups they are, where they lie, and as whom things are done."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from dslogon.up.assets import ROOT
from dslogon.up.errors import UserFacingError, sentence_for
from dslogon.up.units import read_environment

CURRENT, LOG, UNFINISHED = "current", "wal", "unfinished"
"""The folder of what the present primary writes; in it the folder of its log, and that of a backup on its way."""


class Place:
    """A deployment: the values of its backup.env."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.values = read_environment(site / "etc/backup.env")
        self.backups = Path(self.values["BACKUPS"])

    def as_user(self, name: str) -> list[str]:
        """Return what runs a command as DB or SITE. Who is not root runs everything already as that user."""
        return shlex.split(self.values[f"AS_{name}"]) if os.geteuid() == 0 else []

    def attempt(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL's, or of the system if it has none of that name, as the user of the database."""
        of_postgres = Path(self.values["PGBIN"]) / program
        command = [*self.as_user("DB"), of_postgres if of_postgres.exists() else program, *arguments]
        env = without_secrets() | {name: value for name, value in self.values.items() if name.startswith("PG")}
        return subprocess.run(
            list(map(str, command)), cwd="/", env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def run(self, program: str, *arguments: object, failure: str) -> None:
        """Do the same, and raise UserFacingError with a sentence that starts with `failure` if that fails."""
        done = self.attempt(program, *arguments)
        if done.returncode:
            raise UserFacingError(sentence_for(done.stdout + done.stderr, failure))

    def manage(self, url: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the site's on another database, as the site and with its keys."""
        env = without_secrets() | read_environment(self.site / "etc/site.env") | {"DATABASE_URL": url}
        command = [*self.as_user("SITE"), sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def url(self, file: str, sockets: Path | None = None) -> str:
        """Return the address of the database that site.env or owner.env names, or the same role's on another server."""
        url = read_environment(self.site / "etc" / file)["DATABASE_URL"]
        if sockets is None:
            return url
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@", query=f"host={quote(str(sockets), safe='')}"))


def without_secrets() -> dict[str, str]:
    """Return an environment that holds nothing of the site's."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
