"""A real Chromium in front of a real server, for what only a browser shows."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import chromium

# Playwright keeps an event loop in the test's thread, where Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

expect.set_options(timeout=15_000)


QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# Chromium draws what drops down from its address bar as pages of its own, two with each window. Nobody sees them here,
# and to draw them is most of the work of opening a window.
NO_POPUPS = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"

# Each page is a script's first and last run: to compile it for speed costs more than it saves.
AS_WRITTEN = "--js-flags=--no-opt --no-maglev"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys, closed after them: a second Playwright cannot start beside it."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=[*QUIET, NO_POPUPS, AS_WRITTEN])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, live_server) -> Iterator[Page]:
    """A fresh browser window on the site; an error in its console fails the test."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    window = context.new_page()
    complaints: list[str] = []
    window.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    window.on("pageerror", lambda error: complaints.append(str(error)))
    yield window
    context.close()
    assert not complaints
