"""Who works on what, for supervisors: how much each colleague has taken, since when, and what they did today.

It shows what is needed to share out work: no clock, no past days, and no order of who did more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Account
from accounts.models.account import State as AccountState
from core import policy
from idproofing import reviewing
from idproofing.cases import Moved
from idproofing.models import Case
from safeguards import audit
from service_center.contact import desk
from service_center.contact.forms import ColleagueForm
from service_center.read_only import has_permission
from support.chat.models import Chat
from support.models import CallBack, ContactMessage

PERMISSION = "support.see_load"
Rows = QuerySet[Any, Any]
Taken = tuple[int, datetime | None]


@dataclass(frozen=True)
class Kind:
    """A kind of work that colleagues take: its rows that are taken, and those that were done since a moment.

    `holder` and `doer` are the columns with the colleague, `since` when a row began to wait. `permission` is what a
    colleague needs to get it. `hand_over` gives one row to one; None if only the colleague gives it away, in talk.
    """

    name: str
    title: str
    taken: Callable[[], Rows]
    holder: str
    since: str
    done: Callable[[datetime], Rows]
    doer: str
    permission: str
    hand_over: Callable[[Any, Account, Account], bool] | None = None


@dataclass(frozen=True)
class Share:
    """What one colleague has of one kind."""

    kind: Kind
    open: int
    oldest: datetime | None
    done: int


@dataclass(frozen=True)
class Load:
    """What one colleague has of every kind."""

    staff: Account
    shares: Sequence[Share]

    @property
    def is_any_given(self) -> bool:
        """Return whether the colleague has something that a supervisor can give to another."""
        return any(share.open for share in self.shares if share.kind in GIVEN)


def hand_over_case(case: Case, to: Account, by: Account) -> bool:
    moved = reviewing.hand_over(case.pk, to.pk, holder=case.taken_by or 0, by=by)
    return isinstance(moved, Moved)


def done_reviews(since: datetime) -> Rows:
    """Return the reviews that were decided since a moment. Each counts for the one who proposed or decided it."""
    return Case.objects.filter(changed_at__gte=since, decided_by__isnull=False)


KINDS: tuple[Kind, ...] = (
    Kind(
        name="messages",
        title="Messages to the service center",
        taken=lambda: ContactMessage.objects.filter(state="taken"),
        holder="taken_by",
        since="waits_since",
        done=lambda since: ContactMessage.objects.filter(ended_at__gte=since),
        doer="ended_by",
        permission=desk.CHANGE,
        hand_over=lambda message, to, by: desk.hand_over(message, to, by=by),
    ),
    Kind(
        name="reviews",
        title="Reviews",
        taken=lambda: Case.objects.filter(state=Case.State.TAKEN),
        holder="taken_by",
        since="opened_at",
        done=done_reviews,
        doer="decided_by",
        permission="idproofing.decide_case",
        hand_over=hand_over_case,
    ),
    Kind(
        name="chats",
        title="Chats",
        taken=lambda: Chat.objects.filter(agent__isnull=False, ended_at=None),
        holder="agent",
        since="taken_at",
        done=lambda since: Chat.objects.filter(agent__isnull=False, ended_at__gte=since),
        doer="agent",
        permission="chat.answer_chat",
    ),
    Kind(
        name="calls",
        title="Calls that people asked for",
        taken=lambda: CallBack.objects.filter(state="taken"),
        holder="staff",
        since="starts_at",
        done=lambda since: CallBack.objects.filter(
            state__in=("reached", "missed"), number__isnull=False, changed_at__gte=since
        ),
        doer="staff",
        permission="calls.take_call",
    ),
)
GIVEN = tuple(kind for kind in KINDS if kind.hand_over)


def loads(now: datetime | None = None) -> list[Load]:
    """Return the load of every colleague who may do some of the work, by name."""
    now = now or timezone.now()
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    none: Taken = (0, None)
    having = {kind.name: taken_by_colleague(kind) for kind in KINDS}
    done = {kind.name: dict(counted(kind.done(today), kind.doer)) for kind in KINDS}
    colleagues = {kind.name: set(colleagues_for(kind).values_list("pk", flat=True)) for kind in KINDS}
    keys = set().union(*having.values(), *done.values(), *colleagues.values())
    rows = Account.objects.filter(pk__in=keys, is_staff=True).order_by("last_name", "first_name", "pk")
    return [
        Load(
            staff,
            [
                Share(kind, *having[kind.name].get(staff.pk, none), done=done[kind.name].get(staff.pk, 0))
                for kind in KINDS
                if staff.pk in {*having[kind.name], *done[kind.name], *colleagues[kind.name]}
            ],
        )
        for staff in rows
    ]


def taken_by_colleague(kind: Kind) -> dict[int, Taken]:
    """Return how much each colleague has taken, and since when the oldest waits."""
    rows = kind.taken().order_by().values(kind.holder).annotate(count=Count("pk"), oldest=Min(kind.since))
    return {row[kind.holder]: (row["count"], row["oldest"]) for row in rows if row[kind.holder]}


def counted(rows: Rows, column: str) -> list[tuple[int, int]]:
    return [(row[column], row["count"]) for row in rows.order_by().values(column).annotate(count=Count("pk"))]


def colleagues_for(kind: Kind) -> QuerySet[Account]:
    """Return the active staff whose role does this work, by name."""
    app, _, name = kind.permission.partition(".")
    who = {"groups__permissions__content_type__app_label": app, "groups__permissions__codename": name}
    rows = Account.objects.filter(**who, is_staff=True, state=AccountState.ACTIVE)
    return rows.distinct().order_by("last_name", "first_name", "pk")


def page(request: HttpRequest) -> HttpResponse:
    """Show the load of every colleague, and what nobody has taken."""
    require(request)
    audit.record("support.load-viewed", by=request.user)
    rows = loads()
    return render_page(request, "workload", title="Who works on what", loads=rows)


def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what one colleague has taken, by reference, and give it to another."""
    require(request)
    staff = Account.objects.filter(pk=pk, is_staff=True).first()
    if staff is None:
        raise Http404
    forms_of = {
        kind.name: ColleagueForm(
            request.POST if request.POST.get("kind") == kind.name else None,
            colleagues=colleagues_for(kind).exclude(pk__in=[staff.pk]),
            auto_id=f"{kind.name}-%s",
        )
        for kind in GIVEN
    }
    if request.method == "POST":
        kind = next((kind for kind in GIVEN if kind.name == request.POST.get("kind")), None)
        if kind and forms_of[kind.name].is_valid():
            share_out(request, kind, staff, forms_of[kind.name].chosen())
            return redirect(request.path)
    else:
        audit.record("support.load-viewed", by=request.user, account_id=staff.pk)
    parts = [(kind, held_by(kind, staff), forms_of[kind.name]) for kind in GIVEN]
    context = {"parts": [part for part in parts if part[1]], "forms": list(forms_of.values())}
    return render_page(request, "workload_of_one", title=f"Work of {staff.get_full_name()}", staff=staff, **context)


def held_by(kind: Kind, staff: Account) -> list[Any]:
    """Return the oldest rows that a colleague has taken."""
    return list(kind.taken().filter(**{kind.holder: staff.pk}).order_by(kind.since)[: policy.WAITING_COUNTED])


def share_out(request: HttpRequest, kind: Kind, staff: Account, to: Account) -> None:
    """Give the rows that were chosen to a colleague. What was no longer the first one's stays where it is."""
    chosen = set(request.POST.getlist("row"))
    rows = [row for row in held_by(kind, staff) if str(row.pk) in chosen]
    given = sum(bool(kind.hand_over and kind.hand_over(row, to, request.user)) for row in rows)  # type: ignore[arg-type]
    if given:
        messages.success(request, f"Handed over to {to.get_full_name()}: {given}.")
    if given < len(chosen) or not chosen:
        messages.error(
            request, "Choose what to hand over." if not chosen else "Something was no longer theirs to give."
        )


def require(request: HttpRequest) -> None:
    if not has_permission(request, PERMISSION):
        raise PermissionDenied


def render_page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/{name}.html", {**admin.site.each_context(request), **context})
