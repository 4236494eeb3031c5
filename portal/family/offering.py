"""Offering access by a code, and what the other person makes of it."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.mail import notices
from accounts.models import Account
from core import policy
from idproofing.codes import ALPHABET, normalize
from portal.family import surrogates
from portal.family.access import is_able
from portal.family.models import Delegation
from portal.family.states import State, TransitionRefused, change_state
from safeguards import audit, clock
from safeguards.cipher import blind_index

HALF = policy.DELEGATION_CODE_LENGTH // 2


def offer(
    owner: Account, sees: Sequence[str], acts: Sequence[str], ends: date, now: datetime | None = None
) -> Delegation:
    """Write an offer down with its code, which is there until the owner has seen it."""
    now = now or timezone.now()
    code = write_code()
    with transaction.atomic():
        row = Delegation.objects.create(
            owner=owner,
            sees=list(sees),
            acts=list(acts),
            starts=timezone.localdate(now),
            ends=ends,
            offered_at=now,
            changed_at=now,
            code=code,
            code_index=index_of(code),
            code_ends_at=now + policy.DELEGATION_CODE_LIFE,
        )
        audit.record("family.offered", by=owner, delegation=str(row.pk))
        notices.tell(owner, "record-code-made", since=now)
    return row


def write_code() -> str:
    """Return a new code, in two groups to be read out."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(policy.DELEGATION_CODE_LENGTH))
    return f"{code[:HALF]}-{code[HALF:]}"


def index_of(code: str) -> bytes:
    """Return what a code is found by."""
    return blind_index(normalize(code), purpose="delegation-code")


def show_code_once(row: Delegation) -> str:
    """Return the code of an offer the first time, and "" from then on."""
    code = row.code or ""
    shown = Delegation.objects.filter(pk=row.pk, state=State.OFFERED, code__isnull=False).update(code=None)
    return code if shown else ""


def find_offer(account: Account, code: str, now: datetime | None = None) -> Delegation | None:
    """Return the offer with this code that the account may take, or None for any other code."""
    now = now or timezone.now()
    live = Delegation.objects.filter(code_index=index_of(code), state=State.OFFERED, code_ends_at__gt=now)
    row = live.exclude(owner=account).select_related("owner").first()
    may_take = row and is_able(row.owner) and account.is_premium and row.ends >= timezone.localdate(now)
    return row if may_take else None


def answer(account: Account, row: Delegation, *, accepts: bool, now: datetime | None = None) -> bool:
    """Accept or decline an offer. Return whether it was still there: of many at once, one gets it."""
    row.delegate = account
    try:
        change_state(
            row, State.ACCEPTED if accepts else State.DECLINED, by=account, now=now, delegate=account, code=None
        )
    except TransitionRefused:
        return False
    return True


def of(account: Account) -> QuerySet[Delegation]:
    """Return the delegations that an account gave or holds, the newest first. Each side knows the other's name."""
    mine = Delegation.objects.filter(Q(owner=account) | Q(delegate=account))
    return mine.select_related("owner", "delegate").order_by("-offered_at")


def stop(account: Account, row: Delegation) -> bool:
    """Stop an access, or take a code back, at once. Return False if it was over already."""
    try:
        change_state(row, State.REVOKED, by=account, code=None)
    except TransitionRefused:
        return False
    return True


def end_old(now: datetime | None = None) -> int:
    """Move on what is over by its date: delegations after their last day, and codes that nobody used."""
    now, ended = now or clock.now(), 0
    over = Q(state=State.ACCEPTED, ends__lt=timezone.localdate(now)) | Q(state=State.OFFERED, code_ends_at__lte=now)
    for row in Delegation.objects.filter(over).select_related("owner", "delegate"):
        try:
            change_state(row, State.ENDED, by="system", now=now, code=None)
        except TransitionRefused:
            continue
        ended += 1
    return ended


@app.task(name="portal.family.end_old_delegations", queue="housekeeping")
def end_old_delegations(timestamp: int) -> None:
    """Move on what is over by its date, of what surrogates have too."""
    end_old()
    surrogates.end_old()
