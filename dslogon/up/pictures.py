"""`./run pictures`: the pictures of the guides, taken with Chromium from the demo site, which has to be running.

They go into var/guide-pictures, where the site finds them at once.
"""

import base64
import json
import os
import shutil
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dslogon.up import port
from dslogon.up.assets import ROOT
from dslogon.up.errors import UserFacingError, say
from dslogon.up.serve import VAR

if TYPE_CHECKING:
    from playwright.sync_api import Page

GUIDES = VAR / "guide-pictures"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# She has an authenticator app, a son, results and vaccines.
WHO = "premium.grace"
# A guide shows the upper part of a page, as large as a third of a sheet, in twice the points of a screen.
WIDTH, HEIGHT, SCALE, MARGIN = 840, 600, 2, 16
# Where a picture begins: in the health portal, below the way there and the menu.
BEGINS = "main .portal-page, main .account-nav"


@dataclass(frozen=True)
class Shot:
    """A picture: the file in its folder, without its ending, and the page that it shows."""

    file: str
    path: str


OF_GUIDES = (
    Shot("second-step/security", "/account/security/"),
    Shot("second-step/set-up-app", "/account/security/authenticator/"),
    Shot("family/family-access", "/portal/family/"),
    Shot("family/give-access", "/portal/family/offer/"),
    Shot("family/show-to-a-doctor", "/portal/family/share/"),
    Shot("record/lab-results", "/portal/labs/"),
    Shot("record/take-it-with-you", "/portal/record/copy/"),
    Shot("record/immunizations", "/portal/immunizations/"),
    Shot("record/access-history", "/portal/access/"),
)


def take(arguments: list[str]) -> None:
    """Take the pictures of the guides. Raise UserFacingError if the site does not answer, or there is no Chromium."""
    if arguments:
        raise UserFacingError("It is ./run pictures, without anything behind it.")
    site, browser = f"http://localhost:{port.chosen()}", find_browser()
    account = account_of(site)
    from playwright.sync_api import sync_playwright  # only requirements/test.txt has it

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(
            base_url=site,
            viewport={"width": WIDTH, "height": 820},
            device_scale_factor=SCALE,
        )
        sign_in(page, account)
        for shot in OF_GUIDES:
            take_one(page, shot)
        chromium.close()
    say(f"{len(OF_GUIDES)} pictures are in {GUIDES.relative_to(ROOT)}.")


def find_browser() -> str:
    """Return the Chromium that DSLOGON_CHROMIUM names, or the machine's. Raise UserFacingError without one."""
    named = os.environ.get("DSLOGON_CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if not found:
        raise UserFacingError("No Chromium was found. On Debian: apt-get install chromium-headless-shell")
    return found


def account_of(site: str) -> dict[str, Any]:
    """Return the demo's account whose pages are shown. Raise UserFacingError if the site does not answer."""
    try:
        with urllib.request.urlopen(f"{site}/demo/people.json", timeout=60) as answer:  # noqa: S310 - our own site
            accounts = [person["account"] or {} for person in json.load(answer)]
    except (OSError, ValueError):
        raise UserFacingError(f"No demo answers at {site}. Start it with ./run in another terminal.") from None
    return next(account for account in accounts if account.get("username") == WHO)


def sign_in(page: "Page", account: dict[str, Any]) -> None:
    """Sign in with an authenticator's code. One that was used before is refused, so wait for the next one then."""
    page.goto("/sign-in/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_label("Username").fill(account["username"])
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    for seconds in (0, 30):
        time.sleep(seconds)
        page.get_by_label("Code").fill(code_of(account["totp_secret"]))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        if not page.get_by_label("Code").count():
            return
    raise UserFacingError("The demo refused the code of the authenticator.")


def code_of(secret: str) -> str:
    """Return the code that an authenticator app with this secret shows now."""
    from django_otp.oath import totp

    return f"{totp(base64.b32decode(secret)):06d}"


def take_one(page: "Page", shot: Shot) -> None:
    """Take one picture: of the page without what stands above and below each page."""
    answer = page.goto(shot.path)
    if not answer or answer.status != 200:
        raise UserFacingError(f"{shot.path} could not be shown.")
    box = page.locator(BEGINS).first.bounding_box()
    if box:
        box["x"], box["width"] = 0, WIDTH
        box["y"], box["height"] = box["y"] - MARGIN, min(box["height"], HEIGHT) + MARGIN
    file = GUIDES / f"{shot.file}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")  # the site never finds half a picture
    new.write_bytes(page.screenshot(full_page=bool(box), clip=box))
    new.replace(file)
