"""What the pages read of a record. Every query starts from the patient whose record it is, and none counts all rows.

Lists go from the newest row to the oldest. A page of them begins below a row that the address names (`?before=`), which
costs the same at the end of a long record as at its beginning. Rows without a time come last.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import Http404

from portal.record import sensitive
from portal.record.models import Dispense, Projected, Result

Row = TypeVar("Row", bound=Projected)
# What a row is a part of. If that is marked as sensitive, so is the row: a result of a report, a prescription's fill.
WHOLES: dict[type[Projected], tuple[str, ...]] = {Result: ("panel__raw",), Dispense: ("prescription__raw",)}


@dataclass(frozen=True)
class Listing:
    """Some rows of a list. `older` is the value of ?before= for the next ones, or "". `is_first` tells where we are."""

    rows: Sequence[Any]
    older: str = ""
    is_first: bool = True


@dataclass(frozen=True)
class Cursor:
    """The last row that was shown. `at` is None if it had no time."""

    at: datetime | None
    id: int


def read_cursor(typed: str) -> Cursor | None:
    """Return the cursor that ?before= names, or None for anything else. Nobody types one, so there is no message."""
    moment, _, number = typed.rpartition("_")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    try:
        at = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return None if at and at.tzinfo is None else Cursor(at, int(number))


def write_cursor(row: Projected) -> str:
    """Return the value of ?before= for the rows below this one."""
    return f"{row.at.isoformat() if row.at else ''}_{row.pk}"


def list_page(rows: QuerySet[Row], before: str, size: int) -> Listing:
    """Return a page of at most `size` rows below the cursor. One more is read, to know whether any are left.

    Dated and undated rows are read apart, so that both are found by the index at any depth.
    """
    cursor = read_cursor(before)
    some: list[Row] = []
    if cursor is None or cursor.at:
        some = list(dated_below(rows, cursor)[: size + 1])
    if len(some) <= size:
        undated = rows.filter(at=None).order_by("-id")
        if cursor and not cursor.at:
            undated = undated.filter(id__lt=cursor.id)
        some += undated[: size + 1 - len(some)]
    older = write_cursor(some[size - 1]) if len(some) > size else ""
    return Listing(some[:size], older, is_first=cursor is None)


def newest_first(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return the rows in the order of all lists."""
    return rows.order_by(F("at").desc(nulls_last=True), "-id")


def dated_below(rows: QuerySet[Row], cursor: Cursor | None) -> QuerySet[Row]:
    """Return the rows that have a time, newest first, from the cursor on."""
    dated = rows.filter(at__isnull=False).order_by(F("at").desc(nulls_last=True), "-id")
    if cursor is None:
        return dated
    return dated.filter(at__lte=cursor.at).filter(Q(at__lt=cursor.at) | Q(id__lt=cursor.id))


def of(kind: type[Row], patient: str | None) -> QuerySet[Row]:
    """Return a patient's rows of one kind, for Guarded without the sensitive ones. Without a patient there are none."""
    rows: QuerySet[Row] = kind._default_manager.filter(patient=patient or "")  # type: ignore[assignment]
    rows = sensitive.without_marked(rows, patient, "resource__raw", *WHOLES.get(kind, ()))
    return sensitive.outside_marked(rows, patient, "also_in") if kind is Result else rows


def is_closed(patient: str | None, item: UUID) -> bool:
    """Return whether a resource is a part of something sensitive that is closed, though it is not marked itself."""
    return isinstance(patient, sensitive.Guarded) and any(
        kind._default_manager.filter(patient=patient, resource_id=item).exists()
        and not of(kind, patient).filter(resource_id=item).exists()
        for kind in WHOLES
    )


def counted(rows: QuerySet[Result]) -> QuerySet[Result]:
    """Leave out the rows that are only the name of their components."""
    return rows.exclude(text="", absent="", value_said="")


def in_reports(reports: Collection[UUID]) -> Q:
    """Return the condition for results that stand in any of these reports."""
    also = Q(also_in__overlap=list(reports)) & ~Q(also_in=[])  # as the index has it
    return Q(panel__in=reports) | also


def one(kind: type[Row], patient: str | None, item: str, place: int = 0) -> Row:
    """Return the patient's row of this resource. Raise Http404 for anyone else's, and for what is no id."""
    try:
        which = UUID(item)
    except ValueError:
        raise Http404 from None
    found = of(kind, patient).filter(resource_id=which, place=place).first()
    if found is None:
        raise Http404
    return found
