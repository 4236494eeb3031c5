"""`./run`: everything that it starts ends together, no matter what happens, and nothing saved is lost."""

import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from dslogon.up.postgres import address
from tests.up.conftest import ended

PATIENCE = 60

# One copy of the house serves them all, so one process runs them.
pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A running `./run`, with every process below it."""

    def __init__(self, house: Path, env: dict[str, str], port: int) -> None:
        self.house = house
        self.port = port
        pipe = subprocess.PIPE
        command = ["./run"]
        self.process = subprocess.Popen(
            command, cwd=house, env=env | {"PORT": str(port)}, stdout=pipe, stderr=pipe, text=True
        )
        assert self.process.stdout
        self.said = ""
        while "ready" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.said += line
        self.below = psutil.Process(self.process.pid).children(recursive=True)

    def one(self, words: str) -> psutil.Process:
        """The first process below with these words in its command."""
        return next(process for process in self.below if words in " ".join(process.cmdline()))

    def end(self) -> tuple[int, str]:
        """Waits for the end of the launcher and of all below it; its exit status and what it said meanwhile."""
        status = self.process.wait(PATIENCE)
        _, alive = psutil.wait_procs(self.below, timeout=PATIENCE)
        assert not alive
        assert self.process.stderr
        return status, self.process.stderr.read()


@pytest.fixture(scope="module")
def sites() -> Iterator[list[Site]]:
    """The sites that were started here; none is left running."""
    begun: list[Site] = []
    yield begun
    for site in begun:
        site.process.kill()
        site.end()


@pytest.fixture
def start(sites: list[Site], house: Path, env: dict[str, str], port: int) -> Callable[[], Site]:
    """Gives the site that an earlier test left running, or starts one: that takes seconds of both cores."""

    def begin() -> Site:
        if not sites or sites[-1].process.poll() is not None:
            sites.append(Site(house, env, port))
        return sites[-1]

    return begin


def test_a_person_is_told_and_led_to_the_address_at_which_passkeys_work(start: Callable[[], Site]) -> None:
    site = start()
    here = f"http://localhost:{site.port}"
    assert f"DS Logon is ready at {here} " in site.said
    assert "127.0.0.1" not in site.said
    opener = urllib.request.build_opener()
    opener.addheaders = [("Accept", "text/html")]
    with opener.open(f"http://127.0.0.1:{site.port}/support/") as answer:
        assert (answer.status, answer.url) == (200, f"{here}/support/")
        script = re.search(r'"(/static/[^"]+\.js)"', answer.read().decode())
    assert script
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}{script[1]}") as file:  # files stay where they are
        assert (file.status, file.url) == (200, f"http://127.0.0.1:{site.port}{script[1]}")


def test_beside_a_running_site_a_second_start_is_refused_and_single_commands_work(
    start: Callable[[], Site], env: dict[str, str]
) -> None:
    site = start()
    second = ended(["./run"], site.house, env | {"PORT": "1"})
    assert second.returncode == 1
    assert second.stderr.strip() == f"The site of this folder already runs at http://localhost:{site.port}."
    asked = ended(["./run", "manage", "showmigrations", "--plan"], site.house, env)
    assert "[X]" in asked.stdout
    assert "[ ]" not in asked.stdout

    # What the containers' health checks ask.
    web = ended([".venv/bin/python", "-m", "dslogon.up.health"], site.house, env | {"PORT": str(site.port)})
    assert web.returncode == 0
    worker = ended(["./run", "manage", "procrastinate", "healthchecks"], site.house, env)
    assert worker.returncode == 0, worker.stderr
    nobody = ended([".venv/bin/python", "-m", "dslogon.up.health"], site.house, env | {"PORT": "1"})
    assert nobody.returncode == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("dslogon.web", "The web server was killed"),
        ("procrastinate", "The job worker was killed"),
        ("bin/postgres -D", "PostgreSQL was killed"),
    ],
)
def test_the_death_of_one_process_ends_the_whole_site_with_one_sentence(
    start: Callable[[], Site], words: str, sentence: str
) -> None:
    site = start()
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/healthz") as answer:
        assert answer.status == 200
    site.one(words).kill()
    status, said = site.end()
    assert status == 1
    assert said.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in said


def test_nothing_saved_is_lost_when_the_launcher_itself_is_killed(start: Callable[[], Site]) -> None:
    site = start()
    url = address(site.house / "var/run")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
    site.process.kill()
    site.end()
    again = start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)
    again.process.send_signal(signal.SIGINT)
    status, said = again.end()
    assert status == 0
    assert said.splitlines()[-1] == "DS Logon has ended."
    log = (site.house / "var/postgres.log").read_text()
    assert "database system is shut down" in log


def test_killing_make_ends_the_site_too(house: Path, env: dict[str, str], port: int) -> None:
    make = subprocess.Popen(
        ["make", "run"], cwd=house, env=env | {"PORT": str(port)}, stdout=subprocess.PIPE, text=True
    )
    assert make.stdout
    while "ready" not in make.stdout.readline():
        assert make.poll() is None
    below = psutil.Process(make.pid).children(recursive=True)
    make.kill()
    make.wait()
    _, alive = psutil.wait_procs(below, timeout=PATIENCE)
    assert not alive
