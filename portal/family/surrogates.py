"""Asking to act for a patient who cannot act, and what two members of staff make of it.

Asking compares nothing with DEERS, so it tells nobody whether the patient exists. The desk compares.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from core import policy
from core.dates import age_on, years_after
from deers import lookup, names
from deers.matching import compare_dates
from deers.registry import Reason as NoAccount
from deers.registry import Record
from idproofing.cases import Typed, next_number
from portal.family.models import Surrogacy
from portal.family.surrogate_states import State, TransitionRefused, can_be_told, change_state, objection_index
from safeguards import audit, clock
from safeguards.cipher import blind_index

Decision, Reason = Surrogacy.Decision, Surrogacy.Reason
REASONS = {
    Decision.APPROVE: (Reason.ORIGINAL, Reason.CERTIFIED),
    Decision.DECLINE: tuple(one for one in Reason if one not in (Reason.ORIGINAL, Reason.CERTIFIED)),
}
# For whom DEERS allows no account and still somebody may act. Of protected and dead people nobody learns anything.
ACTED_FOR = (None, NoAccount.MINOR)


def ask(
    asker: Account,
    typed: Typed,
    ground: Surrogacy.Ground,
    showing: Surrogacy.Showing,
    now: datetime | None = None,
) -> Surrogacy | None:
    """Open a case. Return None if the person has one about this number already."""
    now = now or timezone.now()
    try:
        with transaction.atomic():
            row = Surrogacy.objects.create(
                number=next_number("family_surrogacy"),
                asker=asker,
                typed=json.dumps(asdict(typed)),
                subject=subject_of(typed),
                ground=ground,
                showing=showing,
                asked_at=now,
                changed_at=now,
                due_at=now + policy.SURROGATE_ANSWERED_WITHIN,
            )
            audit.record("surrogate.asked", by=asker, surrogacy=row.number)
            notices.tell(asker, "surrogate-asked", since=now)
    except IntegrityError:
        return None
    return row


def subject_of(typed: Typed) -> bytes:
    """Return the keyed hash of the number that a request is about."""
    return blind_index(typed.dod_id or typed.ssn, purpose="surrogacy-subject")


def read_typed(row: Surrogacy) -> Typed | None:
    """Return what was typed of the patient, or None once the request is decided."""
    return Typed(**json.loads(row.typed)) if row.typed else None


def of(account: Account) -> QuerySet[Surrogacy]:
    """Return what the account asked for, and who acts or acted for its holder, the newest first."""
    mine = Q(asker=account)
    if account.dod_id:
        mine |= Q(patient=account.dod_id) & Surrogacy.WAS_OPENED
    return Surrogacy.objects.filter(mine).select_related("asker").order_by("-asked_at")


def find_record(row: Surrogacy) -> Record | None:
    """Return the record that has the typed number, or both typed numbers, or that a reviewer chose."""
    typed = read_typed(row)
    if typed is None or row.patient:
        return lookup.record(dod_id=row.patient) if row.patient else None
    return lookup.record(ssn=typed.ssn, dod_id=typed.dod_id)


def is_fitting(row: Surrogacy, record: Record | None) -> bool:
    """Return whether somebody may act for this person as it was asked: same birth date, and not the one who asks.

    A patient whom nothing would tell of it could not stop it, so nobody acts for such a one.
    """
    typed = read_typed(row)
    return bool(
        record
        and typed
        and record.ineligibility in ACTED_FOR
        and record.person.dod_id != row.asker.dod_id
        and compare_dates(date.fromisoformat(typed.date_of_birth), record.person.date_of_birth) == "match"
        and can_be_told(record.person)
    )


def last_day(record: Record, today: date) -> date:
    """Return the last day that an access may have: in a year, or the day before a minor comes of age."""
    longest = today + policy.DELEGATION_LONGEST
    of_age = years_after(record.person.date_of_birth, policy.ADULT_AGE)
    minor = age_on(record.person.date_of_birth, today) < policy.ADULT_AGE
    return min(longest, date.fromordinal(of_age.toordinal() - 1)) if minor else longest


def paper_index(row: Surrogacy, number: str, day: date) -> bytes:
    """Return the keyed hash of the number and the date of a paper, for this request only."""
    plain = "".join(names.words(number))
    return blind_index(f"{row.number}/{plain}/{day.isoformat()}", purpose="surrogacy-paper")


def propose_approval(
    row: Surrogacy,
    *,
    reason: str,
    sees: Sequence[str],
    acts: Sequence[str],
    ends: date,
    paper: bytes,
    by: Account,
) -> bool:
    """Propose that the access opens, as the paper says. Return False if that is not possible now."""
    record = find_record(row)
    if record is None or not is_fitting(row, record) or ends > last_day(record, timezone.localdate()):
        return False
    scope: dict[str, Any] = {"sees": list(sees), "acts": list(acts), "ends": ends, "paper": paper}
    scope["patient"] = record.person.dod_id
    return move(row, State.PROPOSED, by=by, decision=Decision.APPROVE, reason=reason, proposed_by=by.pk, **scope)


def propose_decline(row: Surrogacy, *, reason: str, by: Account) -> bool:
    """Propose that the request is declined. Return False if somebody else was first."""
    return move(row, State.PROPOSED, by=by, decision=Decision.DECLINE, reason=reason, proposed_by=by.pk)


def send_back(row: Surrogacy, *, by: Account) -> bool:
    """Undo the proposal: the request waits for a reviewer again."""
    undone: dict[str, Any] = {"sees": [], "acts": [], "ends": None, "paper": None, "patient": "", "proposed_by": None}
    return move(row, State.ASKED, by=by, decision="", reason="", **undone)


def confirm(row: Surrogacy, *, by: Account, now: datetime | None = None) -> bool:
    """Do what a colleague proposed. Return False if it cannot be done now, or if the colleague is `by`.

    An access that the surrogate has to the same record ends when the new one opens.
    """
    now = now or timezone.now()
    if row.proposed_by == by.pk:
        return False
    if row.decision != Decision.APPROVE:
        return move(row, State.DECLINED, by=by, now=now, confirmed_by=by.pk)
    today, record = timezone.localdate(now), find_record(row)
    if record is None or not is_fitting(row, record) or row.ends is None or row.ends < today:
        return False
    try:
        with transaction.atomic():
            end_former(row, by=by, now=now)
            change_state(row, State.OPEN, by=by, now=now, confirmed_by=by.pk, starts=today)
    except (TransitionRefused, IntegrityError):
        return False
    return True


def end_former(row: Surrogacy, *, by: Account, now: datetime) -> None:
    """End the access that the new one replaces, in the same transaction."""
    former = Surrogacy.objects.filter(asker=row.asker_id, patient=row.patient, state=State.OPEN)
    for one in former.select_related("asker"):
        change_state(one, State.ENDED, by=by, now=now)


def stop(row: Surrogacy, *, by: Account | str) -> bool:
    """Stop an access, or take a request back, at once. Return False if it was over already."""
    return move(row, State.WITHDRAWN if row.state in Surrogacy.WAITING else State.STOPPED, by=by)


def find_by_token(token: str, today: date | None = None) -> Surrogacy | None:
    """Return the open access that the link with this token stops, or None."""
    row = Surrogacy.objects.filter(objection=objection_index(token), state=State.OPEN).select_related("asker").first()
    return row if row and row.is_open(today or timezone.localdate()) else None


def move(row: Surrogacy, to: str, *, by: Account | str, now: datetime | None = None, **values: object) -> bool:
    """Change the state. Return False if that is not possible from the present one, or somebody else was first."""
    try:
        change_state(row, to, by=by, now=now, **values)
    except TransitionRefused:
        return False
    return True


def end_old(now: datetime | None = None) -> int:
    """End what is over by its date: accesses after their last day, and requests whose paper never came."""
    now = now or clock.now()
    over = Q(state=State.OPEN, ends__lt=timezone.localdate(now))
    over |= Q(state=State.ASKED, asked_at__lte=now - policy.SURROGATE_PAPER_WITHIN)
    rows = Surrogacy.objects.filter(over).select_related("asker")
    return sum(move(row, State.ENDED, by="system", now=now) for row in rows)
