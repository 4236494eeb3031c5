"""Links in emails: bound to an account and a purpose, valid for a limited time, and used once.

Only their keyed hash is kept. Email scanners follow links, so a GET only shows a page, and the POST from that page uses
the link.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Account, Link
from accounts.models.mail import Purpose
from core import policy
from idproofing import codes
from safeguards import clock
from safeguards.cipher import blind_index

LIVES = {
    Purpose.NEW_PASSWORD: policy.RESET_LINK_LIFE,
    Purpose.NOT_ME: policy.NOT_ME_LINK_LIFE,
    Purpose.CONFIRM_EMAIL: policy.CONFIRM_EMAIL_LINK_LIFE,
    Purpose.UNDO_EMAIL: policy.NOT_ME_LINK_LIFE,
    Purpose.STOP_LOST_FACTOR: policy.LOST_FACTOR_WAIT + policy.NEW_FACTOR_LINK_LIFE,
    Purpose.NEW_FACTOR: policy.NEW_FACTOR_LINK_LIFE,
}
PAGES = {
    Purpose.NEW_PASSWORD: "recover-password-link",
    Purpose.NOT_ME: "not-me",
    Purpose.CONFIRM_EMAIL: "confirm-email",
    Purpose.UNDO_EMAIL: "undo-email",
    Purpose.STOP_LOST_FACTOR: "stop-lost-factor",
    Purpose.NEW_FACTOR: "new-factor",
}
# Tokens in emails are longer than this, tokens in letters are shorter.
TYPED_MAX = 32
# Links that change an account end when it is frozen or closed. Links that only stop something stay valid.
CHANGES = (Purpose.NEW_PASSWORD, Purpose.CONFIRM_EMAIL, Purpose.NEW_FACTOR)


def make(
    account: Account,
    purpose: Purpose,
    *,
    data: str = "",
    since: datetime | None = None,
    now: datetime | None = None,
    on_paper: bool = False,
) -> str:
    """Create a link and return its full URL. `data` is what using the link will need; it is stored encrypted.

    `since` is the moment of the change that the email reports, for links that freeze the account.

    With `on_paper` the link can be typed from a letter, and is valid for as long as letters need.
    """
    token = typeable() if on_paper else secrets.token_urlsafe(32)
    expires_at = (now or timezone.now()) + (policy.NOT_ME_LINK_LIFE_LETTER if on_paper else LIVES[purpose])
    Link.objects.create(
        account=account, purpose=purpose, digest=digest(token, purpose), data=data, since=since, expires_at=expires_at
    )
    return settings.SITE_ADDRESS + reverse(PAGES[purpose], args=[token])


def typeable() -> str:
    """Return a token such as "7K3QH-0ABCD-EFGHJ": 75 random bits, too many to guess and few enough to type."""
    return "-".join("".join(secrets.choice(codes.ALPHABET) for _ in range(codes.HALF)) for _ in range(3))


def digest(token: str, purpose: Purpose) -> bytes:
    """Return the keyed hash of a token."""
    return blind_index(as_meant(token), purpose=f"link-{purpose}")


def as_meant(token: str) -> str:
    """Return a token as it was made. In a typed one, case, dashes and look-alikes do not matter."""
    return codes.normalize(token) if len(token) < TYPED_MAX else token


def peek(token: str, purpose: Purpose, now: datetime | None = None) -> Link | None:
    """Return the link with its account, without using it; None if it can no longer be used."""
    live = Link.objects.select_related("account").filter(used_at=None, expires_at__gt=now or timezone.now())
    return live.filter(digest=digest(token, purpose)).first()


def use(token: str, purpose: Purpose, now: datetime | None = None) -> Link | None:
    """Use the link up and return it; None if it was used, has expired or never existed.

    Of parallel uses exactly one gets it.
    """
    now = now or timezone.now()
    found = Link.objects.select_related("account").filter(digest=digest(token, purpose))
    with exclusive(Account.objects.filter(links__in=found)):
        used = found.filter(used_at=None, expires_at__gt=now).update(used_at=now)
        return found.get() if used else None


@contextmanager
def exclusive(accounts: QuerySet[Account]) -> Iterator[Account | None]:
    """Open a transaction that holds the lock on the links of the first of these accounts, or None if there is none.

    The lock is the one on the account's row, which every change of the account takes too. So links are made, used and
    ended one at a time, and none is made for an account that is being frozen.
    """
    with transaction.atomic():
        yield accounts.select_for_update(of=("self",)).first()


def replace(account: Account, purpose: Purpose, *, data: str = "", now: datetime | None = None) -> str:
    """End the account's live links of this purpose and create one. Of many at once, exactly one link is live after."""
    with exclusive(Account.objects.filter(pk=account.pk)):
        void(account, [purpose])
        return make(account, purpose, data=data, now=now)


def void(account: Account, purposes: Sequence[Purpose]) -> None:
    """End the account's live links of these purposes."""
    Link.objects.filter(account=account, purpose__in=purposes, used_at=None).update(used_at=timezone.now())


def purge(now: datetime | None = None) -> int:
    """Delete the links that have expired, used or not, and return how many."""
    deleted, _ = Link.objects.filter(expires_at__lte=now or clock.now()).delete()
    return deleted


@app.task(name="accounts.tasks.purge_links", queue="housekeeping")
def purge_links(timestamp: int) -> None:
    """Delete links that have expired."""
    purge()
