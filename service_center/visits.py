"""The result of a visit: documents accepted and a code sent, or not, and the email that notifies the person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from accounts import actions
from accounts.mail import notices
from accounts.models import Account
from core import policy
from core.policy import Level
from deers import lookup
from deers.registry import Beneficiary, Unavailable
from idproofing import codes, letters, visits
from idproofing.document_reader import NotRead, judge_reading
from idproofing.models import Visit
from safeguards import clock, limits
from service_center.conflicts import Conflicted, refuse_close


@dataclass(frozen=True)
class TooMany:
    """This agent has entered other documents than the first too often. Nothing was judged."""

    wait: timedelta


Scans = Mapping[visits.Shown, str]
Judged = (
    visits.Verified | visits.Checked | visits.DocumentOfAnother | visits.NotTheSame | visits.CheckedByYou | visits.Over
)


@dataclass(frozen=True)
class NoWayToSend:
    """The person has no email address, and no letter can go to them now. Nothing changed."""


def verify_documents(
    visit: Visit,
    shown: Collection[visits.Shown],
    *,
    by: Account,
    scans: Scans | None = None,
    now: datetime | None = None,
) -> Judged | NotRead | Conflicted | TooMany | NoWayToSend | Unavailable:
    """Accept the documents, once, and email an activation code to the address that the person gave in the journey.

    To a person who gave none, the code goes by letter to the address of record. No agent ever sees it.

    At Premium a second staff member has to look first, unless one of the `scans` (the numbers of a document reader's
    scans) vouches for a document. The address of record gets an email as well, so that nobody's identity is proven
    without their knowledge, not even by a staff member. Nothing happens while DEERS is silent or the record is
    shielded, because then there is nothing to compare the documents with, and nothing by a staff member who may be
    close to the person.
    """
    person = lookup.person(visit.dod_id)
    if person is None or person.is_shielded:
        return Unavailable()
    if conflict := refuse_visit_of_close(visit, by):
        return conflict
    if visit.state == Visit.State.CHECKED and (wait := limits.waiting(policy.SECOND_LOOKS, str(by.pk))):
        return TooMany(wait)
    read = [scan for one, scan in (scans or {}).items() if scan]
    for one, scan in (scans or {}).items():
        refused = judge_reading(scan, one, person, Level(visit.level), now=now) if scan else None
        if isinstance(refused, NotRead):
            return replace(refused, shown=one)
    with transaction.atomic():
        outcome = visits.verify(visit.pk, shown, by=by, agent=by.pk, reading=read[0] if read else "", now=now)
        match outcome:
            case visits.Verified():
                if outcome.email:
                    send_code(visit, outcome.email, person.first_name, by=by, now=now)
                elif not isinstance(send_letter(visit, person, by=by, now=now), letters.Queued):
                    transaction.set_rollback(True)
                    return NoWayToSend()
                if person.email.lower() not in ("", outcome.email.lower()):
                    notices.send("visit-changed", to=person.email, first_name=person.first_name, state="verified")
            case visits.Checked():
                notices.send("visit-changed", to=outcome.email, first_name=person.first_name, state="checked")
            case visits.DocumentOfAnother():
                notices.send("visit-changed", to=outcome.email, first_name=person.first_name, state="held")
        if isinstance(outcome, visits.Verified | visits.Checked | visits.DocumentOfAnother):
            for email in outcome.withdrawn:
                notices.send("visit-changed", to=email, first_name=person.first_name, state="withdrawn")
    if isinstance(outcome, visits.NotTheSame):
        limits.hit(policy.SECOND_LOOKS, str(by.pk))
    return outcome


def refuse_visit_of_close(visit: Visit, by: Account) -> Conflicted | None:
    """Return Conflicted if this staff member may not decide about the visit's person."""
    return refuse_close(by, visit.dod_id, mailbox=visit.email or "")


def send_code(visit: Visit, email: str, name: str, *, by: Account, now: datetime | None) -> None:
    issued = codes.issue(
        visit.dod_id, Level(visit.level), "email", email, by=by, route=visit.route, begun_at=visit.begun_at, now=now
    )
    notices.send("visit-verified", to=email, first_name=name, code=issued.text, level=str(visit.level))


def send_letter(
    visit: Visit, person: Beneficiary, *, by: Account, now: datetime | None
) -> letters.Queued | letters.TooSoon | letters.NoAddress:
    """Queue the letter with the code of a visit. It names the page of the upgrade to people who have an account."""
    enter_at = "upgrade-with-code" if actions.account_of(visit.dod_id) else "register-with-code"
    level = Level(visit.level)
    return letters.ask(person, level, enter_at=enter_at, by=by, route=visit.route, begun_at=visit.begun_at, now=now)


def refuse_visit(visit: Visit, reason: str, *, by: Account) -> visits.Settled | visits.Over | Conflicted:
    """End the visit without a code, and notify the person."""
    if conflict := refuse_visit_of_close(visit, by):
        return conflict
    words = visits.Reason(reason).label
    with transaction.atomic():
        outcome = visits.refuse(visit.pk, reason, by=by, agent=by.pk)
        tell(visit, outcome, state="refused", reason=str(words))
    return outcome


def settle_visit(visit: Visit, *, again: bool, by: Account) -> visits.Settled | visits.Over | Conflicted:
    """Reopen a held slip, or refuse it. A supervisor decides which."""
    if conflict := refuse_visit_of_close(visit, by):
        return conflict
    words = visits.Reason.USED_BEFORE.label
    with transaction.atomic():
        outcome = visits.settle(visit.pk, again=again, by=by, supervisor=by.pk)
        tell(visit, outcome, state="open" if again else "refused", reason=str(words))
    return outcome


def expire_late_visits(now: datetime | None = None) -> int:
    """End the slips that have expired, and return how many. The job worker calls this."""
    now, ended = now or clock.now(), 0
    for visit_id in visits.due(now):
        ended += expire_visit(visit_id, now)
    return ended


def expire_visit(visit_id: UUID, now: datetime) -> bool:
    visit = Visit.objects.get(pk=visit_id)
    with transaction.atomic():
        outcome = visits.expire(visit_id, now=now)
        tell(visit, outcome, state="unseen" if visit.state == Visit.State.CHECKED else "expired")
    return isinstance(outcome, visits.Settled)


def tell(visit: Visit, outcome: visits.Settled | visits.Over, state: str, reason: str = "") -> None:
    """Email the person if something changed."""
    if isinstance(outcome, visits.Settled):
        notices.send("visit-changed", to=outcome.email, first_name=first_name(visit.dod_id), state=state, reason=reason)


def first_name(dod_id: str) -> str:
    """Return the first name for a greeting; "" while DEERS is silent."""
    person = lookup.person(dod_id)
    return person.first_name if person else ""


@app.task(name="accounts.tasks.expire_visits", queue="housekeeping")
def expire_visits(timestamp: int) -> None:
    """End the slips for visits that have expired."""
    expire_late_visits()
