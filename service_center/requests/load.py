"""What waits at each desk that answers requests, in numbers: for supervisors, who see no request."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Account, State
from portal.appointments.asking import late as visits_late
from portal.appointments.clinics import UNKNOWN
from portal.appointments.models import ENDED
from portal.appointments.models import Request as VisitRequest
from portal.medications.asking import ENDED as FILLED
from portal.medications.asking import late as refills_late
from portal.medications.models import Request as RefillRequest
from portal.messages.models import Membership
from portal.messages.teams import current
from service_center.figures.reading import tellable

PHARMACY, NO_CLINIC = "Pharmacy", "Visits, no clinic known"


@dataclass(frozen=True)
class Load:
    """The open requests at a desk, overdue ones counted separately, and how many members of staff answer there.

    A count of requests is None if it is too small to tell.
    """

    desk: str
    in_time: int | None
    overdue: int | None
    staff: int


def loads(now: datetime | None = None) -> list[Load]:
    """Return what waits at the pharmacy and at each clinic now, without desks at which nothing waits."""
    now = now or timezone.now()
    rows = []
    refills = RefillRequest.objects.exclude(state__in=FILLED).aggregate(**counts(refills_late(now)))
    if refills["waiting"]:
        rows.append(load_of(PHARMACY, refills["waiting"], refills["late"], active_staff("medications").count()))
    visits: QuerySet[Any, Any] = VisitRequest.objects.exclude(state__in=ENDED).values_list("clinic").order_by("clinic")
    planners = planners_by_clinic()
    for clinic, waiting, late in visits.annotate(**counts(visits_late(now))):
        staff = set().union(*planners.values()) if clinic == UNKNOWN else planners.get(clinic, set())
        rows.append(load_of(clinic or NO_CLINIC, waiting, late, len(staff)))
    return rows


def counts(late: Q) -> dict[str, Count]:
    """Return the counts of requests that wait, and of those that are late."""
    return {"waiting": Count("pk"), "late": Count("pk", filter=late)}


def load_of(desk: str, waiting: int, late: int, staff: int) -> Load:
    return Load(desk, tellable(waiting - late), tellable(late), staff)


def active_staff(app: str) -> QuerySet[Account]:
    """Return the staff whose role answers the requests of an app of the portal."""
    who = {"groups__permissions__content_type__app_label": app, "groups__permissions__codename": "handle_request"}
    return Account.objects.filter(**who, is_staff=True, state=State.ACTIVE).distinct()


def planners_by_clinic() -> dict[str, set[int]]:
    """Return who plans the visits of each clinic today, by account ID."""
    today, found = timezone.localdate(), defaultdict(set)
    rows = Membership.objects.filter(current(today), current(today, "team__"), account__in=active_staff("appointments"))
    for clinic, account in rows.exclude(team__clinic="").values_list("team__clinic", "account"):
        found[clinic].add(account)
    return found
