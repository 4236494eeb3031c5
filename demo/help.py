"""What the demo's editor has published, and what invented readers said about help articles."""

import uuid
from datetime import timedelta

from django.utils import timezone

from accounts.models import Account
from core import policy
from support.dated_notices import publish_notice
from support.models import DatedNotice, NoticeKind, Rating, Reason

# By article: how many found it helpful, and why others did not.
SAID: dict[str, tuple[int, tuple[str, ...]]] = {
    "lost-phone": (14, (Reason.DID_NOT_WORK,)),
    "activation-code": (22, (Reason.DID_NOT_WORK, Reason.NOT_MY_QUESTION)),
    "identity-questions": (6, (Reason.NOT_MY_QUESTION, Reason.NOT_MY_QUESTION, Reason.UNCLEAR)),
    "correct-your-deers-record": (9, (Reason.UNCLEAR, Reason.UNCLEAR, Reason.WRONG, Reason.NOT_MY_QUESTION)),
    "refills": (5, ()),
}


def publish_first_notice(editor: Account) -> None:
    """Publish what is new in the help, as the editor's form does."""
    now = timezone.now()
    notice = DatedNotice(
        kind=NoticeKind.INFORMATION,
        title="New: search the help in your own words",
        text="Type what you need, or the code from a page or an email. Start with [common questions](/support/#most).",
        begins_at=now,
        ends_at=now + policy.DATED_NOTICE_LONGEST,
    )
    publish_notice(notice, by=editor)


def invent_ratings() -> None:
    """Store the opinions of invented readers, some each day."""
    today = timezone.localdate()
    said = [(slug, reason) for slug, (yes, reasons) in SAID.items() for reason in [*[""] * yes, *reasons]]
    Rating.objects.bulk_create(
        Rating(id=uuid.uuid4(), article=slug, day=today - timedelta(days=place % 30), helpful=not reason, reason=reason)
        for place, (slug, reason) in enumerate(said)
    )
