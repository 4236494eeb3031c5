"""Looking at a hidden detail of a person: for a reason, for a minute, and never unseen by the person.

Which details are open is in the session of the member of staff, which is encrypted. The server decides by the time. The
event in the audit trail names the detail and the reason, and the person reads both among their activity.
"""

import time
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.models import Account
from core import policy
from core.words import duration, try_again_in
from safeguards import audit, limits
from safeguards.cipher import blind_index
from safeguards.events import REVEALED, REVEALED_BECAUSE
from service_center.person.subject import Subject

OPEN = "revealed"
"""The session's key: for each person a detail and until when it is open."""
REASON = "revealed-because"


class RevealForm(forms.Form):
    """Which detail, and why. The reasons are closed, so that no event holds personal data."""

    reason = forms.ChoiceField(
        label="Why do you have to see it?",
        choices=[("", "Choose why"), *((name, theirs.capitalize()) for name, (_, theirs) in REVEALED_BECAUSE.items())],
        error_messages={"required": "Choose why you have to see it.", "invalid_choice": "Choose a reason of the list."},
    )
    detail = forms.ChoiceField(choices=list(REVEALED.items()), widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        initial: dict[str, Any] | None = None,
        has_account: bool = True,
    ) -> None:
        super().__init__(data, auto_id="reveal-%s", initial=initial, label_suffix="")
        seen = "The person reads what you looked at, and why" + (
            "." if has_account else ", when they have a Premium account."
        )
        shown = f"A detail is shown for {duration(policy.REVEALED_FOR)}."
        self.fields["reason"].help_text = f"Choose this first. {shown} {seen}"


def open_details(request: HttpRequest, subject: Subject) -> dict[str, int]:
    """Return the details of the person that are open for this member of staff, each with the seconds that are left."""
    now = time.time()
    mine = request.session.get(OPEN, {}).get(name_of(subject), {})
    return {detail: int(until - now) + 1 for detail, until in mine.items() if until > now}


def reveal_detail(request: HttpRequest, subject: Subject, detail: str, reason: str, *, by: Account) -> str:
    """Open one detail for this member of staff. Return "", or the sentence that says why that is not possible now."""
    try:
        wait = limits.hit(policy.REVEALS_PER_STAFF, str(by.pk))
    except limits.CountersUnavailable as failure:
        return str(failure)
    if wait:
        return f"You have looked at many details lately. {try_again_in(wait)}"
    account_id = subject.account.pk if subject.account else None
    audit.record(
        "support.detail-revealed", by=by, account_id=account_id, dod_id=subject.dod_id or None, revealed=detail,
        reason=reason,
    )  # fmt: skip
    now = time.time()
    others = {
        name: kept
        for name, entries in request.session.get(OPEN, {}).items()
        if (kept := {one: until for one, until in entries.items() if until > now})
    }
    mine = {**others.get(name_of(subject), {}), detail: now + policy.REVEALED_FOR.total_seconds()}
    request.session[OPEN] = {**others, name_of(subject): mine}
    request.session[REASON] = reason
    return ""


def last_reason(request: HttpRequest) -> dict[str, str]:
    """Return the reason that was given last, so that the next detail of the same call takes one click."""
    return {"reason": request.session.get(REASON, "")}


def name_of(subject: Subject) -> str:
    """Return what the session calls the person."""
    if subject.account:
        return str(subject.account.pk)
    return blind_index(subject.dod_id, purpose="revealed-person").hex()
