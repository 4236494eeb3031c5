"""The step of a visit: a slip with a reference to bring along, and how to continue once the code has come."""

from typing import Any

import segno
from django import forms
from django.http import HttpRequest

from accounts.journeys.steps import route
from accounts.journeys.wizard import Refused, Step, actor
from accounts.mail import notices
from accounts.mail.words import greet
from accounts.models import Draft
from core import policy
from core.words import try_again_in
from idproofing import visits
from idproofing.routes import Route
from safeguards import client, limits

SUPERVISOR = (
    "A supervisor is looking at a visit in your name. We will write to you when that is done. Please do not come yet."
)


def wants_slip(request: HttpRequest, draft: Draft) -> bool:
    """Return whether a slip is requested and there is none. A second click on the button makes no second slip."""
    return request.POST.get("action") == "slip" and not (draft.visit and visits.is_attended(draft.visit))


def count_slip(request: HttpRequest, draft: Draft, form: forms.Form) -> bool | Refused:
    """Count a request for a slip. Refuse it if too many were made for this person from this network address.

    Somebody else, who asks from another one, cannot use up the slips of the person.
    """
    here = f"{limits.household(client.address(request))} {draft.dod_id}"
    wait = limits.hit(policy.VISITS, here) if wants_slip(request, draft) else None
    return Refused(f"You have made several slips. {try_again_in(wait)}") if wait else True


def make_slip(request: HttpRequest, draft: Draft, form: forms.Form, counted: bool) -> Refused | None:
    """Make the slip and email its reference, or continue to the activation code, as the button says."""
    if request.POST.get("action") == "have-code":
        draft.has_code = True
        return None
    if not wants_slip(request, draft):
        return None
    level, by = policy.Level(draft.level), actor(request)
    outcome = visits.book(draft.dod_id, level, Route(draft.route), draft.email, by=by, begun_at=draft.created_at)
    if isinstance(outcome, visits.Held):
        return Refused(SUPERVISOR)
    draft.visit = outcome.visit
    reference = outcome.visit.reference or ""
    notices.send("visit-booked", to=draft.email, first_name=greet(draft), reference=reference, route=draft.route)
    return None


def context(request: HttpRequest, draft: Draft) -> dict:
    """Return the slip in its present state, and what to bring along."""
    visit, level = draft.visit, policy.Level(draft.level)
    known: dict[str, Any] = {
        "visit": visit,
        "level": level,
        "by_video": draft.route == Route.AGENT,
        "takes_two": level in policy.VISIT_TWICE_AT,
        **documents_to_bring(level),
    }
    if visit and visits.is_attended(visit):
        qr = segno.make(visit.reference or "", error="m")
        known |= {"is_open": True, "qr": qr.svg_data_uri(scale=4, border=2, dark="#1b1b1b", light="#fff")}
    return known


def documents_to_bring(level: policy.Level) -> dict:
    """Return the documents of which one is required at this level, and those that are accepted in addition."""
    first = [d for d in policy.DOCUMENTS.values() if d.photo and d.evidence >= policy.VISIT_EVIDENCE[level]]
    return {"first": first, "second": [d for d in policy.DOCUMENTS.values() if d not in first]}


VISIT = Step(
    name="visit",
    label=route.LABEL,
    template="accounts/visit.html",
    form=lambda data, draft: forms.Form(data),
    ask=count_slip,
    save=make_slip,
    ready=lambda draft: bool(draft.dod_id) and not (draft.blocked or draft.code_redeemed_at),
    done=lambda draft: draft.has_code,
    again=True,
    applies=lambda draft: draft.route in visits.ROUTES,
    context=context,
)
