"""The portal's pages: one view behind one gate serves every feature."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.sign_in import fresh, unsaved_forms
from core import policy
from core.policy import Level
from portal import dashboard
from portal.family.access import ACT, SEE, Shut, Why, judge_access
from portal.family.coming_of_age import remember_child
from portal.family.patients import Patient, record_event
from portal.features import BY_SLUG, FEATURES, Feature, Page, menu_groups, methods
from portal.zones import own_zone, zone_of
from safeguards import audit, standby

# The session's keys for the parts of the record that were looked at in it, and for the visit before.
VIEWED, VISITED = "viewed", "visited_before"
# A feature's own page, and that of one of its items.
OWN, ITEM = Page("", "", dict), Page("item", "", dict)
# What the page and not the person puts into a form, besides ids.
NOT_TYPED = ("csrfmiddlewaretoken", "do", "action", "version", "keep", "instead", "is_phone", "is_changed")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show the dashboard: what is next, what is new, and links to everything else."""
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    since = last_visit(request, account)
    context = {
        "account": account,
        "menu": menu(account.level or 0, "portal"),
        "dashboard": standby.read(request, dashboard.content, account, since, own_zone(request)),
    }
    note_view(request, account, "portal")
    return render(request, "portal/dashboard.html", context)


def feature(request: HttpRequest, slug: str, item: str = "", access: UUID | None = None) -> HttpResponseBase:
    """Show one feature, or one of its items, to people whose level opens it. Everyone else gets its preview.

    `access` stands for the record of another person (portal/family/access.py).
    """
    found = BY_SLUG.get(slug)
    if found is None or (item and found.detail is None):
        raise Http404
    allowed = methods(found.act if not item else None)
    if request.method not in allowed:
        return HttpResponseNotAllowed(allowed)

    def shown(who: Any) -> tuple[str, dict[str, Any]] | HttpResponseBase:
        template = found.detail_template if item else found.template
        content: dict[str, Any] | HttpResponseBase | None = None
        if item and found.detail:
            content = standby.read(request, found.detail, who, item)
        elif request.method == "POST" and found.act:
            content = found.act(who, request)
        content = content or standby.read(request, found.content, who, request.GET)
        return content if isinstance(content, HttpResponseBase) else (template, content)

    return gated(request, found, shown, ITEM if item else OWN, access=access)


@unsaved_forms.keeps_unsaved_form
def feature_page(
    request: HttpRequest, slug: str, name: str, access: UUID | None = None, **parts: Any
) -> HttpResponseBase:
    """Show a further page of a feature, give its file or do what its form asks, behind the feature's own gate.

    What was typed into its form when the session ended stands there again. No form of the portal holds a secret.
    """
    found = BY_SLUG[slug]
    page = next(page for page in found.pages if page.name == name)
    allowed = methods(page.act, is_noted=page.is_noted)
    if request.method not in allowed:
        return HttpResponseNotAllowed(allowed)
    if page.is_noted and "prefetch" in request.headers.get("Sec-Purpose", ""):
        return HttpResponse(status=503)  # the browser asks again once the person opens the page

    def shown(who: Any) -> tuple[str, dict[str, Any]] | HttpResponseBase:
        if request.method == "POST" and page.act:
            content = page.act(who, request, **parts)
            if page.keeps and isinstance(content, HttpResponse):
                unsaved_forms.forget(request)
        else:
            content = standby.read(request, page.content, who, request.GET, **parts)
            if page.act and isinstance(content, dict) and "form" in content:
                unsaved_forms.restore(request, content["form"])
        return content if isinstance(content, HttpResponseBase) else (page.template, content)

    return gated(request, found, shown, page, access=access)


def gated(
    request: HttpRequest,
    found: Feature,
    shown: Callable[[Any], tuple[str, dict[str, Any]] | HttpResponseBase],
    page: Page,
    *,
    access: UUID | None = None,
) -> HttpResponseBase:
    """Return what `shown` makes for an account whose level opens the feature, or the preview, or the way there.

    Every page of the portal but the dashboard goes through here. A form that was sent to what does not open does
    nothing, and the answer is 403. With `access`, `shown` gets the patient whose record that opens.
    """
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    who: Account | Patient = account
    if access:
        how = ACT if request.method == "POST" else SEE
        judged = judge_access(account, access, found.slug, how, page=page.name)
        if isinstance(judged, Shut):
            return closed_record(request, account, judged.why)
        who = judged.patient
    context: dict[str, Any] = {
        "feature": found,
        "menu": menu(account.level or 0, found.slug),
        "account": account,
        "own_zone": own_zone(request),
    }
    context["can_act"] = not isinstance(who, Patient) or found.slug in who.acts
    if isinstance(who, Patient):
        context |= {"open_record": who, "menu": menu_of(who, found.slug)}
    strength, status = policy.STRENGTH[Level.PREMIUM], 403 if request.method == "POST" else 200
    if not (found.opens_for(account) or page.is_for_all):
        own = found.above_sample(account) if found.above_sample else {}
        context |= {"preview": True, "strength": strength, **found.sample(), **own}
        return render(request, found.template, context, status=status)
    if not (found.opens_for(account, page.level) or page.is_for_all):
        context |= {"strength": strength, "item_title": "Part of Premium"}
        return render(request, "portal/premium.html", context, status=status)
    asks_again = page.asks_again or found.asks_again
    if asks_again and not fresh.proved_within(request, asks_again):
        kept = page.keeps and request.method == "POST" and unsaved_forms.keep_typed(request, request.path)
        return fresh.ask_to_sign_in_again(request, kept=kept)
    content = shown(who)
    if isinstance(who, Patient):
        note_view_for(request, who, found.slug)
    elif found.is_health:
        note_view(request, account, found.slug)
    if isinstance(content, HttpResponseBase):
        return content
    template, more = content
    with timezone.override(zone_of(request) if found.by_own_clock else None):
        return render(request, template, context | more)


@require_safe
def open_record(request: HttpRequest, access: UUID) -> HttpResponse:
    """Show what a person may see of the record of another, and do in it."""
    account = beneficiary(request)
    if account is None:
        return for_beneficiaries(request)
    judged = judge_access(account, access, "")
    if isinstance(judged, Shut):
        return closed_record(request, account, judged.why)
    patient = judged.patient
    context = {
        "account": account,
        "open_record": patient,
        "menu": menu_of(patient, "portal"),
        "features": [one for one in FEATURES if one.slug in patient.sees],
    }
    return render(request, "portal/family/record.html", context)


def closed_record(request: HttpRequest, account: Account, why: Why) -> HttpResponse:
    """Say why the record of another person does not open. What is unknown or not theirs is not found.

    What was typed into a form is shown once more, so that nobody has to type it again. A script that saves a draft gets
    a sentence, and the page that it is on keeps the text.
    """
    if why == Why.UNKNOWN:
        raise Http404
    status = 503 if why == Why.NO_ANSWER else 403
    if request.headers.get("Accept") == "application/json":
        said = "Not saved: this record is not open to you right now. Your text is still on this page. Copy it."
        return JsonResponse({"said": said}, status=status)
    context = {
        "account": account,
        "menu": menu(account.level or 0, "family"),
        "why": why,
        "sent": request.method == "POST",
        "typed": typed_in(request),
        "files": bool(request.FILES),
    }
    return render(request, "portal/family/closed.html", context, status=status)


def typed_in(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a person typed into the form that was sent, each text with the name of its field."""
    some = ((name, text) for name, texts in request.POST.lists() for text in texts if name not in NOT_TYPED)
    return [
        (name.replace("_", " ").capitalize(), text) for name, text in some if text.strip() and not ID.fullmatch(text)
    ]


def last_visit(request: HttpRequest, account: Account) -> datetime | None:
    """Return when this person first looked at the dashboard in an earlier session, or None if they never did.

    It is the first look and not the last, so that what came while they were there counts as new once more. The session
    remembers it.
    """
    if VISITED not in request.session:
        seen = audit.for_account(account.pk).filter(event="portal.record-viewed", details={"feature": "portal"})
        at = seen.values_list("at", flat=True).first()
        request.session[VISITED] = at.isoformat() if at else ""
    said = request.session[VISITED]
    return datetime.fromisoformat(said) if said else None


def note_view(request: HttpRequest, account: Account, slug: str) -> None:
    """Leave an event that this part of the record was looked at, once in a session."""
    seen = request.session.get(VIEWED, [])
    if slug not in seen:
        with transaction.atomic():
            audit.record("portal.record-viewed", by=account, feature=slug)
        request.session[VIEWED] = [*seen, slug]


def note_view_for(request: HttpRequest, patient: Patient, slug: str) -> None:
    """Leave an event that this part of another person's record was looked at for them, once in a session."""
    seen, mark = request.session.get(VIEWED, []), f"{patient.id}/{slug}"
    if mark not in seen:
        with transaction.atomic():
            if patient.by_case:
                record_event("surrogate.record-viewed", by=patient, feature=slug)
            else:
                event = "family.child-viewed" if patient.is_child else "family.record-viewed"
                record_event(event, by=patient, feature=slug)
            if patient.is_child:
                remember_child(patient)
        request.session[VIEWED] = [*seen, mark]


def beneficiary(request: HttpRequest) -> Account | None:
    """Return the signed-in account if it belongs to a beneficiary.

    Return None for staff, who have no health record here.
    """
    account = request.user
    return account if isinstance(account, Account) and account.level and account.dod_id else None


def for_beneficiaries(request: HttpRequest) -> HttpResponse:
    """Tell staff that they have no record of their own here, with status 403."""
    return render(request, "portal/not_a_beneficiary.html", status=403)


@cache
def menu(level: int, current: str) -> SafeString:
    """Return the side menu of a level, with one entry marked as current.

    It is the same for everyone, so it is made once.
    """
    context = {"groups": menu_groups(), "level": level, "current": current}
    return render_to_string("portal/menu.html", context)


def menu_of(patient: Patient, current: str) -> str:
    """Return the side menu of another person's record: what of it is open."""
    groups = [(group, [one for one in some if one.slug in patient.sees]) for group, some in menu_groups()]
    shown = [(group, some) for group, some in groups if some]
    return render_to_string(
        "portal/menu.html", {"groups": shown, "level": Level.PREMIUM, "current": current, "open_record": patient}
    )
