"""Support PINs: a signed-in person reads six digits to an agent, which show once who is calling."""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account, State
from core import policy
from safeguards import audit, clock, limits
from safeguards.cipher import blind_index
from safeguards.locks import exclusive
from support.models import SupportPin

# Draws until one is found that nobody has: with a thousand live PINs one draw in a thousand is taken.
DRAWS = 20


@dataclass(frozen=True)
class NewPin:
    """A PIN to read aloud, and until when it works. It is shown once: only its hash is kept."""

    digits: str
    until: datetime


@dataclass(frozen=True)
class TryLater:
    """There were too many tries. Nothing was looked at."""

    wait: timedelta


def digest_of(digits: str) -> bytes:
    return blind_index(digits, purpose="support-pin")


def make_pin(account: Account, *, now: datetime | None = None, rng: random.Random | None = None) -> NewPin | TryLater:
    """Make a PIN for the holder of an account, and end the one before."""
    if wait := limits.hit(policy.SUPPORT_PINS, str(account.pk), account_id=account.pk):
        return TryLater(wait)
    now, rng = now or timezone.now(), rng or secrets.SystemRandom()
    with exclusive("support-pin", str(account.pk)):
        SupportPin.objects.filter(account=account, ended_at=None).update(ended_at=now)
        for _ in range(DRAWS):
            digits = f"{rng.randrange(10**policy.SUPPORT_PIN_DIGITS):0{policy.SUPPORT_PIN_DIGITS}}"
            if insert(account, digits, now):
                audit.record("support.pin-made", by=account)
                return NewPin(digits, now + policy.SUPPORT_PIN_LIFE)
    raise RuntimeError("No support PIN is free.")


def insert(account: Account, digits: str, now: datetime) -> bool:
    """Save a PIN. Return False if a live one has the same digits."""
    digest = digest_of(digits)
    SupportPin.objects.filter(digest=digest, ended_at=None, expires_at__lte=now).update(ended_at=now)
    try:
        with transaction.atomic():
            SupportPin.objects.create(
                account=account, digest=digest, made_at=now, expires_at=now + policy.SUPPORT_PIN_LIFE
            )
    except IntegrityError:
        return False
    return True


def find_pin(
    digits: str, *, fits: Callable[[Account], bool], by: Account, now: datetime | None = None
) -> SupportPin | TryLater | None:
    """Return the PIN whose digits somebody reads to an agent. It still works: `use_pin` ends it.

    `fits` says whether an account is that of the person whom the caller claims to be. Return None for digits that mean
    nobody, or somebody else, or an account that is not active: the agent is not told which. Wrong tries are counted by
    agent and for all of them together.
    """
    now = now or timezone.now()
    tries = ((policy.SUPPORT_PIN_WRONG, str(by.pk)), (policy.SUPPORT_PIN_WRONG_OF_ALL, "all"))
    for limit, key in tries:
        if wait := limits.hit(limit, key, account_id=None):
            return TryLater(wait)
    pin = live_pins(now).filter(digest=digest_of(digits)).select_related("account").first()
    if pin is None or pin.account.state != State.ACTIVE or not fits(pin.account):
        note_refusal(pin, by)
        return None
    for limit, key in tries:
        limits.take_back(limit, key)
    return pin


def use_pin(pin: SupportPin, *, by: Account, now: datetime | None = None) -> bool:
    """End a PIN, because it showed an agent who is calling. Of many who use one at once, one gets True.

    Return False if somebody else was first, its time is over, or the account was frozen meanwhile.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = live_pins(now).select_for_update(of=("self",)).filter(pk=pin.pk, account__state=State.ACTIVE).first()
        if row is None:
            return False
        row.ended_at, row.used_by = now, by
        row.save()
        audit.record("support.pin-used", by=by, account_id=row.account_id)
    return True


def note_refusal(pin: SupportPin | None, by: Account) -> None:
    """Put it on the trail that a PIN showed an agent nobody, and on that of its person if it has one."""
    audit.record("support.pin-refused", by=by, account_id=pin.account_id if pin else None)


def live_pins(now: datetime) -> QuerySet[SupportPin]:
    return SupportPin.objects.filter(ended_at=None, expires_at__gt=now)


def live_until(account: Account, now: datetime | None = None) -> datetime | None:
    """Return until when the person's PIN works, or None if there is none."""
    live = live_pins(now or timezone.now()).filter(account=account)
    return live.values_list("expires_at", flat=True).first()


def purge_pins(now: datetime | None = None) -> None:
    """Delete the PINs that are over. The audit trail says that there were some."""
    SupportPin.objects.filter(expires_at__lte=(now or clock.now()) - policy.SUPPORT_PIN_LIFE).delete()
