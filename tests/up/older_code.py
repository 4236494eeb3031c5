"""Code of an earlier commit, and databases for it, on the server of the tests."""

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.up.conftest import ROOT, ended


def unpack_commit(commit: str, folder: Path) -> None:
    """Unpack the code of a commit. Skip in a shallow clone or without git, which may not have it."""
    require_history()
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as tar:
        tar.extractall(folder, filter="data")


def require_history() -> None:
    """Skip in a shallow clone or without git."""
    try:
        whole = git("rev-parse", "--is-shallow-repository") == b"false\n"
    except (FileNotFoundError, subprocess.CalledProcessError):
        whole = False
    if not whole:
        pytest.skip("Older code is needed: this needs a full clone, and git.")


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def migrated_database() -> str:
    """Return the name of the database that every process of a run copied. Nobody is connected to it, unlike to a copy.

    To the copy of this process, a thread of a site that a browser looked at may be.
    """
    return str(connection.settings_dict["NAME"]).rpartition("_")[0]


@contextmanager
def new_database(name: str, template: str = "template1") -> Iterator[str]:
    """Make an empty database, or a copy of one, on the server of the tests. Yield its address, and drop it at the end.

    Nobody may be connected to the one that is copied.
    """
    server = os.environ["DATABASE_URL"]
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server, autocommit=True) as theirs:
        theirs.execute(drop)
        theirs.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            theirs.execute(drop)


def run(command: list[str], folder: Path, database: str = "") -> None:
    """Run a command to its end, with the settings of the tests on that database; its failure is the test's."""
    settings = {"DJANGO_SETTINGS_MODULE": "dslogon.settings.test", "DATABASE_URL": database}
    process = ended(command, folder, os.environ | settings)
    assert process.returncode == 0, process.stdout + process.stderr
