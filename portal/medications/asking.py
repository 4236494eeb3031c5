"""Asking for refills and renewals, several at once, each with an outcome of its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.mail import notices
from core import policy
from portal.family.access import page_about
from portal.family.patients import Who, account_of, helper_of, record_event
from portal.medications.gates import No, Why, judge
from portal.medications.models import Request, Step
from portal.medications.states import START, State
from portal.notices.models import Kind
from portal.notices.telling import tell
from portal.record import queries, sensitive
from portal.record.models import Prescription
from safeguards import audit, clock


@dataclass(frozen=True)
class Asked:
    """The request is made."""

    request: Request


def ask(account: Who, item: UUID, kind: str, now: datetime | None = None) -> Asked | No:
    """Ask for a refill or renewal of one prescription, judged as it is now and not as the page had it.

    However many ask at once, one request comes of it. No(GONE) stands for what is not in the person's record.
    """
    now = now or timezone.now()
    row = queries.of(Prescription, account.dod_id).select_related("resource").filter(resource_id=item).first()
    if row is None:
        return No(Why.GONE)
    judged = judge(row, kind, timezone.localdate(now), open_request(account.dod_id, item), taken_by(account.dod_id))
    if isinstance(judged, No):
        return judged
    try:
        return Asked(create_request(account, row, kind, now))
    except IntegrityError:
        return No(Why.ASKED, request=open_request(account.dod_id, item))


def create_request(account: Who, row: Prescription, kind: str, now: datetime) -> Request:
    """Write the request down with its first step and its event. Raise IntegrityError if another one is open."""
    with transaction.atomic():
        request = Request.objects.create(
            patient=row.patient,
            account=account_of(account),
            prescription_id=row.resource_id,
            kind=kind,
            made_at=now,
            changed_at=now,
        )
        Step.objects.create(request=request, state=START, at=now, helper=helper_of(account))
        record_event("refill.submitted", by=account, kind=kind)
    return request


def of(patient: str | None) -> QuerySet[Request]:
    """Return a patient's requests with `is_overdue`, for Guarded without those about a sensitive prescription."""
    rows = Request.objects.filter(patient=patient or "").annotate(is_overdue=late(timezone.now()))
    return sensitive.without_marked(rows, patient, "prescription__raw")


def taken_by(patient: str | None) -> set[str]:
    """Return the names of what a patient has a present prescription for."""
    return set(queries.of(Prescription, patient).filter(is_current=True).values_list("display", flat=True))


def open_requests(patient: str | None, items: list[UUID]) -> dict[UUID, Request]:
    """Return the open requests of these prescriptions, each under its prescription."""
    rows = of(patient).filter(prescription_id__in=items)
    return {row.prescription_id: row for row in rows.exclude(state__in=ENDED)}


def open_request(patient: str | None, item: UUID) -> Request | None:
    return open_requests(patient, [item]).get(item)


ENDED = (State.DONE, State.REFUSED, State.WITHDRAWN)


def late(now: datetime) -> Q:
    """Return the condition of requests that nobody has answered in time."""
    return Q(state=State.SUBMITTED, made_at__lte=now - policy.REFILL_ANSWERED_WITHIN)


def tell_of_waiting(now: datetime | None = None) -> int:
    """Tell the staff, and the person as they chose, of each request without an answer in time. Return how many."""
    now, told = now or clock.now(), 0
    for request in Request.objects.filter(late(now), told_at=None).select_related("account"):
        with transaction.atomic():
            if not Request.objects.filter(pk=request.pk, told_at=None, state=State.SUBMITTED).update(told_at=now):
                continue
            account = request.account
            audit.record("refill.unanswered", by="system", account_id=account.pk)
            page = page_about(account, request.patient, "medications-requests")
            tell(account, Kind.REQUESTS, "refill-waits", page=page, waits=False)
            notices.send("refill-waits-for-staff", to=settings.SERVICE_CENTER_EMAIL, reference=str(request.pk))
            told += 1
    return told


@app.task(name="portal.medications.tell_of_waiting_requests", queue="housekeeping")
def tell_of_waiting_requests(timestamp: int) -> None:
    """Tell both sides of requests that wait for too long."""
    tell_of_waiting()
