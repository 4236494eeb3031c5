"""What the details steps share: who is meant in DEERS, and what to say when nobody is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys import next_steps
from accounts.journeys.forms import NumbersForm
from accounts.journeys.steps import route
from accounts.journeys.wizard import Refused, actor, keep_answers
from core import policy
from core.words import try_again_in
from deers import lookup
from deers.registry import Beneficiary, Ineligible, Match, Outcome, Unavailable
from idproofing import approvals
from idproofing.cases import Typed
from idproofing.reviewing import may_register
from safeguards import audit, client, limits

FORGOTTEN = (
    "dod_id", "mismatched_at", "blocked", "visit", "quiz", "quiz_passed_at", "screen_code", "code_redeemed_at",
)  # fmt: skip
"""The fields about proofing that a draft clears when the details that they are built on change."""


NO_MATCH = "We could not match these details with a DEERS record that can have an account here."
WAYS_ON = "accounts/ways_on.html"
DEERS_SILENT = "DEERS does not answer right now. We kept what you typed. Please try again in a few minutes."


def find_person_of_record(request: HttpRequest, draft: Any, form: forms.Form) -> Beneficiary | Refused:
    """Return the draft's person as DEERS has them now: the name for the account, and an address of record.

    DEERS may have locked the record since the details matched. Then the draft cannot continue. The refusal uses the
    same words as a mismatch, because not everybody who gets here has proven their identity.
    """
    record = lookup.record(dod_id=draft.dod_id)
    if record is None:
        return refuse_while_deers_is_silent(actor(request))
    if record.ineligibility is None:
        return record.person
    audit.record("registration.not-matched", by=actor(request))
    next_steps.pass_on(Ineligible(record.ineligibility, draft.dod_id))
    return Refused(f"{NO_MATCH} The service center can help you.")


def refuse_while_deers_is_silent(by: object) -> Refused:
    """Return what a step says when DEERS does not answer."""
    audit.record("deers.unavailable", by=by)
    return Refused(DEERS_SILENT, aside="accounts/deers_silent.html")


@dataclass(frozen=True, slots=True)
class ReviewedMatch(Match):
    """The person whom a reviewer has found for these very details, in the case of this number."""

    case: int


def or_reviewed(outcome: Outcome, typed: Typed, level: int, *, account_id: int | None = None) -> Outcome:
    """Return the outcome, or the person for whom a reviewer approved these very details, if DEERS matches nobody.

    DEERS is asked once more whether there is such an approval or not, so that every mismatch takes as long.
    """
    if isinstance(outcome, Match | Unavailable):
        return outcome
    case = approvals.find(typed, policy.Level(level), account_id=account_id)
    record = lookup.record(dod_id=case.dod_id if case else lookup.NOBODY)
    if case is None or isinstance(outcome, Ineligible):
        return outcome
    if record is None:
        return Unavailable()
    return ReviewedMatch(record.person, case.number) if may_register(record) else outcome


def match_details(
    draft: Any, form: NumbersForm, outcome: Outcome, *, names: tuple[str, ...], forgets: tuple[str, ...], by: object
) -> Refused | None:
    """Keep what was typed and the person whom DEERS has for it, or refuse with the same words for every reason.

    `names` are the form fields that the draft keeps unchanged, in addition to the date of birth and the DoD ID number.
    `forgets` are the draft's fields that are cleared when the details change. Details that a reviewer has matched stay
    as they are.
    """
    typed, again = form.cleaned_data, bool(draft.dod_id)
    answers = {name: typed[name] for name in names} | {"date_of_birth": typed["date_of_birth"].isoformat()}
    answers["typed_dod_id"] = typed["dod_id"]
    if is_reviewed(draft, answers):
        return None
    keep_answers(draft, answers, forgets)
    refused = judge_match(draft, outcome, forgets, again=again, by=by)
    # After a mismatch it may be the number that was wrong. Nobody can read it again, so it is typed again.
    draft.kept_ssn = "" if draft.mismatched_at else typed["ssn"]
    form.kept_ssn, form.asks_again = draft.kept_ssn, bool(draft.mismatched_at)
    return refused


def keep_number(form: NumbersForm) -> dict[str, str]:
    """Return the Social Security number to keep of a form that is not valid: a new one that could be somebody's."""
    typed = form.cleaned_data.get("ssn")
    if not typed or typed == form.kept_ssn:
        return {}
    form.kept_ssn = typed
    return {"kept_ssn": typed}


def is_reviewed(draft: Any, answers: dict[str, str]) -> bool:
    """Return whether a reviewer has already matched these very answers, so that sending them again changes nothing."""
    return bool(draft.case_id and draft.dod_id) and all(getattr(draft, name) == answers[name] for name in answers)


def judge_match(draft: Any, outcome: Outcome, forgets: tuple[str, ...], *, again: bool, by: object) -> Refused | None:
    """Keep the matched person in the draft, or refuse with the same words for every reason.

    `again` says that the draft was matched before, so that nobody counts it twice.
    """
    if isinstance(outcome, Unavailable):
        return refuse_while_deers_is_silent(by)
    keep_answers(draft, {"dod_id": outcome.person.dod_id if isinstance(outcome, Match) else ""}, forgets)
    draft.mismatched_at = None if draft.dod_id else timezone.now()
    if draft.dod_id:
        details: dict[str, Any] = {"route": route.route_for_audit(draft), "again": again}
        if isinstance(outcome, ReviewedMatch):
            draft.case_id = details["case"] = outcome.case
        audit.record("registration.matched", by=by, dod_id=draft.dod_id, **details)
        return None
    audit.record("registration.not-matched", by=by)
    next_steps.pass_on(outcome)
    return Refused(NO_MATCH, aside=WAYS_ON)


def ask_deers(
    request: HttpRequest, *numbers: str, whom: str = "", question: Callable[[], Outcome]
) -> Outcome | Refused:
    """Count one more question to DEERS, ask it, and return the answer. Refuse if there were too many.

    It counts for this network address, for these numbers and for `whom` ("": nobody). Each number counts, because a
    person who knows one could otherwise guess the other without limit.

    A match, and a question that DEERS did not answer, are taken back from all but the address: they are no guesses at
    anybody. Where strangers have used up what a name or a number has, DEERS is asked a few times more
    (policy.DEERS_BEYOND): who types everything right goes on, and everybody else reads the same as without that.
    """
    address = client.address(request)
    wait = limits.hit(policy.DEERS_PER_ADDRESS, address)
    if wait:
        return refuse_for(wait)
    about = [(policy.DEERS_PER_NAME, whom), *((policy.DEERS_PER_SSN, number) for number in sorted(set(numbers)))]
    counted = [one for one in about if one[1]]
    full = {one: wait for one in counted if (wait := limits.hit(*one))}
    for limit, key in full:
        beyond = [(policy.DEERS_BEYOND_PER_ADDRESS, f"{limits.household(address)} {limit.name} {key}")]
        beyond += [(policy.DEERS_BEYOND, f"{limit.name} {key}")]
        # The address first, so that a refused try from one address uses up nothing that others have.
        if any(limits.hit(*one) for one in beyond):
            return refuse_for(max(full.values()))
        counted += beyond
    outcome = question()
    no_guess = isinstance(outcome, Match | Unavailable)
    for limit, key in counted:
        limits.take_back(limit, key, tries=int(no_guess))  # a guess costs the same work
    return refuse_for(max(full.values())) if full and not no_guess else outcome


def refuse_for(wait: timedelta) -> Refused:
    """Return what a step says after too many tries, which others may have made, and what else helps."""
    return Refused(f"There were too many tries. {try_again_in(wait)} We kept what you typed.", aside=WAYS_ON)
