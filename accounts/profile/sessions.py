"""Where the account is signed in, and ending sessions."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.models import Account, Session
from safeguards import audit, client


def running_sessions(account: Account, now: datetime | None = None) -> QuerySet[Session]:
    """Return the sessions in which the account is signed in now, the most recently used first."""
    return account.sessions.filter(expire_date__gt=now or timezone.now()).order_by("-seen_at", "pk")


@never_cache
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions. A POST ends the one named by `session`, or all but this one for "others"."""
    account: Account = request.user  # type: ignore[assignment]
    here = request.session.row_key(request.session.session_key)  # type: ignore[attr-defined]
    if request.method == "POST":
        others, named = account.sessions.exclude(pk=here), request.POST.get("session", "")
        if named == "others":
            end_sessions(account, others)
        elif named.isalnum():
            end_sessions(account, others.filter(pk=named))
        return redirect("account-sessions")
    context = {
        "sessions": running_sessions(account),
        "this_one": here,
        "address": client.address(request),
        "here": "sessions",
    }
    return render(request, "accounts/sessions.html", context)


def end_sessions(account: Account, some: QuerySet[Session]) -> None:
    """End these sessions of the account at once. Their next request is anonymous."""
    with transaction.atomic():
        ended, _ = some.delete()
        if ended:
            audit.record("session.ended", by=account, sessions=ended)
