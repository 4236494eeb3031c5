"""A person's record as one FHIR Bundle, with each resource as it came."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from portal.record.canonical import write_canonical
from portal.record.files import SOURCE
from portal.record.models import PROJECTIONS, Resource
from portal.record.personal_numbers import Numbers, put_back
from portal.record.sealing import SEALED, digest_with, open_numbers

AT_ONCE = 500
BEGIN = '{"resourceType":"Bundle","type":"collection"'


class DamagedError(Exception):
    """A resource in the store is not what its digest says. Nothing that was exported may be trusted."""


def bundle_of(
    patient: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    types: Collection[str] | None = None,
    only: Collection[UUID] | None = None,
) -> Iterator[str]:
    """Yield the text of a collection Bundle, a piece for each resource, so that memory stays flat.

    `since` and `until` (which is the first moment that is not meant) leave out what is dated and has no date between
    them; what has no date is always in. `only` names the resources that are meant. Resources are in the order of
    source, type and name, so that equal records give equal text. Each entry says in an extension where its resource
    came from, and `importing` reads that again.
    """
    yield BEGIN
    before = ',"entry":['
    rows = chosen(patient, since, until, types)
    if only is not None:
        rows = rows.filter(pk__in=only)
    rows = rows.annotate(text=Cast("raw", TextField()), numbers=SEALED)
    columns = ("id", "version", "source", "full_url", "reference", "digest", "written", "text", "numbers")
    ordered = rows.order_by("source", "type", "reference").values_list(*columns)
    for id_, version, source, full_url, reference, digest, written, raw, sealed in ordered.iterator(AT_ONCE):
        text = whole_text(written, raw, open_numbers(id_, version, sealed))
        if digest_with(text, sealed) != bytes(digest):
            raise DamagedError(f"Resource {id_} is not what its digest says.")
        # What is known by its content alone has to stay without a name, or it would come back as another resource.
        url = full_url or ("" if reference == bytes(digest).hex() else f"urn:uuid:{id_}")
        yield f'{before}{{{named(url)}{said_source(source)},"resource":{text}}}'
        before = ","
    yield "]}" if before == "," else "}"


def whole_text(written: str | None, raw: str, numbers: Numbers) -> str:
    """Return the canonical text of a resource as it came, with its personal numbers."""
    if written and not numbers:
        return written
    # An integer as a Decimal is written as it was read, also the minus zero.
    return write_canonical(put_back(json.loads(written or raw, parse_float=Decimal, parse_int=Decimal), numbers))


def chosen(
    patient: str, since: datetime | None, until: datetime | None, types: Collection[str] | None
) -> QuerySet[Resource]:
    """Return the resources that a bundle has."""
    rows = Resource.objects.filter(patient=patient)
    if types is not None:
        rows = rows.filter(type__in=types)
    if since is None and until is None:
        return rows
    return rows.exclude(pk__in=dated_elsewhere(patient, since, until))


def dated_elsewhere(patient: str, since: datetime | None, until: datetime | None) -> QuerySet[Any, Any]:
    """Return the ids of resources whose projected rows have dates, none of them between `since` and `until`."""
    between = Q(at__isnull=False)
    if since is not None:
        between &= Q(at__gte=since)
    if until is not None:
        between &= Q(at__lt=until)
    dated, inside = (
        union_of(model._default_manager.filter(patient=patient).filter(condition) for model in PROJECTIONS)
        for condition in (Q(at__isnull=False), between)
    )
    return dated.difference(inside)


def union_of(rows: Iterable[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    first, *others = (each.order_by().values_list("resource_id") for each in rows)
    return first.union(*others)


def named(url: str) -> str:
    """Return the start of an entry, with the name that others call its resource by, if it has one."""
    return f'"fullUrl":{encode_basestring(url)},' if url else ""


def said_source(source: str) -> str:
    """Return the part of an entry that says where its resource came from."""
    return f'"extension":[{{"url":"{SOURCE}","valueString":{encode_basestring(source)}}}]'
