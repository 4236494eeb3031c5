"""What a person with a passkey does, and what an attacker's device answers, for the tests of passkeys."""

from typing import Any

from django.test import Client

from accounts.models import Account
from tests import walk
from tests.accounts.holders import give_password, signed_in
from tests.authenticator import Authenticator

NOT_ACCEPTED = "This passkey was not accepted."


def options(client: Client, address: str) -> dict[str, Any]:
    """What the page's script is given, for somebody who has agreed to the notice."""
    walk.agree(client)
    response = client.post(address)
    assert response.status_code == 200, response.content
    return response.json()


def add_passkey(client: Client, device: Authenticator, **other: str) -> Any:
    made = device.make(options(client, "/account/security/passkey/options/"))
    return client.post("/account/security/passkey/", {"passkey": made, **other})


def enrolled(account: Account, **lies: Any) -> Authenticator:
    """A device with a passkey of this account."""
    device = Authenticator(**lies)
    assert add_passkey(signed_in(account), device).status_code in (200, 302)
    return device


def alone(client: Client, device: Authenticator, **client_data: Any) -> Any:
    """Sign in with the passkey and nothing else."""
    device.uses += 1
    said = device.sign(options(client, "/sign-in/passkey/options/"), **client_data)
    return client.post("/sign-in/passkey/", {"passkey": said})


def half_in(account: Account) -> Client:
    client = Client()
    assert give_password(client, account.username)["Location"] == "/sign-in/second-factor/"
    return client


def after_password(client: Client, device: Authenticator, **client_data: Any) -> Any:
    device.uses += 1
    said = device.sign(options(client, "/sign-in/second-factor/options/"), **client_data)
    return client.post("/sign-in/second-factor/", {"passkey": said})


def wrong_key(device: Authenticator) -> None:
    device.key = Authenticator().key


def wrong_site(device: Authenticator) -> None:
    device.origin = "http://localhost.evil.example:8000"


def wrong_scheme(device: Authenticator) -> None:
    device.origin = device.origin.replace("http://", "https://")


def wrong_relying_party(device: Authenticator) -> None:
    device.rp_id = "evil.example"


def unknown(device: Authenticator) -> None:
    device.id = b"nobody has made this one, ever!!"


def not_verified(device: Authenticator) -> None:
    device.verifies = False


def of_another_owner(device: Authenticator) -> None:
    device.handle = bytes(64)


def nameless(device: Authenticator) -> None:
    device.handle = b""


LIES = [wrong_key, wrong_site, wrong_scheme, wrong_relying_party, unknown]
