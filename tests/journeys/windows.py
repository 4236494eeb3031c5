"""Browser windows of people who are signed in, and whether everybody can use what they show."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, ViewportSize, expect

from tests.journeys.stage import AXE
from tests.journeys.test_axe import ALL, JUDGE

NARROW, DESK = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=900)
WIDER = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


class Opens(Protocol):
    """Opens a window: narrow for whoever holds a phone, and without a script if it is said."""

    def __call__(self, client: Client | None = None, *, script: bool = True, size: ViewportSize = NARROW) -> Page: ...


@pytest.fixture
def opens(browser: Browser, live_server: Any) -> Iterator[Opens]:
    """Open windows for one test. An error in the console of one of them fails it."""
    contexts, complaints = [], []

    def hear(line: ConsoleMessage) -> None:
        # What is refused is refused with 403, and the browser says so.
        if line.type == "error" and "403 (Forbidden)" not in line.text:
            complaints.append(line.text)

    def opened(client: Client | None = None, *, script: bool = True, size: ViewportSize = NARROW) -> Page:
        context = browser.new_context(base_url=live_server.url, viewport=size, java_script_enabled=script)
        context.set_default_timeout(15_000)
        context.add_cookies(cookies_of(client, live_server.url) if client else [])
        context.on("console", hear)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
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


def reach(goal: Locator) -> None:
    """Go on with the Tab key until this has the focus."""
    expect(goal).to_have_count(1)
    for _ in range(90):
        goal.page.keyboard.press("Tab")
        if goal.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError("It cannot be reached with the Tab key.")
