"""The proofing route: chosen at the start of a journey, and changed in a step that is called `way` in URLs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys.wizard import Refused, Step, actor
from accounts.models import Draft
from core import policy
from idproofing import attempts, quiz, routes
from idproofing.routes import Route, RouteOffer
from safeguards import audit

Data = Mapping[str, Any] | None

LABEL = "Proof of identity"
"""The label of every route's step, so that the steps read the same before and after a route is chosen."""

CodeDelivery = Draft.CodeDelivery
DELIVERIES = [(delivery.value, delivery.label) for delivery in (CodeDelivery.EMAIL, CodeDelivery.SCREEN)]
NO_EMAIL = "To answer questions online, you need an email address that we can send the code to."
NOT_ON_THIS_PAGE = "Choose one of the options on this page."


class RouteForm(forms.Form):
    """How a person wants to prove their identity.

    No page asks here how the code is delivered after the questions: that comes when it is due (delivery.py). A script
    may send `code_delivery` with the route. If it sends nothing else, the route is the questions, or the letter if that
    is its value.
    """

    route = forms.ChoiceField(
        label="How would you like to prove who you are?",
        choices=routes.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how to prove who you are.", "invalid_choice": NOT_ON_THIS_PAGE},
    )
    code_delivery = forms.ChoiceField(
        choices=DELIVERIES,
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": NOT_ON_THIS_PAGE},
    )

    def __init__(self, data: Data = None, *, initial: Mapping[str, Any] | None = None) -> None:
        sent = None if data is None else dict(data.items())
        if sent is not None:
            delivery = sent.get("code_delivery")
            if delivery and not sent.get("route"):
                sent["route"] = Route.LETTER if delivery == CodeDelivery.LETTER else Route.QUESTIONS
            if sent.get("route") != Route.QUESTIONS:
                sent["code_delivery"] = ""
        super().__init__(sent, initial={"route": Route.QUESTIONS, **(initial or {})})

    def clean(self) -> dict:
        self.cleaned_data["code_delivery"] = delivery_on(
            self.cleaned_data.get("route", ""), self.cleaned_data.get("code_delivery", "")
        )
        return self.cleaned_data


def delivery_on(route: str, chosen: str) -> str:
    """Return how the code is delivered on this route. `chosen` applies only to the questions. "" is not chosen yet."""
    if route == Route.LETTER:
        return CodeDelivery.LETTER
    if route != Route.QUESTIONS:
        return CodeDelivery.EMAIL
    return chosen if chosen in dict(DELIVERIES) else ""


def route_for_audit(draft: Draft) -> str:
    """Return the name of the route for events.

    A person who already has a code began on another day, and is not counted twice.
    """
    return "with-code" if draft.has_code else draft.route


def start_context(level: policy.Level) -> dict:
    """Return what the page says next to each choice, for an account of this level."""
    return {"routes": routes.descriptions(level)}


class ChooseRouteForm(forms.Form):
    """Another route, chosen with one of the buttons."""

    route = forms.ChoiceField(
        choices=routes.choices, error_messages={"required": NOT_ON_THIS_PAGE, "invalid_choice": NOT_ON_THIS_PAGE}
    )


@dataclass(frozen=True)
class Standing:
    """What a person may do next: the routes that can be taken, and when the questions can be tried again if not now.

    `closed` says why no wait helps (idproofing.attempts.Closure).
    """

    offers: list[RouteOffer]
    until: datetime | None
    closed: str


def standing(draft: Draft, now: datetime | None = None) -> Standing:
    """Return the routes that can be taken from here.

    The questions are not among them if none can be asked now or their code could not be emailed, and neither is the
    present route.
    """
    now = now or timezone.now()
    stands = attempts.standing(draft.dod_id, now)
    may_ask = stands.left and draft.blocked != Draft.Blocked.THIN_FILE and draft.email
    without = set() if may_ask else {Route.QUESTIONS.value}
    if draft.route != Route.QUESTIONS:
        without.add(draft.route)
    offers = [offer for offer in routes.offers(policy.Level(draft.level)) if offer.route.value not in without]
    return Standing(offers, stands.until, stands.closed)


def other_offers() -> list[RouteOffer]:
    """Return the routes offered next to the questions."""
    return [offer for offer in routes.OFFERS.values() if offer.route != Route.QUESTIONS]


def route_context(request: HttpRequest, draft: Draft) -> dict:
    now = standing(draft)
    return {"offers": now.offers, "until": now.until, "closed": now.closed}


def choose_route(request: HttpRequest, draft: Draft, form: forms.Form, _: None) -> Refused | None:
    """Change to another route. This uses up no attempt, and what was typed stays. Questions under way are abandoned."""
    by = actor(request)
    if form.cleaned_data["route"] == Route.QUESTIONS and not draft.email:
        return Refused(NO_EMAIL)
    if draft.quiz:
        quiz.abandon(draft.quiz.pk, by=by)
    was, chosen = draft.route, draft.code_delivery if draft.route == Route.QUESTIONS else ""
    draft.quiz, draft.blocked, draft.route = None, "", form.cleaned_data["route"]
    draft.code_delivery, draft.has_code = delivery_on(draft.route, chosen), False
    audit.record("proofing.route-chosen", by=by, dod_id=draft.dod_id, level=draft.level, route=draft.route, was=was)
    return None


CHOOSE_ROUTE = Step(
    name="way",
    label="",
    template="accounts/choose_route.html",
    form=lambda data, draft: ChooseRouteForm(data),
    save=choose_route,
    ready=lambda draft: bool(draft.dod_id) and not (draft.quiz_passed_at or draft.code_redeemed_at),
    done=lambda draft: not draft.blocked,
    again=True,
    context=route_context,
)
