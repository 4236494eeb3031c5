"""The pages of a person's own account."""

from collections.abc import Iterator
from time import time
from typing import Any

from django.test import Client

from accounts.mail import links
from accounts.models import AuthenticatorApp
from accounts.models.mail import Purpose
from accounts.sign_in import session
from accounts.sign_in.views import ENROL_KEY
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.pages.visitors import path_of

Answers = Iterator[Any]
SECURITY = "/account/security/"


def has_no_second_factor() -> Answers:
    client = signed_in(holder(people.load("rosa")))
    yield client.get("/account/")
    yield client.get(SECURITY)
    yield client.get(f"{SECURITY}passkey/")
    yield client.post(f"{SECURITY}passkey/", {"passkey": "{}", "name": ""})
    yield client.get(f"{SECURITY}authenticator/")
    yield client.post(f"{SECURITY}authenticator/", {"otp_token": "000000"})
    key = client.session[ENROL_KEY]
    yield client.post(f"{SECURITY}authenticator/", {"otp_token": walk.token_for(key), "name": "My phone"})


def has_a_second_factor() -> Answers:
    account = premium(people.load("rosa"))
    client = signed_in(account)
    yield client.get("/")
    yield client.get("/account/")
    yield client.get(SECURITY)
    yield client.get(f"{SECURITY}password/")
    yield client.post(f"{SECURITY}password/", {"password": "short", "password_again": "other"})
    app = f"{SECURITY}factors/app/{AuthenticatorApp.objects.get().pk}/"
    yield client.get(app)
    yield client.post(app, {"name": ""})
    yield client.get(f"{SECURITY}backup-codes/")
    yield client.post(f"{SECURITY}backup-codes/")
    yield client.get("/account/activity/")
    yield client.get("/account/sessions/")
    yield client.get("/support/contact/")
    yield client.get("/sign-out/")
    yield client.get("/no/such/page/")


def has_an_address_to_confirm() -> Answers:
    """The address typed at registration, which the activation code did not go to."""
    account = holder(people.load("rosa"), email_confirmed=False)
    client = signed_in(account)
    yield client.get("/account/")
    yield client.get("/account/email/")
    yield client.post("/account/email/", {"email": account.email})
    yield client.get(path_of(links.make(account, Purpose.CONFIRM_EMAIL, data=account.email)))


def moves_and_leaves() -> Answers:
    """Another email address, confirmed and taken back; another phone number; the account closed."""
    account = holder(people.load("rosa"))
    client = signed_in(account)
    yield client.get("/account/email/")
    yield client.post("/account/email/", {"email": "no address"})
    yield client.post("/account/email/", {"email": "ruth@mail.example"})
    yield client.get("/account/email/")
    yield client.get("/account/")
    yield client.get(path_of(links.make(account, Purpose.CONFIRM_EMAIL, data="ruth@mail.example")))
    undo = path_of(links.make(account, Purpose.UNDO_EMAIL, data="rosa@mail.example"))
    yield Client().get(undo)
    yield client.get("/account/phone/")
    yield client.post("/account/phone/", {"phone": "ask my wife"})
    yield client.get("/account/not-me/")
    yield client.get("/account/close/")
    yield client.post("/account/close/")


def is_asked_again() -> Answers:
    """The last proof of who it is was too long ago for what is wanted."""
    client = signed_in(premium(people.load("rosa")))
    proved_long_ago(client)
    here = client.get(f"{SECURITY}password/")["Location"]
    yield client.get(here)
    yield client.post(here, {})
    yield client.get(f"{here}&with_code=1")


def proved_long_ago(client: Client) -> None:
    kept = client.session
    kept[session.PROVED] = 0
    kept.save()


def works_here() -> Answers:
    """The twins of these pages under /admin/."""
    member = staff("Auditor")
    client = signed_in(member)
    yield client.get("/admin/account/")
    yield client.get("/admin/account/security/")
    yield client.get("/admin/sign-out/")
    client.force_login(member)  # no door leads staff into the portal
    begins_now(client)
    yield client.get("/portal/")


def begins_now(client: Client) -> None:
    """Give a session that came through no door its times: a page without them leaves for the sign-in page at once."""
    kept = client.session
    kept[session.BEGAN] = kept[session.SEEN] = int(time())
    kept.save()


SCENES = (
    has_no_second_factor,
    has_a_second_factor,
    has_an_address_to_confirm,
    moves_and_leaves,
    is_asked_again,
    works_here,
)
