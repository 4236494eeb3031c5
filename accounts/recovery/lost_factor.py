"""A lost second factor: a wait that every address of record hears of and can stop, then a link to set up a new one.

Nothing here signs anybody in. At the end there is a new factor, and the password is still asked for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions
from accounts.mail import links, notices
from accounts.models import Account, Assistance, LostFactor, Session, State
from accounts.models.mail import Purpose
from accounts.second_factors import authenticator_apps, backup_codes, factors, locks
from core import policy
from safeguards import audit, clock, limits

# Waits in one transaction. Our own number: large enough to be fast, small enough to lock rows only for a moment.
BATCH = 100


@dataclass(frozen=True)
class Waiting:
    """The wait is under way. The link is sent at `ready_at`."""

    ready_at: datetime


@dataclass(frozen=True)
class TooMany:
    """There were too many requests."""

    wait: timedelta


def live(account: Account) -> LostFactor | None:
    """Return the account's wait that is under way, or None."""
    return LostFactor.objects.filter(account=account, ended_at=None).first()


def start(account: Account, *, by: object, now: datetime | None = None) -> Waiting | TooMany:
    """Begin the wait, and email every address of record how to stop it. A wait under way continues unchanged."""
    now = now or timezone.now()
    under_way = live(account)
    if under_way:
        return Waiting(under_way.ready_at)
    wait = limits.hit(policy.LOST_FACTORS, str(account.pk), account_id=account.pk)
    if wait:
        return TooMany(wait)
    try:
        with transaction.atomic():
            begun = LostFactor.objects.create(account=account, asked_at=now, ready_at=now + policy.LOST_FACTOR_WAIT)
            audit.record("recovery.factor-asked", by=by, account_id=account.pk)
            for address in notices.addresses_of(account):
                stop = links.make(account, Purpose.STOP_LOST_FACTOR, since=now, now=now)
                notices.send("factor-lost", to=address, account_id=account.pk, first_name=account.first_name, stop=stop)
    except IntegrityError:
        return Waiting(LostFactor.objects.filter(account=account).latest("asked_at").ready_at)
    return Waiting(begun.ready_at)


def stop(token: str, *, freeze: bool = False, now: datetime | None = None) -> Account | None:
    """Use the link up, end the wait and return the account. Return None if the link is no longer valid.

    With `freeze`, freeze the account too.
    """
    with transaction.atomic():
        link = links.use(token, Purpose.STOP_LOST_FACTOR, now)
        if link is None:
            return None
        if end(link.account, LostFactor.Outcome.STOPPED):
            audit.record("recovery.factor-stopped", by="visitor", account_id=link.account.pk)
            notices.tell(link.account, "factor-kept", since=link.since)
        if freeze:
            actions.freeze(link.account, by="visitor", since=link.since)
    return link.account


def end(account: Account, outcome: LostFactor.Outcome) -> bool:
    """End the wait that is under way, and its links. Return False if there is none."""
    links.void(account, [Purpose.STOP_LOST_FACTOR, Purpose.NEW_FACTOR])
    under_way = LostFactor.objects.filter(account=account, ended_at=None)
    return bool(under_way.update(ended_at=timezone.now(), outcome=outcome))


def answer(now: datetime | None = None) -> int:
    """Send the link for each wait that is over, once, and return how many.

    End the waits whose link was not used in time. While staff decide about a mailbox that somebody else reads, the link
    is not sent.
    """
    now, sent = now or clock.now(), 0
    while batch := answer_some(now):
        sent += batch
    while end_some_unused(now):
        pass
    return sent


def end_some_unused(now: datetime) -> int:
    with transaction.atomic():
        unused = LostFactor.objects.filter(ended_at=None, told_at__lte=now - policy.NEW_FACTOR_LINK_LIFE)
        batch = list(unused.select_for_update(skip_locked=True).order_by("told_at")[:BATCH])
        for waited in batch:
            waited.ended_at, waited.outcome = now, LostFactor.Outcome.EXPIRED
            waited.save(update_fields=["ended_at", "outcome"])
            audit.record("recovery.factor-expired", by="system", account_id=waited.account_id)
        return len(batch)


def answer_some(now: datetime) -> int:
    with transaction.atomic():
        over = LostFactor.objects.filter(ended_at=None, told_at=None, ready_at__lte=now, account__state=State.ACTIVE)
        taken = Assistance.objects.filter(reason=Assistance.Reason.MAILBOX_TAKEN, decided_at=None)
        over = over.exclude(account__in=taken.values("account"))
        ours = over.select_related("account").select_for_update(skip_locked=True, of=("self",))
        batch = list(ours.order_by("ready_at")[:BATCH])
        for waited in batch:
            account, link = waited.account, links.make(waited.account, Purpose.NEW_FACTOR, now=now)
            notices.send(
                "new-factor", to=account.email, account_id=account.pk, first_name=account.first_name, link=link
            )
            waited.told_at = now
            waited.save(update_fields=["told_at"])
            audit.record("recovery.factor-link-sent", by="system", account_id=account.pk)
        return len(batch)


def account_of(token: str, now: datetime | None = None) -> Account | None:
    """Return the account of a link for a new second factor, or None if the link can no longer be used."""
    link = links.peek(token, Purpose.NEW_FACTOR, now)
    return link.account if link and link.account.state == State.ACTIVE else None


def replace(token: str, key: str, step_used: int, now: datetime | None = None) -> list[str] | None:
    """Use the link up, and replace every factor of the account with an authenticator app that has this key.

    The caller has judged the password and the app's first token. Return the backup codes, or None if the link is no
    longer valid.
    """
    account = account_of(token, now)
    if account is None:
        return None
    since = timezone.now()
    with locks.lock_factors(account):
        if not links.use(token, Purpose.NEW_FACTOR, now) or not end(account, LostFactor.Outcome.REPLACED):
            return None
        factors.remove_all(account)
        Session.objects.filter(account=account).delete()
        audit.record("recovery.factor-replaced", by="visitor", account_id=account.pk)
        authenticator_apps.enroll(account, key, step_used, by="visitor")
        codes = backup_codes.make_backup_codes(account, by="visitor")
        notices.tell(account, "factor-replaced", since=since)
    return codes


@app.task(name="accounts.tasks.answer_lost_factors", queue="housekeeping")
def answer_lost_factors(timestamp: int) -> None:
    """Send links to the people who have waited since they lost their second factor."""
    answer()
