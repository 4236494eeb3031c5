"""What can go wrong on someone's machine is reported in one sentence."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from dslogon.up.errors import DISK_FULL, NO_NETWORK, sentence_for, sentence_for_os_error
from tests.up.conftest import ended

TOOLS = ("dirname", "cmp", "cp", "grep", "tail", "sh", "setpriv", "unshare", "true")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH with the machine's plain tools and no Python."""
    for tool in TOOLS:
        found = shutil.which(tool)
        if found:
            (tmp_path / tool).symlink_to(found)
    return tmp_path


def fresh(house: Path, tmp_path: Path) -> Path:
    """The same sources without .venv, as they are just after cloning."""
    copy = tmp_path / "fresh"
    # Nothing writes to a source, so links are as good as copies.
    left_out = shutil.ignore_patterns(".venv", "node_modules", "var", "__pycache__")
    shutil.copytree(house, copy, ignore=left_out, copy_function=os.link)
    return copy


def fake(folder: Path, name: str, lines: str) -> None:
    """A command of our own making."""
    (folder / name).write_text(f"#!/bin/sh\n{lines}\n")
    (folder / name).chmod(0o755)


def only_sentence(house: Path, env: dict[str, str], *command: str) -> str:
    """What a refused `./run` says: one line, and no traceback."""
    done = ended(["./run", *command], house, env)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_without_python_one_sentence_says_what_to_install(
    house: Path, env: dict[str, str], bare: Path, tmp_path: Path
) -> None:
    said = only_sentence(fresh(house, tmp_path), env | {"PATH": str(bare)})
    assert said.startswith("DS Logon needs Python 3.11 or newer, and found no python3")


def test_an_old_python_is_named(house: Path, env: dict[str, str], bare: Path, tmp_path: Path) -> None:
    fake(bare, "python3", 'if [ "$1" = -V ]; then echo "Python 3.9.2"; else exit 1; fi')
    said = only_sentence(fresh(house, tmp_path), env | {"PATH": str(bare)})
    assert said == "DS Logon needs Python 3.11 or newer; this machine's python3 is older (Python 3.9.2)."


def test_a_python_without_venv_is_named(house: Path, env: dict[str, str], bare: Path, tmp_path: Path) -> None:
    fake(bare, "python3", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    said = only_sentence(fresh(house, tmp_path), env | {"PATH": str(bare)})
    assert said == "This Python has no venv module (on Debian: apt-get install python3-venv)."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError'", "The package index could not be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "A package differs from the one that requirements/ pins"),
        ("something nobody expected", "That did not work: something nobody expected"),
    ],
)
def test_a_failed_installation_is_told_in_one_sentence(
    house: Path, env: dict[str, str], bare: Path, tmp_path: Path, words: str, sentence: str
) -> None:
    fake(bare, "python3", f'case "$*" in *venv*--clear*) printf "%s\\n" "{words}"; exit 1 ;; esac')
    said = only_sentence(fresh(house, tmp_path), env | {"PATH": str(bare)}, "test")
    assert said.startswith(sentence)


def test_a_port_in_use_is_told_before_anything_slow_is_done(house: Path, env: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for folder in (house, fresh(house, tmp_path)):
            said = only_sentence(folder, env | {"PORT": str(port)})
            assert said.startswith(f"Port {port} is in use by another program; choose another one: PORT=")
    assert not (tmp_path / "fresh/.venv").exists()


@pytest.mark.parametrize("port", ["0", "70000", "eighty", "-1", "８０００"])
def test_a_port_that_cannot_be_one_is_told(house: Path, env: dict[str, str], port: str) -> None:
    assert only_sentence(house, env | {"PORT": port}).startswith("PORT must be a number from 1 to 65535")


def test_an_unknown_command_lists_the_known_ones(house: Path, env: dict[str, str]) -> None:
    assert only_sentence(house, env, "fly").startswith("./run knows serve, cluster, test, check")


def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    house: Path, env: dict[str, str], tmp_path: Path
) -> None:
    url = f"postgres://someone:correct-horse@/none?host={tmp_path}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = ended(["./run"], house, env | {"DATABASE_URL": url, "PORT": port})
    assert done.returncode == 1
    assert "The database could not be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert "correct-horse" not in done.stderr


def test_known_failures_of_tools_are_told_in_plain_words() -> None:
    assert sentence_for("npm error code ENOSPC", "npm failed:") == DISK_FULL
    assert sentence_for("npm error code EAI_AGAIN", "npm failed:") == NO_NETWORK
    assert sentence_for("a\nlast words\n\n", "npm failed:") == "npm failed: last words"


def test_a_full_disk_and_a_forbidden_file_are_told_in_plain_words() -> None:
    assert sentence_for_os_error(OSError(28, os.strerror(28))) == DISK_FULL
    assert "cannot be written or read by you" in sentence_for_os_error(PermissionError(13, "Permission denied", "var"))
