"""Makes the projections from the resources. They can be thrown away and made again at any time.

All names that a row shows come from the resources themselves (`reading/lookups.py`), so rows can be made in any order.
Only the counts of a panel come from the rows of its results, so panels are made last.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from portal.record.canonical import DecimalDecoder
from portal.record.models import (
    PROJECTIONS,
    Projected,
    Resource,
    Result,
)
from portal.record.reading.care import (
    read_appointment,
    read_care_plan,
    read_encounter,
    read_goal,
    read_procedure,
    read_vaccine,
)
from portal.record.reading.conditions import read_allergy, read_condition
from portal.record.reading.elements import identifiers
from portal.record.reading.lookups import load
from portal.record.reading.medications import read_administration, read_dispense, read_prescription
from portal.record.reading.papers import read_paper, read_who
from portal.record.reading.reading import Reading, is_error
from portal.record.reading.references import WHO_TYPES, Lookup
from portal.record.reading.reports import read_attachments, read_document, read_report
from portal.record.reading.results import is_counted, read_observation

Reader = Callable[[Reading], "list[Projected] | list[Result]"]
Item = TypeVar("Item")
Read = tuple[Resource, list[Projected]]
Advance = Callable[[int], object]

READERS: dict[str, Reader] = {
    "AllergyIntolerance": read_allergy,
    "Appointment": read_appointment,
    "CarePlan": read_care_plan,
    "Condition": read_condition,
    "DiagnosticReport": read_report,
    "DocumentReference": read_document,
    "Encounter": read_encounter,
    "Goal": read_goal,
    "Immunization": read_vaccine,
    "MedicationAdministration": read_administration,
    "MedicationDispense": read_dispense,
    "MedicationRequest": read_prescription,
    "MedicationStatement": read_prescription,
    "Observation": read_observation,
    "Procedure": read_procedure,
    **dict.fromkeys(WHO_TYPES, read_who),
}
PANELS = "DiagnosticReport"
# Resources that are read at once. A report with its file may be large, so they are few.
CHUNK = 100
# Rows that are written, and resources that are checked, at once.
BATCH = 500
# More names than this in one search, or more changed resources, cost more than to make all rows of the patient again.
MOST_NAMES = 40
MOST_CHANGED = 5_000


def rows_of(raw: dict[str, Any], resource: Resource, lookup: Lookup) -> list[Projected]:
    """Return the rows of one resource: at least one, or none if it was entered in error."""
    if is_error(raw):
        return []
    reading = Reading(raw, resource, lookup)
    rows: list[Projected] = [*READERS.get(resource.type, read_paper)(reading)]
    if resource.type != "Observation":
        rows += read_attachments(reading, rows[0].said)
    return rows


def project_patient(patient: str, advance: Advance | None = None) -> int:
    """Make all rows of a patient again, in one transaction. Return the number of resources."""
    with transaction.atomic():
        lock(patient)
        for model in PROJECTIONS:
            model._base_manager.filter(patient=patient)._raw_delete(using="default")
        return write(expected(patient, load(patient), advance))


def project_changed(patient: str, ids: Iterable[UUID]) -> None:
    """Make the rows of these resources again, and of those that say something about them.

    These are the resources that name somebody or something among them, the panels of results and the prescriptions of
    dispenses.
    """
    todo = set(ids)
    if not todo:
        return
    with transaction.atomic():
        lock(patient)
        if len(todo) > MOST_CHANGED or Resource.objects.filter(patient=patient).count() == len(todo):
            project_patient(patient)
            return
        lookup, done, panels = load(patient), set[UUID](), set[UUID]()
        linked = belonging(todo) | named_by_panels(patient, todo, lookup)
        linked |= {fill.dispense for id_ in todo for fill in lookup.fills.get(id_, ())}
        while todo:
            before = Shown.of(todo)
            replace(Resource.objects.filter(patient=patient, id__in=todo).exclude(type=PANELS), todo, lookup)
            after = Shown.of(todo)
            panels |= before.panels | after.panels
            linked |= before.prescriptions | after.prescriptions
            done |= todo
            more = referring(patient, {id_ for id_, _ in before.facts ^ after.facts})
            if more is None:
                project_patient(patient)
                return
            todo = (more | linked) - done
        reports = Resource.objects.filter(patient=patient, type=PANELS, id__in=done | panels)
        count_results(list(reports.values_list("id", flat=True)), lookup)
        replace(reports, set(), lookup)


def lock(patient: str) -> None:
    """Let nobody else make the rows of this patient until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('record ' || %s, 0))", [patient])


def expected(patient: str, lookup: Lookup, advance: Advance | None = None) -> Iterator[Read]:
    """Yield each resource of a patient with its rows, panels last, and count the results of panels on the way."""
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    tests: dict[UUID, set[str]] = defaultdict(set)
    resources = Resource.objects.filter(patient=patient)
    for resource, rows in read(resources.exclude(type=PANELS), lookup, advance):
        for row in rows:
            if isinstance(row, Result) and row.panel_id:
                for panel in (row.panel_id, *row.also_in):
                    counts[panel][row.verdict] += is_counted(row)
                    tests[panel].add(row.display)
        yield resource, rows
    lookup.tests = tests
    lookup.counts = {id_: (found.total(), found["unusual"], found["none"]) for id_, found in counts.items()}
    yield from read(resources.filter(type=PANELS), lookup, advance)


def read(resources: QuerySet[Resource], lookup: Lookup, advance: Advance | None = None) -> Iterator[Read]:
    """Yield resources, now without their JSON, with their rows. The database hands them out in small numbers."""
    wanted, number = resources.defer("digest", "imported").order_by("id"), 0
    for number, resource in enumerate(wanted.iterator(chunk_size=CHUNK), 1):
        raw = json.loads(resource.written, cls=DecimalDecoder) if resource.written is not None else resource.raw
        rows = rows_of(raw if isinstance(raw, dict) else {}, resource, lookup)
        # The JSON may be large, and what holds the resource from here on needs only its name.
        resource.raw = resource.written = None
        yield resource, rows
        if advance and number % BATCH == 0:
            advance(BATCH)
    if advance:
        advance(number % BATCH)


def write(resources: Iterable[Read]) -> int:
    """Write the rows of resources, a COPY for each table and batch. Return the number of resources."""
    written = 0
    for batch in batched(resources, 10 * BATCH):
        tables: dict[type[Projected], list[Projected]] = defaultdict(list)
        for _, rows in batch:
            for row in rows:
                tables[type(row)].append(row)
        for model, rows in tables.items():
            copy(model, rows)
        written += len(batch)
    return written


def batched(found: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of at most `size` items."""
    rest = iter(found)
    while batch := list(islice(rest, size)):
        yield batch


def copy(model: type[Projected], rows: list[Projected]) -> None:
    fields = columns(model)
    names = ", ".join(f'"{column}"' for column, _ in fields)
    attributes = [attribute for _, attribute in fields]
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as table,
    ):
        for row in rows:
            values = row.__dict__
            table.write_row([values[attribute] for attribute in attributes])


def columns(model: type[Projected]) -> list[tuple[str, str]]:
    """Return (column, attribute) of each field that a row has of itself."""
    return [(str(one.column), one.attname) for one in model._meta.concrete_fields if not one.primary_key]


def replace(resources: QuerySet[Resource], also: set[UUID], lookup: Lookup) -> None:
    """Make the rows of these resources again, and remove those of the others in `also`."""
    ids = list(also or resources.values_list("id", flat=True))
    deletes = ", ".join(
        f'd{number} AS (DELETE FROM "{model._meta.db_table}" WHERE resource_id = ANY(%(ids)s))'  # noqa: S608 - our own
        for number, model in enumerate(PROJECTIONS)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {deletes} SELECT 1", {"ids": ids})
    write(read(resources, lookup))


SHOWN = """
    SELECT 'fact', resource_id, ROW(display, zone, phone, address, identifiers)::text
        FROM record_who WHERE resource_id = ANY(%(ids)s)
    UNION ALL SELECT 'fact', resource_id, display FROM record_condition WHERE resource_id = ANY(%(ids)s)
    UNION ALL SELECT 'fact', resource_id, display FROM record_procedure WHERE resource_id = ANY(%(ids)s)
    UNION ALL SELECT 'fact', resource_id, display FROM record_goal WHERE resource_id = ANY(%(ids)s)
    UNION ALL SELECT 'fact', resource_id, display FROM record_paper WHERE resource_id = ANY(%(ids)s)
    UNION ALL SELECT 'fact', resource_id, status FROM record_prescription WHERE resource_id = ANY(%(ids)s)
    UNION ALL SELECT 'fact', resource_id, zone FROM record_encounter WHERE resource_id = ANY(%(ids)s) AND zone <> ''
    UNION ALL SELECT DISTINCT 'panel', report, '' FROM record_result, LATERAL unnest(panel_id || also_in) AS report
        WHERE resource_id = ANY(%(ids)s) AND panel_id IS NOT NULL
    UNION ALL SELECT DISTINCT 'prescription', prescription_id, '' FROM record_dispense
        WHERE resource_id = ANY(%(ids)s) AND prescription_id IS NOT NULL
"""


class Shown(NamedTuple):
    """What rows of other resources may show of some: `facts` are (id, text).

    Panels count the results among them, and prescriptions say when the dispenses among them were.
    """

    facts: set[tuple[UUID, str]]
    panels: set[UUID]
    prescriptions: set[UUID]

    @classmethod
    def of(cls, ids: set[UUID]) -> "Shown":
        """Return it as the rows of these resources are now, in one statement."""
        found = cls(set(), set(), set())
        with connection.cursor() as cursor:
            cursor.execute(SHOWN, {"ids": list(ids)})
            for kind, id_, text in cursor:
                if kind == "fact":
                    found.facts.add((id_, text))
                else:
                    (found.panels if kind == "panel" else found.prescriptions).add(id_)
        return found


BELONGING = """
    SELECT resource_id FROM record_result
        WHERE panel_id = ANY(%(ids)s) OR (also_in && %(ids)s::uuid[] AND NOT also_in = '{}')
    UNION SELECT resource_id FROM record_dispense WHERE prescription_id = ANY(%(ids)s)
"""


def belonging(ids: set[UUID]) -> set[UUID]:
    """Return the results of the panels among these, and the dispenses of the prescriptions, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(BELONGING, {"ids": list(ids)})
        return {id_ for (id_,) in cursor}


def named_by_panels(patient: str, ids: set[UUID], lookup: Lookup) -> set[UUID]:
    """Return the observations that the reports among these name."""
    keys = [key for key, panels in lookup.panels.items() if not ids.isdisjoint(panels)]
    if not keys:
        return set()
    ours = Resource.objects.filter(patient=patient, type="Observation")
    named = Q(full_url__in=[said for source, said in keys if not source])
    named |= Q(reference__in=[said.rpartition("/")[2] for source, said in keys if source not in ("", "?")])
    if any(source == "?" for source, _ in keys):
        named |= Q(raw__has_key="identifier")
    return set(ours.filter(named).values_list("id", flat=True))


def count_results(panels: list[UUID], lookup: Lookup) -> None:
    """Put into `lookup` what the results of these panels are, without those that stand within the report."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"panels": panels})
        for id_, every, unusual, unjudged, tests in cursor:
            lookup.counts[id_] = (every, unusual, unjudged)
            lookup.tests[id_] = set(tests)


COUNT = """
    SELECT report, count(*) FILTER (WHERE counts), count(*) FILTER (WHERE counts AND verdict = 'unusual'),
           count(*) FILTER (WHERE counts AND verdict = 'none'), array_agg(DISTINCT display)
    FROM record_result, LATERAL unnest(panel_id || also_in) AS report,
         LATERAL (SELECT NOT (text = '' AND absent = '' AND value_said = '') AS counts) AS one
    WHERE (panel_id = ANY(%(panels)s) OR (also_in && %(panels)s::uuid[] AND NOT also_in = '{}'))
    AND report = ANY(%(panels)s) AND resource_id <> ALL(%(panels)s)
    GROUP BY report
"""


def referring(patient: str, changed: set[UUID]) -> set[UUID] | None:
    """Return the resources whose JSON names one of these, or None if there are too many names to search for."""
    if not changed:
        return set()
    found = Resource.objects.filter(id__in=changed)
    names: set[str] = set()
    for type_, reference, full_url, identifier in found.values_list("type", "reference", "full_url", "raw__identifier"):
        names |= {f"{type_}/{reference}", full_url, *(one.partition("|")[2] for one in identifiers(identifier))}
    names.discard("")
    if len(names) > MOST_NAMES:
        return None
    patterns = [f"%{name.translate(ESCAPED)}%" for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM record_resource WHERE patient = %s AND raw::text LIKE ANY(%s)", [patient, patterns]
        )
        return {id_ for (id_,) in cursor.fetchall()}


ESCAPED = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def check_patient(patient: str, advance: Advance | None = None) -> list[str]:
    """Return how the rows of a patient differ from what they should be. Values are not named: they are about health."""
    found: list[str] = []
    with transaction.atomic():
        lock(patient)
        for batch in batched(expected(patient, load(patient), advance), BATCH):
            found += differences(batch)
        for model in PROJECTIONS:
            strays = model._base_manager.filter(patient=patient).exclude(resource__patient=patient)
            found += [
                f"{model.__name__} {row} belongs to another person's resource"
                for row in strays.values_list("id", flat=True)
            ]
    return found


def differences(batch: Iterable[Read]) -> Iterator[str]:
    """Yield how the rows of these resources differ from the stored ones."""
    names = {resource.id: f"{resource.type} {resource.id}" for resource, _ in batch}
    for model in PROJECTIONS:
        attributes = [attribute for _, attribute in columns(model)]
        wanted = {(row.resource_id, row.place): row for _, rows in batch for row in rows if type(row) is model}
        stored = {(row.resource_id, row.place): row for row in model._base_manager.filter(resource_id__in=names)}
        for key in sorted(wanted.keys() | stored.keys()):
            what = f"{model.__name__} {key[1]} of {names[key[0]]}"
            if key not in stored:
                yield f"{what} is missing"
            elif key not in wanted:
                yield f"{what} should not be there"
            elif wrong := [one for one in attributes if getattr(wanted[key], one) != getattr(stored[key], one)]:
                yield f"{what} differs in {', '.join(wrong)}"
