"""What the pages of medications show and do. Every query starts from the patient whose record it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core import policy
from portal.family.patients import Who, address_of
from portal.medications import asking
from portal.medications.gates import REFILL_AHEAD, No, Yes, judge
from portal.medications.models import Request
from portal.medications.states import State, TransitionRefused, change_state
from portal.record import queries
from portal.record.models import Dispense, Prescription
from portal.requests import find_request, list_requests, list_steps
from safeguards.standby import may_be_read_from_standby

Context = dict[str, Any]
PAGE_SIZE = 10
# More than anybody takes at once, and few enough for one page.
CURRENT = 50


@dataclass(frozen=True)
class Possible:
    """What can be asked for on one prescription now: the answers for a refill and for a renewal."""

    refill: Yes | No
    renewal: Yes | No

    @property
    def can_refill(self) -> bool:
        return isinstance(self.refill, Yes)

    @property
    def can_renew(self) -> bool:
        return isinstance(self.renewal, Yes)

    @property
    def request(self) -> Request | None:
        """Return the request that is open on it."""
        return self.refill.request if isinstance(self.refill, No) else None


@may_be_read_from_standby
def medications(account: Who, query: QueryDict) -> Context:
    """Return the present prescriptions with what can be asked for, and a page of past ones, newest first."""
    today = timezone.localdate()
    mine = queries.of(Prescription, account.dod_id).select_related("resource")
    listing = queries.list_page(mine.filter(is_current=False), query.get("before", ""), PAGE_SIZE)
    now = queries.list_page(mine.filter(is_current=True), query.get("now", ""), CURRENT)
    active = now.rows if listing.is_first else []
    asked = asking.open_requests(account.dod_id, [row.resource_id for row in [*active, *listing.rows]])
    taken = asking.taken_by(account.dod_id)
    for row in (*active, *listing.rows):
        row.possible = possible(row, today, asked.get(row.resource_id), taken)  # type: ignore[attr-defined]
    return {
        "active": active,
        "more_active": now.older,
        "listing": listing,
        "soon": soon_out(active, today),
        "today": today,
        "any_refill": any(row.possible.can_refill for row in active),  # type: ignore[attr-defined]
        "requests": list(asking.of(account.dod_id).order_by("-made_at")[:1]),
    }


def possible(row: Prescription, today: date, request: Request | None, taken: set[str]) -> Possible:
    """Return what can be asked for on a prescription."""
    refill, renewal = (judge(row, kind, today, request, taken) for kind in (Request.Kind.REFILL, Request.Kind.RENEWAL))
    return Possible(refill, renewal)


def soon_out(rows: Sequence[Prescription], today: date) -> set[UUID]:
    """Return the ids of the prescriptions whose supply has ended or ends soon."""
    return {row.resource_id for row in rows if row.supply_ends and row.supply_ends <= today + REFILL_AHEAD}


def ask(account: Who, request: HttpRequest) -> HttpResponse:
    """Ask for the chosen refills or renewals, and lead to the page that says what came of each."""
    kind = request.POST.get("action", "")
    chosen = [item for typed in request.POST.getlist("prescription") if (item := read_id(typed))]
    if kind not in Request.Kind.values or not chosen:
        messages.error(request, "Choose at least one prescription.")
        return redirect(address_of(account, "feature", "medications"))
    items = list(dict.fromkeys(chosen[: policy.REFILLS_AT_ONCE]))
    for item in items:
        asking.ask(account, item, kind)
    chosen_ones = urlencode({"action": kind, "prescription": items}, doseq=True)
    return redirect(f"{address_of(account, 'medications-asked')}?{chosen_ones}")


def read_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def asked(account: Who, query: QueryDict) -> Context:
    """Return what is so now with each prescription that was chosen: its open request, or why there is none."""
    kind = query.get("action", "")
    items = [item for typed in query.getlist("prescription")[: policy.REFILLS_AT_ONCE] if (item := read_id(typed))]
    if kind not in Request.Kind.values:
        raise Http404
    rows = queries.of(Prescription, account.dod_id).select_related("resource").filter(resource_id__in=items)
    open_ones, today = asking.open_requests(account.dod_id, items), timezone.localdate()
    taken = asking.taken_by(account.dod_id)
    outcomes = [
        (row, judge(row, kind, today, open_ones.get(row.resource_id), taken)) for row in rows.order_by("display")
    ]
    return {
        "outcomes": outcomes,
        "kind": kind,
        "gone": len(items) - len(outcomes),
        "item_title": "What you asked for",
    }


@may_be_read_from_standby
def medication(account: Who, item: str) -> Context:
    """Return one prescription with what can be asked for, and what was handed over on it, newest first."""
    row = queries.one(Prescription, account.dod_id, item)
    fills = fills_of(account, row, "")
    request = asking.open_request(account.dod_id, row.resource_id)
    now = possible(row, timezone.localdate(), request, asking.taken_by(account.dod_id))
    return {
        "medication": row,
        "possible": now,
        "fills": fills.rows,
        "more_fills": fills.older,
        "item_title": row.display,
    }


def fills_of(account: Who, row: Prescription, before: str) -> queries.Listing:
    """Return a page of what was handed over on a prescription, newest first."""
    return queries.list_page(queries.of(Dispense, account.dod_id).filter(prescription=row.resource_id), before, CURRENT)


@may_be_read_from_standby
def fills(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return one page of the fills of a prescription. Decades of them do not fit on the page of the prescription."""
    row = queries.one(Prescription, account.dod_id, str(item))
    listing = fills_of(account, row, query.get("before", ""))
    return {"medication": row, "listing": listing, "item_title": f"Fills of {row.display}"}


def requests(account: Who, query: QueryDict) -> Context:
    """Return a page of what was asked for, newest first."""
    listing = list_requests(asking.of(account.dod_id), query.get("before", ""))
    name_requests(account, listing["rows"])
    return {"listing": listing, "item_title": "Refills and renewals you asked for"}


def name_requests(account: Who, rows: list[Request]) -> None:
    """Give each request the name of its medication, if the record has it."""
    items = [row.prescription_id for row in rows]
    mine = queries.of(Prescription, account.dod_id).filter(resource_id__in=items)
    names = dict(mine.values_list("resource_id", "display"))
    for row in rows:
        row.name = names.get(row.prescription_id, "A prescription that is no longer in your record")  # type: ignore[attr-defined]


def request(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return one request with everything that happened to it."""
    row = find_request(asking.of(account.dod_id), item)
    name_requests(account, [row])
    prescription = queries.of(Prescription, account.dod_id).filter(resource_id=row.prescription_id).first()
    return {
        "asked": row,
        "steps": list_steps(row),
        "medication": prescription,
        "can_withdraw": row.state in (State.SUBMITTED, State.RECEIVED),
        "item_title": f"{row.get_kind_display()}: {row.name}",  # type: ignore[attr-defined]
    }


def withdraw(account: Who, http: HttpRequest, item: UUID) -> HttpResponse:
    """Take a request back, unless it is being filled by now."""
    row = find_request(asking.of(account.dod_id), item)
    try:
        change_state(row, State.WITHDRAWN, by=account)
    except TransitionRefused:
        messages.error(http, "This can no longer be withdrawn. Call the pharmacy if you do not want it any more.")
    return redirect(address_of(account, "medications-request", row.pk))
