"""Approved spellings: what a reviewer has settled stays settled while the person waits for a letter, a visit or a code.

When an approved case is used, what was typed is wiped. A keyed hash of it stays in the case, beside the record that the
reviewers chose. A person who comes back and types the same again is matched with that record and no other. It proves
nothing: the code or the questions follow as for anybody.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from core import policy
from core.policy import Level
from idproofing.case_states import State
from idproofing.cases import Typed, digest_of_details
from idproofing.models import ActivationCode, Case, Visit
from idproofing.visit_states import LIVE
from safeguards import clock


def find(typed: Typed, level: Level, *, account_id: int | None = None, now: datetime | None = None) -> Case | None:
    """Return the case in which these very details were approved for this level, as long as its approval lives.

    None if there is none, and also if the same details were approved for two different people.
    """
    approved = Case.objects.filter(approved_details=digest_of_details(typed, account_id), state=State.CONTINUED)
    found = list(approved.filter(lives(now or timezone.now()), level__gte=level).order_by("-pk"))
    return found[0] if len({case.dod_id for case in found}) == 1 else None


def lives(now: datetime) -> Q:
    """Select the approvals that are young, or whose person has a code or a slip that can still be used."""
    same = {"dod_id": OuterRef("dod_id"), "level": OuterRef("level")}
    code = ActivationCode.objects.filter(**same, used_at=None, voided_at=None, expires_at__gt=now)
    slip = Visit.objects.filter(**same, state__in=LIVE, expires_at__gt=now)
    return Q(changed_at__gt=now - policy.CASE_APPROVAL_LIFE) | Q(Exists(code)) | Q(Exists(slip))


def forget(number: int | None, dod_id: str) -> None:
    """Forget what was approved in this case, because the person now has what it was for."""
    if number is not None:
        wipe(Case.objects.filter(pk=number, dod_id=dod_id))


def forget_what_is_over(now: datetime | None = None) -> int:
    """Forget the approvals that nobody can be waiting with any more, and return how many."""
    return wipe(Case.objects.filter(~lives(now or clock.now())))


def wipe(cases: QuerySet[Case]) -> int:
    return cases.filter(approved_details__isnull=False).update(approved_details=None)
