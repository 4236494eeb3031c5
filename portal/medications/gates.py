"""Whether a prescription can be refilled or renewed now. Each "no" has its reason and, where there is one, its day."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core import policy
from portal.medications.models import Request
from portal.record.models import Prescription

# How long before its end a supply counts as ending soon.
REFILL_AHEAD = timedelta(days=14)
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


class Why(StrEnum):
    """Why something cannot be asked for now."""

    ASKED = "asked"
    NO_ORDER = "no-order"
    ENDED = "ended"
    NONE_LEFT = "none-left"
    NOT_KNOWN = "not-known"
    EARLY = "early"
    LEFT = "left"
    LONG_AGO = "long-ago"
    REPLACED = "replaced"
    GONE = "gone"


SENTENCES = {
    Why.ASKED: _("You have already asked for this."),
    Why.NO_ORDER: _("Your record lists this medication, but has no prescription for it that we could send on."),
    Why.ENDED: _("This prescription is not active any more."),
    Why.NONE_LEFT: _("No refills are left. You can ask for a renewal."),
    Why.NOT_KNOWN: _("Your record does not say how many refills are left. Call the pharmacy, please."),
    Why.EARLY: _("It is too early for the next fill."),
    Why.LEFT: _("Refills are left, so ask for a refill."),
    Why.LONG_AGO: _("This prescription ended long ago. Talk to your care team about a new one."),
    Why.REPLACED: _("You have another prescription for it that is active."),
    Why.GONE: _("This prescription is not in your record any more."),
}


@dataclass(frozen=True)
class Yes:
    """It can be asked for now."""


@dataclass(frozen=True)
class No:
    """It cannot be asked for now. `day` is from when it can, and `request` is the open one that is in the way."""

    why: Why
    day: date | None = None
    request: Request | None = None

    def __str__(self) -> str:
        """Return why, in a sentence for the person, with the day from which it will do."""
        from_day = _("You can ask from {day} on.").format(day=date_format(self.day, "F j, Y")) if self.day else ""
        return f"{SENTENCES[self.why]} {from_day}".strip()


def judge(row: Prescription, kind: str, today: date, open_request: Request | None, taken: Collection[str]) -> Yes | No:
    """Return whether this can be asked for today. Everything that asks, and each page, asks here.

    `taken` are the names of what the patient has a present prescription for.
    """
    if open_request:
        return No(Why.ASKED, request=open_request)
    if row.resource.type != "MedicationRequest" or row.intent not in ORDERS:
        return No(Why.NO_ORDER)
    if not row.is_current and row.display in taken:
        return No(Why.REPLACED)
    return judge_refill(row, today) if kind == Request.Kind.REFILL else judge_renewal(row, today)


def judge_refill(row: Prescription, today: date) -> Yes | No:
    if not row.is_current:
        return No(Why.ENDED)
    if row.refills_left is None:
        return No(Why.NOT_KNOWN)
    if row.refills_left == 0:
        return No(Why.NONE_LEFT)
    day = refill_from(row)
    return No(Why.EARLY, day) if day and day > today else Yes()


def refill_from(row: Prescription) -> date | None:
    """Return the first day on which the next fill can be asked for: when policy's share of the supply is used.

    It is None if the record does not say when it was filled, or for how long.
    """
    if not row.last_filled or not row.days_supply:
        return None
    return row.last_filled + timedelta(days=math.ceil(row.days_supply * policy.REFILL_FROM))


def judge_renewal(row: Prescription, today: date) -> Yes | No:
    if row.is_current and row.refills_left:
        return No(Why.LEFT)
    written = row.at.date() if row.at else None
    last = max((day for day in (row.supply_ends, row.last_filled, written) if day), default=None)
    if not row.is_current and (last is None or last < today - policy.RENEWAL_WITHIN):
        return No(Why.LONG_AGO)
    return Yes()
