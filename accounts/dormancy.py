"""Accounts that nobody uses: warned twice, then disabled, never deleted.

The holder reopens a disabled account by setting a new password by email.
"""

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
from safeguards import clock

# Accounts in one transaction. Our own number: large enough to be fast, small enough to lock rows only for a moment.
BATCH = 200


def warn_and_disable(now: datetime | None = None) -> tuple[int, int]:
    """Warn and disable the accounts that are due, and return how many of each.

    Running it twice, or in two workers at once, does nothing more.
    """
    now = (now or clock.now()).astimezone(UTC)  # days of 24 hours, as the database counts them
    return in_batches(to_warn(now), warn, now), in_batches(to_disable(now), disable, now)


def quiet(now: datetime, days_left: timedelta) -> QuerySet[Account]:
    """Return active accounts that are within `days_left` of being disabled for lack of sign-ins."""
    active = Account.objects.annotate(quiet_since=Coalesce("last_login", "created_at")).filter(state=State.ACTIVE)
    return active.filter(quiet_since__lte=now - policy.DORMANT_AFTER + days_left)


def to_warn(now: datetime) -> QuerySet[Account]:
    """Return the accounts that got no warning since the present stage began.

    The stages are the first warning and the last one.
    """
    first, last = policy.DORMANCY_WARNINGS
    unwarned = quiet(now, first).exclude(warned_at__gte=F("quiet_since"))
    return unwarned | quiet(now, last).filter(warned_at__lt=F("quiet_since") + policy.DORMANT_AFTER - last)


def to_disable(now: datetime) -> QuerySet[Account]:
    """Return the accounts that got the last warning and had all the time that it promised, however late it was sent."""
    _, last = policy.DORMANCY_WARNINGS
    warned = quiet(now, timedelta(0)).filter(warned_at__lte=now - last)
    return warned.filter(warned_at__gte=F("quiet_since") + policy.DORMANT_AFTER - last)


def in_batches(due: QuerySet[Account], task: Callable[[Account, datetime], None], now: datetime) -> int:
    """Run `task` for every account that is due, one transaction per batch, and return how many were done.

    Rows that another worker has locked are left to that worker.
    """
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
    """Email the day on which the account will be disabled, and note when the warning was sent."""
    _, last = policy.DORMANCY_WARNINGS
    ends = max(account.quiet_since + policy.DORMANT_AFTER, now + last)  # type: ignore[attr-defined]
    day = date_format(timezone.localtime(ends), "F j, Y")
    notices.send("dormancy-warning", to=account.email, account_id=account.pk, first_name=account.first_name, day=day)
    Account.objects.filter(pk=account.pk).update(warned_at=now)


def disable(account: Account, now: datetime) -> None:
    actions.change_state(account, State.DORMANT, by="system")


@app.task(name="accounts.tasks.look_for_dormant", queue="housekeeping")
def look_for_dormant(timestamp: int) -> None:
    """Warn the holders who have not signed in for a long time, and disable the accounts that were warned."""
    warn_and_disable()
