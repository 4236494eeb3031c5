"""The pages of surrogates: asking to act for a patient, how it stands, and the link with which a patient stops it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from core import policy
from core.words import try_again_in
from idproofing.cases import Typed
from portal.family import surrogates
from portal.family.access import ACTS, OPEN, TITLES, seen_in
from portal.family.forms import SurrogateForm
from portal.family.models import Surrogacy
from portal.family.surrogate_states import State
from safeguards import limits

Context = dict[str, Any]
TITLE = "Act for a patient"
# The states that only the desk tells apart.
WAITS = "Waits for our decision"


def list_surrogacies(account: Account) -> dict[str, list[Surrogacy]]:
    """Return what the account asked for, and who acts or acted for its holder. Each has how it stands now."""
    rows, today = list(surrogates.of(account)[: policy.SURROGATES_SHOWN]), timezone.localdate()
    for row in rows:
        row.now = now_of(row)  # type: ignore[attr-defined]
        row.opens = row.is_open(today)  # type: ignore[attr-defined]
    return {
        "asked": [row for row in rows if row.asker_id == account.pk],
        "surrogates": [row for row in rows if row.asker_id != account.pk],
    }


def list_surrogates(account: Account) -> dict[str, list[Surrogacy]]:
    """Return who may act for the holder of an account today: of any level, so that everybody can stop it."""
    return {"surrogates": [row for row in list_surrogacies(account)["surrogates"] if row.opens]}  # type: ignore[attr-defined]


def now_of(row: Surrogacy) -> str:
    """Return how it stands with a request, in words for both sides."""
    if row.state in Surrogacy.WAITING:
        return WAITS
    over = row.state == State.OPEN and not row.is_open(timezone.localdate())
    return State.ENDED.label if over else row.get_state_display()


def ask(account: Account, query: QueryDict) -> Context:
    """Return the form that asks to act for a patient."""
    return {"form": SurrogateForm(account=account), "item_title": TITLE}


def make_request(account: Account, request: HttpRequest) -> Context | HttpResponse:
    """Open a case, and lead to its page. The answer is the same whether or not there is such a patient."""
    form = SurrogateForm(request.POST, account=account)
    context = {"form": form, "item_title": TITLE}
    if not form.is_valid():
        return context
    try:
        wait = limits.hit(policy.SURROGATES_ASKED, str(account.pk), account_id=account.pk)
    except limits.CountersUnavailable as failure:
        form.add_error(None, str(failure))
        return context
    if wait:
        form.add_error(None, f"You made many requests today. {try_again_in(wait)}")
        return context
    given = form.cleaned_data
    details = ("first_name", "last_name", "ssn", "dod_id")
    typed = Typed(given["date_of_birth"].isoformat(), "", **{name: given[name] for name in details})
    row = surrogates.ask(account, typed, given["ground"], given["showing"])
    if row is None:
        form.add_error(None, "You have asked about this number already. We look at that request first.")
        return context
    return redirect("family-surrogacy", row.access)


def find(account: Account, item: UUID) -> Surrogacy:
    """Return a request of the account, or an access of the holder's surrogate. Raise Http404 for anyone else's."""
    row = surrogates.of(account).filter(access=item).first()
    if row is None:
        raise Http404
    return row


def surrogacy(account: Account, query: QueryDict, item: UUID) -> Context:
    """Return one request: what was asked, how it stands, and what it opens up to when."""
    row = find(account, item)
    is_asker = row.asker_id == account.pk
    return {
        "row": row,
        "now": now_of(row),
        "is_asker": is_asker,
        "waits": row.state in Surrogacy.WAITING,
        "opens": row.is_open(timezone.localdate()),
        "reason": row.get_reason_display() if row.state == State.DECLINED else "",
        "parts": parts_of(row) if row.confirmed_by and row.sees else [],
        "item_title": f"Request {row.number}" if is_asker else "Somebody acts for you",
    }


def parts_of(row: Surrogacy) -> list[tuple[str, bool]]:
    """Return the titles of what an access opens, each with whether one may act there."""
    sees = seen_in(row)
    return [(TITLES[slug], slug in row.acts and slug in ACTS) for slug in OPEN if slug in sees]


def stop(account: Account, request: HttpRequest, item: UUID) -> HttpResponse:
    """Stop an access, or take a request back, at once, from either side."""
    row = find(account, item)
    waited = row.state in Surrogacy.WAITING
    if surrogates.stop(row, by=account):
        said = "The request is taken back." if waited else "This access is stopped. It opens nothing any more."
        messages.success(request, said)
    return redirect("family-surrogacy", item)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def object_to(request: HttpRequest, token: str) -> HttpResponse:
    """Show on GET who acts for the patient that got this link, and stop it on POST. No account is needed."""
    row = surrogates.find_by_token(token)
    if row is None:
        return render(request, "accounts/link_over.html", status=410)
    if request.method == "POST" and surrogates.stop(row, by="visitor"):
        return render(request, "portal/family/surrogate_stopped.html")
    return render(request, "portal/family/surrogate_stop.html", {"row": row, "parts": parts_of(row)})
