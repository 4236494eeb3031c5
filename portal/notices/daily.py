"""The one email of the day: how much of each kind is new, and links to it. It never says what."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import resolve, reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.mail import notices
from accounts.models import Account
from core import policy
from portal.messages.models import Message
from portal.notices.models import Kind, Summary, Waiting
from safeguards import audit, clock


def send_summaries(now: datetime | None = None) -> int:
    """Send everybody for whom something waits the email of this morning. Return how many go out.

    What came since the morning waits for the next one. The run can break off and be repeated at any time.
    """
    until = last_morning(now or clock.now())
    waiting = Waiting.objects.filter(at__lt=until).values("account")
    return sum(send_summary(account, until) for account in Account.objects.filter(pk__in=waiting).order_by("pk"))


def last_morning(now: datetime) -> datetime:
    """Return the last time at which the emails of a day were due, by the site's clock."""
    here = timezone.localtime(now)
    due = here.replace(hour=policy.SUMMARY_HOUR, minute=0, second=0, microsecond=0)
    return due if due <= here else due - timedelta(days=1)


def send_summary(account: Account, until: datetime) -> bool:
    """Send an account what waited up to a morning, unless this morning's email is out or another worker sends it.

    An account that is not active gets none, and what waited for it is dropped.
    """
    with transaction.atomic():
        if not is_first(account, until.date()):
            return False
        rows = list(Waiting.objects.filter(account=account, at__lt=until).order_by("pk"))
        Waiting.objects.filter(pk__in=[row.pk for row in rows]).delete()
        lines = lines_of(still_new(rows))
        if not lines or not account.is_active or not account.email:
            return False
        said: dict[str, notices.Said] = {"first_name": account.first_name, "lines": lines}
        notices.send("daily-summary", to=account.email, account_id=account.pk, **said)
        audit.record("notices.summary-sent", by="system", account_id=account.pk, lines=len(lines))
    return True


def is_first(account: Account, morning: date) -> bool:
    """Take the email of this morning, and return whether nobody else has. The row is locked until it is sent."""
    Summary.objects.get_or_create(account=account, defaults={"morning": date.min})
    return bool(Summary.objects.filter(account=account, morning__lt=morning).update(morning=morning))


def still_new(rows: Sequence[Waiting]) -> list[Waiting]:
    """Leave out messages that the person has read since, or that are not there any more."""
    about = {row.page: resolve(row.page).kwargs["item"] for row in rows if row.kind == Kind.MESSAGES}
    unread = set(Message.objects.filter(pk__in=about.values(), opened_at=None).values_list("pk", flat=True))
    return [row for row in rows if row.kind != Kind.MESSAGES or about[row.page] in unread]


def lines_of(rows: Sequence[Waiting]) -> list[list[str]]:
    """Return words and address of each line: one for each page, but several messages of a record lead to their list."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    pages = {row.page for row in rows if row.kind == Kind.MESSAGES}
    inboxes = Counter(inbox_of(page) for page in pages)
    for row in rows:
        together = row.kind == Kind.MESSAGES and inboxes[inbox_of(row.page)] > 1
        counts[words_of(row), inbox_of(row.page) if together else row.page] += 1
    return [[f"{words}: {count}", page] for (words, page), count in counts.items()]


def words_of(row: Waiting) -> str:
    """Return what a line says is new. It says of another person's record that it is one, and not whose."""
    label = Kind(row.kind).label
    return f"{label}, for another person" if "access" in resolve(row.page).kwargs else label


def inbox_of(page: str) -> str:
    """Return the address of the inbox in which the message of a page is: one's own, or that of another person."""
    access = resolve(page).kwargs.get("access")
    return reverse("of-feature", args=[access, "messages"]) if access else reverse("feature", args=["messages"])


@app.task(name="portal.notices.send_daily_summaries", queue="housekeeping")
def send_daily_summaries(timestamp: int) -> None:
    """Send the emails of the last morning that are not out yet."""
    send_summaries()
