"""Notices to everybody: staff publish them for some days, and the help, home and sign-in pages show them meanwhile.

Every process reads the notices at most once in policy.DATED_NOTICES_READ_EVERY, so that the pages which everybody opens
do not ask the database each time. If the database does not answer, they show what was read last.
"""

import logging
import time
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from core import policy
from safeguards import audit
from support import guides
from support.models import DatedNotice

logger = logging.getLogger(__name__)


_read: tuple[float, list[DatedNotice]] = (float("-inf"), [])


def current_notices(place: str, now: datetime | None = None) -> list[DatedNotice]:
    """Return the notices to show at "help", "home" or "sign_in" now: what does not work first, then the newest."""
    now = now or timezone.now()
    shown = [one for one in lasting() if getattr(one, f"on_{place}") and one.begins_at <= now < one.ends_at]
    return shown[: policy.DATED_NOTICES_SHOWN]


def lasting() -> list[DatedNotice]:
    """Return the notices that are not over or withdrawn, as they were read lately."""
    global _read
    read_at, notices = _read
    if time.monotonic() - read_at < policy.DATED_NOTICES_READ_EVERY.total_seconds():
        return notices
    try:
        rows = DatedNotice.objects.filter(withdrawn_at=None, ends_at__gt=timezone.now()).order_by("-published_at")
        notices = sorted(rows, key=lambda one: one.kind != "outage")
    except DatabaseError:
        logger.exception("The notices to everybody cannot be read.")
    _read = time.monotonic(), notices
    return notices


def forget_notices() -> None:
    """Have this process read the notices again."""
    global _read
    _read = float("-inf"), []


def publish_notice(notice: DatedNotice, *, by: object, replaces: DatedNotice | None = None) -> None:
    """Publish a notice, and withdraw the one that it replaces."""
    with transaction.atomic():
        if replaces:
            withdraw_notice(replaces, by=by, reason="replaced")
        notice.save(force_insert=True)
        audit.record("support.notice-published", by=by, kind=notice.kind, notice=str(notice.pk))
    transaction.on_commit(forget_notices)


def withdraw_notice(notice: DatedNotice, *, by: object, reason: str, now: datetime | None = None) -> bool:
    """Stop showing a notice. Return False if it is withdrawn or over already."""
    now = now or timezone.now()
    with transaction.atomic():
        shown = DatedNotice.objects.filter(Q(ends_at__gt=now), pk=notice.pk, withdrawn_at=None)
        if not shown.update(withdrawn_at=now):
            return False
        audit.record("support.notice-withdrawn", by=by, reason=reason, notice=str(notice.pk))
    transaction.on_commit(forget_notices)
    return True


def notice_html(text: str) -> SafeString:
    """Return the Markdown of a notice as HTML that is safe to put on a page."""
    return mark_safe(guides.MARKDOWN.render(text))  # noqa: S308 - HTML is off, and unsafe addresses are no links
