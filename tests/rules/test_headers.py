"""The headers that every page carries, and what no page and no template may hold."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from demo.people import PEOPLE
from dslogon.up.check import production
from tests.accounts.holders import premium, signed_in, staff

ROOT = Path(settings.BASE_DIR)
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\bstyle\s*=|\son[a-z]+\s*=|javascript:", re.IGNORECASE)
CSP = {
    "default-src": "'none'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
FOR_VISITORS = {
    "/": 200,
    "/sign-in/": 200,
    "/register/": 200,
    "/register/with-code/": 200,
    "/recover/username/": 200,
    "/recover/password/": 200,
    "/recover/password/x/": 410,
    "/stop/x/": 410,
    "/register/00000000-0000-4000-8000-000000000000/details/": 404,
    "/support/": 200,
    "/support/contact/": 200,
    "/support/guides/registration/": 200,
    "/demo/": 200,
    "/no-such-page/": 404,
    "/portal/": 302,
}
FOR_HOLDERS = ["/portal/", "/portal/labs/", "/account/", "/account/security/", "/account/activity/"]
FOR_STAFF = ["/admin/", "/admin/accounts/account/", "/admin/safeguards/auditevent/"]

pytestmark = pytest.mark.django_db


def parts_of(response: Any) -> list[str]:
    return response["Content-Security-Policy"].split(";")


def allowed(response: Any) -> str:
    """The scripts that the policy has to allow: those with the page's own nonce, if it has any, and no others."""
    scripts = re.findall(r"<script\b[^>]*>", response.content.decode(errors="replace"))
    nonces = {nonce for script in scripts for nonce in re.findall(r'\snonce="([^"]+)"', script) or [""]}
    assert len(nonces) == bool(scripts)
    assert "" not in nonces
    return "".join(f"'nonce-{nonce}'" for nonce in nonces)


def check(response: Any, where: str) -> None:
    assert response["X-Frame-Options"] == "DENY", where
    assert response["X-Content-Type-Options"] == "nosniff", where
    assert response["Referrer-Policy"] == "same-origin", where
    assert response["Cross-Origin-Opener-Policy"] == "same-origin", where
    policy = {name: value for name, _, value in (part.strip().partition(" ") for part in parts_of(response))}
    assert {name: policy.get(name) for name in CSP} == CSP, where
    assert policy["script-src"].strip() == ("'self'" if where.startswith("/admin/") else allowed(response)), where
    assert "unsafe" not in response["Content-Security-Policy"], where
    assert "Server" not in response, where
    assert not INLINE.search(response.content.decode(errors="replace")), where


@pytest.mark.parametrize(("where", "status"), FOR_VISITORS.items())
def test_a_visitors_page_is_guarded(client: Client, where, status):
    response = client.get(where)
    assert response.status_code == status
    check(response, where)


def test_the_pages_of_the_signed_in_are_guarded_and_kept_in_no_cache():
    browser = signed_in(premium(PEOPLE["grace"]))
    for where in FOR_HOLDERS:
        response = browser.get(where)
        assert response.status_code == 200, where
        assert "no-store" in response["Cache-Control"] or "private" in response["Cache-Control"], where
        check(response, where)


def test_the_pages_of_staff_are_guarded():
    browser = signed_in(staff("Supervisor"))
    for where in FOR_STAFF:
        response = browser.get(where)
        assert response.status_code == 200, where
        check(response, where)


def test_refusals_are_guarded_too(client):
    check(client.post("/register/", b"x" * 200_000, content_type="application/x-www-form-urlencoded"), "400")
    check(Client(enforce_csrf_checks=True).post("/sign-in/", {}), "403")
    check(client.get("/", headers={"host": "evil.example"}), "a wrong host")


def test_cookies_are_out_of_reach_for_scripts_and_other_sites():
    browser = signed_in(premium(PEOPLE["grace"]))
    browser.post("/register/", {"level": 1})
    browser.get("/sign-in/")
    assert {"sessionid", "csrftoken"} <= set(browser.cookies)
    for name, cookie in browser.cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name
    assert not browser.cookies["sessionid"]["max-age"]


def test_in_production_every_cookie_is_for_https_and_this_host_only():
    env = os.environ | production()
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "DEBUG", "DEMO")
    asked = f"from django.conf import settings; print(*(getattr(settings, name) for name in {names}))"
    told = subprocess.run([sys.executable, "-c", asked], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True", "__Host-session", "__Host-csrf", "False", "False"]


# The head of a page that people take along has its styles in itself: nothing else comes with it.
TAKEN_ALONG = ROOT / "templates/portal/export/head.html"
# What could not be answered is sent again with the token that it came with: nobody else's form gets one of ours.
SENT_AGAIN = ROOT / "templates/errors/unavailable.html"
TEMPLATES = [
    path for path in sorted((ROOT / "templates").rglob("*.html")) if "mail" not in path.parts and path != TAKEN_ALONG
]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_holds_scripts_styles_or_handlers_of_its_own(path):
    assert not INLINE.search(path.read_text())


def test_every_phone_number_of_ours_can_be_dialed_from_the_page():
    bare = re.compile(r"\{\{ *(center\.(PHONE|TTY|FROM_ABROAD)|[a-z.]*region\.phone) *\}\}")
    assert not [path.name for path in TEMPLATES if bare.search(path.read_text())]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_trusts_what_people_type_or_loads_from_elsewhere(path):
    text = path.read_text()
    assert "|safe" not in text
    assert "autoescape off" not in text
    assert not re.search(r'(src|action)="(https?:)?//', text)
    if path == SENT_AGAIN:
        return
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL | re.IGNORECASE):
        assert "{% csrf_token %}" in form
