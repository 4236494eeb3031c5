"""The pages for a doctor who was given a code: the form, and the chosen parts of the record, only to read."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core import policy
from core.words import try_again_in
from portal.family import sharing
from portal.family.forms import OpenShareForm
from portal.features import BY_SLUG, FEATURES
from portal.views import menu_of
from portal.zones import own_zone
from safeguards import client, limits, standby

WRONG = "This code and date of birth open nothing. Check both with your patient. A code works once, and for an hour."

# In the address of the form when no record is open in the browser, so that the page says why.
OVER = "over"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for the code and the birth date. Whatever is wrong gets the same answer."""
    form = OpenShareForm(request.POST if request.method == "POST" else None)
    if not (request.method == "POST" and form.is_valid()):
        return render(request, "portal/family/enter.html", {"form": form, "is_over": OVER in request.GET})
    code, born, token = form.cleaned_data["code"], form.cleaned_data["born"], sharing.new_token()
    problem, status = refusal(request, code)
    row = None if problem else sharing.open_share(code, born, token)
    if row is None:
        form.add_error(None, problem or WRONG)
        return render(request, "portal/family/enter.html", {"form": form}, status=status)
    for limit, key in tries_of(request, code):  # a hospital has one address, and many doctors
        limits.take_back(limit, key)
    response = redirect("shared-portal")
    sharing.remember(response, token, row)
    return response


def refusal(request: HttpRequest, code: str) -> tuple[str, int]:
    """Count one try. Return why it has to wait, or "", with the status of a page that says so."""
    try:
        waits = [wait for limit, key in tries_of(request, code) if (wait := limits.hit(limit, key))]
    except limits.CountersUnavailable as failure:
        return str(failure), 503
    return (f"There were too many tries. {try_again_in(max(waits))}", 429) if waits else ("", 200)


def tries_of(request: HttpRequest, code: str) -> tuple[tuple[policy.Limit, str], ...]:
    """Return the limits that a try counts against, each with its key."""
    return (
        (policy.SHARE_TRIES_PER_ADDRESS, client.address(request)),
        (policy.SHARE_TRIES_PER_CODE, sharing.index_of(code).hex()),
    )


def lead_back() -> HttpResponse:
    """Lead to the form, which says that no record is open."""
    return redirect(f"{reverse('share')}?{OVER}")


@login_not_required
@never_cache
@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """List the parts that are open."""
    row = sharing.find_open(request)
    if row is None:
        return lead_back()
    patient = sharing.patient_of(row)
    features = [one for one in FEATURES if one.slug in patient.sees]
    context = {"open_record": patient, "features": features, "menu": menu_of(patient, "portal")}
    return render(request, "portal/family/record.html", context)


@login_not_required
@never_cache
@require_safe
def feature(request: HttpRequest, slug: str, item: str = "") -> HttpResponseBase:
    """Show one part that is open, or one of its items."""

    def shown(patient: Any) -> Any:
        found = BY_SLUG[slug]
        if item and found.detail:
            return found.detail_template, standby.read(request, found.detail, patient, item)
        return found.template, standby.read(request, found.content, patient, request.GET)

    return gated(request, slug, "item" if item else "", shown)


@login_not_required
@never_cache
@require_safe
def feature_page(request: HttpRequest, slug: str, name: str, **parts: Any) -> HttpResponseBase:
    """Show a further page of a part that is open, or give its file."""

    def shown(patient: Any) -> Any:
        page = next(page for page in BY_SLUG[slug].pages if page.name == name)
        return page.template, standby.read(request, page.content, patient, request.GET, **parts)

    return gated(request, slug, name, shown)


def gated(request: HttpRequest, slug: str, page: str, shown: Callable[[Any], Any]) -> HttpResponseBase:
    """Return what `shown` makes for the patient whose record this browser opened by a code. All else is not found."""
    row = sharing.find_open(request)
    if row is None:
        return lead_back()
    patient = sharing.patient_of(row)
    if slug not in patient.sees or page not in sharing.SHARED[slug]:
        raise Http404
    template, content = shown(patient)
    sharing.note_view(row, slug)
    if isinstance(content, HttpResponseBase):
        return content
    context = {"feature": BY_SLUG[slug], "menu": menu_of(patient, slug), "own_zone": own_zone(request)}
    return render(request, template, {**context, "open_record": patient} | content)
