"""What the tests of frozen accounts have in common: a thief, mail with links, and the changes in between."""

import re

from django.test import Client

from accounts.changes import changes_of
from accounts.models import Account
from tests import walk

THIEF = "thief@mail.example"


def mails_to(email: str) -> list[str]:
    return [str(message.body) for message in walk.deliver_mail() if message.to == [email]]


def link_in(text: str, page: str) -> str:
    found = re.search(rf"http://localhost:8000({page}\S+)", text)
    assert found, text
    return found[1]


def newest(email: str, page: str) -> str:
    """The newest link to this page that was mailed to this address."""
    return link_in(next(text for text in reversed(mails_to(email)) if page in text), page)


def first_not_me(account: Account, kind: str) -> dict[str, str]:
    """What the holder sends who does not know the first change of this kind."""
    return {"first": str(changes_of(account).filter(kind=kind).first().pk)}  # type: ignore[union-attr]


def add_app(browser: Client) -> str:
    """Add an authenticator app in this session; its key comes back."""
    browser.get("/account/security/authenticator/")
    key = browser.session["enrol_key"]
    assert browser.post("/account/security/authenticator/", {"otp_token": walk.token_for(key)}).status_code in (
        200,
        302,
    )
    return key
