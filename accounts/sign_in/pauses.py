"""Pauses of an account: which limits are full, until when, who is told of them, and how they are lifted.

The sign-in does nothing for this but what it does for a name that does not exist: the first try that has to wait is in
the audit trail. The worker reads there whom to tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.mail import notices
from accounts.models import Account, State
from core import policy
from core.policy import Limit
from deers import lookup
from safeguards import audit, clock, limits

ACCOUNT_LIMITS = (policy.SIGN_IN_PER_ACCOUNT, policy.SIGN_IN_PER_ACCOUNT_LONG)
DEVICE_LIMITS = (policy.SIGN_IN_PER_DEVICE, policy.SIGN_IN_PER_DEVICE_LONG)
Try = tuple[Limit, str]
REACHED = """
    SELECT DISTINCT account.id FROM safeguards_auditevent event
    JOIN accounts_account account ON account.id = event.account_id AND account.state = %(active)s
    LEFT JOIN accounts_signinpause told ON told.account_id = account.id
    WHERE event.event = 'limit.reached' AND event.account_id IS NOT NULL AND event.at > %(since)s
        AND event.details ->> 'limit' = ANY(%(limits)s)
        AND (told.told_at IS NULL OR told.told_at <= LEAST(event.at, %(since)s))
    ORDER BY account.id LIMIT %(most)s
"""
# Of several workers, one gets the row.
TOLD = """
    INSERT INTO accounts_signinpause AS known (account_id, told_at) VALUES (%(account)s, %(now)s)
    ON CONFLICT (account_id) DO UPDATE SET told_at = excluded.told_at WHERE known.told_at <= %(since)s
"""


@dataclass(frozen=True)
class Pause:
    """What has to wait now, in words, and until when."""

    what: str
    until: datetime


def guarding(account: Account, *, number: str | None = None) -> Iterator[tuple[Try, str]]:
    """Yield the limits that others can fill for the holder of this account, each with what has to wait in words.

    `number` is the holder's Social Security number, if DEERS was asked for it.
    """
    yield from guarding_sign_in(account)
    yield (policy.TOTP_FAILURES, str(account.pk)), "The second step of signing in"
    yield (policy.LOST_FACTORS, str(account.pk)), "Asking for a new second step"
    yield (policy.EMAIL_CHANGES, str(account.pk)), "Asking for another email address"
    yield (policy.RECOVERY_PER_MAILBOX, account.email.lower()), "Emails for a forgotten username or password"
    if account.dod_id:
        yield (policy.DEERS_PER_SSN, account.dod_id), "Matching details with this DoD ID number in DEERS"
        yield (policy.CODES_AGAIN, account.dod_id), "Asking for another activation code"
        if number := lookup.number_of(account.dod_id) if number is None else number:
            yield (policy.DEERS_PER_SSN, number), "Matching details with this Social Security number in DEERS"


def guarding_sign_in(account: Account) -> Iterator[tuple[Try, str]]:
    """Yield those of wrong passwords."""
    for limit in ACCOUNT_LIMITS:
        yield (limit, account.username.lower()), "Signing in with a browser that has not signed in before"
    for device in account.trusted_devices.all():
        for limit in DEVICE_LIMITS:
            yield (limit, str(device.pk)), "Signing in with one of the browsers that have signed in before"


def of(account: Account, now: datetime | None = None) -> list[Pause]:
    """Return what has to wait now for this account, the longest wait first. The short one of two is left out."""
    words = dict(guarding(account))
    return pauses_in(words, limits.full(words), now or timezone.now())


def pauses_in(words: Mapping[Try, str], waits: Mapping[Try, timedelta], now: datetime) -> list[Pause]:
    """Return these waits as pauses in words, the longest first. The short one of two is left out."""
    until: dict[str, datetime] = {}
    for tried, wait in waits.items():
        what = words[tried]
        until[what] = max(until.get(what, now), now + wait)
    pauses = [Pause(what, end) for what, end in until.items()]
    return sorted(pauses, key=lambda pause: pause.until, reverse=True)


def lift(account: Account, *, by: object) -> bool:
    """End every pause of the account. Return False if there was none."""
    full = limits.full([tried for tried, _ in guarding(account)])
    if not full:
        return False
    for limit, key in full:
        limits.clear(limit, key)
    with transaction.atomic():
        for name in sorted({limit.name for limit, _ in full}):
            audit.record("account.pause-lifted", by=by, account_id=account.pk, limit=name)
    return True


def clear_sign_in(account: Account) -> None:
    """Forget the wrong passwords for this account: its holder has just proven to be the one who reads its email."""
    for (limit, key), _ in guarding_sign_in(account):
        limits.clear(limit, key)


def notify_of_pauses(now: datetime | None = None) -> int:
    """Email the holders of accounts at which a try had to wait, at every address, once a day. Return how many."""
    now = now or clock.now()
    limits_of_passwords = [limit.name for limit in (*ACCOUNT_LIMITS, *DEVICE_LIMITS)]
    since = now - policy.PAUSE_NOTICE_GAP
    most = policy.PAUSES_AT_ONCE
    with connection.cursor() as cursor:
        cursor.execute(REACHED, {"active": State.ACTIVE, "since": since, "limits": limits_of_passwords, "most": most})
        found = [pk for (pk,) in cursor.fetchall()]
    return sum(tell(account, now) for account in Account.objects.filter(pk__in=found))


def tell(account: Account, now: datetime) -> bool:
    """Email one holder, unless that was done within a day."""
    addresses = notices.addresses_of(account)  # asks DEERS, so not in the transaction
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TOLD, {"account": account.pk, "now": now, "since": now - policy.PAUSE_NOTICE_GAP})
            if not cursor.rowcount:
                return False
        audit.record("account.pause-told", by="system", account_id=account.pk)
        notices.tell(account, "sign-in-paused", to=addresses)
    return True


@app.task(name="accounts.tasks.look_for_pauses", queue="housekeeping")
def look_for_pauses(timestamp: int) -> None:
    """Email the holders of accounts at which there were too many wrong passwords."""
    notify_of_pauses()
