"""Two pages in turns, on connections that are kept. What disturbs the machine disturbs both, so ratios hold."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlencode

from bench.pages import Page
from bench.site import Site

IN_FLIGHT = 2
"""Requests on their way at once, so that the site never waits for us."""
TURN = 0.5
"""Seconds that one page is asked for before it is the other's turn."""


@dataclass(frozen=True)
class Turn:
    """One turn: requests a second, and seconds of processor time a request."""

    rate: float
    cpu: float
    database_cpu: float | None


@dataclass(frozen=True)
class Measured:
    """Medians over all turns; the ratios are medians of the ratios of two turns that followed each other."""

    page: Turn
    measure: Turn
    rate_ratio: float
    cpu_ratio: float


def compare(page: tuple[Site, Page], measure: tuple[Site, Page], seconds: float) -> Measured:
    """Both pages in turns for so many seconds in all, after one turn of each to warm up."""
    turns: list[tuple[Turn, Turn]] = []
    ends = time.monotonic() + seconds
    while len(turns) < 4 or time.monotonic() < ends:
        turns.append((turn(*page), turn(*measure)))
    pairs = turns[1:]
    return Measured(
        typical([ours for ours, _ in pairs]),
        typical([theirs for _, theirs in pairs]),
        median(ours.rate / theirs.rate for ours, theirs in pairs),
        median(ours.cpu / theirs.cpu for ours, theirs in pairs),
    )


def typical(turns: list[Turn]) -> Turn:
    database = [turn.database_cpu for turn in turns if turn.database_cpu is not None]
    return Turn(
        median(turn.rate for turn in turns), median(turn.cpu for turn in turns), median(database) if database else None
    )


def turn(site: Site, page: Page) -> Turn:
    """Ask for one page for TURN seconds; all answers are in when it ends."""
    connections = [HTTPConnection("127.0.0.1", site.port, timeout=60) for _ in range(IN_FLIGHT)]
    for connection in connections:
        connection.connect()
    cpu, database_cpu, began = site.cpu(), site.database_cpu(), time.perf_counter()
    asked = drive(connections, page, lambda: time.perf_counter() - began < TURN)
    took, cpu, after = time.perf_counter() - began, site.cpu() - cpu, site.database_cpu()
    for connection in connections:
        connection.close()
    of_database = None if database_cpu is None or after is None else (after - database_cpu) / asked
    return Turn(asked / took, cpu / asked, of_database)


def drive(connections: list[HTTPConnection], page: Page, go_on: Callable[[], bool]) -> int:
    """Keep every connection busy as long as `go_on` says so; how many answers came."""
    waiting = deque(connections)
    for connection in connections:
        ask(connection, page)
    answers = 0
    while waiting:
        connection = waiting.popleft()
        read(connection, page)
        answers += 1
        if go_on():
            ask(connection, page)
            waiting.append(connection)
    return answers


def ask(connection: HTTPConnection, page: Page) -> None:
    if page.form is None:
        connection.request("GET", page.path, headers=page.headers)
    else:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", page.path, urlencode(next(page.form)), page.headers | form)


def read(connection: HTTPConnection, page: Page) -> None:
    """One answer; anything but the expected status would be a fast error, and no measure of the page."""
    response = connection.getresponse()
    response.read()
    if response.status != page.status:
        raise RuntimeError(f"{page.path} answered {response.status}, not {page.status}.")
