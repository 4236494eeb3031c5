"""Take the README's pictures from a running `make run`: .venv/bin/python docs/take_screenshots.py"""

import base64
import json
import os
import urllib.request
from pathlib import Path

from django_otp.oath import totp
from playwright.sync_api import sync_playwright

SITE = f"http://localhost:{os.environ.get('PORT', '8000')}"
PICTURES = Path(__file__).parent / "screenshots"


def main() -> None:
    people = json.load(urllib.request.urlopen(f"{SITE}/demo/people.json"))  # noqa: S310 - our own site
    grace = next(person["account"] for person in people if (person["account"] or {}).get("level") == 2)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("DSLOGON_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(base_url=SITE, viewport={"width": 1200, "height": 820})
        page.goto("/")
        page.screenshot(path=PICTURES / "home.png")
        page.goto("/sign-in/")
        page.get_by_role("button", name="I agree").click()
        page.get_by_label("Username").fill(grace["username"])
        page.get_by_label("Password", exact=True).fill(grace["password"])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Code").fill(f"{totp(base64.b32decode(grace['totp_secret'])):06d}")
        page.get_by_role("button", name="Sign in").click()
        page.goto("/portal/")
        page.screenshot(path=PICTURES / "portal.png")
        chromium.close()


if __name__ == "__main__":
    main()
