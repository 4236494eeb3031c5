"""Makes the password of the database's owner once, in a folder that only `prepare` and the database see (containers).

The database reads `password`. `pgpass` is the same for libpq, which wants a file that nobody else can read.
"""

import os
import secrets
from pathlib import Path

from dslogon.up.assets import ROOT

FOLDER = ROOT / "var/owner"


def make_password(folder: Path = FOLDER) -> None:
    """Write both files, unless they are there."""
    if (folder / "password").exists():
        return
    password = secrets.token_urlsafe(32)
    for name, text, mode in (("pgpass", f"*:*:*:dslogon:{password}\n", 0o600), ("password", password, 0o644)):
        fresh = folder / f"{name}.new"
        fresh.write_text(text)
        fresh.chmod(mode)
        os.replace(fresh, folder / name)


if __name__ == "__main__":
    make_password()
