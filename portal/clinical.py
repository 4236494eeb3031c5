"""What the pages of the health record show. Every query starts from the patient whose record it is."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone

from accounts.models import Account
from core.paging import page_of
from portal import codes, trends
from portal.models import (
    Allergy,
    Appointment,
    Condition,
    Document,
    Goal,
    Immunization,
    Medication,
    Message,
    Observation,
    Procedure,
    Report,
    Resource,
    Thread,
)

Row = TypeVar("Row", bound=models.Model)

PAGE_SIZE = 10
COLUMNS = tuple(codes.VITAL_COLUMNS)
VACCINES_TO_A_PAGE = 25
# A refill gets a reminder this long before the supply ends, because mail order takes a week or two.
REFILL_AHEAD = timedelta(days=14)
# The flu vaccine of a season is given from September on.
FLU_SEASON_BEGINS = 9


def own(kind: type[Row], account: Account, item: str, *prefetch: Prefetch) -> Row:
    """Return the account holder's own row with this id.

    Raise Http404 for anyone else's row, and for what is not an id.
    """
    try:
        which = UUID(item)
    except ValueError:
        raise Http404 from None
    found = kind._default_manager.filter(patient=account.dod_id, pk=which).prefetch_related(*prefetch).first()
    if found is None:
        raise Http404
    return found


def appointments(account: Account, page: int) -> dict[str, Any]:
    """Return the booked visits, soonest first, and a page of past visits, newest first.

    Only the first page shows the booked visits.
    """
    now = timezone.now()
    mine = Appointment.objects.filter(patient=account.dod_id)
    return {
        "upcoming": mine.filter(end__gte=now).order_by("start") if page == 1 else [],
        "page": page_of(mine.filter(end__lt=now).order_by("-start"), page, PAGE_SIZE),
    }


def immunizations(account: Account, page: int) -> dict[str, Any]:
    """Return a page of vaccines, newest first."""
    mine = Immunization.objects.filter(patient=account.dod_id).order_by("-occurrence", "pk")
    return {"page": page_of(mine, page, VACCINES_TO_A_PAGE)}


def allergies(account: Account, page: int) -> dict[str, Any]:
    """Return all allergies, newest first."""
    return {"allergies": Allergy.objects.filter(patient=account.dod_id).order_by("-recorded", "pk")}


def messages(account: Account, page: int) -> dict[str, Any]:
    """Return a page of conversations, newest first."""
    mine = Thread.objects.filter(patient=account.dod_id).order_by("-last_sent_at", "pk")
    return {"page": page_of(mine, page, PAGE_SIZE)}


def message_thread(account: Account, item: str) -> dict[str, Any]:
    """Return one conversation with its messages, oldest first."""
    lines = Prefetch("messages", Message.objects.order_by("sent_at", "pk"), to_attr="lines")
    thread = own(Thread, account, item, lines)
    return {"thread": thread, "item_title": thread.subject}


def conditions(account: Account, page: int) -> dict[str, Any]:
    """Return all conditions, newest first, as their page shows them."""
    return split_conditions(Condition.objects.filter(patient=account.dod_id).order_by("-onset", "pk"))


def split_conditions(rows: Iterable[Condition]) -> dict[str, Any]:
    """Return conditions as their page shows them: the present ones and the past ones."""
    rows = list(rows)
    return {"active": [row for row in rows if row.is_active], "past": [row for row in rows if not row.is_active]}


def medications(account: Account, page: int) -> dict[str, Any]:
    """Return all prescriptions, newest first, as their page shows them."""
    return split_medications(
        Medication.objects.filter(patient=account.dod_id).order_by("-authored_on", "pk"), timezone.localdate()
    )


def split_medications(rows: Iterable[Medication], today: date) -> dict[str, Any]:
    """Return prescriptions as their page shows them. `today` tells which supply ends soon."""
    rows = list(rows)
    return {
        "active": [row for row in rows if row.is_active],
        "past": [row for row in rows if not row.is_active],
        "soon": {row.pk for row in rows if runs_out(row, today)},
        "today": today,
    }


def runs_out(medication: Medication, today: date) -> bool:
    """Return whether the supply of an active prescription has ended or will end soon."""
    ends = medication.supply_ends
    return medication.is_active and ends is not None and ends <= today + REFILL_AHEAD


def labs(account: Account, page: int) -> dict[str, Any]:
    """Return a page of lab panels, newest first."""
    mine = Report.objects.filter(patient=account.dod_id).order_by("-effective", "pk")
    return {"page": page_of(mine.prefetch_related(panel_lines()), page, PAGE_SIZE)}


def lab_panel(account: Account, item: str) -> dict[str, Any]:
    """Return one panel with all its results, and earlier results of the same tests."""
    report = own(Report, account, item, panel_lines())
    trend = trends.of_panel(account.dod_id, report.lines, report.effective)  # type: ignore[attr-defined]
    return {"report": report, "item_title": report.display, "trend": trend}


def panel_lines() -> Prefetch:
    """Return the prefetch that puts a panel's results into its `lines`."""
    return Prefetch("results", Observation.objects.order_by("display"), to_attr="lines")


def vitals(account: Account, page: int) -> dict[str, Any]:
    """Return all measurements from one query, gathered into readings.

    A reading is what was measured at one time.
    """
    mine = Observation.objects.filter(patient=account.dod_id, category=Observation.Category.VITAL_SIGNS)
    return vitals_page(mine.order_by("-effective"), page)


def vitals_page(rows: Iterable[Observation], page: int) -> dict[str, Any]:
    """Return vital signs as their page shows them: the latest of each kind, and a page of readings."""
    table = readings(rows)
    latest = (next((cell for _, cells in table if (cell := cells[place]).lines), None) for place in range(len(COLUMNS)))
    return {"latest": [cell for cell in latest if cell], "columns": COLUMNS, "page": page_of(table, page, PAGE_SIZE)}


@dataclass(frozen=True)
class Cell:
    """One column of a reading. Blood pressure has two lines, everything else has one.

    There are no lines if the measurement was not taken.
    """

    column: str
    lines: list[Observation]

    @property
    def numbers(self) -> str:
        return " over ".join(line.number for line in self.lines)

    @property
    def first(self) -> Observation:
        """Return the line that stands for the cell: an unusual one if there is any."""
        return next((line for line in self.lines if line.is_unusual), self.lines[0])


def readings(rows: Iterable[Observation]) -> list[tuple[datetime, list[Cell]]]:
    """Return what was measured at each time, newest first, in the columns of codes.VITAL_COLUMNS."""
    at: dict[datetime, dict[str, Observation]] = {}
    for row in rows:
        at.setdefault(row.effective, {})[row.code] = row
    return [
        (
            when,
            [
                Cell(column, [found[code] for code in wanted if code in found])
                for column, wanted in codes.VITAL_COLUMNS.items()
            ],
        )
        for when, found in at.items()
    ]


def notes(account: Account, page: int) -> dict[str, Any]:
    """Return a page of notes, newest first, without their text."""
    mine = Document.objects.filter(patient=account.dod_id).order_by("-date", "pk").defer("text")
    return {"page": page_of(mine, page, PAGE_SIZE)}


def note(account: Account, item: str) -> dict[str, Any]:
    """Return one note."""
    document = own(Document, account, item)
    return {"document": document, "item_title": document.title}


def procedures(account: Account, page: int) -> dict[str, Any]:
    """Return a page of procedures, newest first."""
    mine = Procedure.objects.filter(patient=account.dod_id).order_by("-performed", "pk")
    return {"page": page_of(mine, page, PAGE_SIZE)}


def tools(account: Account, page: int) -> dict[str, Any]:
    """Return goals, and reminders that follow from the record."""
    rows = whole(account, Goal, Medication, Immunization)
    return tools_page(rows[Goal], rows[Medication], rows[Immunization], timezone.localdate())


def tools_page(
    goals: list[Goal], medications: list[Medication], immunizations: list[Immunization], today: date
) -> dict[str, Any]:
    """Return the health tools as their page shows them: refills that are due soon, the flu vaccine, and goals."""
    season = flu_season(today)
    return {
        "goals": goals,
        "refills": [row for row in medications if runs_out(row, today)],
        "flu_due": not any(row.code in codes.FLU and row.occurrence >= season for row in immunizations),
        "today": today,
    }


def flu_season(today: date) -> date:
    """Return the first day of the flu season that `today` belongs to."""
    year = today.year if today.month >= FLU_SEASON_BEGINS else today.year - 1
    return date(year, FLU_SEASON_BEGINS, 1)


def record(account: Account, page: int) -> dict[str, Any]:
    """Return the complete record, for one long page."""
    kinds = (Allergy, Condition, Medication, Immunization, Procedure, Report, Observation, Document, Appointment)
    return record_page(whole(account, *kinds))


def record_page(rows: dict[type[Resource], list[Any]]) -> dict[str, Any]:
    """Return the record in the order in which clinics write it. What matters in an emergency comes first."""
    for report in rows[Report]:
        report.lines = [line for line in rows[Observation] if line.report_id == report.pk]
    vital_signs = [line for line in rows[Observation] if line.category == Observation.Category.VITAL_SIGNS]
    return {
        "allergies": rows[Allergy],
        "conditions": rows[Condition],
        "medications": rows[Medication],
        "immunizations": rows[Immunization],
        "procedures": rows[Procedure],
        "reports": rows[Report],
        "readings": readings(vital_signs),
        "columns": COLUMNS,
        "documents": rows[Document],
        "visits": rows[Appointment],
        "made_at": timezone.now(),
    }


def whole(account: Account, *kinds: type[Resource]) -> dict[type[Resource], list[Any]]:
    """Return all of the account holder's resources of these kinds, newest first, from one query."""
    tables = {kind._meta.db_table: kind for kind in kinds}
    sql = " UNION ALL ".join(
        f"SELECT '{table}', to_jsonb(t) FROM {table} t WHERE patient = %s"  # noqa: S608 - our own table names
        for table in tables
    )
    rows: dict[type[Resource], list[Any]] = {kind: [] for kind in kinds}
    with connection.cursor() as cursor:
        cursor.execute(sql, [account.dod_id] * len(tables))
        for table, text in cursor:
            rows[tables[table]].append(from_json(tables[table], text))
    for kind, some in rows.items():
        some.sort(key=attrgetter(kind.when), reverse=True)
    return rows


def from_json(kind: type[Resource], text: str) -> Resource:
    """Return a row from what PostgreSQL's to_jsonb wrote. Decimals stay exact."""
    told = json.loads(text, parse_float=Decimal)
    return kind(**{field.attname: field.to_python(told[field.column]) for field in kind._meta.concrete_fields})
