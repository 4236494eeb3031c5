"""What the pages of family access show and do. Every query starts from the account that asks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from accounts.models import Account
from core import policy
from core.words import try_again_in
from deers import lookup
from portal.family import offering, sharing
from portal.family.access import ACTS, OPEN, TITLES, child_address, comes_of_age
from portal.family.forms import OfferCodeForm, OfferForm, ShareForm
from portal.family.models import Delegation, Share
from portal.family.states import State
from portal.family.surrogate_pages import list_surrogacies
from safeguards import client, limits

Context = dict[str, Any]
# More than anybody has at one time; what is over falls off the end.
NEWEST = 20
# An id that is one of a person's own, and a sentence about it that says nothing of anybody else.
NO_SUCH_CODE = "No open offer has this code. Check it with the person who gave it to you."


def family(account: Account, query: QueryDict) -> Context:
    """Return the family in DEERS, the children whose records open, and what was given to whom."""
    coverage = lookup.coverage(account.dod_id or "")
    minors = lookup.minors(account.dod_id or "")
    rows, today = list(offering.of(account)[:NEWEST]), timezone.localdate()
    for row in rows:
        row.now = now_of(row)  # type: ignore[attr-defined]
        row.opens = row.is_open(today)  # type: ignore[attr-defined]
    return {
        "coverage": coverage,
        "children": [(one, child_address(account, one.dod_id), comes_of_age(one)) for one in minors or ()],
        "no_answer": minors is None,
        "given": [row for row in rows if row.owner_id == account.pk],
        "held": [row for row in rows if row.delegate_id == account.pk],
        **list_surrogacies(account),
    }


def now_of(row: Delegation) -> str:
    """Return how it stands with a delegation now. What is over by its date is over, whatever is written down."""
    if row.state == State.ACCEPTED and timezone.localdate() > row.ends:
        return State.ENDED.label
    if row.state == State.OFFERED and timezone.now() >= row.code_ends_at:
        return "The code was not used in time"
    return row.get_state_display()


def offer(account: Account, query: QueryDict) -> Context:
    """Return the form that gives access to another person."""
    return offering_with(OfferForm())


def offering_with(form: OfferForm) -> Context:
    return {"form": form, "last": timezone.localdate() + policy.DELEGATION_LONGEST, "item_title": "Give access"}


def make_offer(account: Account, request: HttpRequest) -> Context | HttpResponse:
    """Make the code of what was chosen, and lead to the page that shows it once."""
    form = OfferForm(request.POST)
    if not form.is_valid():
        return offering_with(form)
    problem = too_often(policy.DELEGATIONS_OFFERED, account)
    if problem:
        form.add_error(None, problem)
        return offering_with(form)
    chosen = form.cleaned_data
    return redirect("family-access", offering.offer(account, chosen["sees"], chosen["acts"], chosen["ends"]).pk)


def too_often(limit: policy.Limit, account: Account) -> str:
    """Count one more code. Return "", or the sentence that says why it has to wait."""
    try:
        wait = limits.hit(limit, str(account.pk), account_id=account.pk)
    except limits.CountersUnavailable as failure:
        return str(failure)
    return f"You made many codes today. {try_again_in(wait)}" if wait else ""


def find(account: Account, item: UUID) -> Delegation:
    """Return a delegation that the account gave or holds. Raise Http404 for anyone else's."""
    row = offering.of(account).filter(pk=item).first()
    if row is None:
        raise Http404
    return row


def access(account: Account, query: QueryDict, item: UUID) -> Context:
    """Return one delegation: what it opens, to whom, until when, and its code the first time."""
    row = find(account, item)
    is_owner = row.owner_id == account.pk
    return {
        "row": row,
        "is_owner": is_owner,
        "other": row.delegate if is_owner else row.owner,
        "now": now_of(row),
        "opens": row.is_open(timezone.localdate()),
        "can_stop": row.state in (State.OFFERED, State.ACCEPTED) and row.ends >= timezone.localdate(),
        "code": offering.show_code_once(row) if is_owner and row.state == State.OFFERED else "",
        "parts": parts_of(row),
        "item_title": "Access to your record" if is_owner else "Access that was given to you",
    }


def parts_of(row: Delegation) -> list[tuple[str, bool]]:
    """Return the titles of what a delegation opens, each with whether one may act there."""
    return [(TITLES[slug], slug in row.acts and slug in ACTS) for slug in OPEN if slug in row.sees]


def stop(account: Account, request: HttpRequest, item: UUID) -> HttpResponse:
    """Stop an access at once, from either side."""
    row = find(account, item)
    if offering.stop(account, row):
        messages.success(request, "This access is stopped. It opens nothing any more.")
    return redirect("family-access", row.pk)


def code(account: Account, query: QueryDict) -> Context:
    """Return the form for a code."""
    return {"form": OfferCodeForm(), "item_title": "Use a code"}


def use_code(account: Account, request: HttpRequest) -> Context | HttpResponse:
    """Show what a code offers, or accept or decline it. The code is sent each time, so that no address holds it."""
    form = OfferCodeForm(request.POST)
    context: Context = {"form": form, "item_title": "Use a code"}
    if not form.is_valid():
        return context
    found = look_up(account, request, form.cleaned_data["code"])
    if isinstance(found, str):
        form.add_error("code", found)
        return context
    chosen = request.POST.get("answer", "")
    if chosen not in ("accept", "decline"):
        return context | {"offered": found, "parts": parts_of(found)}
    if not offering.answer(account, found, accepts=chosen == "accept"):
        form.add_error("code", NO_SUCH_CODE)
        return context
    return redirect("family-access", found.pk)


def look_up(account: Account, request: HttpRequest, typed: str) -> Delegation | str:
    """Return the offer with this code, or the sentence that says why there is none. A wrong try counts."""
    counted = (
        (policy.DELEGATION_CODE_TRIES, str(account.pk)),
        (policy.DELEGATION_CODE_TRIES_PER_ADDRESS, client.address(request)),
    )
    try:
        waits = [wait for limit, key in counted if (wait := limits.hit(limit, key, account_id=account.pk))]
    except limits.CountersUnavailable as failure:
        return str(failure)
    if waits:
        return f"There were too many tries. {try_again_in(max(waits))}"
    found = offering.find_offer(account, typed)
    if found is None:
        return NO_SUCH_CODE
    for limit, key in counted:
        limits.take_back(limit, key)
    return found


def share(account: Account, query: QueryDict) -> Context:
    """Return the form that lets a doctor look, and the last times."""
    return sharing_with(account, ShareForm())


def sharing_with(account: Account, form: ShareForm) -> Context:
    rows, now = list(sharing.of(account)[:NEWEST]), timezone.now()
    return {"form": form, "shares": [(row, stage_of(row, now)) for row in rows], "item_title": "Show it to a doctor"}


def stage_of(row: Share, now: datetime) -> str:
    """Return how it stands with a share."""
    if row.stopped_at:
        return "Stopped"
    if now >= row.ends_at:
        return "Was looked at, and is over" if row.opened_at else "Was not used, and is over"
    return "Is being looked at" if row.opened_at else "Nobody has used the code yet"


def make_share(account: Account, request: HttpRequest) -> Context | HttpResponse:
    """Make a code for what was chosen, and lead to the page that shows it once."""
    form = ShareForm(request.POST)
    if not form.is_valid():
        return sharing_with(account, form)
    person = lookup.person(account.dod_id or "")
    problem = too_often(policy.SHARES_MADE, account) if person else "DEERS does not answer right now. Try again soon."
    if problem or person is None:
        form.add_error(None, problem)
        return sharing_with(account, form)
    return redirect("family-shared", sharing.make(account, form.cleaned_data["sees"], person.date_of_birth).pk)


def find_share(account: Account, item: UUID) -> Share:
    """Return a share that the account made. Raise Http404 for anyone else's."""
    row = sharing.of(account).select_related("owner").filter(pk=item).first()
    if row is None:
        raise Http404
    return row


def shared(account: Account, query: QueryDict, item: UUID) -> Context:
    """Return one share: what it opens, until when, what was looked at, and its code the first time."""
    row, now = find_share(account, item), timezone.now()
    return {
        "row": row,
        "now": stage_of(row, now),
        "is_live": row.is_live(now),
        "code": sharing.show_code_once(row) if row.is_live(now) else "",
        "parts": [(title, slug in row.viewed) for slug, title in TITLES.items() if slug in row.sees],
        "item_title": "A look for a doctor",
    }


def stop_share(account: Account, request: HttpRequest, item: UUID) -> HttpResponse:
    """Stop a share at once."""
    sharing.stop(find_share(account, item))
    return redirect("family-shared", item)
