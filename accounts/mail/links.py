"""Links in mail: bound to an account and a purpose, good for some time, used once. Only their keyed hash is kept.

Whoever scans mail for danger follows links: a GET only shows a page, and the POST from that page uses the link.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Account, Link
from accounts.models.mail import Purpose
from core import policy
from idproofing import codes
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
# Tokens in mails are longer than this, those in letters shorter.
TYPED_MAX = 32
# What changes an account ends when it is frozen or closed. Links that only stop somebody stay good.
CHANGES = (Purpose.NEW_PASSWORD, Purpose.CONFIRM_EMAIL, Purpose.NEW_FACTOR)


def make(
    account: Account, purpose: Purpose, *, data: str = "", now: datetime | None = None, on_paper: bool = False
) -> str:
    """Keep a new link, and return its whole address for a mail; `data` (encrypted) is what using it will need.

    One `on_paper` can be typed from a letter, and lives as long as letters take.
    """
    token = typeable() if on_paper else secrets.token_urlsafe(32)
    expires_at = (now or timezone.now()) + (policy.NOT_ME_LINK_LIFE_LETTER if on_paper else LIVES[purpose])
    Link.objects.create(
        account=account, purpose=purpose, digest=digest(token, purpose), data=data, expires_at=expires_at
    )
    return settings.SITE_ADDRESS + reverse(PAGES[purpose], args=[token])


def typeable() -> str:
    """A token such as "7K3QH-0ABCD-EFGHJ": 75 random bits, too many to guess at and few enough to type."""
    return "-".join("".join(secrets.choice(codes.ALPHABET) for _ in range(codes.HALF)) for _ in range(3))


def digest(token: str, purpose: Purpose) -> bytes:
    """The keyed hash of a token; in one that was typed, case, dashes and look-alikes do not matter."""
    meant = codes.normalize(token) if len(token) < TYPED_MAX else token
    return blind_index(meant, purpose=f"link-{purpose}")


def peek(token: str, purpose: Purpose, now: datetime | None = None) -> Link | None:
    """The link, while it may still be used, with its account."""
    live = Link.objects.select_related("account").filter(used_at=None, expires_at__gt=now or timezone.now())
    return live.filter(digest=digest(token, purpose)).first()


def use(token: str, purpose: Purpose, now: datetime | None = None) -> Link | None:
    """Use the link up; None if it was used, is over, or never was. Of parallel uses exactly one gets it."""
    now = now or timezone.now()
    found = Link.objects.select_related("account").filter(digest=digest(token, purpose))
    used = found.filter(used_at=None, expires_at__gt=now).update(used_at=now)
    return found.get() if used else None


def void(account: Account, purposes: Sequence[Purpose]) -> None:
    """End the account's live links of these purposes."""
    Link.objects.filter(account=account, purpose__in=purposes, used_at=None).update(used_at=timezone.now())


def purge(now: datetime | None = None) -> int:
    """Delete the links whose time is over, used or not; tells how many."""
    deleted, _ = Link.objects.filter(expires_at__lte=now or timezone.now()).delete()
    return deleted


@app.task(name="accounts.tasks.purge_links")
def purge_links(timestamp: int) -> None:
    """Delete the links of mails that nobody can use any more."""
    purge()
