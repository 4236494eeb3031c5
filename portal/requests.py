"""What everything that people ask for in the portal has in common: its steps, its list, and its page."""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Account
from portal.record import queries

PAGE_SIZE = 10


class Step(models.Model):
    """That a request came to a state, and when.

    `staff` is the member of staff who did it, if one did, and `helper` who did it for the patient, if another person
    did. A subclass has the `request` and the `state`.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    staff = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    helper = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.state} of {self.request_id}"  # type: ignore[attr-defined]


def list_requests(rows: QuerySet[Any], before: str) -> dict[str, Any]:
    """Return a page of requests made before a time that an address names, newest first, and the time of the next page.

    Without a time, it is the first page.
    """
    cursor = queries.read_cursor(f"{before}_0")
    at = cursor.at if cursor else None
    some = list((rows.filter(made_at__lt=at) if at else rows).order_by("-made_at")[: PAGE_SIZE + 1])
    older = some[PAGE_SIZE - 1].made_at.isoformat() if len(some) > PAGE_SIZE else ""
    return {"rows": some[:PAGE_SIZE], "older": older, "is_first": at is None}


def find_request(rows: QuerySet[Any], item: UUID) -> Any:
    """Return one of a patient's requests. Raise Http404 for anyone else's."""
    found = rows.select_related("account").filter(pk=item).first()
    if found is None:
        raise Http404
    return found


def list_steps(row: Any) -> list[Any]:
    """Return everything that happened to a request, in its order."""
    return list(row.steps.order_by("at", "pk").select_related("helper"))
