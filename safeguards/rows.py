"""What the ORM cannot do well: one row by a condition in SQL, rows of many tables in one statement, a plan for values.

The ORM takes longer to write the first, which every request asks, than PostgreSQL takes to answer it. And it asks for
related rows with a statement for each table.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model, QuerySet
from django.db.models.functions import JSONObject

M = TypeVar("M", bound=Model)
NOTHING: Mapping[str, str] = {}


def first(
    model: type[M], where: str, values: Sequence[Any], *, lock: bool = False, also: Mapping[str, str] = NOTHING
) -> M | None:
    """Return a row of `model` for which the condition holds, or None. With `lock`, the row is locked.

    `where` is SQL of ours, with a %s for each of `values`. `also` maps the names of further attributes to the SQL of
    each. The columns of the model must need no conversion, as JSON does.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{select(model, *also.values())} WHERE {where} LIMIT 1{' FOR UPDATE' if lock else ''}", values)
        row = cursor.fetchone()
    if row is None:
        return None
    columns = names(model)
    found = model.from_db(DEFAULT_DB_ALIAS, columns, row[: len(columns)])
    vars(found).update(zip(also, row[len(columns) :], strict=True))
    return found


@cache
def names(model: type[Model]) -> list[str]:
    """Return the attributes of a model's columns. Raise AssertionError if a column needs conversion."""
    fields = model._meta.concrete_fields
    assert not any(hasattr(field, "from_db_value") for field in fields), f"{model} has columns that need conversion."
    return [field.attname for field in fields]


@cache
def select(model: type[Model], *also: str) -> str:
    """Return the statement up to its condition: the columns in the order of `names`, and then `also`."""
    columns = ", ".join([*(f'"{field.column}"' for field in model._meta.concrete_fields), *also])
    return f'SELECT {columns} FROM "{model._meta.db_table}"'  # noqa: S608


Nested = tuple[QuerySet[Any], Sequence[str]]
"""Rows that refer to an outer one by OuterRef, and those of their columns that are needed."""


def first_with(outer: QuerySet[M], nested: Mapping[str, Nested]) -> tuple[M, dict[str, list[Any]]] | None:
    """Return the first row, and by name the rows that belong to it, all in one statement. Return None if there is none.

    Columns that are not named are deferred.
    """
    lists = {
        f"{name}_rows": ArraySubquery(rows.values(row=JSONObject(**{column: column for column in columns})))
        for name, (rows, columns) in nested.items()
    }
    found = outer.annotate(**lists).first()
    if found is None:
        return None
    read = {name: vars(found).pop(f"{name}_rows") for name in nested}
    return found, {name: [instance_of(rows.model, row) for row in read[name]] for name, (rows, _) in nested.items()}


def instance_of(model: type[M], row: Mapping[str, Any]) -> M:
    """Return an instance from a row as JSON. What is no column of the model is an attribute."""
    fields = [field for field in model._meta.concrete_fields if field.attname in row]
    columns = [field.attname for field in fields]
    found = model.from_db(DEFAULT_DB_ALIAS, columns, [from_json(field, row[field.attname]) for field in fields])
    vars(found).update({name: row[name] for name in row.keys() - columns})
    return found


def from_json(field: "Field[Any, Any]", value: Any) -> Any:
    """Return a value as the database has it. In JSON, bytes are hexadecimal digits after a backslash and an x."""
    if field.get_internal_type() == "BinaryField" and value is not None:
        return bytes.fromhex(value.removeprefix("\\x"))
    return field.to_python(value)


def prefetch(found: Model, name: str, related: list[Any]) -> None:
    """Have `found.<name>.all()` answer with these rows, as after Django's prefetch_related."""
    answer = getattr(found, name).all()
    answer._result_cache, answer._prefetch_done = related, True
    vars(found).setdefault("_prefetched_objects_cache", {})[name] = answer


@contextmanager
def planned_for_values() -> Iterator[None]:
    """Have PostgreSQL plan each statement within for its own values.

    What a connection sends often gets one plan for all values. Such a plan uses no index that holds only some rows,
    like those that wait, because it has to hold for the others too.
    """
    connection.ensure_connection()
    sends, threshold = connection.connection, connection.connection.prepare_threshold
    sends.prepare_threshold = None
    try:
        yield
    finally:
        sends.prepare_threshold = threshold
