"""Failures that anyone can meet, reported in one sentence instead of a traceback."""

import ctypes
import errno
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

DISK_FULL = "The disk is full: make room, then run it again; nothing that was saved is lost."
NO_NETWORK = "The package registry could not be reached: is this machine on the network? Nothing is lost; run it again."

KNOWN = (
    (r"No space left|ENOSPC|Disk quota|EDQUOT|DiskFull", DISK_FULL),
    (r"ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT", NO_NETWORK),
    (r"Failed to establish a new connection|Temporary failure in name resolution|Read timed out", NO_NETWORK),
    (r"Read-only file system|EROFS", "This folder cannot be written to: its disk is mounted read-only."),
)


class UserFacingError(Exception):
    """Ends the run with its sentence and exit status 1."""


def sentence_for(said: str, otherwise: str) -> str:
    """Return the meaning of the output `said` in plain words: a known failure, or `otherwise` and its last line.

    An unknown failure is our fault, so all of the output is shown above the sentence.
    """
    for pattern, sentence in KNOWN:
        if re.search(pattern, said):
            return sentence
    say(said.strip())
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    return f"{otherwise} {last}".strip()


def sentence_for_os_error(error: OSError) -> str:
    """Return the sentence for an error of the operating system in our own process."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or 'A file'} cannot be written or read by you ({error.strerror})."
    return f"The operating system refused: {error}"


def say(text: str) -> None:
    """Say what is being done now."""
    print(text, file=sys.stderr, flush=True)


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies. This works on Linux only."""
    pr_set_pdeathsig = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def end_with_parent_command(name: str) -> list[str]:
    """Return a prefix for a command that sends it the signal `name` when its parent dies.

    The prefix is empty where the system cannot do that. Only Linux can.
    """
    return ["setpriv", "--pdeathsig", name] if shutil.which("setpriv") else []


def run_quietly(
    command: Sequence[object], *, failure: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run `command` and return what it printed.

    If it fails, raise UserFacingError with a sentence that starts with `failure`.
    """
    words = [*end_with_parent_command("KILL"), *map(str, command)]
    done = subprocess.run(
        words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, process_group=0
    )
    if done.returncode:
        raise UserFacingError(sentence_for(done.stdout + done.stderr, failure))
    return done.stdout
