"""Browser windows of people who are signed in, and whether everybody can use what they show."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any, Protocol

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, ViewportSize, expect

from tests.journeys.stage import AXE
from tests.journeys.test_axe import ALL, JUDGE

NARROW, DESK = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=900)
# More than any page has.
MOST_STOPS = 90
WIDER = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


Contexts = dict[tuple[bool, int], list[BrowserContext]]


class Opens(Protocol):
    """Opens a window: narrow for a person who holds a phone, and without a script if it is said."""

    def __call__(self, client: Client | None = None, *, script: bool = True, size: ViewportSize = NARROW) -> Page: ...


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[Contexts]:
    """Windows that the tests of a module use one after the other: each new one would fetch all styles and scripts."""
    opened: Contexts = defaultdict(list)
    yield opened
    for some in opened.values():
        for context in some:
            context.close()


@pytest.fixture
def opens(browser: Browser, live_server: Any, contexts: Contexts) -> Iterator[Opens]:
    """Open windows for one test. An error in the console of one of them fails it."""
    complaints: list[str] = []
    used: Contexts = defaultdict(list)

    def hear(line: ConsoleMessage) -> None:
        # What is refused is refused with 403, and the browser says so.
        if line.type == "error" and "403 (Forbidden)" not in line.text:
            complaints.append(line.text)

    def opened(client: Client | None = None, *, script: bool = True, size: ViewportSize = NARROW) -> Page:
        kind = script, size["width"]
        if len(used[kind]) == len(contexts[kind]):
            context = browser.new_context(base_url=live_server.url, viewport=size, java_script_enabled=script)
            context.set_default_timeout(15_000)
            contexts[kind].append(context)
        context = contexts[kind][len(used[kind])]
        used[kind].append(context)
        context.add_cookies(cookies_of(client, live_server.url) if client else [])
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opened
    for context in chain(*used.values()):
        for page in context.pages:
            page.close()
        context.clear_cookies()
    assert not complaints, complaints


def cookies_of(client: Client, address: str) -> list[Any]:
    """The cookies of a test's client, as a browser takes them."""
    return [
        {"name": name, "value": morsel.value, "url": address + (morsel["path"] or "/")}
        for name, morsel in client.cookies.items()
    ]


def look_at(page: Page) -> None:
    """The page that is shown is not wider than its window, and axe finds nothing wrong with it."""
    assert page.evaluate(WIDER) <= 0
    page.evaluate(f"{AXE.read_text()}; null")
    found = page.evaluate(JUDGE, ALL)
    assert not found, found


def go_to(goal: Locator, key: str = "Enter") -> None:
    """Press the Tab key until this has the focus, and then the key that uses it."""
    expect(goal).to_have_count(1)
    for _ in range(MOST_STOPS):
        goal.page.keyboard.press("Tab")
        if goal.evaluate("node => node === document.activeElement"):
            break
    else:
        raise AssertionError("It cannot be reached with the Tab key.")
    if key:
        goal.page.keyboard.press(key)


def type_into(goal: Locator, text: str) -> None:
    """Go to a box, or to a list, and type."""
    go_to(goal, key="")
    goal.page.keyboard.type(text)


def type_date(group: Locator, day: date) -> None:
    type_into(group.get_by_label("Month"), f"{day:%B}")
    type_into(group.get_by_label("Day"), str(day.day))
    type_into(group.get_by_label("Year"), str(day.year))
