"""The step that asks how the activation code is delivered, after the questions and before the code is made.

A script may have chosen on the first page already (route.RouteForm). Then nobody is asked.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.journeys.steps import route
from accounts.journeys.steps.code import send_code
from accounts.journeys.wizard import Refused, Step, actor
from accounts.models import Draft
from core.masks import mask_email
from idproofing.routes import Route

Data = Mapping[str, Any] | None


class DeliveryForm(forms.Form):
    """By email, to the address typed with the details, or on the screen."""

    code_delivery = forms.ChoiceField(
        label="How would you like to get your activation code?",
        choices=route.DELIVERIES,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how to get your activation code.",
            "invalid_choice": route.NOT_ON_THIS_PAGE,
        },
    )


def delivery_notes(draft: Draft) -> dict[str, str]:
    """Return what the page says under each choice. The address is masked: others may look at the screen."""
    return {
        Draft.CodeDelivery.EMAIL: f"We send it to {mask_email(draft.email)}. It comes within a few minutes.",
        Draft.CodeDelivery.SCREEN: "You see it right away. Have pen and paper ready if you want to use it later.",
    }


def choose_delivery(request: HttpRequest, draft: Draft, form: forms.Form, _: None) -> Refused | None:
    """Make the code and deliver it as chosen."""
    draft.code_delivery = form.cleaned_data["code_delivery"]
    send_code(draft, actor(request), first=True)
    return None


DELIVERY = Step(
    name="delivery",
    label="",
    template="accounts/delivery.html",
    form=lambda data, draft: DeliveryForm(data, initial={"code_delivery": Draft.CodeDelivery.EMAIL}),
    save=choose_delivery,
    ready=lambda draft: bool(draft.quiz_passed_at) and not draft.blocked,
    done=lambda draft: bool(draft.code_delivery),
    applies=lambda draft: draft.route == Route.QUESTIONS and not draft.has_code,
    context=lambda request, draft: {"deliveries": delivery_notes(draft)},
)
