"""The pages of calls: when the phone is answered, calls back, and the support PIN."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from accounts.sign_in import unsaved_forms
from core import center, zones
from core.phones import plain_phone
from core.words import try_again_in
from safeguards import client
from safeguards.limits import CountersUnavailable
from support import call_backs, pins
from support.call_back_states import LIVE
from support.calling_forms import CallBackForm
from support.models import CallBack

PAGE = "support/call_back.html"


@dataclass(frozen=True)
class Line:
    """A region's phone, as somebody in a time zone reads it: its hours there, and whether it is answered now."""

    region: center.Region
    is_open: bool
    says: str


def lines_for(request: HttpRequest, now: datetime | None = None) -> list[Line]:
    """Return the phones of all regions, that of the reader first."""
    now, zone = now or timezone.now(), zones.zone_of(request)
    mine = center.region_of(zone)
    regions = sorted(center.REGIONS.values(), key=lambda region: region != mine)
    return [line_of(region, zone, now) for region in regions]


def line_of(region: center.Region, zone: str, now: datetime) -> Line:
    """Return a region's phone with the sentence of when it opens or closes next, by the clock of `zone`."""
    opened = region.is_open(now)
    at = (region.closes_at(now) if opened else region.opens_at(now)).astimezone(ZoneInfo(zone))
    clock = f"{zones.show_clock(at)} {zones.show_zone(zone)}"
    if opened:
        return Line(region, True, f"Open now, until {clock}")
    today = at.date() == now.astimezone(at.tzinfo).date()
    day = "today" if today else f"{at:%A}, {at:%B} {at.day},"
    return Line(region, False, f"Closed now. Opens {day} at {clock}".replace(", at", " at"))


def known(request: HttpRequest) -> dict[str, str]:
    """Return what the form does not have to ask a person who is signed in."""
    user = request.user
    return {"name": user.get_full_name(), "number": user.phone} if isinstance(user, Account) else {}


def holder(request: HttpRequest) -> Account | None:
    """Return who is signed in and is no member of staff, or None."""
    return request.user if isinstance(request.user, Account) and not request.user.is_staff else None


@unsaved_forms.keeps_unsaved_form
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_back(request: HttpRequest) -> HttpResponse:
    """Offer the times that are free, and keep a wish to be called. `?region=` chooses whose hours they are."""
    by, zone, now = holder(request), zones.zone_of(request), timezone.now()
    region = center.REGIONS.get(request.GET.get("region", ""), center.region_of(zone))
    slots = call_backs.free_slots(region, by, now)
    shown = {"region": region, "regions": center.REGIONS.values(), "zone": zones.show_zone(zone), "slots": slots}
    if request.method != "POST":
        initial = known(request) | unsaved_forms.take(request)
        return render(request, PAGE, shown | {"form": CallBackForm(slots=slots, zone=zone, initial=initial)})
    if before := sent_before(request):
        return redirect("call-back-asked", before.pk)
    form = CallBackForm(request.POST, slots=slots, zone=zone)
    shown["form"] = form
    if not form.is_valid():
        return render(request, PAGE, shown)
    try:
        wait = call_backs.too_many(by, client.address(request))
    except CountersUnavailable as failure:
        form.add_error(None, str(failure))
        return render(request, PAGE, shown, status=503)
    if wait:
        return render(request, PAGE, shown | {"try_again": try_again_in(wait)}, status=429)
    typed = form.cleaned_data
    form_id, starts_at = typed.pop("form_id") or uuid.uuid4(), typed.pop("slot")
    row = call_backs.ask(form_id, region=region, starts_at=starts_at, zone=zone, by=by, now=now, **typed)
    if not isinstance(row, CallBack):
        form.add_error("slot", "This time is no longer free. Select another one.")
        return render(request, PAGE, shown)
    unsaved_forms.forget(request)
    return redirect("call-back-asked", row.pk)


def sent_before(request: HttpRequest) -> CallBack | None:
    """Return what this very form asked for already: a double click finds its time taken, by itself."""
    try:
        form_id = uuid.UUID(request.POST.get("form_id", ""))
        starts_at = datetime.fromisoformat(request.POST.get("slot", ""))
    except ValueError:
        return None
    row = CallBack.objects.filter(pk=form_id).first()
    if row is None or row.starts_at != starts_at:
        return None
    typed = (request.POST.get("name", "").strip(), plain_phone(request.POST.get("number", "")))
    same = (row.name, row.number) == typed and row.topic == request.POST.get("topic")
    return row if same else None


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_back_asked(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show when we call, without name and number, and cancel it on POST. The address is the link for that."""
    row = get_object_or_404(CallBack, pk=pk)
    if request.method == "POST":
        call_backs.cancel(row, by=holder(request) or "visitor")
        return redirect("call-back-asked", pk)
    when = call_backs.show_time(row.starts_at, row.zone)
    return render(request, "support/call_back_asked.html", {"row": row, "when": when, "live": row.state in LIVE})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def support_pin(request: HttpRequest) -> HttpResponse:
    """Show what a support PIN is, and make one on POST. It stands only in that answer: reloading makes another one."""
    account = holder(request)
    shown: dict[str, object] = {"lines": lines_for(request)[:1], "refused": account is None, "live": None}
    if account is None:
        return render(request, "support/pin.html", shown, status=403)
    if request.method != "POST":
        return render(request, "support/pin.html", shown | {"live": pins.live_until(account)})
    try:
        made = pins.make_pin(account)
    except CountersUnavailable as failure:
        return render(request, "support/pin.html", shown | {"failure": str(failure)}, status=503)
    if isinstance(made, pins.TryLater):
        return render(request, "support/pin.html", shown | {"failure": try_again_in(made.wait)}, status=429)
    until = made.until.astimezone(ZoneInfo(zones.zone_of(request)))
    says = f"{zones.show_clock(until)} {zones.show_zone(zones.zone_of(request))}"
    return render(request, "support/pin.html", shown | {"digits": made.digits, "until": says})
