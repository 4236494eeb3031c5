"""Deny by default: every URL of the site is gated, or listed here with the reason why it is not."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from tests.rules import addresses

PUBLIC = {
    "": "the home page: what this is, and the ways in",
    "register/": "registering needs no account",
    "register/route/": "registering needs no account",
    "register/with-code/": "registering needs no account",
    "register/<uuid:draft_id>/review/": "registering needs no account; the draft belongs to the browser",
    "register/<uuid:draft_id>/<slug:name>/": "registering needs no account; the draft belongs to the browser",
    "register/<uuid:draft_id>/credentials/judge/": "judges a password being chosen; the draft belongs to the browser",
    "register/<uuid:draft_id>/second-factor/passkey/": "for a person who registers; the draft belongs to the browser",
    "sign-in/": "the gate itself",
    "sign-in/passkey/": "the gate itself",
    "sign-in/passkey/options/": "a random challenge for the gate; names nobody",
    "sign-in/second-factor/options/": "a challenge, only for the person who gave the password in this browser",
    "sign-in/second-factor/first-passkey/": "only for a person who gave the password in this browser and has no factor",
    "sign-in/second-factor/": "the gate itself; only for the person who gave the password in this browser",
    "sign-out/": "signing out twice is no error",
    "session/left/": "a page whose session ended asks it, and is told 0",
    "recover/": "a list of the ways back, for who cannot sign in",
    "recover/username/": "a person who forgot cannot sign in",
    "recover/password/": "a person who forgot cannot sign in",
    "recover/password/<str:token>/": "the token from the mail is the key",
    "recover/email/<str:token>/": "the token from the mail is the key: the thief may have the password",
    "recover/frozen/": "explains to everyone how a frozen account comes back; it acts on nothing",
    "recover/factor/": "only for the person who gave the password in this browser",
    "recover/factor/stop/<str:token>/": "the token from the mail is the key, and it only stops",
    "recover/factor/<str:token>/": "the token from the mail is the key, and the password is asked for",
    "not-me/<str:token>/": "the token from the mail is the key, and it only stops",
    "stop/<str:token>/": "the token from the mail or the letter is the key, and it only stops",
    "recover/password/<str:token>/judge/": "the token from the mail is the key",
    ".well-known/jwks.json": "the public keys that check vaccine cards; the apps that check them are strangers",
    ".well-known/change-password": "where password managers look; leads to the gated page",
    "acts-for-me/<str:token>/": "the token from the mail or the letter is the key, and it only stops",
    "support/": "help is for everyone",
    "support/articles/<slug:slug>/": "help is for everyone",
    "support/articles/<slug:slug>/helpful/": "help is for everyone, and so is what people say about it",
    "support/code/<str:code>/": "help is for everyone",
    "support/guides/<slug:slug>/": "help is for everyone",
    "support/guides/<slug:slug>.pdf": "help is for everyone",
    "support/guides/<slug:slug>/<slug:name>.png": "help is for everyone",
    "support/chat/": "help is for everyone",
    "support/chat/<uuid:chat_id>/": "only for the browser that began the chat",
    "support/chat/<uuid:chat_id>/poll/": "only for the browser that began the chat",
    "support/chat/<uuid:chat_id>/typing/": "only for the browser that began the chat",
    "support/chat/<uuid:chat_id>/chat.txt": "only for the browser that began the chat",
    "support/cases/": "a person who asked for a review has no account yet; reference and code are the key",
    "support/cases/status/": "only for the person who gave reference and code in this browser",
    "support/call-back/": "help is for everyone; who asks is limited by network address",
    "support/call-back/<uuid:pk>/": "shows when a call is, and cancels it; the address is the key",
    "support/contact/": "help is for everyone",
    "support/contact/<uuid:message_id>/": "shows where a message stands; its answer takes the code or the account",
    "support/contact/answer/": "reference and the code from the email are the key",
    "admin/login/": "leads to the site's own sign-in",
    "demo/": "only invented people, and only where the demo is on",
    "demo/people.json": "only invented people, and only where the demo is on",
    "demo/mail/": "only invented people, and only where the demo is on",
    "demo/mail/<int:pk>.html": "only invented people, and only where the demo is on",
    "demo/letters/<uuid:pk>.pdf": "only invented people, and only where the demo is on",
    "demo/mail.json": "only invented people, and only where the demo is on",
}
PUBLIC |= {
    pattern: "a doctor needs no account; code and birth date are the key, and then a cookie of this browser"
    for pattern, _ in addresses.every()
    if pattern.startswith("share/")
}
# With the addresses that staff have under /admin/ besides.
ALL = list(dict(addresses.every(settings.STAFF_URLCONF)).items())
GATED = [(pattern, path) for pattern, path in addresses.every() if pattern not in PUBLIC]


def test_there_are_as_many_addresses_as_one_would_think():
    assert len(GATED) > 30


@pytest.mark.parametrize(("pattern", "path"), GATED, ids=[pattern for pattern, _ in GATED])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_led_to_sign_in(client: Client, pattern, path, method):
    response = getattr(client, method)(path)
    assert response.status_code == 302, pattern
    assert response["Location"].startswith(("/sign-in/?next=", "/admin/sign-in/?next=", "/admin/login/?next=")), pattern


@pytest.mark.parametrize("pattern", PUBLIC)
def test_no_public_address_is_only_public_on_paper(pattern):
    assert pattern in {one for one, _ in addresses.every()}


@pytest.mark.parametrize("path", ["/no-such-page/", "/portal-x/", "/static/nothing.css", "/.env", "/.git/config"])
def test_what_does_not_exist_is_a_404_for_everyone(client: Client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(("pattern", "path"), ALL, ids=[pattern for pattern, _ in ALL])
def test_no_form_is_accepted_from_another_site(pattern, path):
    """Before anything else: the answer is the same whether or not the page is public."""
    response = Client(enforce_csrf_checks=True).post(path, {})
    assert response.status_code == 403, pattern
    assert response.templates[0].name == "errors/csrf.html"


def test_no_view_is_exempt_from_the_check_for_other_sites():
    found = [(pattern, resolve(path, settings.STAFF_URLCONF).func) for pattern, path in ALL]
    assert [pattern for pattern, view in found if getattr(view, "csrf_exempt", False)] == []
