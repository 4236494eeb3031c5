"""What every details step shares: who is meant in DEERS, and what is said when nobody is."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys import next_steps
from accounts.journeys.steps import route
from accounts.journeys.wizard import Refused, actor, keep_answers
from core import policy, words
from deers import lookup
from deers.registry import Beneficiary, Ineligible, Match, Outcome, Unavailable
from safeguards import audit, client, limits

FORGOTTEN = (
    "dod_id", "mismatched_at", "blocked", "visit", "quiz", "quiz_passed_at", "screen_code", "code_redeemed_at",
)  # fmt: skip
"""What a draft forgets of its proofing when the details change on which that was built."""


NO_MATCH = "We could not match these details with a DEERS record that can have an account here."


DEERS_SILENT = "DEERS does not answer right now. What you typed is kept. Please try again in a few minutes."


def find_person_of_record(request: HttpRequest, draft: Any, form: forms.Form) -> Beneficiary | Refused:
    """The draft's person as DEERS has them now: the name of the account, and an address that must hear of it.

    DEERS may have locked the record since the details matched. Then nothing more comes of the draft, in the words that
    stand where details do not match, for not everybody who gets here has proven who they are.
    """
    record = lookup.record(dod_id=draft.dod_id)
    if record is None:
        return refuse_while_deers_is_silent(actor(request))
    if record.ineligibility is None:
        return record.person
    audit.record("registration.not-matched", by=actor(request))
    next_steps.pass_on(Ineligible(record.ineligibility, draft.dod_id))
    return Refused(f"{NO_MATCH} The service center can help you further.")


def refuse_while_deers_is_silent(by: object) -> Refused:
    """What a step says when DEERS does not answer."""
    audit.record("deers.unavailable", by=by)
    return Refused(DEERS_SILENT, aside="accounts/deers_silent.html")


def is_reviewed(draft: Any, answers: dict[str, str]) -> bool:
    """Whether a reviewer has found out whom these very answers mean, so that sending them again changes nothing."""
    return bool(draft.case_id and draft.dod_id) and all(getattr(draft, name) == answers[name] for name in answers)


def judge_match(draft: Any, outcome: Outcome, forgets: tuple[str, ...], *, again: bool, by: object) -> Refused | None:
    """Keep the matched person in the draft, or refuse with the same words whatever the reason.

    `again`: whether the draft was matched before, so that nobody counts it twice.
    """
    if isinstance(outcome, Unavailable):
        return refuse_while_deers_is_silent(by)
    keep_answers(draft, {"dod_id": outcome.person.dod_id if isinstance(outcome, Match) else ""}, forgets)
    draft.mismatched_at = None if draft.dod_id else timezone.now()
    if draft.dod_id:
        audit.record(
            "registration.matched", by=by, dod_id=draft.dod_id, route=route.route_for_audit(draft), again=again
        )
        return None
    audit.record("registration.not-matched", by=by)
    next_steps.pass_on(outcome)
    return Refused(NO_MATCH, aside="accounts/ways_on.html")


def count_try(request: HttpRequest, *numbers: str, whom: str = "") -> Refused | None:
    """Count one more question to DEERS from this address, about these numbers and about `whom` ("": nobody).

    Refused when there were too many. Each number counts: whoever knows one could otherwise guess at the other for ever.
    """
    about = [(policy.DEERS_PER_NAME, whom), *((policy.DEERS_PER_SSN, number) for number in numbers)]
    tries = [(policy.DEERS_PER_ADDRESS, client.address(request)), *(one for one in about if one[1])]
    wait = next(filter(None, (limits.hit(limit, key) for limit, key in tries)), None)
    if not wait:
        return None
    return Refused(f"There were too many tries. Wait {words.minutes(wait)}, then try again. What you typed is kept.")
