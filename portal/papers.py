"""What the page of the whole record shows, and each paper in it word for word.

Every query starts from the patient whose record it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID

import nh3
from django.db import connection
from django.http import Http404, QueryDict

from accounts.models import Account
from core.masks import HIDDEN
from portal.record import moments, queries, sealing, sensitive, words
from portal.record.models import (
    Allergy,
    Condition,
    Note,
    Panel,
    Paper,
    Prescription,
    Procedure,
    Projected,
    Resource,
    Vaccine,
    Who,
)
from portal.record.personal_numbers import Numbers, kind_of, put_back
from portal.record.reading.elements import unturned
from safeguards.standby import may_be_read_from_standby

PAGE_SIZE = 20
# Of each part of the record, as many as the overview shows.
FEW = 3
# Deeper than any resource of FHIR is described; what lies below is in the download.
DEEPEST = 12
# A personal number shows its last four characters, if that leaves more hidden than shown.
MASKED = 8
# The most lines of one paper on its page.
MOST_LINES = 2000
PARTS: tuple[tuple[str, str, type[Projected]], ...] = (
    ("allergies", "Allergies", Allergy),
    ("conditions", "Conditions", Condition),
    ("medications", "Medications", Prescription),
    ("immunizations", "Immunizations", Vaccine),
    ("labs", "Lab results", Panel),
    ("procedures", "Procedures", Procedure),
    ("notes", "Notes and documents", Note),
)
# What says how the paper is filed and not what it says.
FILING = {"resourceType", "id", "meta", "implicitRules", "language", "contained"}


@dataclass(frozen=True)
class Part:
    """The newest rows of one part of the record. `slug` is the feature that shows all of them."""

    slug: str
    title: str
    rows: list[Projected]


@dataclass(frozen=True)
class Line:
    """One line of a paper: its label, its value ("" if only a heading) and how deep it is nested, from 0."""

    label: str
    value: str
    depth: int


@may_be_read_from_standby
def record(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return the newest rows of each part of the record. Each part leads to all of it."""
    parts = [
        Part(slug, title, list(queries.newest_first(queries.of(kind, account.dod_id))[:FEW]))
        for slug, title, kind in PARTS
    ]
    return {"parts": parts}


@may_be_read_from_standby
def papers(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of the papers that no other page lists, newest first, of one type if ?type= names one."""
    mine = queries.of(Paper, account.dod_id)
    chosen = query.get("type", "")[:40]
    types = [(type_, words.types_of(type_)) for type_ in types_of(account.dod_id)]
    if chosen not in dict(types):
        chosen = ""
    listing = queries.list_page(mine.filter(type=chosen) if chosen else mine, query.get("before", ""), PAGE_SIZE)
    filters = f"type={chosen}" if chosen else ""
    return {"listing": listing, "types": types, "chosen": chosen, "filters": filters, "item_title": "Other papers"}


@may_be_read_from_standby
def people(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of the people, places and medicines that the record names, the last to come first."""
    mine = queries.of(Who, account.dod_id)
    return {"listing": queries.list_page(mine, query.get("before", ""), PAGE_SIZE), "item_title": "People and places"}


def types_of(patient: str | None) -> list[str]:
    """Return the types of a patient's papers, by jumping through the index from one type to the next.

    A plain DISTINCT would read every row, and a long record has tens of thousands of insurance papers. For Guarded it
    has to: a type of which all papers are closed is not named.
    """
    if isinstance(patient, sensitive.Guarded):
        return sorted(set(queries.of(Paper, patient).values_list("type", flat=True)))
    sql = f"""
        WITH RECURSIVE jump AS (
            (SELECT type FROM {Paper._meta.db_table} WHERE patient = %(patient)s ORDER BY type LIMIT 1)
            UNION ALL
            SELECT (SELECT type FROM {Paper._meta.db_table} WHERE patient = %(patient)s AND type > jump.type
                    ORDER BY type LIMIT 1) FROM jump WHERE jump.type IS NOT NULL
        ) SELECT type FROM jump WHERE type IS NOT NULL
    """  # noqa: S608 - our own table's name
    with connection.cursor() as cursor:
        cursor.execute(sql, {"patient": patient or ""})
        return [row[0] for row in cursor]


@may_be_read_from_standby
def paper(account: Account, query: QueryDict, item: UUID) -> dict[str, Any]:
    """Return one resource of the record as labelled lines. Raise Http404 for anyone else's."""
    mine = Resource.objects.filter(patient=account.dod_id or "", pk=item)
    found = sensitive.without_marked(mine, account.dod_id, "raw").annotate(numbers=sealing.SEALED).first()
    if found is None or entered_in_error(found.raw) or queries.is_closed(account.dod_id, item):
        raise Http404
    title = words.type_of(found.type)
    lines = list(lines_of(with_masked_numbers(found)))
    return {"lines": lines[:MOST_LINES], "left_out": max(len(lines) - MOST_LINES, 0), "item_title": title}


def with_masked_numbers(row: Resource) -> dict[str, Any]:
    """Return a resource, read with sealing.SEALED as `numbers`, with the ends of its personal numbers."""
    # Here is where `annotate` puts what is sealed.
    numbers = sealing.open_numbers(row.pk, row.version, vars(row)["numbers"])
    return put_back(row.raw, masked(numbers))


def masked(numbers: Numbers) -> Numbers:
    """Return what the page shows for personal numbers: the end of each, and nothing of other text that repeats one."""
    return [(path, said[-4:] if path[-1] == "value" and len(said) > MASKED else HIDDEN) for path, said in numbers]


def entered_in_error(raw: dict[str, Any]) -> bool:
    """Return whether a resource says of itself that it was entered in error: then no page shows it."""
    verification = raw.get("verificationStatus")
    codings = verification.get("coding", []) if isinstance(verification, dict) else []
    return "entered-in-error" in [raw.get("status"), *(one.get("code") for one in codings if isinstance(one, dict))]


def lines_of(value: Any, depth: int = 0, *, whole: bool = False) -> Iterator[Line]:
    """Yield the lines of a JSON object: each element with its name in words, in the order of the resource.

    Numbers keep their digits. A file inside is named by its size alone. Nothing else is left out but how it is filed.
    On a page, what lies deeper than DEEPEST and summaries with layout are left to the download, which is `whole`.
    """
    for name, inside in value.items():
        if depth == 0 and name in FILING:
            continue
        for one in inside if isinstance(inside, list) else [inside]:
            yield from lines_of_element(name, one, depth, whole=whole)


def lines_of_element(name: str, value: Any, depth: int, *, whole: bool) -> Iterator[Line]:
    label = words.spaced(name.lstrip("_"))
    if isinstance(value, dict):
        if "value" in value and (kind := kind_of(value)):
            yield Line(label, f"{kind} that ends in {str(value['value'])[-4:]}", depth)
            return
        if depth >= DEEPEST and not whole:
            yield Line(label, "More is in the download of your record.", depth)
            return
        short = in_short(value)
        if short:
            yield Line(label, short, depth)
            return
        yield Line(label, "", depth)
        yield from lines_of(value, depth + 1, whole=whole)
    elif isinstance(value, list):
        for one in value:
            yield from lines_of_element(name, one, depth, whole=whole)
    else:
        yield Line(label, in_words(name, value, whole=whole), depth)


def in_words(name: str, value: Any, *, whole: bool) -> str:
    """Return a plain value of an element in words. `whole` puts a summary with layout as its bare text."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if name == "data" and isinstance(value, str):
        return f"A file of about {max(len(value) * 3 // 4096, 1)} kB"
    if name == "div" and isinstance(value, str):
        if whole:
            return " ".join(unescape(nh3.clean(value, tags=set(), attributes={})).split())
        return "A summary with layout, which is in the download of your record"
    return moments.show(unturned(value)) if isinstance(value, str) else str(value)


def in_short(value: dict[str, Any]) -> str:
    """Return an element of one of FHIR's small types on one line, or "" if it does not fit without loss."""
    keys = value.keys()
    if keys <= {"coding", "text"} and all(
        isinstance(one, dict) and one.keys() <= {"system", "version", "code", "display", "userSelected"}
        for one in value.get("coding", ())
    ):
        codings = [
            " ".join(part for part in (one.get("display"), f"({one['code']})" if one.get("code") else "") if part)
            for one in value.get("coding", ())
        ]
        return unturned("; ".join(part for part in (value.get("text"), *codings) if part))
    if keys <= {"system", "version", "code", "display"} and "code" in keys and "value" not in keys:
        return unturned(" ".join(part for part in (value.get("display"), f"({value['code']})") if part))
    if keys <= {"value", "unit", "system", "code", "comparator"} and "value" in keys:
        number = f"{value.get('comparator', '')}{value['value']}"
        return f"{number} {words.unit(str(value.get('code', '')), str(value.get('unit', '')))}".strip()
    if keys <= {"value", "currency"} and "value" in keys:
        return f"{value['value']} {value.get('currency', '')}".strip()
    if keys <= {"start", "end"} and keys:
        return moments.show_period(str(value.get("start", "")), str(value.get("end", "")))
    if keys <= {"reference", "display", "type"} and value.get("display"):
        return unturned(str(value["display"]))
    return ""
