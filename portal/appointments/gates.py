"""Whether an appointment can be moved or canceled here now, and its check-in done. Each "no" has its reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from core import policy
from core.words import duration
from portal.appointments.models import Request
from portal.record.models import Appointment


class Why(StrEnum):
    """Why something cannot be done now."""

    ASKED = "asked"
    CANCELLED = "cancelled"
    OVER = "over"
    STARTED = "started"
    LATE = "late"
    NOT_KNOWN = "not-known"
    GONE = "gone"
    EARLY = "early"


SENTENCES = {
    Why.ASKED: _("You have already asked for this."),
    Why.CANCELLED: _("This appointment is canceled."),
    Why.OVER: _("This appointment is over."),
    Why.STARTED: _("This appointment has begun or is over."),
    Why.LATE: _("It begins in less than {notice}. To change or cancel it, call the clinic, please."),
    Why.NOT_KNOWN: _("Your record does not say that this appointment is booked, and when. Call the clinic, please."),
    Why.GONE: _("This appointment is not in your record any more."),
    Why.EARLY: _("The questions before the visit open {ahead} before it begins."),
}
OVER = {"fulfilled", "noshow", "arrived", "checked-in"}


@dataclass(frozen=True)
class Yes:
    """It can be done now."""


@dataclass(frozen=True)
class No:
    """It cannot be done now. `request` is the open one that is in the way."""

    why: Why
    request: Request | None = None

    def __str__(self) -> str:
        """Return why, in a sentence for the person."""
        notice, ahead = duration(policy.CANCEL_UNTIL), duration(policy.CHECK_IN_FROM)
        return str(SENTENCES[self.why]).format(notice=notice, ahead=ahead)


def judge(visit: Appointment, kind: str, now: datetime, open_request: Request | None) -> Yes | No:
    """Return whether an appointment can be moved or canceled here now. All that does it, and each page, asks here.

    Who has asked for another time may still cancel: that takes the wish back.
    """
    if no := judge_ahead(visit, now):
        return no
    if open_request and (kind != Request.Kind.CANCEL or open_request.kind == Request.Kind.CANCEL):
        return No(Why.ASKED, open_request)
    return No(Why.LATE) if visit.at and visit.at <= now + policy.CANCEL_UNTIL else Yes()


def judge_check_in(visit: Appointment, now: datetime) -> Yes | No:
    """Return whether the questions before this visit can be answered now."""
    if no := judge_ahead(visit, now):
        return no
    return No(Why.EARLY) if visit.at and visit.at > now + policy.CHECK_IN_FROM else Yes()


def judge_ahead(visit: Appointment, now: datetime) -> No | None:
    """Return No unless the visit is booked and has not begun."""
    if visit.status == "cancelled":
        return No(Why.CANCELLED)
    if visit.status in OVER:
        return No(Why.OVER)
    if visit.at and visit.at <= now:
        return No(Why.STARTED)
    return No(Why.NOT_KNOWN) if visit.at is None or visit.status != "booked" else None
