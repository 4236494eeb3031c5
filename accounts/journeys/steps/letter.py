"""Letters in a journey: the route on which the code comes by mail, and the notice of a new level."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys.steps import route
from accounts.journeys.steps.details import find_person_of_record
from accounts.journeys.wizard import Refused, Step, actor
from accounts.mail import links
from accounts.models import Account, Draft, UpgradeDraft
from accounts.models.mail import Purpose
from core import policy
from core.policy import Level
from deers.registry import Beneficiary
from idproofing import letters, postal
from idproofing.routes import Route


class LetterForm(forms.Form):
    """A form with nothing to fill in: only the button that requests the letter."""


def ask_for_letter(request: HttpRequest, draft: Draft, form: forms.Form, person: Beneficiary) -> Refused | None:
    """Request a letter. The journey ends here. It resumes on another day, with the code."""
    enter_at = "upgrade-with-code" if isinstance(draft, UpgradeDraft) else "register-with-code"
    by, level = actor(request), Level(draft.level)
    match letters.ask(person, level, enter_at=enter_at, by=by, begun_at=draft.created_at):
        case letters.TooSoon():
            return Refused("You cannot ask for another letter yet.")
        case letters.NoAddress():
            draft.blocked = Draft.Blocked.NO_ADDRESS
        case letters.Queued():
            draft.ended = Draft.Ended.LETTER
            draft.ssn = draft.kept_ssn = draft.date_of_birth = ""
    return None


def letter_context(request: HttpRequest, draft: Draft) -> dict:
    """Return the time from which a letter may be requested, if not now, and the other routes."""
    return {"until": letters.next_one(draft.dod_id, timezone.now()), "offers": route.standing(draft).offers}


LETTER = Step(
    name="letter",
    label=route.LABEL,
    template="accounts/letter.html",
    form=lambda data, draft: LetterForm(data),
    ask=find_person_of_record,
    save=ask_for_letter,
    ready=lambda draft: bool(draft.dod_id) and not draft.blocked,
    done=lambda draft: draft.ended == Draft.Ended.LETTER,
    applies=lambda draft: draft.route == Route.LETTER and not draft.has_code,
    context=letter_context,
)


def tell_of_level(account: Account, person: Beneficiary, kind: str, *, since: datetime, by: Any) -> None:
    """Report a new level on paper, if DEERS has no email address for the person (63A §3.10).

    `kind` is the kind of the notice that the letter replaces, `since` the moment of what it reports. If DEERS has no
    address at all, nothing more can be done.
    """
    if person.email or postal.lines(person) is None:
        return
    now = timezone.now()
    link = links.make(account, Purpose.NOT_ME, data=kind, since=since, now=now, on_paper=True)
    expires_at = now + policy.NOT_ME_LINK_LIFE_LETTER
    letters.notify(person, Level(account.level or 0), link, expires_at, by=by, now=now)
