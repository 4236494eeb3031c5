"""What people read about their review: the same status messages on the status page and in email."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from procrastinate.contrib.django import app

from accounts.mail import notices
from idproofing import approvals, cases
from idproofing.case_states import State
from idproofing.models import Case

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class StatusMessage:
    """What happened, in a sentence for the person, and what to do next."""

    happened: str
    next: str


NOTHING_TO_DO = "You do not have to do anything now. We will write to you as soon as something changes."
OTHER_ROUTES = "Visit an ID card office with two forms of identification, or call the service center."
# Two outcomes tell only what to do next. The reason why a reviewer could not approve stays private, because it might
# tell a stranger who is in DEERS. A repeated request reads like any other.
WORDS: dict[str, StatusMessage] = {
    State.OPEN: StatusMessage("We have your request. A reviewer will look at it.", NOTHING_TO_DO),
    State.REPEATED: StatusMessage("We have your request. A reviewer will look at it.", NOTHING_TO_DO),
    State.TAKEN: StatusMessage("A reviewer is looking at your request.", NOTHING_TO_DO),
    State.PROPOSED: StatusMessage("A second reviewer is checking what the first one found.", NOTHING_TO_DO),
    State.APPROVED: StatusMessage(
        "Your request is approved.", "You can continue from the status page of your request."
    ),
    State.CONTINUED: StatusMessage(
        "You continued from the status page.",
        "Finish on the page that opened then. If you closed it, start again or continue with your activation code. "
        "Enter your details as you entered them for this review; you do not need a new one. If this was not you, "
        "tell the service center right away.",
    ),
    State.DECLINED: StatusMessage("We could not settle this remotely, so the review has ended.", OTHER_ROUTES),
    State.IN_PERSON: StatusMessage(
        "This has to be settled in person, so the review has ended.",
        f"{OTHER_ROUTES} If you asked more than once, check your other request as well.",
    ),
    State.EXPIRED: StatusMessage(
        "This request has expired.", f"Start again and ask for a new review. Or: {OTHER_ROUTES}"
    ),
}
AGAIN = "Another reviewer will look at your request."


def act_and_notify(action: Callable[[], Outcome]) -> Outcome:
    """Run an action on a case and send the email about it: both, or neither."""
    with transaction.atomic():
        outcome = action()
        notify_person(outcome)
    return outcome


def notify_person(outcome: object) -> None:
    """Email the people whose cases changed.

    The email has no name in it, because a stranger may have typed the address.
    """
    if isinstance(outcome, list):
        for one in outcome:
            notify_person(one)
    if isinstance(outcome, cases.Moved):
        case, news = outcome.case, WORDS[outcome.case.state]
        about = {"reference": case.shown_reference, "happened": news.happened, "next": news.next}
        notices.send("case-changed", to=outcome.email, account_id=case.account_id, **about)
        notify_person(list(outcome.also))


@dataclass(frozen=True)
class Entry:
    """One line of a timeline."""

    at: datetime
    words: str


def timeline(case: Case) -> list[Entry]:
    """Return what happened to the case, oldest first, as the person may read it."""
    lines: list[Entry] = []
    for past in case.history.all():
        words = WORDS[past.state].happened
        if lines and lines[-1].words == words:
            continue  # it was a repeat of another request, and has become a request like any other
        lines.append(Entry(past.at, AGAIN if lines and past.state == State.OPEN else words))
    return lines


@app.task(name="accounts.tasks.end_late_cases", queue="housekeeping")
def end_late_cases(timestamp: int) -> None:
    """End the reviews that have expired, and notify the people who requested them. Forget approvals that are over."""
    act_and_notify(cases.end_what_is_late)
    approvals.forget_what_is_over()
