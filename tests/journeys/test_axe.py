"""Every page in a real browser, at phone and desktop size, checked by axe, and what axe does not check."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Browser, ViewportSize
from playwright.sync_api import Page as BrowserPage

from accounts.models import Account
from accounts.profile.activity import EVENTS_TO_A_PAGE
from safeguards import audit
from tests import people
from tests.accounts.holders import holder, signed_in
from tests.journeys.stage import FRAME, set_out, show, stage
from tests.pages.scenes import SCENES, Page, page_of, played
from tests.pages.visitors import by_hand

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.xdist_group("pages")]

PHONE = ViewportSize(width=360, height=800)
DESK = ViewportSize(width=1280, height=900)

# What axe says is cut down to rule and place, and a place to its shape: values of attributes may be somebody's.
JUDGE = """async (options) => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
    const shape = (node) => node.target.flat().join(" ").replace(/="[^"]*"/g, "");
    return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${shape(node)}`));
}"""
USUAL: dict[str, Any] = {"preload": False}
# And one that is off by default but belongs to WCAG 2.2.
ALL = USUAL | {"rules": {"target-size": {"enabled": True}}}
# What can be otherwise where there is more room.
WIDE = ALL | {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size", "list"]}
LOAD = """() => new Promise((done) => {
    const script = Object.assign(document.createElement("script"), { src: "/axe.js", onload: done });
    document.head.append(script);
})"""

# A page must not be wider than the phone; every box to fill in has a label that can be seen.
MEASURE = """() => {
    const place = (node) => node.id ? `#${node.id}` : node.outerHTML.split(/[\\s>]/)[0].slice(1) + "." + node.className;
    const root = document.documentElement;
    const said = [];
    if (root.scrollWidth > root.clientWidth) {
        const wide = [...document.body.querySelectorAll("*")].filter(
            (node) => node.getBoundingClientRect().right > root.clientWidth + 1);
        said.push(`wider than the phone: ${wide.slice(-1).map(place)}`);
    }
    const boxes = document.querySelectorAll("input:not([type=hidden],[type=submit]), select, textarea");
    for (const box of boxes) {
        // The rows of a table are told apart by what stands in them.
        if (box.closest("[hidden], .action-checkbox, .action-checkbox-column, dialog:not([open])")) continue;
        const seen = [...box.labels].some((label) => {
            const area = label.getBoundingClientRect();
            return area.width > 1 && area.height > 1 && label.innerText.trim();
        });
        if (!seen) said.push(`no label to see: ${place(box)}`);
    }
    // Django's admin is made for a mouse: at the desk, whatever is pressed is as large as a finger (WCAG 2.2, 2.5.8). A
    // link inside a sentence may be as high as its line.
    const targets = "#container :is(a[href], button, input:not([type=hidden]), select, textarea, summary)";
    for (const target of document.querySelectorAll(targets)) {
        const area = target.getBoundingClientRect();
        const words = [...(target.closest("p, li, dd, td")?.childNodes ?? [])].filter((node) => node.nodeType === 3);
        const inSentence = target.matches("a") && words.some((node) => /[a-z]{2}/i.test(node.data));
        if (inSentence || !target.checkVisibility() || area.right <= 0 || target.closest("dialog")) continue;
        if (area.width < 23.9 || area.height < 23.9) {
            const size = `${Math.round(area.width)} × ${Math.round(area.height)}`;
            said.push(`too small to press: ${place(target)} in ${place(target.parentNode)}, ${size}`);
        }
    }
    return said;
}"""


# The narrowest phone that people still have (and 1280 pixels enlarged to 400 percent, WCAG 1.4.10), and each width at
# which the design system changes its layout. A phone of 360 and a desk of 1280 are looked at anyway.
WIDTHS = (320, 480, 640, 641, 768, 880, 1023, 1024, 1280)

# Nothing is wider than the window; where a list goes on, the way on can be seen. The window is a frame that nobody
# sees: the browser's own window is drawn at each width, which took more time than axe.
SPREAD = """async ([address, widths]) => {
    const frame = document.querySelector("iframe");
    frame.width = widths[0];
    await new Promise((done) => Object.assign(frame, { onload: done, src: address }));
    const shown = frame.contentDocument;
    const place = (node) => node.id ? `#${node.id}` : node.outerHTML.split(/[\\s>]/)[0].slice(1) + "." + node.className;
    const root = shown.scrollingElement;
    const said = [];
    for (const width of widths) {
        frame.width = width;
        await new Promise((done) => frame.contentWindow.requestAnimationFrame(done));
        const say = (words) => said.push(`${words} (${frame.contentWindow.innerWidth} pixels)`);
        if (root.scrollWidth > root.clientWidth) {
            const wide = [...shown.body.querySelectorAll("*")].filter(
                (node) => node.getBoundingClientRect().right > root.clientWidth + 0.5);
            say(`wider than the window: ${wide.slice(-1).map(place)}`);
        }
        for (const link of shown.querySelectorAll("a[rel=next], a[rel=prev], .paginator a")) {
            if (!link.checkVisibility() || !link.getBoundingClientRect().width) say(`unseen: ${place(link)}`);
        }
    }
    return said;
}"""


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserPage]:
    """One browser window for all pages."""
    with stage() as address:
        context = browser.new_context(base_url=address, viewport=PHONE, reduced_motion="reduce")
        yield context.new_page()
        context.close()


@pytest.fixture(scope="module")
def frame(window: BrowserPage) -> BrowserPage:
    """A second window with an empty frame, for the page at any width."""
    beside = window.context.new_page()
    beside.goto(FRAME)
    return beside


@pytest.fixture
def complaints(window: BrowserPage) -> Iterator[list[str]]:
    """What the browser's console says is wrong, such as a script that the page's own policy forbids."""
    said: list[str] = []

    def keep(error: Any) -> None:
        said.append(f"a script failed: {error.message}")

    window.on("pageerror", keep)
    yield said
    window.remove_listener("pageerror", keep)


# The templates that were judged, apart with errors and without, and all tags in them but for the values.
TEMPLATES: set[tuple[str, bool]] = set()
TAGS: set[str] = set()
TAG = re.compile(r"<[a-z][^>]*>")
VALUE = re.compile(r'(?<!class)(?<!role)(?<!type)="[^"]*"')


def news_of(page: Page) -> tuple[bool, bool]:
    """Whether this template is seen for the first time in its state, and whether the page has a tag seen nowhere yet.

    Without news a page is not judged again: to load and judge one takes half a second.
    """
    state, tags = (page.template, "error-summary" in page.html), {VALUE.sub("", tag) for tag in TAG.findall(page.html)}
    is_first, is_new = state not in TEMPLATES, not tags <= TAGS
    TEMPLATES.add(state)
    TAGS.update(tags)
    return is_first, is_new


def on_a_phone(window: BrowserPage, page: Page, rules: dict[str, Any]) -> list[str]:
    """Show a page on a phone; what is wrong with it there."""
    window.set_viewport_size(PHONE)
    show(window, page)
    window.evaluate(LOAD)
    return [f"{said} (phone)" for said in [*window.evaluate(MEASURE), *window.evaluate(JUDGE, rules)]]


def on_a_desk(window: BrowserPage) -> list[str]:
    """What is wrong with the page just shown when there is room for it."""
    window.set_viewport_size(DESK)
    return [f"{said} (desk)" for said in window.evaluate(JUDGE, WIDE)]


def at_any_width(frame: BrowserPage, page: Page) -> list[str]:
    """What is wrong with a page at one of the widths, whatever the height."""
    set_out(page)
    return frame.evaluate(SPREAD, [page.path, WIDTHS])


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_everybody_can_use_every_page(window, frame, complaints, scene):
    problems = []
    for page in played(scene):
        is_first, is_new = news_of(page)
        if is_first or is_new:
            wrong = on_a_phone(window, page, ALL)
            wrong += on_a_desk(window) if is_new else []
            wrong += at_any_width(frame, page)
            problems += [f"{page.name}: {said}" for said in [*wrong, *complaints]]
            complaints.clear()
    assert not problems, "\n" + "\n".join(problems)


def test_a_page_that_shuts_people_out_is_found(window, frame):
    html = '<html><title>x</title><p style="color: #ccc">Faint</p><input id="box"><p class="wide">' + "x" * 999
    page = page_of(by_hand("/bad/", lambda request: HttpResponse(html)))
    said = " ".join(on_a_phone(window, page, ALL))
    for fault in ("html-has-lang", "color-contrast: p", "label: #box", "no label to see: #box", "wider than the phone"):
        assert fault in said
    assert at_any_width(frame, page) == [f"wider than the window:  ({width} pixels)" for width in WIDTHS]


def test_the_menu_of_a_phone_can_be_used_by_everybody(window):
    assert on_a_phone(window, page_of(Client().get("/")), ALL) == []
    window.get_by_role("button", name="Menu").click()
    assert window.evaluate(JUDGE, ALL) == []


@pytest.mark.parametrize("address", ["/account/", "/account/email/", "/portal/", "/portal/contact/"])
def test_a_person_with_a_long_name_and_address_need_not_scroll_sideways(frame, address):
    rosa = holder(people.load("rosa"), email=f"{'w' * 60}@{'w' * 60}.example")
    Account.objects.filter(pk=rosa.pk).update(first_name="W" * 100, last_name="Wölfeschlegelsteinhausenbergerdorff" * 2)
    assert at_any_width(frame, page_of(signed_in(rosa).get(address))) == []


@pytest.mark.parametrize("address", ["/account/activity/", "/portal/access/"])
def test_newer_and_older_events_can_be_reached_on_a_phone(window, frame, address):
    account = holder(people.load("rosa"))
    client = signed_in(account)
    for _ in range(2 * EVENTS_TO_A_PAGE):
        audit.record("account.phone-changed", by=account)
    page = page_of(client.get(f"{address}?page=2"))
    assert on_a_phone(window, page, ALL) == []
    assert at_any_width(frame, page) == []
    window.set_viewport_size(ViewportSize(width=320, height=640))
    for name, leads_to in (("Newer", "?page=1"), ("Older", "?page=3")):
        link = window.get_by_role("link", name=name, exact=True)
        assert link.is_visible()
        assert link.get_attribute("href") == leads_to


def test_the_warning_before_the_session_ends_can_be_used_by_everybody(window):
    page = page_of(signed_in(holder(people.load("rosa"))).get("/account/"))
    assert on_a_phone(window, page, USUAL) == []
    window.evaluate("document.getElementById('session').showModal()")
    assert window.evaluate(JUDGE, ALL) == []
    assert on_a_desk(window) == []
