"""The routes by which people prove who they are: what each needs, and how long it takes."""

from dataclasses import dataclass, replace

from django.db import models

from core import policy


class Route(models.TextChoices):
    """A proofing route.

    All but the questions end in an activation code. It may be redeemed on a later day, in any browser.
    """

    QUESTIONS = "questions", "Answer questions online"
    LETTER = "letter", "Get a letter at home"
    IN_PERSON = "in_person", "Visit an office"
    AGENT = "agent", "Make a video call with an agent"


@dataclass(frozen=True)
class RouteOffer:
    """A route as it is offered to people.

    `needs` is a sentence about what it needs, `takes` one about how long it takes, and `button` is what its button
    says.
    """

    route: Route
    needs: str
    takes: str
    button: str


OFFERS = {
    Route.QUESTIONS: RouteOffer(
        Route.QUESTIONS,
        needs="Have papers about loans, cards, bills and former homes at hand.",
        takes="You can finish today, in one sitting.",
        button="Answer the questions",
    ),
    Route.LETTER: RouteOffer(
        Route.LETTER,
        needs="You get mail at the address that DEERS has for you.",
        takes=f"Your code comes by mail, usually within {policy.LETTER_ARRIVES.days} days.",
        button="Send me a letter",
    ),
    Route.IN_PERSON: RouteOffer(
        Route.IN_PERSON,
        needs="Bring two documents to an ID card office or a VA clinic.",
        takes="Your code comes by email right after the visit.",
        button="Get ready for a visit",
    ),
    Route.AGENT: RouteOffer(
        Route.AGENT,
        needs="Have two documents at hand, and a phone, tablet or computer with a camera.",
        takes="Your code comes by email right after the call.",
        button="Get ready for a call",
    ),
}


def choices() -> list[tuple[str, str]]:
    """Return what is offered, in the order of the page, for the field of a form."""
    return [(route.value, str(route.label)) for route in OFFERS]


def offers(level: policy.Level | None = None) -> list[RouteOffer]:
    """Return what is offered, with the number of questions at this level. Without a level, that of each is said."""
    counts = {each: strength.questions for each, strength in policy.STRENGTH.items()}
    if level:
        asked = f"We ask {counts[level]} questions."
    else:
        asked = f"We ask {counts[policy.Level.BASIC]} questions for Basic, {counts[policy.Level.PREMIUM]} for Premium."
    questions = OFFERS[Route.QUESTIONS]
    counted = replace(questions, needs=f"{asked} {questions.needs}")
    return [counted if offer is questions else offer for offer in OFFERS.values()]


def descriptions(level: policy.Level) -> dict[str, str]:
    """Return the text under each choice, for an account of this level."""
    return {offer.route.value: f"{offer.needs} {offer.takes}" for offer in offers(level)}
