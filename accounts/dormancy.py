"""Accounts that nobody uses: warned twice, then disabled, never deleted. A new password by mail opens them again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from procrastinate.contrib.django import app

from accounts import actions
from accounts.mail import notices
from accounts.models import Account, State
from core import policy

# Accounts in one transaction: own; enough to go fast, few enough to lock for a moment only.
BATCH = 200


def warn_and_disable(now: datetime | None = None) -> tuple[int, int]:
    """Warn and disable whoever is due; tells how many of each. Run twice, or by two workers at once, does no more."""
    now = (now or timezone.now()).astimezone(UTC)  # days of 24 hours, as the database counts them
    return in_batches(to_warn(now), warn, now), in_batches(to_disable(now), disable, now)


def quiet(now: datetime, days_left: timedelta) -> QuerySet[Account]:
    """Active accounts which nobody has signed in to for so long that at most `days_left` are left of the time."""
    active = Account.objects.annotate(quiet_since=Coalesce("last_login", "created_at")).filter(state=State.ACTIVE)
    return active.filter(quiet_since__lte=now - policy.DORMANT_AFTER + days_left)


def to_warn(now: datetime) -> QuerySet[Account]:
    """Those whose last warning, if any, was sent before the present stage began: the first one, or the last."""
    first, last = policy.DORMANCY_WARNINGS
    unwarned = quiet(now, first).exclude(warned_at__gte=F("quiet_since"))
    return unwarned | quiet(now, last).filter(warned_at__lt=F("quiet_since") + policy.DORMANT_AFTER - last)


def to_disable(now: datetime) -> QuerySet[Account]:
    """Those who got the last warning and all the time that it promised, however late it was sent."""
    _, last = policy.DORMANCY_WARNINGS
    warned = quiet(now, timedelta(0)).filter(warned_at__lte=now - last)
    return warned.filter(warned_at__gte=F("quiet_since") + policy.DORMANT_AFTER - last)


def in_batches(due: QuerySet[Account], task: Callable[[Account, datetime], None], now: datetime) -> int:
    """Do it for all who are due, each batch in a transaction; accounts in another worker's hands are left to it."""
    done = last = 0
    while True:
        with transaction.atomic():
            ours = due.filter(pk__gt=last).order_by("pk").select_for_update(skip_locked=True, of=("self",))
            batch = list(ours[:BATCH])
            for account in batch:
                task(account, now)
        if not batch:
            return done
        done, last = done + len(batch), batch[-1].pk


def warn(account: Account, now: datetime) -> None:
    """Mail the day on which the account will be disabled, and note when that was said."""
    _, last = policy.DORMANCY_WARNINGS
    ends = max(account.quiet_since + policy.DORMANT_AFTER, now + last)  # type: ignore[attr-defined]
    day = date_format(timezone.localtime(ends), "F j, Y")
    notices.send("dormancy-warning", to=account.email, account_id=account.pk, first_name=account.first_name, day=day)
    Account.objects.filter(pk=account.pk).update(warned_at=now)


def disable(account: Account, now: datetime) -> None:
    actions.change_state(account, State.DORMANT, by="system")


@app.task(name="accounts.tasks.look_for_dormant")
def look_for_dormant(timestamp: int) -> None:
    """Warn those who have not signed in for long, and disable the accounts of those who were warned."""
    warn_and_disable()
