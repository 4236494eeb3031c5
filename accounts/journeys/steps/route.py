"""The proofing route: chosen at the start of a journey, changed in a step whose name in addresses is `way`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys.wizard import Refused, Step, actor
from accounts.models import Draft
from idproofing import quiz, routes
from idproofing.models import Proofing
from idproofing.routes import Route, RouteOffer
from safeguards import audit

Data = Mapping[str, Any] | None

LABEL = "Proof of identity"
"""What the step of every route is called, so that the steps read the same before a route is chosen and after."""

DELIVERIES = [("email", "By email"), ("screen", "On the screen")]
DELIVERY_NOTES = {
    "email": "It comes within a few minutes.",
    "screen": "You see it at once. Have pen and paper at hand if you want to use it later.",
}
NOT_ON_THIS_PAGE = "Choose one of the ways on this page."


class RouteForm(forms.Form):
    """How a person wants to prove who they are, and how the code comes after the questions.

    Whoever sends only `code_delivery` means the questions, or the letter if that is what it says.
    """

    route = forms.ChoiceField(
        label="How would you like to prove who you are?",
        choices=routes.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_ON_THIS_PAGE},
    )
    code_delivery = forms.ChoiceField(
        label="After the questions, how would you like to get your activation code?",
        choices=DELIVERIES,
        help_text="You enter this code next, to show that it is still you.",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how to get your activation code.",
            "invalid_choice": NOT_ON_THIS_PAGE,
        },
    )

    def __init__(self, data: Data = None, *, initial: Mapping[str, Any] | None = None) -> None:
        sent = None if data is None else dict(data.items())
        if sent is not None:
            by_letter = sent.get("code_delivery") == Route.LETTER
            sent["route"] = sent.get("route") or (Route.LETTER if by_letter else Route.QUESTIONS)
            if sent["route"] != Route.QUESTIONS:
                sent["code_delivery"] = "email"
        super().__init__(sent, initial={"route": Route.QUESTIONS, "code_delivery": "email", **(initial or {})})

    def clean(self) -> dict:
        self.cleaned_data["code_delivery"] = delivery_on(
            self.cleaned_data.get("route", ""), self.cleaned_data.get("code_delivery", "")
        )
        return self.cleaned_data


def delivery_on(route: str, chosen: str) -> str:
    """How the code reaches whoever takes this route. `chosen` holds for the questions only."""
    if route == Route.LETTER:
        return "letter"
    return chosen if route == Route.QUESTIONS and chosen in dict(DELIVERIES) else "email"


def route_for_audit(draft: Draft) -> str:
    """The route as events name it. Whoever has a code already set out on another day, and is not counted twice."""
    return "with-code" if draft.code_delivery == "have" else draft.route


def start_context() -> dict:
    """What the first page says beside each choice."""
    return {"routes": routes.descriptions(), "deliveries": DELIVERY_NOTES}


class ChooseRouteForm(forms.Form):
    """Another route, by one of the buttons."""

    route = forms.ChoiceField(
        choices=routes.choices, error_messages={"required": NOT_ON_THIS_PAGE, "invalid_choice": NOT_ON_THIS_PAGE}
    )


@dataclass(frozen=True)
class Standing:
    """What a person may do next: the routes that lead on, and when the questions may be tried again, if not now."""

    offers: list[RouteOffer]
    until: datetime | None


def standing(draft: Draft, now: datetime | None = None) -> Standing:
    """The routes that lead on from here: not the questions where none can be asked now, nor the visit under way."""
    now = now or timezone.now()
    proofing = Proofing.objects.filter(dod_id=draft.dod_id, level=draft.level).first()
    until = proofing.attempts_forgotten_at if proofing and not proofing.attempts_left(now) else None
    closed = {Route.QUESTIONS.value} if until or draft.blocked == "thin-file" else set()
    if draft.route != Route.QUESTIONS:
        closed.add(draft.route)
    return Standing([offer for offer in routes.OFFERS.values() if offer.route.value not in closed], until)


def other_offers() -> list[RouteOffer]:
    """What stands beside the questions."""
    return [offer for offer in routes.OFFERS.values() if offer.route != Route.QUESTIONS]


def route_context(request: HttpRequest, draft: Draft) -> dict:
    now = standing(draft)
    return {"offers": now.offers, "until": now.until}


def choose_route(request: HttpRequest, draft: Draft, form: forms.Form, _: None) -> Refused | None:
    """Go on by another route. No attempt is used, and what was typed stays; questions under way are left."""
    by = actor(request)
    if draft.quiz:
        quiz.abandon(draft.quiz.pk, by=by)
    was = draft.route
    draft.quiz, draft.blocked, draft.route = None, "", form.cleaned_data["route"]
    draft.code_delivery = delivery_on(draft.route, draft.code_delivery)
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
