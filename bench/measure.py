"""Measures two pages in turns, on kept connections. What disturbs the machine disturbs both, so ratios hold."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from statistics import median
from urllib.parse import urlencode

from bench.pages import Page
from bench.site import Site

IN_FLIGHT = 2
"""Requests on their way at the same time, so that the site never waits for us."""
TURN = 0.5
"""Seconds for which one page is requested before it is the other page's turn."""


@dataclass(frozen=True)
class Turn:
    """One turn: requests per second, and seconds of processor time per request."""

    rate: float
    cpu: float
    database_cpu: float | None

    @property
    def whole_cpu(self) -> float:
        """Return the processor time including PostgreSQL's, as far as it is known."""
        return self.cpu + (self.database_cpu or 0)


@dataclass(frozen=True)
class Measured:
    """Medians over all turns. A ratio is the median of the ratios of two consecutive turns."""

    page: Turn
    measure: Turn
    rate_ratio: float
    cpu_ratio: float
    whole_cpu_ratio: float

    @property
    def time_ratio(self) -> float:
        """Return the median time of an answer, divided by that of the other page.

        This is meaningful only if each page was asked for alone.
        """
        return self.measure.rate / self.page.rate


class Browser:
    """A kept connection, and the visit in progress on it: a page and what follows it."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()
        self.cookies: SimpleCookie = SimpleCookie()
        self.left: list[Page] = []

    def begin(self, page: Page) -> None:
        """Begin a new visit, with no cookies except the page's own."""
        self.cookies, self.left = SimpleCookie(page.cookies), [page, *page.then]
        self.ask()

    def ask(self) -> None:
        """Send the next request of the visit."""
        page = self.left[0]
        headers = page.headers() | {"Cookie": "; ".join(f"{c.key}={c.coded_value}" for c in self.cookies.values())}
        if page.form is None:
            self.connection.request("GET", page.path, headers=headers)
        else:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            self.connection.request("POST", page.path, urlencode(next(page.form)), headers | form)

    def read(self) -> None:
        """Read one answer. Raise RuntimeError if the status is not the expected one.

        An error would be fast, and would not measure the page.
        """
        page, response = self.left.pop(0), self.connection.getresponse()
        response.read()
        if response.status != page.status:
            raise RuntimeError(f"{page.path} answered {response.status}, not {page.status}.")
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies.load(line)


def compare(page: tuple[Site, Page], measure: tuple[Site, Page], seconds: float, *, alone: bool = False) -> Measured:
    """Measure both pages in turns for `seconds` in total, after one turn of each to warm up.

    `alone` asks for one page at a time, and each turn is then a single request. The time of a turn is the time of the
    answer.
    """
    how = (0, 1) if alone else (TURN, IN_FLIGHT)
    turns: list[tuple[Turn, Turn]] = []
    ends = time.monotonic() + seconds
    while len(turns) < 4 or time.monotonic() < ends:
        if len(turns) % 2:  # the first one finds the caches as the other left them
            theirs, ours = turn(*measure, *how), turn(*page, *how)
        else:
            ours, theirs = turn(*page, *how), turn(*measure, *how)
        turns.append((ours, theirs))
    pairs = turns[1:]
    return Measured(
        typical([ours for ours, _ in pairs]),
        typical([theirs for _, theirs in pairs]),
        median(ours.rate / theirs.rate for ours, theirs in pairs),
        median(ours.cpu / theirs.cpu for ours, theirs in pairs),
        median(ours.whole_cpu / theirs.whole_cpu for ours, theirs in pairs),
    )


def typical(turns: list[Turn]) -> Turn:
    database = [turn.database_cpu for turn in turns if turn.database_cpu is not None]
    return Turn(
        median(turn.rate for turn in turns), median(turn.cpu for turn in turns), median(database) if database else None
    )


def turn(site: Site, page: Page, seconds: float, in_flight: int) -> Turn:
    """Ask for one page for `seconds`. All answers are in when it returns."""
    browsers = [Browser(site.port) for _ in range(in_flight)]
    cpu, database_cpu, began = site.cpu(), site.database_cpu(), time.perf_counter()
    asked = drive(browsers, page, lambda: time.perf_counter() - began < seconds)
    took, cpu, after = time.perf_counter() - began, site.cpu() - cpu, site.database_cpu()
    for browser in browsers:
        browser.connection.close()
    of_database = None if database_cpu is None or after is None else (after - database_cpu) / asked
    return Turn(asked / took, cpu / asked, of_database)


def drive(browsers: list[Browser], page: Page, go_on: Callable[[], bool]) -> int:
    """Keep every browser busy as long as `go_on` says so. Return how many visits were completed."""
    waiting = deque(browsers)
    for browser in browsers:
        browser.begin(page)
    visits = 0
    while waiting:
        browser = waiting.popleft()
        browser.read()
        if browser.left:
            browser.ask()
        else:
            visits += 1
            if not go_on():
                continue
            browser.begin(page)
        waiting.append(browser)
    return visits
