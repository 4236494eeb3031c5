"""Tests and benchmarks, each on its own PostgreSQL that is thrown away afterward."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from dslogon.up import assets, postgres
from dslogon.up.errors import end_with_parent_command
from dslogon.up.serve import VAR

KEPT = VAR / "bench"


def test(arguments: list[str]) -> int:
    """Run every test, or those that pytest's `arguments` choose. Return pytest's exit status."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dslogon.settings.test"
    # The tests start Python some hundred times. Where bytecode may not be kept, each start compiles the whole site.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    assets.fetch(for_tests=True)
    return on_a_throwaway_database(["-m", "pytest", "-n", "3", "--dist", "loadgroup", *arguments])


def bench(arguments: list[str]) -> int:
    """Print the table of speeds, on the same files and kind of database that the site has. Return 0 on success.

    With --keep, the database stays, and the next run continues there. With --history, nothing is measured.
    """
    if "--history" in arguments:
        return subprocess.call([sys.executable, "-m", "bench", *arguments], cwd=assets.ROOT)
    VAR.mkdir(mode=0o700, exist_ok=True)
    assets.fetch()
    assets.collect()
    kept = KEPT if "--keep" in arguments else None
    return on_a_throwaway_database(["-m", "bench", *arguments], hurried=False, kept=kept)


def chaos() -> int:
    """Kill everything in a deployment once while people use it. Return 0 if nothing was lost."""
    VAR.mkdir(mode=0o700, exist_ok=True)
    assets.fetch()
    return subprocess.call(
        [*end_with_parent_command("TERM"), sys.executable, "-m", "tests.resilience"], cwd=assets.ROOT
    )


def on_a_throwaway_database(arguments: list[str], *, hurried: bool = True, kept: Path | None = None) -> int:
    """Run Python with `arguments`. The database is there before it starts, because pytest-django needs it early.

    A hurried database never waits for its disk. A database that is measured does, and it is on the same disk as the
    site's own.
    """
    with database(hurried, kept) as url:
        env = os.environ | {"DATABASE_URL": url}
        # Ctrl-C goes to the whole group. The child ends by itself, and then we clean up.
        signal.signal(signal.SIGINT, lambda *_: None)
        process = subprocess.Popen(
            [*end_with_parent_command("TERM"), sys.executable, *arguments], cwd=assets.ROOT, env=env
        )
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


@contextmanager
def database(hurried: bool, kept: Path | None) -> Iterator[str]:
    """Yield the address of the server that DATABASE_URL names, or of one that lives as long as the block.

    Its data stays if there is a folder to keep it in.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    place = nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="dslogon-", dir=None if hurried else VAR)
    with place as folder, postgres.running(Path(folder), throwaway=hurried) as server:
        yield server.url
