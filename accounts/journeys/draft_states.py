"""The states of a draft and the transitions between them, each with its audit event.

Where there are several events, a transition records one of them. Where there is none, it only changes the draft.
Changes within a state are not drawn, such as an answer to a question that is not the last one. Neither is a stop of the
questions (`proofing.stopped`). It takes back drafts whose questions were passed, so that another route has to be
chosen. An idle draft is deleted in any state (`registration.draft-purged`).
"""

from itertools import product

from django.db import models

from accounts.journeys.wizard import Journey
from accounts.models import Draft


class State(models.TextChoices):
    """How far a draft has come. No column holds it: `state_of` computes it from the draft's fields."""

    DETAILS = "details", "Details to be given"
    MISMATCHED = "mismatched", "Details matched nobody"
    QUESTIONS = "questions", "Questions to be answered"
    LETTER = "letter", "Letter to be asked for"
    VISIT = "visit", "Visit or call to be made"
    BLOCKED = "blocked", "Another route to be chosen"
    DELIVERY = "delivery", "Delivery of the code to be chosen"
    CODE = "code", "Activation code to be entered"
    CREDENTIALS = "credentials", "Username and password to be chosen"
    SECOND_FACTOR = "second_factor", "Second factor to be given"
    GIVE_BACK = "give_back", "Changes of a frozen account to be named"
    FINISHED = "finished", "Finished"
    HAS_ACCOUNT = "has_account", "Ended because the person has an account already"
    LETTER_ASKED = "letter_asked", "Ended because the code comes with a letter"
    IN_REVIEW = "in_review", "Ended because a review was asked for"
    NOT_BASIC = "not_basic", "Ended because the account cannot be raised"
    GIVEN_BACK = "given_back", "Ended because a frozen account was given back"
    NO_MAILBOX = "no_mailbox", "Ended: a frozen account was given back, and has no email address"
    NEEDS_PREMIUM = "needs_premium", "Ended because the frozen account is Premium"


START = State.DETAILS
BEFORE = "[*]"
"""The origin of a draft that does not begin at START, in the diagram's language."""

# By the name of the step that comes next.
OWED = {
    "details": State.DETAILS,
    "way": State.BLOCKED,
    "questions": State.QUESTIONS,
    "letter": State.LETTER,
    "visit": State.VISIT,
    "delivery": State.DELIVERY,
    "code": State.CODE,
    "credentials": State.CREDENTIALS,
    "second-factor": State.SECOND_FACTOR,
    "give-back": State.GIVE_BACK,
}
# By the reason why the journey ended.
ENDED: dict[str, State] = {
    Draft.Ended.HAS_ACCOUNT: State.HAS_ACCOUNT,
    Draft.Ended.LETTER: State.LETTER_ASKED,
    Draft.Ended.REVIEW: State.IN_REVIEW,
    Draft.Ended.NOT_BASIC: State.NOT_BASIC,
    Draft.Ended.GIVEN_BACK: State.GIVEN_BACK,
    Draft.Ended.NO_MAILBOX: State.NO_MAILBOX,
    Draft.Ended.NEEDS_PREMIUM: State.NEEDS_PREMIUM,
}


def state_of(journey: Journey, draft: Draft) -> State:
    """Return how far a draft has come. This is the place where `Journey.address` leads, with the reason."""
    if draft.ended:
        return ENDED[draft.ended]
    step = journey.present(draft)
    if draft.finished_at or step is None:
        return State.FINISHED
    state = OWED[step.name]
    return State.MISMATCHED if state == State.DETAILS and draft.mismatched_at else state


PROVING = (State.QUESTIONS, State.LETTER, State.VISIT)
"""A route is taken, and nothing blocks it."""
MATCHED = (
    *PROVING,
    State.BLOCKED,
    State.DELIVERY,
    State.CODE,
    State.CREDENTIALS,
    State.SECOND_FACTOR,
    State.GIVE_BACK,
)
"""DEERS knows whom the details mean. They can be changed until the end; what was built on them is then redone."""

# Each of these states leads to each of those, with this event; "" stands for none.
GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    # Details are given, or changed.
    ((State.DETAILS, State.MISMATCHED), (*PROVING, State.CODE), "registration.matched"),
    ((State.BLOCKED,), (State.QUESTIONS, State.LETTER), "registration.matched"),
    ((State.DELIVERY, State.CODE), (State.QUESTIONS,), "registration.matched"),
    ((State.CREDENTIALS, State.SECOND_FACTOR, State.GIVE_BACK), (State.QUESTIONS, State.CODE), "registration.matched"),
    ((State.DETAILS, *MATCHED), (State.MISMATCHED,), "registration.not-matched"),
    ((State.MISMATCHED, *MATCHED), (State.DETAILS,), "deers.unavailable"),
    # A review is requested. After its approval the person resumes with a new draft.
    ((State.MISMATCHED,), (State.IN_REVIEW,), "case.opened"),
    ((State.MISMATCHED,), (State.IN_REVIEW,), "case.repeated"),
    ((BEFORE,), (*PROVING, State.CODE), "case.continued"),
    # Another route is chosen.
    ((*PROVING, State.BLOCKED, State.CODE), PROVING, "proofing.route-chosen"),
    # The routes to a code. A code in a letter comes on another day and is entered in another draft.
    # Where the delivery was chosen before, or cannot be chosen, the code is made as soon as the questions are passed.
    ((State.QUESTIONS,), (State.DELIVERY, State.CODE), "quiz.passed"),
    ((State.DELIVERY,), (State.CODE,), "code.issued"),
    ((State.QUESTIONS,), (State.BLOCKED,), "quiz.thin-file"),
    ((State.QUESTIONS,), (State.BLOCKED,), "quiz.cooling-down"),
    ((State.QUESTIONS,), (State.BLOCKED,), "quiz.refused"),
    ((State.QUESTIONS,), (State.BLOCKED,), "quiz.abandoned"),
    ((State.QUESTIONS,), (State.BLOCKED,), "quiz.attempts-used"),
    ((State.QUESTIONS,), (State.BLOCKED,), "quiz.closed"),
    ((State.LETTER,), (State.LETTER_ASKED,), "letter.queued"),
    ((State.LETTER,), (State.BLOCKED,), ""),
    ((State.VISIT,), (State.CODE,), ""),
    # The code is right. Only now may the person learn that they already have an account.
    ((State.CODE,), (State.CREDENTIALS, State.SECOND_FACTOR), "code.redeemed"),
    ((State.CODE,), (State.HAS_ACCOUNT,), "registration.already-registered"),
    # The account is frozen. Who has proven as much as it needs says which changes were not theirs, and gets it back.
    ((State.CODE,), (State.GIVE_BACK, State.NEEDS_PREMIUM), "recovery.proven-again"),
    ((State.GIVE_BACK,), (State.GIVEN_BACK, State.NO_MAILBOX), "account.given-back"),
    ((State.GIVE_BACK,), (State.HAS_ACCOUNT, State.CREDENTIALS), ""),
    # At Basic the password opens the account, at Premium the second factor.
    ((State.CREDENTIALS,), (State.SECOND_FACTOR,), ""),
    ((State.CREDENTIALS, State.SECOND_FACTOR), (State.FINISHED,), "account.opened"),
    ((State.SECOND_FACTOR,), (State.FINISHED,), "account.level-raised"),
    # Another request was faster: with the username, with an account for this person, or with the level.
    ((State.SECOND_FACTOR,), (State.CREDENTIALS,), ""),
    ((State.CREDENTIALS, State.SECOND_FACTOR), (State.HAS_ACCOUNT,), ""),
    ((State.SECOND_FACTOR,), (State.NOT_BASIC,), ""),
)


def by_pair() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the events of each transition, by the state before it and the state after it."""
    table: dict[tuple[str, str], tuple[str, ...]] = {}
    for befores, afters, event in GROUPS:
        for pair in product(befores, afters):
            if pair[0] != pair[1]:
                table[pair] = (*table.get(pair, ()), *filter(None, [event]))
    return table


TRANSITIONS = by_pair()
