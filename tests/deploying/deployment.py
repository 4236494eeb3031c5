"""A whole deployment, set up once by following docs/deploying.md, for all tests that need one."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from dslogon.up import cluster as clusters
from dslogon.up.cluster import Cluster
from tests.up.conftest import NOT_COPIED, ROOT

CI = os.environ.get("CI") == "true"
PATIENCE = 60
GROUP = pytest.mark.xdist_group("cluster")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist notes the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process has the deployment, so it runs what needs it."""
    for item in items:
        if "deployed" in getattr(item, "fixturenames", ()):
            item.add_marker(GROUP)


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `git clone` brings. On one's own machine the packages are shared; where CI=true they are installed."""
    copy = tmp_path_factory.mktemp("code") / "dslogon"
    left_out = [name for name in NOT_COPIED if name != "docs"]
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*left_out, ".venv", "node_modules"))
    if not CI:
        for shared in (".venv", "node_modules"):
            (copy / shared).symlink_to(ROOT / shared)
    return copy


@pytest.fixture(scope="session")
def deployed(code: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The site, from an empty folder to its answer behind TLS."""
    missing = clusters.missing_programs()
    if missing:
        reason = f"This machine lacks {', '.join(missing)} (on Debian: apt-get install {' '.join(missing)})."
        (pytest.fail if CI else pytest.skip)(reason)
    with clusters.running(tmp_path_factory.mktemp("site"), free_ports(len(clusters.PARTS) + 1), code) as cluster:
        yield cluster


def free_ports(count: int) -> int:
    """Return the first of some ports in a row that are free, far below those that the system gives out by itself."""
    first = 20_000 + os.getpid() % 900 * 10
    while True:
        with ExitStack() as probes:
            try:
                for number in range(first, first + count):
                    probes.enter_context(closing(socket.create_server(("127.0.0.1", number))))
            except OSError:
                first += count
                continue
            return first


def until(what: Callable[[], object]) -> None:
    """Wait until something is so, and fail if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)
