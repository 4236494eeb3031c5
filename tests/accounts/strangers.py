"""What a stranger does who knows a username, and what the holder has against it: a phone that is known."""

from django.test import Client

from accounts.models import Account
from accounts.sign_in import pauses
from safeguards import limits
from tests import walk
from tests.accounts.holders import WRONG, give_password, is_signed_in, signed_in

WAIT = "There were too many tries."


def own_phone(account: Account) -> Client:
    client = signed_in(account)
    client.post("/sign-out/")
    assert not is_signed_in(client)
    return client


def shut_out(account: Account) -> None:
    """A stranger gives wrong passwords until the long limit of the account is full, and one more."""
    for limit in pauses.ACCOUNT_LIMITS:
        for _ in range(limit.times):
            limits.hit(limit, account.username)
    assert WAIT in walk.text_of(give_password(Client(REMOTE_ADDR="198.51.100.66"), account.username, WRONG))


def says_wait(client: Client, account: Account, password: str = walk.PASSWORD) -> bool:
    return WAIT in walk.text_of(give_password(client, account.username, password))
