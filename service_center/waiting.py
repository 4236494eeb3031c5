"""What waits at the desk, kind by kind: how much, since when, what is overdue, and the list in which it stands.

Each kind is one query that reads at most policy.WAITING_COUNTED rows and one more, the oldest first, by an index of the
rows that wait. Another kind is one more entry in KINDS, or in OWN for work that somebody has taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from accounts.models import Account, Notice
from accounts.models.changes import Freeze
from core import policy
from idproofing.models import Case as Review
from idproofing.models import Letter, Visit
from portal.appointments import asking
from portal.appointments.clinics import answered_by, prepared_by
from portal.appointments.models import ENDED, CheckIn
from portal.appointments.models import Request as VisitRequest
from portal.family.models import Surrogacy
from portal.medications.asking import ENDED as FILLED
from portal.medications.models import Request as RefillRequest
from safeguards.rows import planned_for_values
from service_center.care_team import desk
from service_center.chat import desk as chat_desk
from support.models import CallBack, ContactMessage

Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Kind:
    """Something that waits: what it is called, who sees it, in which list, its rows and since when each waits.

    `permission` opens it, unless the role also has `unless`. `late` is the condition of what is overdue, if there is a
    time in which it has to be done.
    """

    title: str
    permission: str
    link: str
    rows: Callable[[Account, datetime], Rows]
    since: str
    late: Callable[[datetime], Q] | None = None
    query: str = ""
    unless: str = ""


@dataclass(frozen=True)
class Waiting:
    """How much of a kind waits. `count` and `late` end at policy.WAITING_COUNTED and one more."""

    kind: Kind
    count: int
    late: int
    oldest: datetime | None

    @property
    def shown(self) -> str:
        """Return the count as the page says it: "12", or "99+"."""
        most = policy.WAITING_COUNTED
        return f"{most}+" if self.count > most else str(self.count)

    @property
    def page(self) -> str:
        """Return the address of the list that holds just this."""
        return f"{reverse(self.kind.link)}{self.kind.query}"

    @property
    def is_ahead(self) -> bool:
        """Return whether the first of them is still to come, such as a visit."""
        return self.oldest is not None and self.oldest > timezone.now()


def failed_jobs() -> Rows:
    """Return the jobs that were given up, each with the time of its failure as `at`."""
    last = ProcrastinateEvent.objects.filter(job=OuterRef("pk")).order_by("-at").values("at")[:1]
    return ProcrastinateJob.objects.filter(status="failed").order_by("pk").annotate(at=Subquery(last))


def late_mails(now: datetime) -> Rows:
    """Return the emails that should have been sent, the oldest first."""
    rows = Notice.objects.filter(sent_at=None, given_up_at=None, created_at__lte=now - policy.MAIL_SENT_WITHIN)
    return rows.order_by("created_at")


def waiting_messages(account: Account, now: datetime) -> Rows:
    return ContactMessage.objects.filter(state__in=ContactMessage.WAITING).order_by("waits_since")


def is_late_message(now: datetime) -> Q:
    return Q(waits_since__lte=now - policy.CONTACT_ANSWERED_WITHIN)


def is_late_refill(now: datetime) -> Q:
    return Q(state="submitted", made_at__lte=now - policy.REFILL_ANSWERED_WITHIN)


def is_late_call(now: datetime) -> Q:
    return Q(starts_at__lte=now - policy.CALL_BACK_SLOT)


def visits_in(state: str) -> Callable[[Account, datetime], Rows]:
    return lambda account, now: Visit.objects.filter(state=state).order_by("changed_at")


def is_past(field: str) -> Callable[[datetime], Q]:
    return lambda now: Q(**{f"{field}__lt": now})


# What waits for everybody who has the role.
KINDS: tuple[Kind, ...] = (
    Kind(
        "Chats",
        "chat.answer_chat",
        "admin:chat_chat_changelist",
        lambda account, now: chat_desk.queue(),
        "waiting_since",
    ),
    Kind(
        "Calls that people asked for",
        "calls.take_call",
        "admin:calls_call_changelist",
        lambda account, now: CallBack.objects.filter(state__in=("waiting", "taken")).order_by("starts_at"),
        "starts_at",
        is_late_call,
    ),
    Kind(
        "Reviews of details that do not match DEERS (near matches)",
        "idproofing.view_case",
        "admin:idproofing_case_changelist",
        lambda account, now: Review.objects.filter(state__in=Review.WAITING).order_by("due_at"),
        "opened_at",
        is_past("due_at"),
    ),
    Kind(
        "Of these, decisions of a colleague for you to confirm",
        "idproofing.decide_case",
        "admin:idproofing_case_changelist",
        lambda account, now: (
            Review.objects.filter(state=Review.State.PROPOSED).exclude(decided_by=account.pk).order_by("due_at")
        ),
        "opened_at",
        is_past("due_at"),
        query="?queue=second",
    ),
    Kind(
        "Messages to the service center",
        "support.view_contactmessage",
        "admin:support_contactmessage_changelist",
        waiting_messages,
        "waits_since",
        is_late_message,
    ),
    Kind(
        "Messages to your care teams",
        "secure_messages.answer_thread",
        "admin:secure_messages_thread_changelist",
        lambda account, now: desk.messages_for(account, ""),
        "send_due_at",
        is_past("answer_due_at"),
    ),
    Kind(
        "Requests for refills and renewals",
        "medications.view_request",
        "admin:medications_request_changelist",
        lambda account, now: RefillRequest.objects.exclude(state__in=FILLED).order_by("made_at"),
        "made_at",
        is_late_refill,
    ),
    Kind(
        "Requests for appointments at your clinics",
        "appointments.view_request",
        "admin:appointments_request_changelist",
        lambda account, now: (
            VisitRequest.objects.exclude(state__in=ENDED).filter(answered_by(account)).order_by("made_at")
        ),
        "made_at",
        asking.late,
    ),
    Kind(
        "Visits to your clinics for which people have checked in",
        "appointments.view_checkin",
        "admin:appointments_checkin_changelist",
        lambda account, now: CheckIn.objects.filter(prepared_by(account), starts_at__gte=now).order_by("starts_at"),
        "starts_at",
    ),
    Kind(
        "Requests to act for a patient",
        "family.view_surrogacy",
        "admin:family_surrogacy_changelist",
        lambda account, now: Surrogacy.objects.filter(state__in=Surrogacy.WAITING).order_by("due_at"),
        "asked_at",
        is_past("due_at"),
    ),
    Kind(
        "Visits that a supervisor has to settle",
        "idproofing.view_visit",
        "admin:idproofing_visit_changelist",
        visits_in(Visit.State.HELD),
        "changed_at",
        query="?state__exact=held",
    ),
    Kind(
        "Visits that wait for a second look at the documents",
        "idproofing.view_visit",
        "admin:idproofing_visit_changelist",
        visits_in(Visit.State.CHECKED),
        "changed_at",
        is_past("expires_at"),
        query="?state__exact=checked",
    ),
    Kind(
        "Letters to print",
        "idproofing.print_letter",
        "admin:idproofing_batch_changelist",
        lambda account, now: Letter.objects.filter(state=Letter.State.QUEUED).order_by("made_at"),
        "made_at",
    ),
    Kind(
        "Letters that wait for the print room",
        "idproofing.view_letter",
        "admin:idproofing_letter_changelist",
        lambda account, now: Letter.objects.filter(state=Letter.State.QUEUED).order_by("made_at"),
        "made_at",
        query="?state__exact=queued",
        unless="idproofing.print_letter",
    ),
    Kind(
        "Frozen accounts",
        "accounts.unlock_account",
        "admin:accounts_account_changelist",
        lambda account, now: Freeze.objects.filter(ended_at=None).order_by("frozen_at"),
        "frozen_at",
        query="?state__exact=frozen",
    ),
    Kind(
        "Jobs that failed",
        "procrastinate.view_procrastinatejob",
        "admin:operations",
        lambda account, now: failed_jobs(),
        "at",
        query="#failed",
    ),
    Kind(
        "Emails that are not sent",
        "procrastinate.view_procrastinatejob",
        "admin:operations",
        lambda account, now: late_mails(now),
        "created_at",
        query="#mails",
    ),
)

# What this member of staff has taken.
OWN: tuple[Kind, ...] = (
    Kind(
        "Chats",
        "chat.answer_chat",
        "admin:chat_chat_changelist",
        lambda account, now: chat_desk.chats_with(account),
        "taken_at",
    ),
    Kind(
        "Calls that people asked for",
        "calls.take_call",
        "admin:calls_call_changelist",
        lambda account, now: CallBack.objects.filter(state="taken", staff=account).order_by("starts_at"),
        "starts_at",
        is_late_call,
    ),
    Kind(
        "Reviews",
        "idproofing.decide_case",
        "admin:idproofing_case_changelist",
        lambda account, now: Review.objects.filter(state=Review.State.TAKEN, taken_by=account.pk).order_by("due_at"),
        "opened_at",
        is_past("due_at"),
        query="?queue=mine",
    ),
    Kind(
        "Messages to the service center",
        "support.change_contactmessage",
        "admin:support_contactmessage_changelist",
        lambda account, now: ContactMessage.objects.filter(state="taken", taken_by=account.pk).order_by("waits_since"),
        "waits_since",
        is_late_message,
        query="?queue=mine",
    ),
    Kind(
        "Messages to your care teams",
        "secure_messages.answer_thread",
        "admin:secure_messages_thread_changelist",
        lambda account, now: desk.messages_for(account, "mine"),
        "send_due_at",
        is_past("answer_due_at"),
        query="?queue=mine",
    ),
)


def count_waiting(kinds: Sequence[Kind], account: Account, now: datetime | None = None) -> list[Waiting]:
    """Return what waits of each kind that the role of this member of staff may see."""
    now = now or timezone.now()
    with planned_for_values():
        return [count_kind(kind, account, now) for kind in kinds if may_see(kind, account)]


def may_see(kind: Kind, account: Account) -> bool:
    return account.has_perm(kind.permission) and not (kind.unless and account.has_perm(kind.unless))


def count_kind(kind: Kind, account: Account, now: datetime) -> Waiting:
    """Return how much of a kind waits, by one query."""
    none: Any = Value(False, output_field=BooleanField())
    is_late = Case(When(kind.late(now), then=Value(True)), default=none) if kind.late else none
    rows = kind.rows(account, now).annotate(is_late=is_late).values_list(kind.since, "is_late")
    some = list(rows[: policy.WAITING_COUNTED + 1])
    oldest = min((since for since, _ in some if since), default=None)
    return Waiting(kind, len(some), sum(late for _, late in some), oldest)
