"""Seals the personal numbers of resources that were stored before their numbers were sealed.

The triggers of the store refuse to change a version. The owner of the tables turns one off for a transaction that seals
a few rows: who reads sees nothing of it, an import waits for it. A killed one leaves nothing.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from portal.record import projecting
from portal.record.canonical import write_canonical
from portal.record.importing import write_any
from portal.record.models import PROJECTIONS, Resource, resource_id
from portal.record.personal_numbers import CODED, MARKS, VALUED, Numbers, find_numbers, without
from portal.record.sealing import digest_with, keep_numbers

# Rows in one transaction, in which their lists are made again, too.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Table:
    """A table with versions of resources. `trigger` is what refuses to change them, `least` comes before all keys."""

    name: str
    resource: str
    trigger: str
    least: UUID | int


# PostgreSQL reads this as Python does.
SUSPECT = "|".join([CODED, VALUED, *map(re.escape, MARKS)])
TABLES = (
    Table("record_resource", "id", "keep_version", UUID(int=0)),
    Table("record_version", "resource_id", "append_only", 0),
)
SUSPECTS = """
SELECT id FROM {name} v
WHERE id > %(after)s AND raw::text ~ %(suspect)s
    AND NOT EXISTS (SELECT FROM record_sealed s WHERE s.resource_id = v.{resource} AND s.version = v.version)
ORDER BY id LIMIT %(batch)s
"""
ROWS = """
SELECT id, {resource}, version, coalesce(written, raw::text), digest FROM {name} v WHERE id = ANY(%(ids)s)
    AND NOT EXISTS (SELECT FROM record_sealed s WHERE s.resource_id = v.{resource} AND s.version = v.version)
ORDER BY id
"""
# The plain digest of a small file tells the numbers in it. Without one, a file is read again and found unchanged.
FORGET_DIGESTS = "UPDATE record_import SET digest = '' WHERE length(digest) = 32"
CHANGE = "UPDATE {name} SET raw = %s, written = %s, digest = %s WHERE id = %s"


def seal_stored(advance: Callable[[int], object] = lambda rows: None) -> int:
    """Seal what is not sealed yet. Return how many versions of resources it was.

    `advance` is called with the number of rows that were looked at. It is safe to stop, to repeat, and to run twice at
    once; only the owner of the tables can.
    """
    with connection.cursor() as cursor:
        cursor.execute(FORGET_DIGESTS)
    sealed = 0
    for table in TABLES:
        for ids in suspects(table):
            sealed += seal_rows(table, ids)
            advance(len(ids))
    return sealed


def suspects(table: Table) -> Iterator[list[Any]]:
    """Yield, a few at a time, the rows that may hold personal numbers in the clear."""
    after: Any = table.least
    while True:
        with connection.cursor() as cursor:
            values = {"after": after, "suspect": SUSPECT, "batch": BATCH}
            cursor.execute(statement(SUSPECTS, table), values)
            ids = [id_ for (id_,) in cursor.fetchall()]
        if not ids:
            return
        yield ids
        after = ids[-1]


def seal_rows(table: Table, ids: list[Any]) -> int:
    """Seal the numbers of these rows, and make the lists of the resources again. Return how many had any."""
    sealed: list[tuple[UUID, int, Numbers]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        # A check that is put off to the end of the transaction would keep the trigger from being turned off.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement("ALTER TABLE {name} DISABLE TRIGGER {trigger}", table))
        cursor.execute(statement(ROWS, table), {"ids": ids})
        for id_, resource, version, text, digest in cursor.fetchall():
            raw = json.loads(text, parse_float=Decimal, parse_int=Decimal)
            whole = write_canonical(raw)
            if numbers := find_numbers(raw, whole):
                keyed = digest_with(whole, numbers)
                left, kept = write_any(without(raw, numbers))
                cursor.execute(statement(CHANGE, table), [left, None if kept else left, keyed, id_])
                now = renamed(resource, bytes(digest).hex(), keyed.hex()) if id_ == resource else resource
                sealed.append((now, version, numbers))
        cursor.execute(statement("ALTER TABLE {name} ENABLE TRIGGER {trigger}", table))
        keep_numbers(sealed)
        project([resource for resource, _, _ in sealed])
    return len(sealed)


def statement(text: str, table: Table) -> str:
    return text.format(name=table.name, resource=table.resource, trigger=table.trigger)


def renamed(id_: UUID, before: str, name: str) -> UUID:
    """Give a resource that is known by its digest alone the keyed one as its name. Return the id that it has now.

    From both the name and the id, the numbers could be guessed.
    """
    found = Resource.objects.filter(pk=id_, reference=before).first()
    if found is None:
        return id_
    # Where old code and new code both stored it, the name is taken.
    now = resource_id(found.patient, found.source, found.type, name)
    if Resource.objects.filter(pk=now).exists():
        name = f"{name}-2"
        now = resource_id(found.patient, found.source, found.type, name)
    for model in PROJECTIONS:
        model._base_manager.filter(resource=id_)._raw_delete(using="default")
    Resource.objects.filter(pk=id_).update(id=now, reference=name)
    return now


def project(ids: list[UUID]) -> None:
    """Make the lists of these resources again."""
    patients: dict[str, list[UUID]] = {}
    for id_, patient in Resource.objects.filter(pk__in=ids).values_list("id", "patient"):
        patients.setdefault(patient, []).append(id_)
    for patient, theirs in patients.items():
        projecting.project_changed(patient, theirs)
