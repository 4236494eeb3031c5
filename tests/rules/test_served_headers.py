"""The headers as they are served: every kind of page, files, a PDF, the admin, and all of it in production."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import tasks
from accounts.models import RecoveryRequest
from demo.people import PEOPLE
from dslogon.up.check import production
from tests import walk
from tests.accounts.holders import holder, premium, signed_in, staff

ROOT = Path(settings.BASE_DIR)
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

pytestmark = pytest.mark.django_db


def check(response, where: str) -> None:
    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, where
    assert "default-src 'none'" in response["Content-Security-Policy"], where
    permissions = response["Permissions-Policy"]
    assert "camera=()" in permissions, where
    assert "publickey-credentials-get=(self)" in permissions, where
    assert not {"Server", "X-Powered-By"} & set(response.headers), where


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("/", 200),
        ("/sign-in/", 200),
        ("/admin/sign-in/", 200),
        ("/admin/", 302),
        ("/no-such-page/", 404),
        ("/support/guides/registration.pdf", 200),
    ],
)
def test_every_answer_carries_them_files_and_refusals_too(client: Client, where, status):
    response = client.get(where)
    assert response.status_code == status
    check(response, where)


def test_files_carry_them(client: Client, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    for where in ("/static/css/site.css", "/static/img/favicon.svg", "/static/js/session.js"):
        response = client.get(where)
        assert response.status_code == 200
        check(response, where)


@pytest.mark.parametrize(
    "where", ["/", "/portal/", "/account/", "/support/", "/support/guides/registration.pdf", "/none/"]
)
def test_whatever_somebody_signed_in_is_shown_stays_in_no_cache(where):
    response = signed_in(premium(PEOPLE["grace"])).get(where)
    check(response, where)
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", ")), where


def test_the_admin_carries_them_and_stays_in_no_cache():
    response = signed_in(staff("Supervisor")).get("/admin/accounts/account/")
    check(response, "admin")
    assert "no-store" in response["Cache-Control"]


def test_signing_out_clears_what_the_browser_has_kept():
    browser = signed_in(holder(PEOPLE["rosa"]))
    assert browser.post("/sign-out/")["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in browser.get("/").headers


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "evil.example:80"]
)
def test_another_host_name_is_refused(client: Client, host):
    assert client.get("/", headers={"host": host}).status_code == 400
    assert client.post("/recover/password/", {"username": "rosa.holder"}, headers={"host": host}).status_code == 400


def test_no_host_name_in_a_header_gets_into_a_mail(client: Client):
    rosa = holder(PEOPLE["rosa"])
    poison = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Host": "evil.example"}
    client.post("/recover/password/", {"username": rosa.username}, headers={"host": "localhost", **poison})
    tasks.answer_recovery(str(RecoveryRequest.objects.get().pk))
    links = re.findall(r"https?://[^\s\"<]+", walk.deliver_mail()[-1].body)
    assert links
    assert all(link.startswith(settings.SITE_ADDRESS) for link in links)
    assert not any("evil.example" in str(message.message()) for message in mail.outbox)


def test_nor_does_it_get_into_a_link_that_is_made_while_the_request_is_served(settings):
    """Even where a deployment names its hosts too freely, and the mail is written at once and not by the worker."""
    settings.ALLOWED_HOSTS = ["*"]
    browser = signed_in(holder(PEOPLE["rosa"]))
    browser.post("/account/email/", {"email": "rosa.new@mail.example"}, headers={"host": "evil.example"})
    links = re.findall(r"https?://[^\s\"<]+", " ".join(str(message.body) for message in walk.deliver_mail()))
    assert any("/account/email/confirm/" in link for link in links)
    assert all(link.startswith(settings.SITE_ADDRESS) for link in links)


PRODUCTION = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client, override_settings
from accounts.journeys import drafts
from accounts.sessions import zones
from accounts.sign_in import consent
from core import flash
plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
with override_settings(STORAGES=plain):
    client = Client(SERVER_NAME="dslogon.example")
    page = client.get("/sign-in/", secure=True)
    plain_http = client.get("/sign-in/")
    cookies = {name: dict(cookie) for name, cookie in client.cookies.items()}
names = [zones.EVERYBODY.cookie, zones.STAFF.cookie, settings.CSRF_COOKIE_NAME, consent.COOKIE, drafts.COOKIE]
names.append(flash.MessageCookie.cookie_name)
print(json.dumps({
    "status": page.status_code, "headers": dict(page.headers), "names": names, "cookies": cookies,
    "http": [plain_http.status_code, plain_http["Location"]], "debug": settings.DEBUG, "demo": settings.DEMO,
}))
"""


def test_in_production_they_are_stricter_still():
    env = os.environ | production()
    ran = subprocess.run(
        [sys.executable, "-c", PRODUCTION], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = json.loads(ran.stdout)
    assert told["status"] == 200
    assert {name: told["headers"].get(name) for name in EVERYWHERE} == EVERYWHERE
    assert told["headers"]["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert told["http"] == [301, "https://dslogon.example/sign-in/"]
    assert told["names"] == [
        *("__Host-session", "__Secure-admin", "__Host-csrf", "__Host-consent", "__Host-draft", "__Host-messages")
    ]
    csrf = told["cookies"]["__Host-csrf"]
    assert (csrf["secure"], csrf["httponly"], csrf["path"], csrf["domain"]) == (True, True, "/", "")
    assert (told["debug"], told["demo"]) == (False, False)
