"""What reviewers do with cases.

One takes a case and decides. Another one confirms at Premium, and at any level an approval about which there is a doubt
(idproofing/second_reviews.py). A decision has a reason.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core import policy
from core.policy import Level
from deers.registry import Reason as Ineligibility
from deers.registry import Record
from idproofing.case_states import State
from idproofing.cases import Moved, NotNow, judge_case, move_case
from idproofing.models import Case
from idproofing.second_reviews import Doubt

Decision, Reason = Case.Decision, Case.Reason

# Which reasons go with which decision. There is no free text, because it would hold something about a person.
REASONS: dict[str, tuple[Case.Reason, ...]] = {
    Decision.APPROVE: (Reason.FORMER_NAME, Reason.OTHER_FORM, Reason.SLIP, Reason.CONTACT, Reason.MENDED),
    Decision.DECLINE: (Reason.NO_RECORD, Reason.MIXED, Reason.HINDERED),
    Decision.IN_PERSON: (Reason.PAPERS, Reason.DOUBT, Reason.HINDERED),
}
# The decisions that fit a person to whom DEERS allows no account. Nobody may learn more about a protected person than
# about a person who does not exist.
FITTING: dict[Ineligibility, tuple[Case.Decision, ...]] = {
    Ineligibility.MINOR: (Decision.DECLINE, Decision.IN_PERSON),
    Ineligibility.DECEASED: (Decision.DECLINE, Decision.IN_PERSON),
    Ineligibility.ENDED: (Decision.DECLINE, Decision.IN_PERSON),
    Ineligibility.PROTECTED: (Decision.DECLINE,),
}
ENDS: dict[str, State] = {
    Decision.APPROVE: State.APPROVED,
    Decision.DECLINE: State.DECLINED,
    Decision.IN_PERSON: State.IN_PERSON,
}


@dataclass(frozen=True)
class NotYours:
    """It is for another reviewer. The one who took the case decides, and the one who decided does not confirm."""


@dataclass(frozen=True)
class NotFitting:
    """DEERS does not allow it now or does not answer, or the reason belongs to another decision."""


def take(number: int, *, by: object, now: datetime | None = None) -> Moved | NotNow:
    """Take an open case."""
    return judge_case(number, State.OPEN, State.TAKEN, by=by, now=now, taken_by=pk_of(by))


def put_back(number: int, *, by: object, now: datetime | None = None) -> Moved | NotNow:
    """Put a case back into the queue: one's own, or that of a colleague who is away."""
    return judge_case(number, State.TAKEN, State.OPEN, by=by, now=now, taken_by=None)


def hand_over(number: int, to: int, *, holder: int, by: object, now: datetime | None = None) -> Moved | NotNow:
    """Give a case that the reviewer `holder` has taken to the reviewer `to`. Both are keys of accounts."""
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=number, state=State.TAKEN, taken_by=holder).first()
        return move_case(case, State.TAKEN, by=by, now=now, taken_by=to) if case else NotNow()


def decide(
    number: int,
    decision: str,
    reason: str,
    record: Record | None = None,
    *,
    by: object,
    doubts: Collection[Doubt] | None = None,
    now: datetime | None = None,
) -> Moved | NotNow | NotYours | NotFitting:
    """Decide a case that one has taken. If that takes two reviewers, this only proposes the decision.

    An approval names the `record`, looked up just now, and the `doubts` about it (second_reviews.doubts_about). Without
    them it takes two. DEERS is not asked here, in a transaction.
    """
    approves = decision == Decision.APPROVE
    if reason not in REASONS.get(decision, ()) or (approves and not may_register(record)):
        return NotFitting()
    dod_id = record.person.dod_id if approves and record else ""
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=number, state=State.TAKEN).first()
        if case is None:
            return NotNow()
        if case.taken_by != pk_of(by):
            return NotYours()
        if approves and case.holder not in ("", dod_id):
            return NotFitting()
        chosen = {"decision": decision, "reason": reason, "dod_id": dod_id, "decided_by": pk_of(by)}
        doubtful = approves and (doubts is None or bool(doubts))
        if doubtful or case.level == Level.PREMIUM:
            return move_case(case, State.PROPOSED, by=by, now=now, takes_two=True, **chosen)
        return end(case, decision, by=by, now=now, **chosen)


def fitting(record: Record | None) -> tuple[Case.Decision, ...]:
    """Return the decisions to offer with this record.

    They are fewer if DEERS allows it no account, or has nobody to approve.
    """
    if record is None:
        return (Decision.DECLINE, Decision.IN_PERSON)
    return FITTING[record.ineligibility] if record.ineligibility else tuple(Decision)


def may_register(record: Record | None) -> bool:
    """Return whether DEERS has this record, and nothing against an account."""
    return record is not None and record.ineligibility is None


def confirm(
    number: int, record: Record | None = None, *, by: object, now: datetime | None = None
) -> Moved | NotNow | NotYours | NotFitting:
    """Confirm what another reviewer has proposed.

    An approval needs the proposed record, looked up just now.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=number, state=State.PROPOSED).first()
        if case is None:
            return NotNow()
        if case.decided_by == pk_of(by):
            return NotYours()
        approves = case.decision == Decision.APPROVE
        if approves and not (record and record.person.dod_id == case.dod_id and may_register(record)):
            return NotFitting()
        return end(case, case.decision, by=by, now=now, confirmed_by=pk_of(by))


def send_back(number: int, *, by: object, now: datetime | None = None) -> Moved | NotNow:
    """Send a case back to the queue as if nobody had decided.

    The reviewer who proposed the decision may take it back in this way too.
    """
    undone = {"decision": "", "reason": "", "dod_id": "", "decided_by": None, "taken_by": None, "takes_two": False}
    return judge_case(number, State.PROPOSED, State.OPEN, by=by, now=now, **undone)


def end(case: Case, settled: str, *, by: object, now: datetime | None, **values: object) -> Moved:
    """Settle a case.

    An approval gives the link its time, and ends the other requests about the same number.
    """
    if settled != Decision.APPROVE:
        return move_case(case, ENDS[settled], by=by, now=now, **values)
    now = now or timezone.now()
    repeats = Case.objects.select_for_update().filter(subject=case.subject, state=State.REPEATED)
    also = tuple(move_case(repeat, State.IN_PERSON, by="system", now=now) for repeat in repeats)
    approved = move_case(case, State.APPROVED, by=by, now=now, expires_at=now + policy.CASE_GO_ON_LIFE, **values)
    return replace(approved, also=also)


def pk_of(by: object) -> int:
    return getattr(by, "pk")  # noqa: B009 - only members of staff get here
