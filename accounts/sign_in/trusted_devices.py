"""Browsers that somebody has signed in from: a stranger's wrong passwords do not keep their owner out.

A complete sign-in leaves a signed cookie with a random value, and the keyed hash of account and value in the database.
Wrong passwords from such a browser have counts of their own (accounts/sign_in/judge.py). The cookie proves nothing
else: the password and the second step are asked for as everywhere, and who has taken the phone has few guesses.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Account, TrustedDevice
from core import policy
from safeguards import clock
from safeguards.cipher import blind_index

COOKIE = "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"
SALT = "device"

# One statement, so that two tabs that sign in at once make one row. A short trust never shortens a longer one.
TRUST = """
    INSERT INTO accounts_trusteddevice AS known (account_id, digest, first_at, last_at, expires_at)
    VALUES (%(account)s, %(digest)s, %(now)s, %(now)s, %(until)s)
    ON CONFLICT (account_id, digest) DO UPDATE
    SET last_at = excluded.last_at, expires_at = greatest(known.expires_at, excluded.expires_at)
"""
PURGE = """
    DELETE FROM accounts_trusteddevice WHERE expires_at <= %(now)s OR id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY last_at DESC) AS place
            FROM accounts_trusteddevice
        ) AS by_use WHERE place > %(most)s
    )
"""


def token_of(request: HttpRequest) -> str:
    """Return the value of this browser's cookie, or "" if it has none of ours."""
    life = policy.TRUSTED_DEVICE_LIFE
    return request.get_signed_cookie(COOKIE, None, SALT, max_age=life) or ""  # type: ignore[arg-type]


def trust(
    request: HttpRequest, account: Account, *, life: timedelta = policy.TRUSTED_DEVICE_LIFE, now: datetime | None = None
) -> None:
    """Note that somebody who may sign in to `account` uses this browser. `remember` then stores the cookie in it."""
    now = now or timezone.now()
    token = getattr(request, "device_token", "") or token_of(request) or secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(
            TRUST, {"account": account.pk, "digest": digest(account.pk, token), "now": now, "until": now + life}
        )
    request.device_token = token  # type: ignore[attr-defined]


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response, with the cookie if this request made the browser a trusted one."""
    token = getattr(request, "device_token", "")
    if token:
        response.set_signed_cookie(
            COOKIE,
            token,
            SALT,
            max_age=int(policy.TRUSTED_DEVICE_LIFE.total_seconds()),
            secure=bool(settings.SESSION_COOKIE_SECURE),
            httponly=True,
            samesite="Lax",
            path="/",
        )
    return response


def find(account: Account | None, token: str, *, now: datetime | None = None) -> TrustedDevice | None:
    """Return the account's trusted device with this cookie, or None. An unknown account costs the same query."""
    if not token:
        return None
    pk = account.pk if account else 0
    live = TrustedDevice.objects.filter(account_id=pk, expires_at__gt=now or timezone.now())
    return live.filter(digest=digest(pk, token)).first()


def digest(account_id: int, token: str) -> bytes:
    """Return the keyed hash of a cookie's value for one account. Those of two accounts do not tell of one browser."""
    return blind_index(f"{account_id}:{token}", purpose="trusted-device")


def purge(now: datetime | None = None) -> int:
    """Delete the devices whose time is over, and those beyond the latest few of an account. Return how many."""
    with connection.cursor() as cursor:
        cursor.execute(PURGE, {"now": now or clock.now(), "most": policy.TRUSTED_DEVICES})
        return cursor.rowcount


@app.task(name="accounts.tasks.purge_trusted_devices", queue="housekeeping")
def purge_trusted_devices(timestamp: int) -> None:
    """Delete devices that nobody has signed in from for long."""
    purge()
